"""The bytes of each stream: unpacked to the last bit, then held to what its place makes of it (PDF-36, PDF-60, PDF-73).

Flate, and DCT for pictures, are the only filters; each is named plainly, alone, and without parameters but a
predictor's. A Flate stream ends with its object: nothing stands behind it, and it grows no further than is paid for.

Source: ISO 32000-2:2020, 7.3.8 and 7.4.
"""

from collections.abc import Callable, Mapping
from typing import Final

from sanitizers.model import Check
from sanitizers.verify import (
    deflated,
    icc,
    pdf_beside,
    pdf_cff,
    pdf_cmap,
    pdf_content,
    pdf_function,
    pdf_image,
    pdf_truetype,
    pdf_type1,
)
from sanitizers.verify.court import Refused, require
from sanitizers.verify.pdf_syntax import Ref
from sanitizers.verify.pdf_walk import RULES, Document

_MOST_PROGRAM_BYTES: Final = 64 << 20
_MOST_LOOKUP_BYTES: Final = 256 * 32
_MOST_GLYPH_MAP_BYTES: Final = 2 << 16
_MOST_MESH_BYTES: Final = 64 << 20
_MOST_FILE_BYTES: Final = 256 << 20
_PART: Final = "Content"
_MOST_CONTENT_BYTES: Final = 256 << 20


def check(data: bytes, document: Document) -> None:
    """Raises Refused unless every stream of the file is what its rule says."""
    parts: dict[int, Refused] = {}
    for number, name in document.rules.items():
        kind = RULES[name].stream
        if not kind:
            continue
        try:
            _check_one(data, number, kind, document)
        except Refused as refusal:
            told = Refused(refusal.check, f"object {number}: {refusal.where}", refusal.path)
            if name != _PART:
                raise told from refusal
            parts[number] = told
    if parts:
        _check_joined(data, document, parts)


def _check_one(data: bytes, number: int, kind: str, document: Document) -> None:
    body = document.bodies[number]
    packed = data[body.start : body.end]
    if kind == "image":
        pdf_image.check(packed, number, document)
    else:
        test, most = CHECKS[kind]
        test(unpack(packed, number, document, most), number, document)


def _check_joined(data: bytes, document: Document, parts: Mapping[int, Refused]) -> None:
    """7.8.2: a statement may begin in one part of a page's content and end in the next: read it as a whole."""
    unheard = dict(parts)
    for page in document.under("Page"):
        contents = document.value(document.entries(page).get("Contents"))
        numbers = [int(part) for part in contents if type(part) is Ref] if isinstance(contents, list) else []
        if parts.keys().isdisjoint(numbers):
            continue
        plain = []
        for number in numbers:
            body = document.bodies[number]
            plain.append(unpack(data[body.start : body.end], number, document, _MOST_CONTENT_BYTES))
        pdf_content.check(b"\n".join(plain), document.court)
        for number in numbers:
            unheard.pop(number, None)
    for told in unheard.values():
        raise told


def unpack(packed: bytes, number: int, document: Document, most: int) -> bytes:
    """The bytes of a stream that is no picture. Raises Refused for other filters, and beyond `most`."""
    entries = document.entries(number)
    if "Filter" not in entries:
        require(not packed, Check.PDF, "not packed")
        return b""
    require(entries["Filter"] == "FlateDecode" and "DecodeParms" not in entries, Check.PDF, "filter")
    plain = inflate(packed, min(most, document.court.limits.max_expanded_bytes))
    document.court.expand(len(plain), len(packed))
    return plain


def inflate(packed: bytes, most: int) -> bytes:
    """What a zlib stream holds, which ends where its bytes end. Raises Refused."""
    try:
        inflated = deflated.inflate(packed, most + 1)
    except deflated.Broken as error:
        raise Refused(Check.PDF, "no deflate stream") from error
    require(len(inflated.plain) <= most, Check.LIMITS, f"more than {most} bytes")
    require(inflated.is_whole, Check.PDF, "deflate stream and length differ")
    return inflated.plain


def _content(plain: bytes, _number: int, document: Document) -> None:
    pdf_content.check(plain, document.court)


def _lookup(_plain: bytes, _number: int, _document: Document) -> None:
    """8.6.6.3: colours, one behind the other; pdf_image.py counts them."""


def _glyph_map(_plain: bytes, _number: int, _document: Document) -> None:
    """9.7.4.2: two bytes a glyph, as many as there are."""


def _mesh(plain: bytes, number: int, document: Document) -> None:
    """8.7.4.5.5: whole vertices."""
    require(plain, Check.PDF, "mesh without vertices")


def _profile(plain: bytes, number: int, document: Document) -> None:
    channels = document.resolved(number)["N"]
    assert isinstance(channels, int)
    icc.check(plain, channels)


def _attached(plain: bytes, number: int, document: Document) -> None:
    name, media_type = pdf_beside.file_of(number, document)
    document.court.count_members(1)
    document.court.hear(plain, media_type, name)


_Test = Callable[[bytes, int, Document], None]

CHECKS: Final[Mapping[str, tuple[_Test, int]]] = {
    # stream: its check, and the most bytes that it may have
    "content": (_content, _MOST_CONTENT_BYTES),
    "lookup": (_lookup, _MOST_LOOKUP_BYTES),
    "attached file": (_attached, _MOST_FILE_BYTES),
    "glyph map": (_glyph_map, _MOST_GLYPH_MAP_BYTES),
    "mesh": (_mesh, _MOST_MESH_BYTES),
    "profile": (_profile, icc.MAX_PROFILE_BYTES),
    "samples": (pdf_function.check_samples, _MOST_MESH_BYTES),
    "calculator": (pdf_function.check_calculator, 1 << 16),
    "cmap": (pdf_cmap.check, _MOST_PROGRAM_BYTES),
    "type1": (pdf_type1.check, _MOST_PROGRAM_BYTES),
    "truetype": (pdf_truetype.check, _MOST_PROGRAM_BYTES),
    "opentype": (pdf_truetype.check_opentype, _MOST_PROGRAM_BYTES),
    "cff": (pdf_cff.check_program, _MOST_PROGRAM_BYTES),
}
