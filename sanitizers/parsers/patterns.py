"""Patterns over many bytes: RE2 looks through a photograph five to ten times faster than the standard library does.

Its time is linear whatever the pattern and the bytes. Bytes are matched as they are. Write a class of its own for white
space: RE2's \\s has no vertical tab.
"""

from typing import Any

import re2

SPACE = rb"[\t\n\v\f\r ]"  # \s of the standard library, over bytes


def compiled(pattern: bytes) -> Any:
    """A pattern of RE2 over bytes, in which "." is any byte."""
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.dot_nl = True
    return re2.compile(pattern, options)
