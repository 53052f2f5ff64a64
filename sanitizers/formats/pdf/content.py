"""Content streams written anew, statement by statement, where they are not plain (PDF-68, PDF-79, PDF-100).

Unknown operators go with their operands, comments go, inline images come out as samples in hexadecimal. What a hidden
layer paints goes too; what it does to the graphics state stays, because later parts rest on it. Source: ISO 32000-2 7.8
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from sanitizers.errors import MalformedError
from sanitizers.formats.pdf import operators
from sanitizers.formats.pdf.operators import (
    HEX,
    MAX_COMPONENTS,
    NAME,
    NUMBER,
    OPERANDS,
    PAINTERS,
    REGULAR,
    SPACE,
    STRING,
)
from sanitizers.formats.pdf.values import read_literal, read_value
from sanitizers.formats.pdf.write import joined

_LEX: Final = re.compile(
    rb"(?:[%b]+|%%[^\r\n]*)*(?:(%b)(?!%b)|(%b)|(%b)|(%b)|(<<|>>|\[|\])|(%b+)|(\()|([\x00-\xff]))"
    % (SPACE, NUMBER, REGULAR, NAME, STRING, HEX, REGULAR)
)
_ENDS_INLINE: Final = re.compile(rb"[%b]EI(?=[%b/\[(<]|$)" % (SPACE, SPACE))
_LIKE_CONTENT: Final = re.compile(rb"[\t\n\f\r -~\x00]*")
_FAR: Final = 4096  # bytes; an array that goes on for longer was never closed
_SLOPPY_NUMBER: Final = re.compile(rb"[+-]*(\d*\.?\d*)")
_DIGITS: Final = frozenset(b"0123456789")
_LOOKED_AT: Final = 48  # bytes behind an EI that tell whether it is one
_MAX_OPERANDS: Final = 100_000

Inline = Callable[[dict[str, Any], bytes], bytes | None]


class _Operand(NamedTuple):
    """An operand: its kind by the letters of OPERANDS, and its text."""

    kind: str
    text: bytes


@dataclass(slots=True)
class Rewritten:
    """A content stream written anew, and what was left out of it."""

    data: bytes = b""
    unknown: int = 0  # statements that are none, or bytes that are none
    images: int = 0  # inline images that were written anew
    hidden: int = 0  # painted by hidden layers


def rewrite(content: bytes, inline: Inline, hidden: frozenset[str] = frozenset()) -> Rewritten:
    """The stream with known statements alone. `inline` writes an inline image anew, or answers None."""
    return _Rewriting(content, inline, hidden).done()


@dataclass(slots=True)
class _Rewriting:
    content: bytes
    inline: Inline
    hidden: frozenset[str]
    out: list[bytes] = field(default_factory=list)
    operands: list[_Operand] = field(default_factory=list)
    open: list[int] = field(default_factory=list)  # where among the operands arrays and dictionaries begin
    ahead: dict[bytes, int] = field(default_factory=dict)  # brackets, and where the next of each stands
    marks: list[bool] = field(default_factory=list)  # of marked content that is open: whether it is hidden
    result: Rewritten = field(default_factory=Rewritten)

    def done(self) -> Rewritten:
        at, content = 0, self.content
        while at < len(content):
            found = _LEX.match(content, at)
            if found is None:
                break  # space or a comment at the end
            at = found.end()
            match found.lastindex:
                case 1:
                    self._take("n", found[1])
                case 2:
                    self._take("/", found[2])
                case 3 | 4:
                    self._take("s", found[found.lastindex])
                case 5:
                    self._bracket(found[5])
                case 6:
                    at = self._word(found[6], at)
                case 7:
                    at = self._deep_string(at)
                case _:
                    self.result.unknown += 1
        self.result.data = b"\n".join(self.out) + b"\n" if self.out else b""
        return self.result

    def _take(self, kind: str, text: bytes) -> None:
        if len(self.operands) < _MAX_OPERANDS:
            self.operands.append(_Operand(kind, text))

    def _bracket(self, bracket: bytes) -> None:
        """Brackets that pair make one operand of what stands between them."""
        if bracket in (b"[", b"<<"):
            self.open.append(len(self.operands))
            self._take(bracket.decode(), bracket)
            return
        start = self.open.pop() if self.open else len(self.operands)
        items = self.operands[start + 1 :]
        opened = self.operands[start].kind if start < len(self.operands) else ""
        if {"[": b"]", "<<": b">>"}.get(opened) != bracket:
            self.result.unknown += 1
            return
        kind = _kind_of_array(items) if opened == "[" else _kind_of_properties(items)
        text = joined([opened.encode(), *(item.text for item in items), bracket])
        self.operands[start:] = [_Operand(kind, text)]

    def _word(self, word: bytes, at: int) -> int:
        if self.open and word not in operators.WORDS and self._is_inside(at):
            self.result.unknown += 1  # a stray operator inside an array: readers pass over it
        elif word in OPERANDS:
            self._statement(word)
        elif word in operators.WORDS:
            self._take("w", word)
        elif word == b"BI":
            return self._inline(at)
        elif (number := _as_number(word)) is not None:
            self._take("n", number)
        else:
            self.result.unknown += word not in (b"BX", b"EX")
            self._forget()
        return at

    def _is_inside(self, at: int) -> bool:
        """Whether the array that is open is closed soon, before another opens. Each bracket is looked for once."""
        for bracket in (b"[", b"]"):
            if self.ahead.get(bracket, -1) < at:
                found = self.content.find(bracket, at)
                self.ahead[bracket] = found if found >= 0 else len(self.content)
        return self.ahead[b"]"] < self.ahead[b"["] and self.ahead[b"]"] - at < _FAR

    def _forget(self) -> None:
        self.operands.clear()
        self.open.clear()

    def _statement(self, word: bytes) -> None:
        operands = _fitting(word, self.operands)
        if operands is None or (word == b"EMC" and not self.marks):
            self.result.unknown += 1
            self._forget()
            return
        self.result.unknown += len(operands) < len(self.operands)
        self._forget()
        if word in (b"BDC", b"BMC"):
            self.marks.append(self._is_hidden(operands))
        elif word == b"EMC":
            self.marks.pop()
        if any(self.marks):
            word, operands = self._unpainted(word, operands)
        if word:
            self.out.append(joined([*operands, word]))

    def _is_hidden(self, operands: list[bytes]) -> bool:
        return len(operands) == 2 and operands[0] == b"/OC" and operands[1].decode("latin-1") in self.hidden

    def _unpainted(self, word: bytes, operands: list[bytes]) -> tuple[bytes, list[bytes]]:
        if word in PAINTERS:
            self.result.hidden += 1
            return b"n", []
        if word in operators.SHOWERS:
            self.result.hidden += 1
            return b"", []
        if word in operators.NEXT_LINE_SHOWERS:
            self.result.hidden += 1
            return b"T*", []
        return word, operands

    def _deep_string(self, at: int) -> int:
        """A string that is nested deeper than the language has it: the same bytes in hexadecimal."""
        depth, end, content = 1, at, self.content
        while end < len(content) and depth:
            byte = content[end]
            depth += (byte == 0x28) - (byte == 0x29)
            end += 2 if byte == 0x5C else 1
        if depth:
            self.result.unknown += 1
            return at  # it does not end: its text is looked at as tokens
        self._take("s", b"<" + read_literal(content[at : end - 1]).hex().encode() + b">")
        return end

    def _inline(self, at: int) -> int:
        entries, start = _inline_entries(self.content, at)
        self._forget()
        if entries is None:
            self.result.unknown += 1
            return at
        end, after = _inline_end(self.content, start)
        written = self.inline(entries, self.content[start:end])
        self.result.images += 1
        if written is not None and not any(self.marks):
            self.out.append(written)
        return after


def _kind_of_array(items: list[_Operand]) -> str:
    kinds = {item.kind for item in items}
    return "d" if kinds <= {"n"} else "[" if kinds <= {"n", "s"} else "a" if kinds <= {"n", "s", "/", "w"} else "?"


def _kind_of_properties(items: list[_Operand]) -> str:
    is_sound = len(items) % 2 == 0 and all(item.kind == "/" for item in items[::2])
    values = {item.kind for item in items[1::2]}
    if not is_sound or not values <= set("n/swd[ap"):
        return "?"
    return "?" if "p" in values and any(b"<<" in item.text[2:] for item in items[1::2] if item.kind == "p") else "p"


def _fitting(word: bytes, operands: list[_Operand]) -> list[bytes] | None:
    """The last operands, as many as the operator takes and of its kinds; None where they are others."""
    wanted = OPERANDS[word]
    if wanted == "*":
        return _components(word, operands)
    taken = operands[len(operands) - len(wanted) :] if len(operands) >= len(wanted) else []
    if len(taken) != len(wanted):
        return None
    fits = all(
        one.kind == kind or (kind == "[" and one.kind == "d") or (kind == "p" and one.kind == "/")
        for one, kind in zip(taken, wanted)
    )
    return [one.text for one in taken] if fits else None


def _components(word: bytes, operands: list[_Operand]) -> list[bytes] | None:
    """Numbers of a colour, and behind them the name of a pattern."""
    name = [operands[-1]] if operands and operands[-1].kind == "/" and word in (b"scn", b"SCN") else []
    numbers = operands[: len(operands) - len(name)]
    if not operands or len(numbers) > MAX_COMPONENTS or any(one.kind != "n" for one in numbers):
        return None
    return [one.text for one in (*numbers, *name)]


def _as_number(word: bytes) -> bytes | None:
    """A number as sloppy writers put it: 1.2.3, --5, 3-4, a lone dot; readers take its first part."""
    if not set(word) <= set(b"+-.0123456789"):
        return None
    found = _SLOPPY_NUMBER.match(word)
    assert found is not None
    number = found[1] if _DIGITS & set(found[1]) else b"0"
    return (b"-" if word.startswith(b"-") else b"") + number


def _inline_entries(content: bytes, at: int) -> tuple[dict[str, Any] | None, int]:
    """The entries of an inline image, and where its data starts."""
    tokens: list[bytes] = []
    while found := _LEX.match(content, at):
        at = found.end()
        if found.lastindex in (7, 8):
            return None, at
        token = found[found.lastindex or 1]
        if token == b"ID":
            try:
                entries = read_value(b"<< " + b" ".join(tokens) + b" >>")
            except MalformedError:
                return None, at
            at += content[at : at + 2] == b"\r\n"
            return (entries if isinstance(entries, dict) else None), at + 1
        if token in (b"BI", b"EI") or len(tokens) > _MAX_OPERANDS:
            return None, at
        tokens.append(b"".join(token.split()) if found.lastindex == 4 else token)  # a hexadecimal string
    return None, len(content)


def _inline_end(content: bytes, start: int) -> tuple[int, int]:
    """Where the data of an inline image ends, and where what follows starts."""
    for found in _ENDS_INLINE.finditer(content, start):
        behind = content[found.end() : found.end() + _LOOKED_AT]
        if _LIKE_CONTENT.fullmatch(behind):
            return found.start(), found.end()
    return len(content), len(content)
