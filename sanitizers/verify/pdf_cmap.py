"""Character maps: numbers, ranges and the few words that introduce them; no PostScript beyond (PDF-87).

Source: Adobe technical note 5014, sections 3 and 7; ISO 32000-2:2020, 9.7.5 and 9.10.3.
"""

import re
from typing import Final

from sanitizers.model import Check
from sanitizers.verify.court import require
from sanitizers.verify.pdf_walk import Document

_W: Final = rb"[\t\n\r ]"
_HEX: Final = rb"<(?:[0-9A-Fa-f]{2}){0,256}+>"
_NAME: Final = rb"/[A-Za-z0-9.+\-_]{0,127}+"
_LITERAL: Final = rb"\([A-Za-z0-9.+\-_ ]{0,127}+\)"
_NUMBER: Final = rb"[0-9]{1,10}+"
_RANGE: Final = _HEX + _W + rb"*+" + _HEX + _W + rb"*+"
_LIST: Final = rb"\[(?:" + _W + rb"*+" + _HEX + rb")*+" + _W + rb"*+\]"


def _block(word: bytes, row: bytes) -> bytes:
    return _NUMBER + _W + rb"++begin" + word + _W + rb"++(?:" + row + _W + rb"*+){0,100}+end" + word + rb"(?![!-~])"


_BLOCKS: Final = (
    _block(b"codespacerange", _RANGE),
    _block(b"bfchar", _HEX + _W + rb"*+" + _HEX),
    _block(b"bfrange", _RANGE + rb"(?:" + _HEX + rb"|" + _LIST + rb")"),
    _block(b"cidchar", _HEX + _W + rb"*+" + _NUMBER),
    _block(b"cidrange", _RANGE + _NUMBER),
    _block(b"notdefchar", _HEX + _W + rb"*+" + _NUMBER),
    _block(b"notdefrange", _RANGE + _NUMBER),
)
_WORDS: Final = (
    *(b"findresource", b"begincmap", b"endcmap", b"begin", b"end", b"dict", b"def", b"dup", b"pop", b"currentdict"),
    *(b"defineresource", b"CMapName", b"usecmap"),
)
_STRING: Final = rb"(?:" + _LITERAL + rb"|" + _HEX + rb")"
_ENTRY: Final = rb"/(?:Registry|Ordering)" + _W + rb"*+" + _STRING + rb"|/Supplement" + _W + rb"++" + _NUMBER
_COLLECTION: Final = rb"<<(?:" + _W + rb"++|" + _ENTRY + rb")*+>>"
_WORD: Final = rb"(?:" + rb"|".join((*_WORDS, _NUMBER)) + rb")(?=[\t\n\r /<(]|\Z)"
_CMAP: Final = re.compile(rb"(?:" + rb"|".join((_W + rb"++", *_BLOCKS, _WORD, _NAME, _LITERAL, _COLLECTION)) + rb")*+")


def check(plain: bytes, _number: int, _document: Document) -> None:
    """Raises Refused unless this is a character map and nothing else."""
    require(_CMAP.fullmatch(plain), Check.PDF, "character map")
    require(plain.count(b"begincmap") == 1, Check.PDF, "no character map")
