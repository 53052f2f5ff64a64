"""What a ZIP is: an archive, or a document, program or package in the form of one. Bounded; reads the central
directory's names and at most one small member.

Source: APPNOTE 6.3.10, 4.3; ISO/IEC 29500-2 (OPC); OpenDocument 1.3 part 2, 3.3.
"""

import re
import struct
import zlib
from typing import Final, NamedTuple

from policies.catalogue import vector
from sanitizers.errors import MalformedError
from sanitizers.parsers.signatures import FAMILIES, ODF, PACKAGE_TYPES, SUN_TYPES, ZIP_MARKS

GEN_15: Final = vector("GEN-15")

MAGICS: Final = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")

_END: Final = b"PK\x05\x06"
_END_RECORD: Final = struct.Struct("<4s4H2IH")
_CENTRAL: Final = struct.Struct("<4s6H3I5H2I")
_LOCAL: Final = struct.Struct("<4s5H3I2H")
_MAX_COMMENT: Final = 0xFFFF
_MAX_NAMES: Final = 4096  # an archive with more is an archive; each member is judged by itself anyway
_MAX_MEMBER_BYTES: Final = 1 << 18
_CONTENT_TYPE: Final = re.compile(rb'contenttype\s*=\s*["\']([^"\']{1,200})["\']')
_OVERRIDE: Final = re.compile(rb'<(?:[\w.-]+:)?override\s[^<>]*contenttype\s*=\s*["\']([^"\']{1,200})["\']')
_ODF_TYPE: Final = re.compile(rb"application/vnd\.oasis\.opendocument\.[a-z-]{1,40}")
_MARKS: Final = tuple((re.compile(pattern), kind) for pattern, kind in ZIP_MARKS)
_OFFICE_FOLDERS: Final = ("word/", "xl/", "ppt/", "_rels/")


class Member(NamedTuple):
    """What the central directory says of a member: as much as is needed to read a small one."""

    offset: int
    packed: int
    method: int


def kind_of(untrusted: bytes) -> str:
    """The media type, or the catalogue row that refuses it. Raises MalformedError for an office package in ruins."""
    members = _members(untrusted)
    if members is None:
        if b"[Content_Types].xml" in untrusted[:4096]:
            raise MalformedError("office package without a readable directory", GEN_15)
        return "application/zip"
    if "[Content_Types].xml" in members:
        return _package(_read(untrusted, members["[Content_Types].xml"]), members)
    if "mimetype" in members and (document := _document(_read(untrusted, members["mimetype"]))):
        return document
    if "content.xml" in members and "META-INF/manifest.xml" in members:
        manifest = _ODF_TYPE.search(_read(untrusted, members["META-INF/manifest.xml"]))
        return (manifest and _document(manifest[0])) or ODF + "text"
    if "META-INF/MANIFEST.MF" in members and any(name.endswith(".class") for name in members):
        return "BLK-15"
    for pattern, kind in _MARKS:
        if any(pattern.fullmatch(name) for name in members):
            return kind
    return "application/zip"


def start_of_last(untrusted: bytes) -> int | None:
    """Where the ZIP starts whose directory ends this file; None when there is none. At 0 its first header is broken."""
    end = _end_record(untrusted)
    if end is None or not end[1] or not untrusted.startswith(b"PK\x01\x02", end[0] - end[1]):
        return None
    return max(0, end[0] - end[1] - end[2])


def _end_record(untrusted: bytes) -> tuple[int, int, int] | None:
    """Offset of the end record, and what it says of the directory: size and offset."""
    at = untrusted.rfind(_END, max(0, len(untrusted) - _END_RECORD.size - _MAX_COMMENT))
    if at < 0 or at + _END_RECORD.size > len(untrusted):
        return None
    *_, size, offset, _ = _END_RECORD.unpack_from(untrusted, at)
    return at, size, offset


def _members(untrusted: bytes) -> dict[str, Member] | None:
    """The first names of the central directory, wherever it was shifted to; None when there is none to read."""
    end = _end_record(untrusted)
    if end is None or end[1] > end[0]:
        return None
    at, size, offset = end
    place, shift = at - size, at - size - offset
    found: dict[str, Member] = {}
    while place < at and len(found) < _MAX_NAMES:
        if not untrusted.startswith(b"PK\x01\x02", place) or place + _CENTRAL.size > at:
            return None
        row = _CENTRAL.unpack_from(untrusted, place)
        method, packed, lengths, start = row[4], row[8], row[10:13], row[16]
        name = untrusted[place + _CENTRAL.size : place + _CENTRAL.size + lengths[0]].decode("latin-1")
        found[name] = Member(start + max(0, shift), packed, method)
        place += _CENTRAL.size + sum(lengths)
    return found


def _read(untrusted: bytes, member: Member) -> bytes:
    """A member's first bytes; empty where it cannot be read."""
    if member.offset + _LOCAL.size > len(untrusted):
        return b""
    *_, name_length, extra_length = _LOCAL.unpack_from(untrusted, member.offset)
    start = member.offset + _LOCAL.size + name_length + extra_length
    packed = untrusted[start : start + min(member.packed, _MAX_MEMBER_BYTES)]
    if member.method == 0:
        return packed
    try:
        return zlib.decompressobj(-15).decompress(packed, _MAX_MEMBER_BYTES)
    except zlib.error:
        return b""


def _package(types: bytes, members: dict[str, Member]) -> str:
    """An OPC package: the content type of its main part."""
    if types[:2] in (b"\xff\xfe", b"\xfe\xff"):
        types = types.decode("utf-16", "replace").encode()
    lower = types.lower()
    said = [*_OVERRIDE.findall(lower), *_CONTENT_TYPE.findall(lower)]  # a default may be of parts that are not there
    found = next((PACKAGE_TYPES[word] for word in said if word in PACKAGE_TYPES), None)
    if found:
        return found
    for pattern, kind in _MARKS:
        if any(pattern.fullmatch(name) for name in members):
            return kind
    return "application/x-opc-package"


def _document(media_type: bytes) -> str | None:
    """OpenDocument and its kin, by the text of the member `mimetype`."""
    if match := _ODF_TYPE.match(media_type):
        found = match[0].decode()
        return found if found in FAMILIES else ODF + "text"
    if media_type.startswith(SUN_TYPES):
        return "application/vnd.sun.xml"
    if media_type.startswith(b"application/epub+zip"):
        return "application/epub+zip"
    if media_type.startswith((b"application/hwp+zip", b"application/haansoft")):
        return "application/hwp+zip"
    return None
