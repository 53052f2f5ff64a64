"""What a PDF is made of, as plain Python values, and how qpdf's way of writing an object is read back into them.

Names are `str` with their slash, strings are `bytes`; numbers, lists and dictionaries are themselves. The safe tree is
made of the same values, but for Link in the place of Ref, so that no reference of the file can stand in a copy.
"""

import re
from collections.abc import Iterator
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


# One token of an object as qpdf writes it: canonical names, numbers, strings, one space between tokens.
_TOKEN: Final = re.compile(
    rb"\s*(?:(/[^\s()<>\[\]{}/%]*)|(\d+) (\d+) R\b|([+-]?\d+)(?![\d.])|([+-]?(?:\d+\.\d*|\.\d+))|(<<|>>|\[|\])"
    rb"|<([0-9A-Fa-f]*)>|\(((?:[^()\\]|\\[\x00-\xff]|\((?:[^()\\]|\\[\x00-\xff])*\))*)\)|(true|false|null)\b)"
)
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
_WORDS: Final = {b"true": True, b"false": False, b"null": None}


def read_value(text: bytes) -> Value:
    """The value that one object's text says. Raises MalformedError."""
    value, end = _read(text)
    if text[end:].strip():
        raise MalformedError("an object that cannot be read")
    return value


def _read(text: bytes) -> tuple[Value, int]:
    stack: list[tuple[str, list[Any]]] = []
    for kind, value, end in _tokens(text):
        if kind == "open":
            if len(stack) >= MAX_NESTING:
                raise MalformedError("arrays in arrays, too deep")
            stack.append((value, []))
            continue
        if kind == "close":
            if not stack or _CLOSES[stack[-1][0]] != value:
                raise MalformedError("brackets that do not pair")
            opened, items = stack.pop()
            value = items if opened == "[" else _dictionary(items)
        if not stack:
            return value, end
        stack[-1][1].append(value)
    raise MalformedError("an object that does not end")


_CLOSES: Final = {"[": "]", "<<": ">>"}


def _dictionary(items: list[Any]) -> dict[str, Any]:
    if len(items) % 2 or not all(type(key) is str for key in items[::2]):
        raise MalformedError("a dictionary without pairs")
    return dict(zip(items[::2], items[1::2]))


def _tokens(text: bytes) -> Iterator[tuple[str, Any, int]]:
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            if not text[at:].strip():
                return
            raise MalformedError("a token that cannot be read")
        at = found.end()
        match found.lastindex:
            case 1:
                yield "value", read_name(found[1]), at
            case 3:
                yield "value", Ref(int(found[2]), int(found[3])), at
            case 4:
                yield "value", int(found[4]), at
            case 5:
                yield "value", float(found[5]), at
            case 6:
                bracket = found[6].decode()
                yield "open" if bracket in ("[", "<<") else "close", bracket, at
            case 7:
                yield "value", read_hex(found[7]), at
            case 8:
                yield "value", read_literal(found[8]), at
            case _:
                yield "value", _WORDS[found[9]], at


def read_name(text: bytes) -> str:
    """A name with its slash, `#xx` resolved (7.3.5)."""
    name = text.decode("latin-1")
    return name if "#" not in name else _ESCAPED_NAME.sub(lambda found: chr(int(found[1], 16)), name)


def read_hex(digits: bytes) -> bytes:
    """The bytes of a hexadecimal string; a missing last digit is 0 (7.3.4.3)."""
    return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode())


def read_literal(inner: bytes) -> bytes:
    """The bytes of what stands between the parentheses of a literal string (7.3.4.2)."""
    return inner if b"\\" not in inner else _ESCAPE.sub(_unescaped, inner)


def _unescaped(found: "re.Match[bytes]") -> bytes:
    after = found[1]
    if after[:1] in b"01234567":
        return bytes([int(after, 8) & 0xFF])
    return _LETTERS.get(after, after)
