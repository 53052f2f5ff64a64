"""Pictures of a PDF: the samples, whatever they were coded by, as Flate or as JPEG (PDF-60, PDF-73 to 79).

JPEG stays JPEG, coded anew; a JPEG 2000 picture of gray or colours becomes one; all else becomes a zlib stream of its
samples. Colour space, masks and decoding stay as they are. Source: ISO 32000-2 8.9
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from PIL import Image

from policies.terms import Action, Vector
from sanitizers.codecs import deflate
from sanitizers.errors import InputError, LimitError, MalformedError, PurseError, UnsupportedError
from sanitizers.formats import colour, jp2
from sanitizers.formats.jpeg import pixels
from sanitizers.formats.pdf import drawn
from sanitizers.formats.pdf.colours import components_of, profile_to_apply
from sanitizers.formats.pdf.jpegs import encode_jpeg, rebuild_jpeg
from sanitizers.formats.pdf.parse import GENERAL, Filters
from sanitizers.formats.pdf.values import Safe, SafeStream, Stream
from sanitizers.formats.pdf.vectors import PDF_60, PDF_62, PDF_75, PDF_76, PDF_77, PDF_78
from sanitizers.parsers import jp2 as jp2_parser
from sanitizers.parsers import jpeg

if TYPE_CHECKING:
    from sanitizers.formats.pdf.copier import Copier

_BLANK: Final[dict[str, Safe]] = {
    "/Type": "/XObject",
    "/Subtype": "/Image",
    "/Width": 1,
    "/Height": 1,
    "/BitsPerComponent": 8,
}
_MAX_SIDE: Final = 1 << 20
_SMALL_PIXELS: Final = 1 << 16  # up to here samples cost little, and a logo keeps its edges
_TOLD: Final[dict[str, tuple[Vector, str]]] = {
    "/JBIG2Decode": (PDF_75, "decoded"),
    "/JPXDecode": (PDF_76, "decoded"),
    "/CCITTFaxDecode": (PDF_77, "decoded"),
}


@dataclass(slots=True)
class _Samples:
    """A picture's data, and the entries that go with it."""

    entries: dict[str, Any]
    data: bytes


def treat_image(copier: "Copier", stream: Stream, entries: dict[str, Any], table: str) -> SafeStream:
    """A picture anew; an empty one in the place of a picture that nobody can decode.

    Raises LimitError for one that readers would show and that is too large here: its page would lie without it.
    """
    entries = {"/Type": "/XObject", "/Subtype": "/Image"} | entries
    if copier.hidden(stream.entries.get("/OC")):
        return _blank(entries)
    width, height = entries.get("/Width", 0), entries.get("/Height", 0)
    if 0 < width < _MAX_SIDE and 0 < height < _MAX_SIDE:
        copier.source.budget.draw(width, height)
    try:
        samples = _toned(copier, _rebuilt(copier, stream, entries, table), stream)
    except PurseError:
        raise
    except InputError as error:
        copier.found(PDF_78, "picture", f"cannot be decoded: {error}", Action.REMOVE)
        return _blank(entries)
    return SafeStream(samples.entries, samples.data)


def _blank(entries: dict[str, Any]) -> SafeStream:
    """One white dot, or as a mask one that paints nothing."""
    if entries.get("/ImageMask"):
        plain = {**_BLANK, "/BitsPerComponent": 1, "/ImageMask": True, "/Filter": "/FlateDecode"}
        return SafeStream(plain, packed(b"\x80"))
    return SafeStream({**_BLANK, "/ColorSpace": "/DeviceGray", "/Filter": "/FlateDecode"}, packed(b"\xff"))


def packed(data: bytes) -> bytes:
    """Bytes as /FlateDecode has them."""
    return deflate.deflate_zlib(data)


