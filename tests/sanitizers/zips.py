"""ZIP files, built byte by byte: each field of each header can be made to lie."""

import struct
import zlib
from dataclasses import dataclass, field
from typing import Any

LOCAL, CENTRAL, END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
END_64, LOCATOR_64, DESCRIPTOR = b"PK\x06\x06", b"PK\x06\x07", b"PK\x07\x08"
STORED, DEFLATED = 0, 8
ENCRYPTED, STREAMED, UTF8 = 1, 8, 0x800
FOLDER_ATTRIBUTE = 0x10

_LOCAL_FIELDS = ("needed", "flags", "method", "time", "date", "crc", "packed_size", "size")
_CENTRAL_FIELDS = ("made_by", *_LOCAL_FIELDS)
_PLAIN = {"made_by": 20, "needed": 20, "flags": 0, "time": 0, "date": 33}


def deflated(data: bytes) -> bytes:
    stream = zlib.compressobj(9, zlib.DEFLATED, -15)
    return stream.compress(data) + stream.flush()


def extra(tag: int, body: bytes) -> bytes:
    return struct.pack("<HH", tag, len(body)) + body


def descriptor(part: "Part", *, signed: bool = True, wide: bool = False, **lies: int) -> bytes:
    """The data descriptor in one of its four forms."""
    values = part.fields() | lies
    body = struct.pack("<IQQ" if wide else "<III", values["crc"], values["packed_size"], values["size"])
    return DESCRIPTOR * signed + body


@dataclass
class Part:
    """One member. `fields` go into both headers, `local` and `central` into one of them."""

    name: str | bytes
    data: bytes = b""
    method: int = DEFLATED
    packed: bytes | None = None
    both: dict[str, Any] = field(default_factory=dict)
    local: dict[str, Any] = field(default_factory=dict)
    central: dict[str, Any] = field(default_factory=dict)
    local_extra: bytes = b""
    central_extra: bytes = b""
    comment: bytes = b""
    attributes: int = 0
    before: bytes = b""  # bytes between the member before and this one
    after: bytes = b""  # a data descriptor, or anything else behind the data
    offset: int | None = None

    @property
    def raw_name(self) -> bytes:
        return self.name if isinstance(self.name, bytes) else self.name.encode()

    @property
    def body(self) -> bytes:
        if self.packed is not None:
            return self.packed
        return deflated(self.data) if self.method == DEFLATED else self.data

    def fields(self) -> dict[str, Any]:
        flags = 0 if isinstance(self.name, bytes) or self.name.isascii() else UTF8
        sizes = {"crc": zlib.crc32(self.data), "packed_size": len(self.body), "size": len(self.data)}
        return _PLAIN | {"method": self.method, "flags": flags} | sizes | self.both

    def local_header(self) -> bytes:
        values = {"name": self.raw_name} | self.fields() | self.local
        numbers = (values[key] for key in _LOCAL_FIELDS)
        lengths = (len(values["name"]), len(self.local_extra))
        return LOCAL + struct.pack("<5H3I2H", *numbers, *lengths) + values["name"] + self.local_extra

    def central_header(self, offset: int) -> bytes:
        values = {"name": self.raw_name, "disk": 0} | self.fields() | self.central
        numbers = (values[key] for key in _CENTRAL_FIELDS)
        lengths = (len(values["name"]), len(self.central_extra), len(self.comment), values["disk"], 0)
        offset = offset if self.offset is None else self.offset
        head = CENTRAL + struct.pack("<6H3I5H2I", *numbers, *lengths, self.attributes, offset)
        return head + values["name"] + self.central_extra + self.comment


