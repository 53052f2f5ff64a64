"""Patterns over many bytes, by RE2: it leaps from one literal start to the next, at ten times the speed of `re`.

Its time is linear whatever the pattern and the bytes. Its \\s lacks the vertical tab.
"""

from collections.abc import Callable
from typing import Any, Final

import re2

_MOST_MEMORY: Final = 32 << 20  # bytes of an automaton's states, which are made as they are met


def leaping(pattern: bytes) -> Any:
    """A pattern over bytes, in which "." is any byte and groups are not told."""
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.dot_nl = options.never_capture = True
    return re2.compile(pattern, options)


def whole(pattern: bytes) -> Callable[[bytes], bool]:
    """Whether bytes match a pattern of RE2 from the first to the last. A set of one says this and no more."""
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.never_capture = True
    options.max_mem = _MOST_MEMORY
    alone = re2.Set.FullMatchSet(options)
    alone.Add(pattern)
    alone.Compile()
    return lambda data: alone.Match(data) is not None
