"""A picture in a PDF: as many samples as its size asks for, in colours that are known, packed by Flate or as JPEG.

Nothing is left over behind the last row, so that nothing hides there; a mask is a picture of its own (PDF-39, PDF-75
to PDF-78).

Source: ISO 32000-2:2020, 7.4.4.4, 8.6, 8.9.5 and table 87.
"""

from typing import Final

from sanitizers.model import Check
from sanitizers.verify import deflated, jpeg
from sanitizers.verify.court import Refused, require
from sanitizers.verify.pdf_syntax import Name, Text, Value
from sanitizers.verify.pdf_walk import Document

_DEVICE: Final = {"DeviceGray": 1, "DeviceRGB": 3, "DeviceCMYK": 4, "CalGray": 1, "CalRGB": 3, "Lab": 3}
_PNG_FILTERS: Final = frozenset(range(5))
_TIFF_PREDICTOR: Final = 2
_PNG_PREDICTORS: Final = range(10, 16)


def _must(true: object, where: str) -> None:
    require(true, Check.IMAGE, where)


def check(packed: bytes, number: int, document: Document) -> None:
    """Raises Refused unless the stream holds the picture that its dictionary announces, and no more."""
    entries = document.resolved(number)
    width, height = entries["Width"], entries["Height"]
    _must(type(width) is int and type(height) is int, "size")
    assert isinstance(width, int) and isinstance(height, int)
    document.court.draw(width, height)
    channels, bits = _depth(entries, document)
    match entries.get("Filter"):
        case "DCTDecode":
            _must(bits == 8 and _is_dct(entries.get("DecodeParms")), "JPEG in a picture of another depth")
            found = jpeg.check_embedded(packed, document.court)
            _must(found == (width, height, channels), "JPEG of another size")
        case "FlateDecode":
            row_bytes = -(-width * channels * bits // 8)
            _flate(packed, entries.get("DecodeParms"), (width, height, channels, bits), row_bytes, document)
        case _:
            raise Refused(Check.PDF, "filter of a picture")


def _is_dct(parameters: Value) -> bool:
    return parameters is None or parameters in ({"ColorTransform": 0}, {"ColorTransform": 1})


def _depth(entries: dict[str, Value], document: Document) -> tuple[int, int]:
    """Channels of a sample and bits of each."""
    bits = entries.get("BitsPerComponent", 1)
    assert type(bits) is int
    if entries.get("ImageMask") is True:
        _must("ColorSpace" not in entries and bits == 1, "stencil with colours")
        return 1, 1
    _must("ColorSpace" in entries and "BitsPerComponent" in entries, "no colours")
    return channels_of(entries["ColorSpace"], document), bits


def channels_of(space: Value, document: Document) -> int:
    """Values of one sample in a colour space. Raises Refused for one that no picture can have."""
    space = document.value(space)
    if isinstance(space, Name) and space in _DEVICE:
        return _DEVICE[space]
    if isinstance(space, list) and space and isinstance(space[0], Name):
        family, arguments = space[0], space[1:]
        if family in _DEVICE:
            return _DEVICE[family]
        if family == "Separation":
            return 1
        if family == "Indexed":
            return _indexed(arguments, document)
        if family == "DeviceN":
            inks = document.value(arguments[0])
            assert isinstance(inks, list)
            return len(inks)
        if family == "ICCBased":
            profile = document.value(arguments[0])
            assert isinstance(profile, dict)
            channels = document.value(profile["N"])
            assert isinstance(channels, int)
            return channels
    raise Refused(Check.PDF, "colours of a picture")


def _indexed(arguments: list[Value], document: Document) -> int:
    """8.6.6.3: as many colours as can be named."""
    base, highest, table = arguments
    highest, table = document.value(highest), document.value(table)
    _must(type(highest) is int, "number of colours")
    assert isinstance(highest, int)
    if isinstance(table, Text):
        _must(len(table) == (highest + 1) * channels_of(base, document), "table of colours")
    return 1


def _flate(
    packed: bytes, parameters: Value, picture: tuple[int, int, int, int], row_bytes: int, document: Document
) -> None:
    width, height, channels, bits = picture
    predictor: Value = 1
    if parameters is not None:
        _must(isinstance(parameters, dict), "parameters")
        assert isinstance(parameters, dict)
        wanted = {"Colors": channels, "BitsPerComponent": bits, "Columns": width}
        predictor = parameters.get("Predictor", 1)
        stated = {"Colors": 1, "BitsPerComponent": 8, "Columns": 1} | parameters
        stated.pop("Predictor", None)
        _must(predictor == 1 or stated == wanted, "parameters")
        _must(stated.keys() == wanted.keys(), "parameters")
    is_png = predictor in _PNG_PREDICTORS
    _must(type(predictor) is int and (is_png or predictor in (1, _TIFF_PREDICTOR)), "predictor")
    stride = row_bytes + is_png
    size = stride * height
    document.court.expand(size, size)  # its width and height were paid for as a picture
    try:
        inflated = deflated.inflate(packed, size + 1)
    except deflated.Broken as error:
        raise Refused(Check.IMAGE, "no deflate stream") from error
    _must(len(inflated.plain) == size and inflated.is_whole, "samples and size differ")
    _must(not is_png or _PNG_FILTERS.issuperset(inflated.plain[::stride]), "row filter")