def zip_of(
    *parts: Part,
    prefix: bytes = b"",
    shifted: bool = False,
    before_directory: bytes = b"",
    before_end: bytes = b"",
    comment: bytes = b"",
    trailing: bytes = b"",
    **end: int,
) -> bytes:
    """The archive. `shifted`: offsets do not know of the prefix. `end`: fields of the end record that lie."""
    body, directory = prefix, b""
    base = len(prefix) if shifted else 0
    for part in parts:
        body += part.before
        directory += part.central_header(len(body) - base)
        body += part.local_header() + part.body + part.after
    body += before_directory
    values = {
        "disk": 0,
        "directory_disk": 0,
        "here": len(parts),
        "count": len(parts),
        "size": len(directory),
        "offset": len(body) - base,
        "comment": len(comment),
    } | end
    record = END + struct.pack("<4H2IH", *values.values())
    return body + directory + before_end + record + comment + trailing


def end_64(count: int, size: int, offset: int, *, at: int | None = None, disks: int = 1) -> bytes:
    """ZIP64 end record and locator for a directory that stands right before them."""
    at = offset + size if at is None else at
    record = END_64 + struct.pack("<Q2H2I4Q", 44, 45, 45, 0, 0, count, count, size, offset)
    return record + LOCATOR_64 + struct.pack("<IQI", 0, at, disks)


def unicode_path(name: str, stands_for: bytes, *, crc: int | None = None) -> bytes:
    """The Info-ZIP Unicode Path field."""
    crc = zlib.crc32(stands_for) if crc is None else crc
    return extra(0x7075, struct.pack("<BI", 1, crc) + name.encode())


def names_in(data: bytes) -> list[str]:
    """Names in the central directory of a well-formed archive, as bit 11 says."""
    found, at = [], data.index(CENTRAL)
    while data.startswith(CENTRAL, at):
        flags, length = struct.unpack_from("<8xH18xH", data, at)
        found.append(data[at + 46 : at + 46 + length].decode("utf-8" if flags & UTF8 else "cp932"))
        at += 46 + length
    return found


def in_traditional_cipher(part: Part, password: bytes) -> Part:
    """The member encrypted with PKWARE's cipher, straight from APPNOTE 6.1."""
    keys = [0x12345678, 0x23456789, 0x34567890]

    def crc(value: int, byte: int) -> int:
        return (zlib.crc32(bytes((byte,)), value ^ 0xFFFFFFFF)) ^ 0xFFFFFFFF

    def update(byte: int) -> None:
        keys[0] = crc(keys[0], byte)
        keys[1] = ((keys[1] + (keys[0] & 0xFF)) * 134775813 + 1) & 0xFFFFFFFF
        keys[2] = crc(keys[2], keys[1] >> 24)

    def sealed(byte: int) -> int:
        low = (keys[2] | 2) & 0xFFFF
        update(byte)
        return byte ^ (low * (low ^ 1)) >> 8 & 0xFF

    for byte in password:
        update(byte)
    check = bytes((part.fields()["crc"] >> 24,))
    packed = bytes(sealed(byte) for byte in bytes(11) + check + part.body)
    part.both |= {"flags": part.fields()["flags"] | ENCRYPTED}
    part.packed = packed
    return part


def in_aes(part: Part, password: bytes, strength: int = 3, version: int = 2) -> Part:
    """The member encrypted as WinZip does it; AE-2 leaves the CRC out."""
    import hashlib
    import hmac

    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    length = 8 + 8 * strength
    salt = b"\x5a" * (4 + 4 * strength)
    keys = hashlib.pbkdf2_hmac("sha1", password, salt, 1000, 2 * length + 2)
    body = b""
    for number, start in enumerate(range(0, len(part.body), 16), 1):
        block = Cipher(algorithms.AES(keys[:length]), modes.ECB()).encryptor().update(number.to_bytes(16, "little"))
        body += bytes(a ^ b for a, b in zip(part.body[start : start + 16], block, strict=False))
    tag = hmac.new(keys[length : 2 * length], body, "sha1").digest()[:10]
    part.local_extra = part.central_extra = extra(0x9901, struct.pack("<H2sBH", version, b"AE", strength, part.method))
    part.both |= {"flags": part.fields()["flags"] | ENCRYPTED, "method": 99}
    part.both |= {"crc": 0} if version == 2 else {}
    part.packed = salt + keys[-2:] + body + tag
    return part
