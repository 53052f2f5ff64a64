"""Fields of a word processor, put together from wherever their pieces stand (V-FLD; OOXML-60 to OOXML-68, OOXML-75).

A field is what lies between its characters, over runs and paragraphs, text that is not marked as an instruction
included. Its type must be written out, not come out of another field. Only types that read nothing but the document
itself may stand; a hyperlink, where it leads to the web or to a place in the document.

Source: ISO/IEC 29500-1:2016, 17.16.5 and 17.16.18; threat catalogue, OOXML-61.
"""

import re
from collections.abc import Callable
from typing import Final, NoReturn

from sanitizers.model import Check
from sanitizers.verify.ooxml.addresses import is_quiet, is_web


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_HARMLESS: Final = _words(
    """
    = ADVANCE AUTONUM AUTONUMLGL AUTONUMOUT BIDIOUTLINE COMPARE DATE DISPLAYBARCODE EQ FILENAME FILESIZE FORMCHECKBOX
    FORMDROPDOWN FORMTEXT FTNREF IF INDEX LISTNUM MERGEBARCODE MERGEFIELD MERGEREC MERGESEQ NEXT NEXTIF NOTEREF NUMCHARS
    NUMPAGES NUMWORDS PAGE PAGEREF REF SECTION SECTIONPAGES SEQ SET SHAPE SKIPIF STYLEREF SYMBOL TA TC TIME TITLE TOA
    TOC XE
    """
)
_TYPE: Final = re.compile(r"\s*+(=|[A-Za-z]++(?![^\s\\\"0-9()\u3000]))")
_PATH: Final = re.compile(r"(?i)\\p")  # the folders of whoever opens it
_LINK: Final = re.compile(
    r"(?i)\s*+HYPERLINK(?:\s++(?:\"(?P<quoted>[^\"]*+)\"|(?P<bare>[^\s\"\\]++)))?"
    r"(?:\s++\\[lot](?:\s++(?:\"[^\"]*+\"|[^\s\"\\]++))?|\s++\\[mnh])*+\s*+"
)
_NESTED: Final = "\ufffc"
_LONGEST: Final = 40_000


class Story:
    """The fields of one part, as far as it was read."""

    __slots__ = ("_open", "_refuse", "is_in_instruction")

    def __init__(self, refuse: Callable[[Check, str], NoReturn]) -> None:
        self._refuse = refuse
        self._open: list[list[str] | None] = []  # the pieces of an instruction; None once its result has begun
        self.is_in_instruction = False

    def character(self, kind: str) -> None:
        """One of the characters that begin, divide and end a field."""
        if kind == "begin":
            if len(self._open) >= 64:
                self._refuse(Check.LIMITS, "fields 64 deep")
            self._open.append([])
        elif kind in ("separate", "end"):
            if self._open:
                pieces = self._open[-1]
                if pieces is not None:
                    self._judge("".join(pieces))
                    self._open[-1] = None
                if kind == "end":
                    self._open.pop()
                    if self._open and (outer := self._open[-1]) is not None:
                        outer.append(_NESTED)
        else:
            self._refuse(Check.FIELD, "field character")
        self.is_in_instruction = any(pieces is not None for pieces in self._open)

    def add(self, text: str) -> None:
        """A piece of an instruction: to every field whose instruction is not yet whole."""
        if not self.is_in_instruction:
            if text.strip():
                self._refuse(Check.FIELD, "instruction outside a field")
            return
        for pieces in reversed(self._open):
            if pieces is not None:
                pieces.append(text)
                break

    def simple(self, instruction: str) -> None:
        """The whole instruction of a simple field."""
        self._judge(instruction)

    def finish(self) -> None:
        """Instructions that never ended are judged too."""
        for pieces in self._open:
            if pieces is not None:
                self._judge("".join(pieces))

    def _judge(self, text: str) -> None:
        if not text.strip():
            return
        if len(text) > _LONGEST:
            self._refuse(Check.FIELD, "instruction too long")
        found = _TYPE.match(text)
        name = found[1].upper() if found else ""
        if name == "HYPERLINK":
            self._link(text)
        elif name not in _HARMLESS or (name == "FILENAME" and _PATH.search(text)):
            self._refuse(Check.FIELD, f"field {text.strip()[:40]}")

    def _link(self, text: str) -> None:
        found = _LINK.fullmatch(text)
        if not found or _NESTED in text:
            self._refuse(Check.FIELD, "HYPERLINK")
        address = found["quoted"] or found["bare"] or ""
        places = re.findall(r"(?i)\\l\s+(?:\"([^\"]*)\"|(\S+))", text)
        if (address and not is_web(address)) or not all(is_quiet(a or b) for a, b in places):
            self._refuse(Check.URL, "address of a HYPERLINK field")