def _rebuilt(copier: "Copier", stream: Stream, entries: dict[str, Any], table: str) -> _Samples:
    source = copier.source
    filters = source.filters(stream.entries)
    width, height = entries.get("/Width", 0), entries.get("/Height", 0)
    if not (0 < width < _MAX_SIDE and 0 < height < _MAX_SIDE):
        raise MalformedError("a picture of an impossible size")
    raw = source.raw(stream)
    colours = components_of(source, stream.entries.get("/ColorSpace"))
    _settle(entries, table, colours)
    last = filters.names[-1] if filters.names else ""
    if last in GENERAL or not last:
        return _flate(copier, raw, filters, entries, colours)
    before = Filters(filters.names[:-1], filters.parameters[:-1])
    coded = source.undone(raw, before)[0]
    if before.names:
        copier.found(PDF_60, "picture", "a chain of filters", Action.REWRITE)
    parameters = filters.parameters[-1]
    match last:
        case "/DCTDecode":
            return _jpeg(copier, coded, parameters, entries, colours)
        case "/JPXDecode":
            return _jpeg_2000(copier, stream, coded, entries, colours)
        case "/CCITTFaxDecode" | "/JBIG2Decode":
            return _bits(copier, coded, last, parameters, entries)
    raise UnsupportedError("an unknown filter")


def _toned(copier: "Copier", samples: _Samples, stream: Stream) -> _Samples:
    """The picture in sRGB where its space is another: readers take calibrated spaces for text, not for pictures."""
    profile = profile_to_apply(copier, stream.entries.get("/ColorSpace"))
    entries = samples.entries
    if profile is None or entries.get("/ImageMask") or "/Decode" in entries or entries.get("/BitsPerComponent") != 8:
        return samples
    mode = {1: "L", 3: "RGB"}[components_of(copier.source, stream.entries.get("/ColorSpace"))]
    image = _opened(copier, samples, mode)
    shown = colour.to_srgb(image, profile) if image is not None else None
    if shown is None:
        return samples
    entries = {**entries, "/ColorSpace": "/DeviceGray" if mode == "L" else "/DeviceRGB"}
    if entries["/Filter"] == "/DCTDecode":
        return _Samples(entries, encode_jpeg(shown))
    entries.pop("/DecodeParms", None)
    return _Samples(entries, packed(shown.tobytes()))


def _opened(copier: "Copier", samples: _Samples, mode: str) -> Image.Image | None:
    size = samples.entries["/Width"], samples.entries["/Height"]
    if samples.entries["/Filter"] == "/DCTDecode":
        image = pixels.decode_to_bitmap(jpeg.parse(samples.data, copier.source.budget)).image
    else:
        filters = Filters(["/FlateDecode"], [samples.entries.get("/DecodeParms", {})])
        length = size[0] * size[1] * len(mode)
        image = Image.frombytes(mode, size, copier.source.undone(samples.data, filters, length)[0])
    return image if image.mode == mode else None


def _settle(entries: dict[str, Any], table: str, colours: int) -> None:
    """What belongs together: a stencil has bits and no colours, a soft mask is gray (8.9.6.2, 11.6.5.2)."""
    if table == "mask":
        entries["/ImageMask"] = True
    if entries.get("/ImageMask"):
        for key in ("/ColorSpace", "/SMask", "/Mask", "/Matte"):
            entries.pop(key, None)
        entries["/BitsPerComponent"] = 1
    elif table == "soft-mask image":
        if colours > 1:
            raise MalformedError("a soft mask in colours")
        entries["/ColorSpace"] = "/DeviceGray"
    if len(entries.get("/Decode", ())) not in (0, 2 * (1 if entries.get("/ImageMask") else colours or 1)):
        entries.pop("/Decode")


def _jpeg(
    copier: "Copier", coded: bytes, parameters: dict[str, Any], entries: dict[str, Any], colours: int
) -> _Samples:
    picture = rebuild_jpeg(coded, parameters.get("/ColorTransform"), copier.job)
    if picture.changed:
        copier.found(PDF_78, "picture", picture.changed, Action.REWRITE)
    entries = {**entries, "/Width": picture.width, "/Height": picture.height, "/Filter": "/DCTDecode"}
    entries["/BitsPerComponent"] = 8
    if entries.get("/ImageMask"):
        raise MalformedError("a mask of bits that is a JPEG")
    if colours != picture.components:
        entries["/ColorSpace"] = {1: "/DeviceGray", 3: "/DeviceRGB", 4: "/DeviceCMYK"}[picture.components]
        entries.pop("/Decode", None)
    return _Samples(entries, picture.data)


