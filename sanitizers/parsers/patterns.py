"""Patterns over many bytes: RE2 looks through a photograph five to ten times faster than the standard library does.

Its time is linear whatever the pattern and the bytes. Bytes are matched as they are. Write a class of its own for white
space: RE2's \\s has no vertical tab.
"""

from collections.abc import Callable
from typing import Any, Final

import re2

SPACE = rb"[\t\n\v\f\r ]"  # \s of the standard library, over bytes


def compiled(pattern: bytes | str) -> Any:
    """A pattern of RE2 over bytes, in which "." is any byte; one of letters is over text in UTF-8."""
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1 if isinstance(pattern, bytes) else re2.Options.Encoding.UTF8
    options.dot_nl = True
    return re2.compile(pattern if isinstance(pattern, bytes) else pattern.encode(), options)


_UNANCHORED: Final = re2._Anchor.UNANCHORED
Find = Callable[[bytes | memoryview, int, int], int]


def finder(pattern: bytes | str) -> Find:
    """find(data, start, end): where the first match begins, or -1. Both places lie within the data.

    For patterns that are hardly ever found, each in many files: what `re2` does around the search itself, for text and
    for groups, costs a quarter of looking through 150 KB.
    """
    match = compiled(pattern)._regexp.Match

    def find(data: bytes | memoryview, start: int, end: int) -> int:
        spans: list[tuple[int, int]] = match(_UNANCHORED, data, start, end)
        return spans[0][0]

    return find
