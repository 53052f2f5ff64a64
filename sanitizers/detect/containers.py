"""Types that bytes at fixed places tell, and containers whose directory must be read to know what they hold."""

import re
import zlib
from typing import Final

from policies.catalogue import vector
from policies.terms import Vector
from sanitizers.detect import compound, package, text
from sanitizers.parsers.signatures import BRANDS, EXTENSIONS, FAMILIES, SIGNATURES, Family, Signature

GEN_12: Final = vector("GEN-12")

_PDF_WINDOW: Final = 1024
_PDF_HEADER: Final = re.compile(rb"%PDF-\d\.\d")
_LZH: Final = re.compile(rb"-(?:lh[0-9a-z]|lz[0-9s]|pm[0-9])-")
_SPLIT_VOLUME: Final = re.compile(r"\d{3}|[zr]\d\d")  # ARC-18
_TAIL: Final = 512
_PACKED_HEAD: Final = 1 << 16

_BY_FIRST_BYTE: Final[dict[int, tuple[Signature, ...]]] = {
    first: tuple(s for s in SIGNATURES if not s.at and s.magic[0] == first) for first in range(256)
}
_ELSEWHERE: Final = tuple(s for s in SIGNATURES if s.at)

# Types whose bytes cannot be told from the start alone; an unknown file of such a name is reported as what it claims.
_TOLD_BY_NAME: Final = frozenset(
    {
        "application/vnd.fujixerox.docuworks",
        "application/vnd.fujixerox.docuworks.binder",
        "application/vnd.fujixerox.docuworks.container",
        "application/x-jww",
        "application/x-js-hanako",
        "application/x-js-sanshiro",
        "application/x-js-taro",
    }
)


def by_signature(untrusted: bytes) -> str | None:
    """The media type, or the catalogue row that refuses it, from bytes at fixed places; None when none fits."""
    for signature in _BY_FIRST_BYTE[untrusted[0]]:
        if _matches(signature, untrusted):
            return signature.means
    if untrusted.startswith(package.MAGICS):
        return package.kind_of(untrusted)
    if untrusted.startswith(compound.MAGIC):
        return compound.kind_of(untrusted)
    if _PDF_HEADER.match(untrusted):
        return "application/pdf"
    if untrusted[4:8] == b"ftyp":
        return _media(untrusted)
    if untrusted[4:8] in (b"moov", b"mdat", b"free", b"wide", b"skip", b"pnot") and b"moov" in untrusted:
        return "video/quicktime"
    if untrusted.startswith(b"\x1aE\xdf\xa3"):
        return "video/webm" if b"webm" in untrusted[:64] else "video/x-matroska"
    if _LZH.match(untrusted, 2):
        return "application/x-lzh-compressed"
    for signature in _ELSEWHERE:
        if _matches(signature, untrusted):
            return signature.means
    if _is_old_tar(untrusted[:512]):
        return "application/x-tar"
    if untrusted[-_TAIL:].startswith((b"koly", b"conectix")):
        return "BLK-16"
    return "audio/mpeg" if _is_audio_frame(untrusted) else None


def is_packed_drawing(untrusted: bytes) -> bool:
    """Whether a gzip file holds an SVG drawing, by the first bytes in it."""
    try:
        head = zlib.decompressobj(wbits=31).decompress(untrusted[:_PACKED_HEAD], _PACKED_HEAD)
    except zlib.error:
        return False
    return bool(head) and text.kind_of(head, "svg") == "image/svg+xml"


def behind_other_bytes(untrusted: bytes) -> tuple[str, list[tuple[Vector, str, str]]] | None:
    """A PDF within the first 1024 bytes, or a ZIP that ends the file: readers take such files too (GEN-12)."""
    if text.is_mail(untrusted):
        return None
    if match := _PDF_HEADER.search(untrusted, 0, _PDF_WINDOW):
        return "application/pdf", [(GEN_12, f"offset {match.start()}", "bytes before %PDF-")]
    at = package.start_of_last(untrusted)
    if at is not None:
        found = [(GEN_12, f"offset {at}", "bytes before the first member")] if at else []
        return package.kind_of(untrusted), found
    return None


def by_name_alone(extension: str) -> str | None:
    """The claimed type of unknown bytes, where the type has no signature that is known to us."""
    named = EXTENSIONS.get(extension)
    return named.media_type if named and named.media_type in _TOLD_BY_NAME else None


def _matches(signature: Signature, untrusted: bytes) -> bool:
    if not untrusted.startswith(signature.magic, signature.at):
        return False
    if signature.also and not untrusted.startswith(signature.also[1], signature.also[0]):
        return False
    return not signature.binary or text.encoding_of(untrusted) is None


def _media(untrusted: bytes) -> str:
    """ISO base media: the major brand, then the compatible ones."""
    end = min(int.from_bytes(untrusted[:4], "big"), 256)
    brands = [untrusted[8:12], *(untrusted[i : i + 4] for i in range(16, end, 4))]
    return next((BRANDS[brand] for brand in brands if brand in BRANDS), "video/mp4")


def _is_old_tar(header: bytes) -> bool:
    """A tar header without a magic number: only its checksum tells."""
    field = header[148:156].strip(b"\0 ")
    if len(header) < 512 or not re.fullmatch(rb"[0-7]{1,7}", field):
        return False
    return int(field, 8) == sum(header[:148]) + 8 * 32 + sum(header[156:])


def _is_audio_frame(untrusted: bytes) -> bool:
    """An MPEG audio or ADTS frame header whose fields are all in range, followed by another where it says."""
    if len(untrusted) < 8 or untrusted[0] != 0xFF or untrusted[1] & 0xE0 != 0xE0:
        return False
    if text.encoding_of(untrusted) is not None:
        return False
    if untrusted[1] & 0xF6 == 0xF0:
        return untrusted[2] & 0x3C < 0x34
    return untrusted[1] & 0x06 != 0 and untrusted[1] & 0x18 != 0x08 and untrusted[2] >> 4 not in (0, 15)


def is_split_volume(media_type: str, extension: str) -> bool:
    """Whether this is one of several files that only together are an archive (ARC-18)."""
    return FAMILIES.get(media_type) is Family.ARCHIVE and _SPLIT_VOLUME.fullmatch(extension) is not None
