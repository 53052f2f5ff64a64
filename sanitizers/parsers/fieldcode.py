"""Field instructions of word processors: the text between the braces, as words, quoted texts and switches.

`PAGEREF _Toc1 \\h` gives the type PAGEREF, the word _Toc1 and the switch h. The text is one that was joined over runs
and paragraphs before; a nested field stands in it as one NESTED character. Reading never fails: what nobody would
write comes out as words, and the allow-list of types has no place for them.

Source: ISO/IEC 29500-1:2016, 17.16.1 to 17.16.4; [MS-OE376] 2.1.507.
"""

import re
from dataclasses import dataclass
from enum import Enum
from typing import Final

NESTED: Final = "\ufffc"  # where the result of a nested field stands
MAX_CHARS: Final = 32_768  # of one instruction
_QUOTES: Final = '"“”„‟＂'  # Word types curly ones by itself, and reads them
_SPACE: Final = " \t\r\n\u00a0\u3000"
_TYPE: Final = re.compile(rf"[{_SPACE}]*(=|[^{_SPACE}{_QUOTES}\\]*)")
_NUMBERS: Final = re.compile(r"\s*QUOTE\s+((?:\d{1,7}\s*)+)", re.IGNORECASE)


class Part(Enum):
    """What a piece of an instruction is."""

    WORD = "word"
    TEXT = "text"  # in quotes
    SWITCH = "switch"


@dataclass(frozen=True, slots=True)
class Token:
    """One piece of an instruction behind its type. `start` is its place in the text."""

    part: Part
    value: str
    start: int


@dataclass(frozen=True, slots=True)
class Code:
    """An instruction. `type` is in capitals; empty where the instruction is."""

    type: str
    tokens: tuple[Token, ...]
    rest: str  # all that stands behind the type, as it was written


def read(text: str) -> Code:
    """The instruction in this text; nothing is read behind MAX_CHARS."""
    text = text[:MAX_CHARS]
    found = _TYPE.match(text)
    assert found is not None
    kind, rest = found[1].upper(), text[found.end() :]
    return Code(kind, tuple(_tokens(text, found.end())), rest)


def quoted(text: str) -> str:
    """A text as an argument in quotes that is read as the same text."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def evaluated(text: str) -> str:
    """What a nested field gives to the instruction around it, where that is known without a document.

    QUOTE with numbers gives characters: DDE was hidden so. Any other field gives NESTED.
    """
    found = _NUMBERS.match(text)
    if found is None:
        return NESTED
    return "".join(chr(number) for number in map(int, found[1].split()) if number < 0x110000)


def _tokens(text: str, position: int) -> list[Token]:
    found: list[Token] = []
    end = len(text)
    while position < end:
        char = text[position]
        if char in _SPACE:
            position += 1
        elif char in _QUOTES:
            value, after = _in_quotes(text, position + 1)
            found.append(Token(Part.TEXT, value, position))
            position = after
        elif char == "\\" and text[position + 1 : position + 2] not in ("\\", ""):
            found.append(Token(Part.SWITCH, text[position + 1].lower(), position))
            position += 2
        else:
            value, after = _word(text, position)
            found.append(Token(Part.WORD, value, position))
            position = after
    return found


def _in_quotes(text: str, position: int) -> tuple[str, int]:
    """The text up to the closing quote, and the place behind it. A text that is not closed lasts to the end."""
    pieces: list[str] = []
    end = len(text)
    while position < end and text[position] not in _QUOTES:
        if text[position] == "\\" and text[position + 1 : position + 2] in ("\\", *_QUOTES):
            position += 1
        pieces.append(text[position : position + 1])
        position += 1
    return "".join(pieces), position + 1


def _word(text: str, position: int) -> tuple[str, int]:
    """The text up to a space, a quote or a switch, and the place behind it."""
    pieces: list[str] = []
    end = len(text)
    while position < end and text[position] not in _SPACE and text[position] not in _QUOTES:
        if text[position] == "\\":
            following = text[position + 1 : position + 2]
            if following != "\\" and following not in _SPACE:
                break
            position += 1 if following == "\\" else 0
        pieces.append(text[position])
        position += 1
    return "".join(pieces), position