def _flate(copier: "Copier", raw: bytes, filters: Filters, entries: dict[str, Any], colours: int) -> _Samples:
    """Samples as they are; rows under a PNG predictor keep it."""
    if not entries.get("/ImageMask") and "/ColorSpace" not in entries:
        raise MalformedError("samples in no known colours")
    rows = _Rows.of(entries, colours, copier)
    parameters = filters.parameters[-1] if filters.names else {}
    if filters.names == ["/FlateDecode"] and rows.is_predicted_by(parameters):
        stride = rows.stride + 1
        size = stride * rows.height
        data, was_whole = copier.source.undone(raw, Filters(["/FlateDecode"], [{}]), size)
        if len(data) >= size and max(data[:size:stride], default=0) <= 4:
            _tell(copier, filters, was_whole and len(data) <= size)
            kept = {"/Predictor": 15, "/Colors": rows.colours, "/BitsPerComponent": rows.bits, "/Columns": rows.width}
            return _Samples({**entries, "/Filter": "/FlateDecode", "/DecodeParms": kept}, packed(data[:size]))
    size = rows.stride * rows.height
    data, was_whole = copier.source.undone(raw, filters, size if filters.names == ["/FlateDecode"] else None)
    _tell(copier, filters, was_whole and size <= len(data) <= size + 2)
    data = data[:size].ljust(size, b"\0")  # what is missing is black, as readers show it
    return _Samples({**_of_its_kind(entries, rows.bits), "/Filter": "/FlateDecode"}, packed(data))


def _of_its_kind(entries: dict[str, Any], bits: int) -> dict[str, Any]:
    """A stencil has no colours, and any other picture says how deep it is (Table 87)."""
    if entries.get("/ImageMask") is True:
        entries = {key: value for key, value in entries.items() if key != "/ColorSpace"}
    return entries | {"/BitsPerComponent": bits}


def _tell(copier: "Copier", filters: Filters, is_whole: bool) -> None:
    if not is_whole:
        copier.found(PDF_62, "picture", "more or less data than it has pixels", Action.REWRITE)
    if len(filters.names) != 1 or filters.names[0] != "/FlateDecode":
        names = " ".join(name[1:] for name in filters.names) or "none"
        copier.found(PDF_60, "picture", f"filters: {names}", Action.REWRITE)


@dataclass(frozen=True, slots=True)
class _Rows:
    width: int
    height: int
    colours: int
    bits: int

    @property
    def stride(self) -> int:
        return (self.width * self.colours * self.bits + 7) // 8

    @classmethod
    def of(cls, entries: dict[str, Any], colours: int, copier: "Copier") -> "_Rows":
        is_mask = bool(entries.get("/ImageMask"))
        bits = 1 if is_mask else entries.get("/BitsPerComponent", 8)
        colours = 1 if is_mask else colours
        if bits not in (1, 2, 4, 8, 16) or not colours:
            raise MalformedError("samples of an impossible kind")
        rows = cls(entries["/Width"], entries["/Height"], colours, bits)
        if rows.stride * rows.height > copier.source.budget.left_to_expand():
            raise LimitError("more samples than may be unpacked")
        return rows

    def is_predicted_by(self, parameters: dict[str, Any]) -> bool:
        predictor = parameters.get("/Predictor", 1)
        shape = parameters.get("/Colors", 1), parameters.get("/BitsPerComponent", 8), parameters.get("/Columns", 1)
        return type(predictor) is int and predictor >= 10 and shape == (self.colours, self.bits, self.width)


