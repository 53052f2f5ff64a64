"""Objects read straight from the bytes of a file that is whole: one look at each, no library between.

qpdf opens the document and says where its objects stand; its own reading mends what is broken, and tells. Where an
object is spelled as the standard has it there is nothing to mend, and the value is the one that qpdf would give. Any
other, down to a comment in it or a string in deep parentheses, is left to qpdf.

Values alone come from here. What may pass is decided elsewhere, whoever has read it. Source: ISO 32000-2 7.2, 7.3
"""

import re
from collections.abc import Iterable, Mapping
from enum import Enum, auto
from typing import Any, Final

import pikepdf

from sanitizers.formats.pdf.values import MAX_NESTING, Ref, Stream, Value, read_literal, read_name
from sanitizers.parsers.patterns import compiled

_HEADER: Final = b"%PDF-"
_MAX_OBJECTS: Final = 200_000
_MAX_TOKENS: Final = 20_000  # that are known at a time
_MOST_READ: Final = 2  # times the file's length: objects lie side by side, and only lengths are read more than once
_IN_FILE: Final = 1  # the place of an object that stands by itself, as qpdf calls it
_S: Final = rb"[\x00\t\n\x0c\r ]"
_NULL: Final = compiled(rb"obj" + _S + rb"*null")
_ENDOBJ: Final = rb"endobj(?![^\x00\t\n\x0c\r ])"
_END: Final = re.compile(_ENDOBJ + rb"|stream\r?\n")
_BEFORE_END: Final = frozenset(b"\0\t\n\f\r >])")
_AFTER_HEAD: Final = frozenset(b"\0\t\n\f\r <[(/")
_BEHIND: Final = re.compile(_S + rb"*endstream" + _S + rb"+" + _ENDOBJ)
_PART: Final = rb"[^()\\\r]*+"
_ESCAPED: Final = rb"\\[\x00-\xff]"
_INNER: Final = rb"\(" + _PART + rb"(?:" + _ESCAPED + _PART + rb")*+\)"
_LITERAL: Final = re.compile(  # or the start of one that is no such string: whoever goes on from there reads in squares
    rb"\((?:(" + _PART + rb"(?:(?:" + _ESCAPED + rb"|" + _INNER + rb")" + _PART + rb")*+)\))?+"
)
_LITERAL_OR_HEX: Final = re.compile(_LITERAL.pattern + rb"|(?<!<)<((?:[0-9A-Fa-f]{2})*+)>")
_NAME: Final = re.compile(rb"/(?:[^\x00-\x20()<>\[\]{}/%#\x7f-\xff]|#(?!00)[0-9A-Fa-f]{2})*")
_INTEGER: Final = re.compile(rb"[+-]?\d{1,18}")
_REAL: Final = re.compile(rb"[+-]?(?:\d{1,30}\.\d{0,30}|\.\d{1,30})")


class NotStraightError(Exception):
    """An object that is not spelled as this module reads it."""


class _Mark(Enum):
    """A token that is no value by itself."""

    __hash__ = object.__hash__  # enum's own is Python code

    ARRAY = auto()
    ARRAY_ENDS = auto()
    DICTIONARY = auto()
    DICTIONARY_ENDS = auto()
    STRING = auto()
    REFERENCE = auto()


_ARRAY_ENDS, _STRING_HERE, _REFERENCE = _Mark.ARRAY_ENDS, _Mark.STRING, _Mark.REFERENCE
_ENDS: Final = {_Mark.ARRAY: _Mark.ARRAY_ENDS, _Mark.DICTIONARY: _Mark.DICTIONARY_ENDS}
_MARKS: Final[dict[bytes, Any]] = {
    b"[": _Mark.ARRAY,
    b"]": _Mark.ARRAY_ENDS,
    b"<<": _Mark.DICTIONARY,
    b">>": _Mark.DICTIONARY_ENDS,
    b"(": _Mark.STRING,
    b"R": _Mark.REFERENCE,
    b"true": True,
    b"false": False,
    b"null": None,
}


class _Tokens(dict[bytes, Any]):
    """What each token of a document means, found out once."""

    def __missing__(self, token: bytes) -> Any:
        value: Any
        if _INTEGER.fullmatch(token):
            value = int(token)
        elif _NAME.fullmatch(token):
            value = read_name(token)
        elif _REAL.fullmatch(token):
            value = float(token)
        else:
            raise NotStraightError
        self[token] = value
        return value


def direct(data: bytes, pdf: pikepdf.Pdf) -> "Direct | None":
    """A reader of this document's objects; None where all of them are qpdf's to read."""
    stated = pdf.trailer.get("/Size")
    if not isinstance(stated, int) or stated > _MAX_OBJECTS or pdf.is_encrypted:
        return None
    if not data.startswith(_HEADER) or _NULL.search(data):  # an entry that leads to null is none: it is not looked for
        return None
    table = pdf.get_xref_table()
    return Direct(data, {key: entry.offset if entry.type == _IN_FILE else None for key, entry in table.items()})


