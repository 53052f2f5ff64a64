"""What a PDF is made of, as plain Python values, and how qpdf's way of writing an object is read back into them.

Names are `str` with their slash, strings are `bytes`; numbers, lists and dictionaries are themselves. The safe tree is
made of the same values, but for Link in the place of Ref, so that no reference of the file can stand in a copy.
"""

import re
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from sanitizers.errors import MalformedError

MAX_NESTING: Final = 32  # of direct arrays and dictionaries; real files need 6


class Ref(NamedTuple):
    """A reference in the file that is read."""

    number: int
    generation: int


@dataclass(slots=True)
class Stream:
    """A stream of the file: its dictionary, and where its bytes are to be had."""

    entries: "dict[str, Value]"
    ref: Ref


class Link(NamedTuple):
    """A reference in the copy: an index among its objects."""

    slot: int


@dataclass(frozen=True, slots=True)
class SafeStream:
    """A stream of the copy. `entries` has no /Length: the writer knows it."""

    entries: "dict[str, Safe]"
    data: bytes = field(repr=False)


Value = None | bool | int | float | str | bytes | list[Any] | dict[str, Any] | Ref | Stream
Safe = None | bool | int | float | str | bytes | list[Any] | dict[str, Any] | Link


@dataclass(frozen=True, slots=True)
class SafePdf:
    """The second document: the catalog first, then whatever it leads to."""

    objects: tuple[Safe | SafeStream, ...]


_LITERAL: Final = re.compile(rb"\(((?:[^()\\]|\\[\x00-\xff]|\((?:[^()\\]|\\[\x00-\xff]|\([^()\\]*\))*\))*)\)")
_ESCAPED_NAME: Final = re.compile(r"#([0-9A-Fa-f]{2})")
_ESCAPE: Final = re.compile(rb"\\([0-7]{1,3}|\r\n|[\x00-\xff])")
_LETTERS: Final = {
    b"n": b"\n",
    b"r": b"\r",
    b"t": b"\t",
    b"b": b"\b",
    b"f": b"\f",
    b"\n": b"",
    b"\r": b"",
    b"\r\n": b"",
}


def read_value(text: bytes) -> Value:
    """The value that one object's text says, as qpdf writes it: space between any two tokens. Raises MalformedError."""
    if b"(" in text:
        text = _LITERAL.sub(_as_hex, text)
    outer: list[Any] = []
    items = outer
    stack: list[tuple[str, list[Any]]] = []
    for word in text.decode("latin-1").split():
        first = word[0]
        if first == "/":
            items.append(word if "#" not in word else read_name(word.encode("latin-1")))
        elif word.isdecimal() and len(word) < _LONG:
            items.append(int(word))
        elif word == "R":
            items[-2:] = (_reference(items),)
        elif word in _OPENS:
            if len(stack) >= MAX_NESTING:
                raise MalformedError("arrays in arrays, too deep")
            stack.append((word, items))
            items = []
        elif word in _CLOSES:
            opened, above = stack.pop() if stack else ("", items)
            if _CLOSES[word] != opened:
                raise MalformedError("brackets that do not pair")
            above.append(items if word == "]" else _dictionary(items))
            items = above
        elif first == "<":
            items.append(read_hex(word[1:-1].encode("latin-1")))
        elif word in _WORDS:
            items.append(_WORDS[word])
        else:
            items.append(_number(word))
    if len(outer) != 1 or stack:
        raise MalformedError("an object that cannot be read")
    value: Value = outer[0]
    return value


def _as_hex(found: "re.Match[bytes]") -> bytes:
    return b"<%b>" % read_literal(found[1]).hex().encode()


def _reference(items: list[Any]) -> Ref:
    if len(items) < 2 or type(items[-2]) is not int or type(items[-1]) is not int:
        raise MalformedError("a reference to nothing")
    return Ref(items[-2], items[-1])


def _number(token: str) -> int | float:
    try:
        return int(token) if "." not in token else float(token)
    except ValueError as error:
        raise MalformedError("a token that cannot be read") from error


_OPENS: Final = ("[", "<<")
_CLOSES: Final = {"]": "[", ">>": "<<"}
_LONG: Final = 20  # digits: no number of a PDF has as many
_NAMES_ALONE: Final = frozenset({str})
_WORDS: Final = {"true": True, "false": False, "null": None}


def _dictionary(items: list[Any]) -> dict[str, Any]:
    keys = items[::2]
    if len(items) % 2 or not _NAMES_ALONE.issuperset(map(type, keys)):
        raise MalformedError("a dictionary without pairs")
    return dict(zip(keys, items[1::2]))


def read_name(text: bytes) -> str:
    """A name with its slash, `#xx` resolved (7.3.5)."""
    name = text.decode("latin-1")
    return name if "#" not in name else _ESCAPED_NAME.sub(lambda found: chr(int(found[1], 16)), name)


def read_hex(digits: bytes) -> bytes:
    """The bytes of a hexadecimal string; a missing last digit is 0 (7.3.4.3)."""
    try:
        return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode("latin-1"))
    except ValueError as error:
        raise MalformedError("a string that cannot be read") from error


def read_literal(inner: bytes) -> bytes:
    """The bytes of what stands between the parentheses of a literal string (7.3.4.2)."""
    return inner if b"\\" not in inner else _ESCAPE.sub(_unescaped, inner)


def _unescaped(found: "re.Match[bytes]") -> bytes:
    after = found[1]
    if after[:1] in b"01234567":
        return bytes([int(after, 8) & 0xFF])
    return _LETTERS.get(after, after)
