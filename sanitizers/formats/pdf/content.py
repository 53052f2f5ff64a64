"""Content streams: left as they are where they are plain, else written anew token by token (PDF-79, PDF-100).

Unknown operators go with their operands, comments go, inline images come out as samples in hexadecimal. What a hidden
layer paints goes too; what it does to the graphics state stays, because later parts rest on it. Source: ISO 32000-2 7.8
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from sanitizers.errors import MalformedError
from sanitizers.formats.pdf import operators
from sanitizers.formats.pdf.operators import HEX, NAME, NUMBER, OPERATORS, PAINTERS, REGULAR, SPACE, STRING
from sanitizers.formats.pdf.values import read_literal, read_value
from sanitizers.formats.pdf.write import joined

_LEX: Final = re.compile(
    rb"(?:[%b]+|%%[^\r\n]*)*(?:(%b)(?!%b)|(%b)|(%b)|(%b)|(<<|>>|\[|\])|(%b+)|(\()|([\x00-\xff]))"
    % (SPACE, NUMBER, REGULAR, NAME, STRING, HEX, REGULAR)
)
_ENDS_INLINE: Final = re.compile(rb"[%b]EI(?=[%b/\[(<]|$)" % (SPACE, SPACE))
_LIKE_CONTENT: Final = re.compile(rb"[\t\n\f\r -~\x00]*")
_ALMOST_NUMBER: Final = re.compile(rb"[+-]*(\d*)[.-]?([\d.-]*)")
_LOOKED_AT: Final = 48  # bytes behind an EI that tell whether it is one
_MAX_OPERANDS: Final = 2048

Inline = Callable[[dict[str, Any], bytes], bytes | None]


@dataclass(slots=True)
class Rewritten:
    """A content stream written anew, and what was left out of it."""

    data: bytes = b""
    unknown: int = 0  # operators, or bytes that are none
    images: int = 0  # inline images that were written anew
    hidden: int = 0  # painted by hidden layers


def rewrite(content: bytes, inline: Inline, hidden: frozenset[str] = frozenset()) -> Rewritten:
    """The stream with known operators alone. `inline` writes an inline image anew, or answers None."""
    return _Rewriting(content, inline, hidden).done()


@dataclass(slots=True)
class _Rewriting:
    content: bytes
    inline: Inline
    hidden: frozenset[str]
    out: list[bytes] = field(default_factory=list)
    operands: list[bytes] = field(default_factory=list)
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
                case 1 | 2 | 3 | 4 | 5:
                    self.operands.append(found[found.lastindex])
                case 6:
                    at = self._word(found[6], at)
                case 7:
                    at = self._deep_string(at)
                case _:
                    self.result.unknown += 1
        self.result.data = b"\n".join(self.out) + b"\n" if self.out else b""
        return self.result

    def _word(self, word: bytes, at: int) -> int:
        if word in OPERATORS:
            self._operator(word)
        elif word in operators.WORDS:
            self.operands.append(word)
        elif word == b"BI":
            return self._inline(at)
        elif number := _as_number(word):
            self.operands.append(number)
        elif word in (b"BX", b"EX"):
            self.operands.clear()
        else:
            self.result.unknown += 1
            self.operands.clear()
        return at

    def _operator(self, word: bytes) -> None:
        operands = self.operands[-_MAX_OPERANDS:] if word != b"TJ" else self.operands
        if word in (b"BDC", b"BMC"):
            self.marks.append(self._is_hidden(operands))
        elif word == b"EMC":
            if not self.marks:
                self.result.unknown += 1
                self.operands.clear()
                return
            self.marks.pop()
        if any(self.marks):
            word, operands = self._unpainted(word, operands)
        if word:
            if operands and not _are_balanced(operands):
                self.result.unknown += 1
            else:
                self.out.append(joined([*operands, word]))
        self.operands.clear()

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
        """A string that is nested deeper than the language has it, or does not end: what there is of it, flat."""
        depth, end, content = 1, at, self.content
        while end < len(content) and depth:
            byte = content[end]
            depth += (byte == 0x28) - (byte == 0x29)
            end += 2 if byte == 0x5C else 1
        inner = content[at : end - 1 if not depth else end]
        if depth:
            self.result.unknown += 1
            return at  # it does not end: its text is looked at as tokens
        self.operands.append(b"<" + read_literal(inner).hex().encode() + b">")
        return end

    def _inline(self, at: int) -> int:
        entries, start = _inline_entries(self.content, at)
        self.operands.clear()
        if entries is None:
            self.result.unknown += 1
            return at
        end, after = _inline_end(self.content, start)
        written = self.inline(entries, self.content[start:end])
        self.result.images += 1
        if written is not None and not any(self.marks):
            self.out.append(written)
        return after


def _as_number(word: bytes) -> bytes | None:
    """A number as sloppy writers put it: 1.2.3, --5, 3-4, .; readers take the first part."""
    found = _ALMOST_NUMBER.fullmatch(word)
    if found is None or not any(48 <= byte < 58 for byte in word):
        return b"0" if word in (b".", b"-", b"-.", b"+") else None
    digits = re.match(rb"[+-]*(\d*\.?\d*)", word)
    assert digits is not None
    number = digits[1] if any(48 <= byte < 58 for byte in digits[1]) else b"0"
    return (b"-" if word.startswith(b"-") else b"") + number


def _are_balanced(operands: list[bytes]) -> bool:
    depth = []
    for operand in operands:
        if operand in (b"[", b"<<"):
            depth.append(operand)
        elif operand in (b"]", b">>") and (not depth or depth.pop() != {b"]": b"[", b">>": b"<<"}[operand]):
            return False
    return not depth


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
                entries = read_value(b"<<" + b" ".join(tokens) + b">>")
            except MalformedError:
                return None, at
            at += content[at : at + 2] == b"\r\n"
            return (entries if isinstance(entries, dict) else None), at + 1
        if token in (b"BI", b"EI") or len(tokens) > _MAX_OPERANDS:
            return None, at
        tokens.append(token)
    return None, len(content)


def _inline_end(content: bytes, start: int) -> tuple[int, int]:
    """Where the data of an inline image ends, and where what follows starts."""
    for found in _ENDS_INLINE.finditer(content, start):
        behind = content[found.end() : found.end() + _LOOKED_AT]
        if _LIKE_CONTENT.fullmatch(behind):
            return found.start(), found.end()
    return len(content), len(content)
