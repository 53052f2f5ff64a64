"""A rebuilt ZIP, walked from its raw bytes: nothing but members, their directory, and one end (V-ZIP, V-NAME, V-RES).

Members stand one behind the other from the first byte, in the order of the directory; every field of a local header is
that of the directory; nothing is optional. Each member is judged as a file of its own, by the type that its extension
promises. ZIP64 is refused: a copy of that size does not come about within any limits.

Source: APPNOTE.TXT 6.3.10, 4.3 and 4.4; ISO/IEC 21320-1:2015; RFC 1951.
"""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from sanitizers.model import Check
from sanitizers.verify import deflated, encodings, names
from sanitizers.verify.court import Court, Refused, require

_LOCAL: Final = struct.Struct("<4sHHHHHIIIHH")
_CENTRAL: Final = struct.Struct("<4sHHHHHHIIIHHHHHII")
_END: Final = struct.Struct("<4sHHHHIIH")
_STORED, _DEFLATED = 0, 8
_UTF8_FLAG: Final = 0x0800
_MIDNIGHT, _FIRST_OF_JANUARY_1980 = 0, 0x0021
_NEEDED_VERSIONS: Final = frozenset({10, 20})
_HOSTS: Final = frozenset({0, 3})  # MS-DOS, Unix
_FILE_MODES: Final = frozenset({0, 0x20, 0o100644 << 16, 0o100644 << 16 | 0x20})
_FOLDER_MODES: Final = frozenset({0x10, 0o40755 << 16, 0o40755 << 16 | 0x10})
_MISREAD: Final = frozenset(b"\\|")  # second bytes in CP932 that others take for a separator or a pipe (ZIP-07)
_MAX_LABEL_CHARS: Final = 80  # of a member's name in an opinion
_MARK: Final = 0xFFFFFFFF  # stands for a ZIP64 field
_PIECE: Final = 1 << 20  # bytes that are unpacked at a time

TYPES: Final[Mapping[str, str]] = {
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "jpe": "image/jpeg",
    "jfif": "image/jpeg",
    "png": "image/png",
    "apng": "image/png",
    "gif": "image/gif",
    "webp": "image/webp",
    "tif": "image/tiff",
    "tiff": "image/tiff",
    "ico": "image/vnd.microsoft.icon",
    "cur": "image/vnd.microsoft.icon",
    "svg": "image/svg+xml",
    "emf": "image/emf",
    "wmf": "image/wmf",
    "txt": "text/plain",
    "text": "text/plain",
    "log": "text/plain",
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
    "tab": "text/tab-separated-values",
    "pdf": "application/pdf",
    "zip": "application/zip",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "dotx": "application/vnd.openxmlformats-officedocument.wordprocessingml.template",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "xlsb": "application/vnd.ms-excel.sheet.binary.macroEnabled.12",
    "xltx": "application/vnd.openxmlformats-officedocument.spreadsheetml.template",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "potx": "application/vnd.openxmlformats-officedocument.presentationml.template",
}  # by extension; a member of any other is refused


@dataclass(frozen=True, slots=True)
class _Member:
    raw_name: bytes
    mode: int
    offset: int
    made_by: int
    version: int
    flags: int
    method: int
    time: int
    date: int
    crc: int
    packed: int
    size: int

    @property
    def is_folder(self) -> bool:
        return self.raw_name.endswith(b"/")


@dataclass(frozen=True, slots=True)
class _Known:
    """Keys of the names so far."""

    files: set[str] = field(default_factory=set)
    folders: set[str] = field(default_factory=set)
    parents: set[str] = field(default_factory=set)  # folders that a path needs, listed or not


def check(data: bytes, court: Court) -> None:
    """Raises Refused unless this is a ZIP as it is rebuilt, and all that is in it may pass."""
    for name, content in members(data, court):
        if not name.endswith("/"):
            label = _label(name)
            media_type = TYPES.get(names.extension(name), "")
            require(media_type, Check.TYPE, f"{label}: no check for such a member")
            court.hear(content, media_type, label)


def members(data: bytes, court: Court) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of each member of a ZIP as it is rebuilt; a folder's bytes are none. Raises Refused on the way."""
    for name, packed in packed_members(data, court):
        yield name, packed.whole()