def _bits(copier: "Copier", coded: bytes, name: str, parameters: dict[str, Any], entries: dict[str, Any]) -> _Samples:
    width, height = entries["/Width"], entries["/Height"]
    copier.source.budget.expand(width * height)
    shared = parameters.get("/JBIG2Globals")
    given = copier.source.decoded(shared)[0] if isinstance(shared, Stream) else None
    if name == "/CCITTFaxDecode":
        parameters = {"/Columns": 1728, "/Rows": height, **parameters}
    data = drawn.bits_of(coded, name, parameters, width, height, given)
    if not entries.get("/ImageMask") and "/ColorSpace" not in entries:
        entries["/ColorSpace"] = "/DeviceGray"
    copier.found(_TOLD[name][0], "picture", _TOLD[name][1], Action.REWRITE)
    return _Samples({**entries, "/BitsPerComponent": 1, "/Filter": "/FlateDecode"}, packed(data))


def _decoded_jpeg_2000(
    copier: "Copier", stream: Stream, coded: bytes, entries: dict[str, Any], colours: int
) -> Image.Image:
    """As PDFium reads it, which clips what a lossy picture has beyond its range; else by Pillow, which does not."""
    source = copier.source
    family = source.array(stream.entries.get("/ColorSpace"))[:1]
    space: Safe = {1: "/DeviceGray", 3: "/DeviceRGB", 4: "/DeviceCMYK"}.get(colours)
    bits = entries.get("/BitsPerComponent", 8)
    is_indexed = family == ["/Indexed"]
    if is_indexed:
        space = ["/Indexed", "/DeviceGray", 255, bytes(range(256))]  # its numbers are indexes, and stay so
    try:
        tree = jp2_parser.parse(coded, source.budget)
        size = tree.stream.width, tree.stream.height
    except (MalformedError, UnsupportedError):  # a frame that contradicts its picture; readers ask the picture
        tree, size = None, (entries["/Width"], entries["/Height"])
    source.budget.expand(size[0] * size[1] * 8)
    try:
        image = drawn.picture_of(coded, size, space, bits)
        return image.convert("L") if is_indexed else image
    except MalformedError:
        if tree is None:
            raise
        return jp2.decode(tree)


def _jpeg_2000(copier: "Copier", stream: Stream, coded: bytes, entries: dict[str, Any], colours: int) -> _Samples:
    image = _decoded_jpeg_2000(copier, stream, coded, entries, colours)
    copier.found(PDF_76, "picture", "decoded", Action.REWRITE)
    has_alpha = image.mode in ("LA", "RGBA")
    smask = None
    if has_alpha:
        alpha = image.getchannel("A")
        if copier.source.get(stream.entries.get("/SMaskInData")) in (1, 2):
            smask = alpha
        image = image.convert(image.mode[:-1])
    entries = {**entries, "/Width": image.width, "/Height": image.height, "/BitsPerComponent": 8}
    if smask is not None and "/SMask" not in entries:
        mask = {**_BLANK, "/Width": image.width, "/Height": image.height, "/ColorSpace": "/DeviceGray"}
        entries["/SMask"] = copier.slot(SafeStream({**mask, "/Filter": "/FlateDecode"}, packed(smask.tobytes())))
    bands = len(image.getbands()) if image.mode != "I;16" else 1
    if colours != bands:
        entries["/ColorSpace"] = {1: "/DeviceGray", 3: "/DeviceRGB", 4: "/DeviceCMYK"}[bands]
    is_photo = image.width * image.height > _SMALL_PIXELS and image.mode in ("L", "RGB")
    if is_photo and entries["/ColorSpace"] in ("/DeviceGray", "/DeviceRGB"):
        return _Samples({**entries, "/Filter": "/DCTDecode"}, encode_jpeg(image))
    data = image.tobytes()
    if image.mode == "I;16":
        entries["/BitsPerComponent"] = 16
        data = b"".join(data[at + 1 : at + 2] + data[at : at + 1] for at in range(0, len(data), 2))
    return _Samples({**entries, "/Filter": "/FlateDecode"}, packed(data))
