"""CMaps: code ranges and what they map to, read as numbers and written anew (PDF-87).

What is neither a range nor a mapping has no place in the new one: no PostScript of the file is carried.
Source: ISO 32000-2 9.7.5 and 9.10.3; Adobe TN 5014, 5411
"""

import re
from dataclasses import dataclass, field
from typing import Final

from sanitizers.errors import LimitError, MalformedError
from sanitizers.formats.pdf.values import read_hex

_BLOCK: Final = 100  # entries that one block may have
_MAX_ENTRIES: Final = 1_000_000
_HEX: Final = rb"<([0-9A-Fa-f\s]*)>"
_SECTION: Final = re.compile(
    rb"begin(codespacerange|bfrange|bfchar|cidrange|cidchar|notdefrange|notdefchar)\b(.*?)(?:end\1\b|(?=\bbegin(?!bf|cid))|\Z)",
    re.DOTALL,
)
_PAIR: Final = re.compile(_HEX + rb"\s*" + _HEX)
_RANGE: Final = re.compile(_HEX + rb"\s*" + _HEX + rb"\s*(?:" + _HEX + rb"|\[([^\]]*)\])")
_NUMBERED: Final = re.compile(_HEX + rb"\s*" + _HEX + rb"\s*(\d+)")
_CHARACTER: Final = re.compile(_HEX + rb"\s*(\d+)")
_ITEM: Final = re.compile(_HEX)
_MODE: Final = re.compile(rb"/WMode\s+([01])\s+def")
_BASE: Final = re.compile(rb"/([A-Za-z0-9-]+)\s+usecmap\b")
_INFO: Final = re.compile(rb"/(Registry|Ordering)\s*(?:\(([^()\\]{0,64})\)|<([0-9a-f]{0,128})>)")
_SUPPLEMENT: Final = re.compile(rb"/Supplement\s+(\d{1,3})\b")
_COMMENT: Final = re.compile(rb"%[^\r\n]*")
_MAX_TEXT: Final = 512  # hexadecimal digits of what one code stands for
_CODE: Final = rb"<(?:[0-9a-f]{2}){1,64}>"  # as it is written here; a block of nothing else is taken as it is
_PLAIN_PAIR: Final = re.compile(_CODE + _CODE)
_PLAIN_RANGE: Final = re.compile(_CODE + _CODE + rb"(?:" + _CODE + rb"|\[(?:" + _CODE + rb")+\])")


@dataclass(slots=True)
class CMap:
    """The sections of a CMap in their order, each entry already as it will be written."""

    sections: list[tuple[str, list[bytes]]] = field(default_factory=list)
    mode: int = 0
    base: str = ""  # of /usecmap
    registry: bytes = b"Adobe"
    ordering: bytes = b"UCS"
    supplement: int = 0


def read_cmap(text: bytes) -> CMap:
    """The mappings of a CMap. Raises MalformedError, LimitError."""
    found, count = CMap(), 0
    plain = _COMMENT.sub(b"", text)
    if mode := _MODE.search(plain):
        found.mode = int(mode[1])
    if base := _BASE.search(plain):
        found.base = "/" + base[1].decode()
    for key, literal, digits in _INFO.findall(plain):
        setattr(found, key.decode().lower(), literal or read_hex(digits) or getattr(found, key.decode().lower()))
    if supplement := _SUPPLEMENT.search(plain):
        found.supplement = int(supplement[1])
    for kind, body in _SECTION.findall(plain):
        entries = _READERS[kind.decode()](body)
        count += len(entries)
        if count > _MAX_ENTRIES:
            raise LimitError("a CMap of too many entries")
        if entries:
            found.sections.append((kind.decode(), entries))
    if not found.sections and not found.base:
        raise MalformedError("a CMap that maps nothing")
    return found


def write_cmap(cmap: CMap, name: str, is_unicode: bool) -> bytes:
    """The CMap's text, as short as readers need it."""
    lines = [b"/CIDInit /ProcSet findresource begin", b"12 dict begin", b"begincmap"]
    if cmap.base and not is_unicode:
        lines.append(cmap.base.encode() + b" usecmap")
    registry, ordering = cmap.registry.hex().encode(), cmap.ordering.hex().encode()
    info = b"/CIDSystemInfo <</Registry<%b>/Ordering<%b>/Supplement %d>> def"
    lines.append(info % (registry, ordering, cmap.supplement))
    lines += [b"/CMapName /" + name.encode() + b" def", b"/CMapType %d def" % (2 if is_unicode else 1)]
    if not is_unicode:
        lines.append(b"/WMode %d def" % cmap.mode)
    for kind, entries in cmap.sections:
        for at in range(0, len(entries), _BLOCK):
            block = entries[at : at + _BLOCK]
            lines.append(b"%d begin%b" % (len(block), kind.encode()))
            lines += block
            lines.append(b"end" + kind.encode())
    lines += [b"endcmap", b"CMapName currentdict /CMap defineresource pop", b"end", b"end", b""]
    return b"\n".join(lines)


def _hex(digits: bytes) -> bytes:
    found = b"".join(digits.split()).lower()
    return b"<" + found[:_MAX_TEXT] + (b"0" if len(found[:_MAX_TEXT]) % 2 else b"") + b">"


def _plain(entry: "re.Pattern[bytes]", body: bytes) -> list[bytes] | None:
    """The entries of a block where all of it reads as this project writes them, but for space and capitals."""
    said = b"".join(body.split()).lower()
    found = entry.findall(said)
    return found if sum(map(len, found)) == len(said) else None


def _pairs(body: bytes) -> list[bytes]:
    if (plain := _plain(_PLAIN_PAIR, body)) is not None:
        return plain
    return [_hex(one) + _hex(other) for one, other in _PAIR.findall(body) if one.strip() and other.strip()]


def _ranges(body: bytes) -> list[bytes]:
    if (plain := _plain(_PLAIN_RANGE, body)) is not None:
        return plain
    entries = []
    for first, last, target, items in _RANGE.findall(body):
        listed = [_hex(item) for item in _ITEM.findall(items) if item.strip()]
        value = b"[" + b"".join(listed) + b"]" if listed else _hex(target) if target.strip() else b""
        if first.strip() and last.strip() and value:
            entries.append(_hex(first) + _hex(last) + value)
    return entries


def _numbered(body: bytes) -> list[bytes]:
    """Ranges of CIDs, which are numbers."""
    found = _NUMBERED.findall(body)
    return [_hex(first) + _hex(last) + b" " + cid[:10] for first, last, cid in found if first.strip() and last.strip()]


def _characters(body: bytes) -> list[bytes]:
    return [_hex(code) + b" " + number[:10] for code, number in _CHARACTER.findall(body) if code.strip()]


_READERS: Final = {
    "codespacerange": _pairs,
    "bfchar": _pairs,
    "bfrange": _ranges,
    "cidrange": _numbered,
    "notdefrange": _numbered,
    "cidchar": _characters,
    "notdefchar": _characters,
}