@dataclass(frozen=True, slots=True)
class Packed:
    """A member's bytes as they are packed, paid for. All that is unpacked is exactly what is declared, or Refused."""

    _packed: memoryview
    _member: _Member
    _label: str

    @property
    def size(self) -> int:
        """Bytes of the member, unpacked."""
        return self._member.size

    def whole(self) -> bytes:
        """The member's bytes."""
        return _unpack(self._packed, self._member, self._label)

    def pieces(self) -> Iterator[bytes]:
        """The member's bytes, some at a time; only at the end is it known that they are all there."""
        return _unpack_pieces(self._packed, self._member, self._label)


def packed_members(data: bytes, court: Court) -> Iterator[tuple[str, Packed]]:
    """Name and packed bytes of each member of a ZIP as it is rebuilt. Raises Refused on the way."""
    entries, directory_at = _directory(data, court)
    known = _Known()
    at = 0
    for member in entries:
        name = _name(member, at)
        label = _label(name)
        _require_name(name, label, known)
        _require_plain(member, label)
        start = _local(data, at, member, label)
        at = start + member.packed
        _must(at <= directory_at, f"{label}: runs into the directory")
        court.expand(member.size, member.packed)
        yield name, Packed(memoryview(data)[start:at], member, label)
    _must(at == directory_at, f"gap before the directory at {at}")


def _label(name: str) -> str:
    return name if len(name) <= _MAX_LABEL_CHARS else name[:_MAX_LABEL_CHARS] + "…"


def _must(true: object, where: str) -> None:
    require(true, Check.ZIP, where)


def _directory(data: bytes, court: Court) -> tuple[list[_Member], int]:
    """4.3.12 and 4.3.16. The end record is the last 22 bytes, and there is one disk."""
    end_at = len(data) - _END.size
    _must(end_at >= 0, "shorter than an end record")
    signature, disk, first_disk, here, total, size, directory_at, comment = _END.unpack_from(data, end_at)
    require(signature == b"PK\x05\x06", Check.MAGIC, "no end record at the end")
    _must(not comment and not disk and not first_disk and here == total, "comment, disks or counts")
    _must(directory_at + size == end_at, "directory is not where the end record says")
    _must(total * _CENTRAL.size <= size, "count of members")
    court.count_members(total)
    members = list(_central(data, directory_at, total, end_at))
    _must(len({member.made_by for member in members}) <= 1, "members made by several systems")
    flags = {member.flags for member in members if not member.raw_name.isascii()}
    _must(len(flags) <= 1, "names in two encodings")
    return members, directory_at


def _central(data: bytes, at: int, total: int, end_at: int) -> Iterator[_Member]:
    for number in range(total):
        where = f"directory entry {number} at {at}"
        _must(at + _CENTRAL.size <= end_at, where)
        header = _CENTRAL.unpack_from(data, at)
        name_size, extra, comment, disk, internal, mode, offset = header[10:]
        _must(header[0] == b"PK\x01\x02", where)
        _must(not extra and not comment and not disk and not internal, f"{where}: extra field, comment or disk")
        following = at + _CENTRAL.size + name_size
        yield _Member(data[at + _CENTRAL.size : following], mode, offset, *header[1:10])
        at = following
    _must(at == end_at, f"bytes behind the directory at {at}")


def _name(member: _Member, at: int) -> str:
    """The name in the one encoding that its flag allows: marked UTF-8, else ASCII or a CP932 that nobody misreads."""
    raw, where = member.raw_name, f"name of the member at {at}"
    _must(member.flags in (0, _UTF8_FLAG), f"flags of the member at {at}")
    utf8 = _utf8(raw)
    if member.flags or raw.isascii():
        require(utf8 is not None, Check.NAME, f"{where} is no UTF-8")
        assert utf8 is not None
        return utf8
    _must(utf8 is None, f"{where} is not marked as UTF-8")
    name = encodings.decode_cp932(raw)
    if name is None or not _MISREAD.isdisjoint(raw):
        raise Refused(Check.NAME, f"{where} can be read in two ways")
    return name