class Direct:
    """Reads objects that stand in the file by themselves. `places`: of all there are, None of those elsewhere."""

    def __init__(self, data: bytes, places: Mapping[tuple[int, int], int | None]) -> None:
        self._data, self._places = data, places
        self._refs: dict[tuple[int, int], Ref] = {}  # as they are met
        self._tokens = _Tokens(_MARKS)
        self._spans: dict[tuple[int, int], tuple[int, int]] = {}
        self._left = _MOST_READ * len(data)

    def all(self) -> dict[tuple[int, int], Value]:
        """Every object that is read here. At once: one by one between other work takes a third longer."""
        found: dict[tuple[int, int], Value] = {}
        for key in self._places:
            try:
                found[key] = self.read(key)
            except NotStraightError:
                continue
        return found

    def read(self, key: tuple[int, int]) -> Value:
        """An object. Raises NotStraightError."""
        text, stream_at = self._text(key)
        value = self._value(text)
        if not stream_at:
            return value
        if type(value) is not dict:
            raise NotStraightError
        self._spans[key] = self._span(value, stream_at)
        return Stream(value, Ref(*key))

    def _text(self, key: tuple[int, int]) -> tuple[bytes, int]:
        """What stands between the head of an object and its end or its stream's start; where that is, 0 without one."""
        data, place, head = self._data, self._places.get(key), b"%d %d obj" % key
        if place is None or not data.startswith(head, place):
            raise NotStraightError
        start = place + len(head)
        end = _END.search(data, start, start + self._left)
        self._left -= (end.end() if end else len(data)) - start
        if end is None or data[start] not in _AFTER_HEAD or data[end.start() - 1] not in _BEFORE_END:
            raise NotStraightError
        return data[start : end.start()], 0 if end[0] == b"endobj" else end.end()

    def raw(self, ref: Ref) -> bytes | None:
        """The bytes of a stream, if it was read here."""
        span = self._spans.get(ref)
        return None if span is None else self._data[span[0] : span[1]]

    def _span(self, entries: dict[str, Any], start: int) -> tuple[int, int]:
        length = entries.get("/Length")
        if type(length) is Ref:
            text, stream_at = self._text(length)
            length = None if stream_at else self._value(text)
        if type(length) is not int or length < 0 or not _BEHIND.match(self._data, start + length):
            raise NotStraightError
        return start, start + length

    def _value(self, text: bytes) -> Value:
        """The value that a text says: its strings are set apart, and its tokens spread."""
        strings: list[bytes] = []
        has_hex = text.count(b"<") != 2 * text.count(b"<<")
        if has_hex or b"(" in text:
            pattern = _LITERAL_OR_HEX if has_hex else _LITERAL
            text = pattern.sub(lambda found: _set_apart(found, strings), text)
            strings.reverse()
        if b"\v" in text:  # space to Python alone
            raise NotStraightError
        spaced = text.replace(b"<<", b" << ").replace(b">>", b" >> ")
        spaced = spaced.replace(b"[", b" [ ").replace(b"]", b" ] ").replace(b"/", b" /")
        if len(self._tokens) > _MAX_TOKENS:
            self._tokens = _Tokens(_MARKS)
        try:
            value = self._built(map(self._tokens.__getitem__, spaced.split()), strings)
        except IndexError as error:  # an end without its start, a reference without its numbers
            raise NotStraightError from error
        if strings or value is None or type(value) is Ref:
            raise NotStraightError
        return value

    def _built(self, tokens: Iterable[Any], strings: list[bytes]) -> Value:
        outer: list[Any] = []
        items = outer
        stack: list[tuple[_Mark, list[Any]]] = []  # what ends each that is open, and the items around it
        for item in tokens:
            if type(item) is not _Mark:
                items.append(item)
            elif item is _REFERENCE:
                generation = items.pop()
                items[-1] = self._reference(items[-1], generation)
            elif item is _STRING_HERE:
                items.append(strings.pop())
            elif item in _ENDS:
                if len(stack) == MAX_NESTING:
                    raise NotStraightError
                stack.append((_ENDS[item], items))
                items = []
            else:
                end, above = stack.pop()
                if item is not end:
                    raise NotStraightError
                above.append(items if item is _ARRAY_ENDS else self._dictionary(items))
                items = above
        if len(outer) != 1 or stack:
            raise NotStraightError
        value: Value = outer[0]
        return value

    def _reference(self, number: Any, generation: Any) -> Ref | None:
        """The reference that two numbers are; null where nothing stands at it."""
        if type(number) is not int or type(generation) is not int or number <= 0 or generation < 0:
            raise NotStraightError
        key = (number, generation)
        found = self._refs.get(key)
        if found is None and key in self._places:
            found = self._refs[key] = Ref(number, generation)
        return found

    def _dictionary(self, items: list[Any]) -> dict[str, Any]:
        """Keys with their values; an entry that is null is none."""
        rest = iter(items)
        try:
            found = dict(zip(rest, rest))
            "".join(found)  # names alone are text
        except TypeError as error:
            raise NotStraightError from error
        if len(found) * 2 != len(items):
            raise NotStraightError
        return {key: value for key, value in found.items() if value is not None} if None in items else found


def _set_apart(found: "re.Match[bytes]", strings: list[bytes]) -> bytes:
    if found.lastindex is None:
        raise NotStraightError
    strings.append(read_literal(found[1]) if found.lastindex == 1 else bytes.fromhex(found[2].decode()))
    return b" ( "