def _utf8(raw: bytes) -> str | None:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _require_name(name: str, label: str, known: _Known) -> None:
    """A safe name, not seen before, and no file where another member needs a folder (ZIP-01 to ZIP-03, ZIP-26)."""
    complaint = names.complaint(name)
    require(not complaint, Check.NAME, f"{label}: {complaint}")
    key = names.key(name)
    taken = key in known.files or key in known.folders or (key in known.parents and not name.endswith("/"))
    require(not taken, Check.NAME, f"{label}: stands twice")
    (known.folders if name.endswith("/") else known.files).add(key)
    while "/" in key:
        key = key.rpartition("/")[0]
        require(key not in known.files, Check.NAME, f"{label}: inside a file")
        known.parents.add(key)


def _require_plain(member: _Member, label: str) -> None:
    """Fields that say nothing about who packed it, and nothing that a reader may take in two ways."""
    _must(member.version in _NEEDED_VERSIONS and member.method in (_STORED, _DEFLATED), f"{label}: version or method")
    _must((member.time, member.date) == (_MIDNIGHT, _FIRST_OF_JANUARY_1980), f"{label}: time")
    host, version = divmod(member.made_by, 256)
    _must(host in _HOSTS and 10 <= version <= 63, f"{label}: made by")
    _must(_MARK not in (member.packed, member.size, member.offset), f"{label}: ZIP64")
    _must(member.method == _DEFLATED or member.packed == member.size, f"{label}: stored in another size")
    _must(member.mode in (_FOLDER_MODES if member.is_folder else _FILE_MODES), f"{label}: mode")
    if member.is_folder:
        _must(
            (member.method, member.packed, member.size, member.crc) == (_STORED, 0, 0, 0), f"{label}: folder with data"
        )


def _local(data: bytes, at: int, member: _Member, label: str) -> int:
    """Where the member's data starts; its local header must stand at `at` and say what the directory says (4.3.7)."""
    _must(member.offset == at, f"{label}: gap or overlap at {at}")
    expected = _LOCAL.pack(
        b"PK\x03\x04",
        member.version,
        member.flags,
        member.method,
        member.time,
        member.date,
        member.crc,
        member.packed,
        member.size,
        len(member.raw_name),
        0,
    )
    start = at + _LOCAL.size + len(member.raw_name)
    _must(data[at:start] == expected + member.raw_name, f"{label}: local header at {at} differs")
    return start


def _unpack(packed: memoryview, member: _Member, label: str) -> bytes:
    """The member's bytes: exactly as many as declared, of that CRC, and the stream used up (ZIP-09, ZIP-10)."""
    if member.method == _DEFLATED:
        try:
            inflated = deflated.inflate(packed, member.size + 1, deflated.RAW)
        except deflated.Broken as error:
            raise Refused(Check.ZIP, f"{label}: no deflate stream") from error
        _must(inflated.is_whole, f"{label}: stream and size differ")
        plain = inflated.plain
    else:
        plain = bytes(packed)
    _must(len(plain) == member.size, f"{label}: stream and size differ")
    _must(deflated.crc32(plain) == member.crc, f"{label}: CRC")
    return plain


def _unpack_pieces(packed: memoryview, member: _Member, label: str) -> Iterator[bytes]:
    """The same, some at a time."""
    size = crc = 0
    for piece in _inflated(packed, label) if member.method == _DEFLATED else _cut(packed):
        size += len(piece)
        _must(size <= member.size, f"{label}: stream and size differ")
        crc = deflated.crc32(piece, crc)
        yield piece
    _must(size == member.size, f"{label}: stream and size differ")
    _must(crc == member.crc, f"{label}: CRC")


def _cut(data: memoryview) -> Iterator[bytes]:
    return (bytes(data[at : at + _PIECE]) for at in range(0, len(data), _PIECE))


def _inflated(packed: memoryview, label: str) -> Iterator[bytes]:
    inflate = deflated.decompressobj(deflated.RAW)
    try:
        for piece in _cut(packed):
            left = piece
            while left and not inflate.eof:
                yield inflate.decompress(left, _PIECE)
                left = inflate.unconsumed_tail
            _must(not inflate.unused_data and not (inflate.eof and left), f"{label}: stream and size differ")
        while not inflate.eof and (more := inflate.decompress(b"", _PIECE)):
            yield more
    except deflated.Broken as error:
        raise Refused(Check.ZIP, f"{label}: no deflate stream") from error
    _must(inflate.eof, f"{label}: stream and size differ")
