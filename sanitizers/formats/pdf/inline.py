"""Inline images: the samples in hexadecimal, behind entries in a fixed order (PDF-79). Source: ISO 32000-2 8.9.7"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sanitizers.errors import InputError, MalformedError, PurseError
from sanitizers.formats.jpeg import pixels
from sanitizers.formats.pdf import drawn
from sanitizers.formats.pdf.check import OMIT, PLAIN
from sanitizers.formats.pdf.colours import components_of
from sanitizers.formats.pdf.kinds import Kind
from sanitizers.formats.pdf.parse import Filters
from sanitizers.formats.pdf.values import Value
from sanitizers.formats.pdf.write import joined, write_name, write_scalar
from sanitizers.parsers import jpeg

if TYPE_CHECKING:
    from sanitizers.formats.pdf.copier import Copier

_FULL: Final = {
    "/BPC": "/BitsPerComponent",
    "/CS": "/ColorSpace",
    "/D": "/Decode",
    "/DP": "/DecodeParms",
    "/F": "/Filter",
    "/H": "/Height",
    "/IM": "/ImageMask",
    "/I": "/Interpolate",
    "/W": "/Width",
}
_MAX_SIDE: Final = 1 << 16
_SPACES: Final = frozenset({"/DeviceGray", "/DeviceRGB", "/DeviceCMYK", "/G", "/RGB", "/CMYK"})


@dataclass(frozen=True, slots=True)
class Inline:
    """Writes the inline images of one content stream anew."""

    copier: "Copier"
    resources: Value

    def written(self, entries: dict[str, Any], data: bytes) -> bytes | None:
        """The image from BI to EI; None where nobody can read it."""
        short = {_FULL[key]: value for key, value in entries.items() if key in _FULL}
        entries = {**entries, **short}  # where both stand, the abbreviation counts (8.9.7)
        try:
            return self._written(entries, data)
        except PurseError:
            raise
        except InputError:
            return None

    def _written(self, entries: dict[str, Any], data: bytes) -> bytes:
        width, height = entries.get("/Width"), entries.get("/Height")
        if type(width) is not int or type(height) is not int or not (0 < width < _MAX_SIDE and 0 < height < _MAX_SIDE):
            raise MalformedError("an inline image of an impossible size")
        self.copier.source.budget.draw(width, height)
        is_mask = entries.get("/ImageMask") is True
        bits = 1 if is_mask else entries.get("/BitsPerComponent", 8)
        space, colours = (b"", 1) if is_mask else self._space(entries.get("/ColorSpace"))
        samples, bits = self._samples(entries, data, width, height, bits)
        size = (width * colours * bits + 7) // 8 * height if bits in (1, 2, 4, 8, 16) else 0
        if not size:
            raise MalformedError("samples of an impossible kind")
        samples = samples[:size].ljust(size, b"\xff")
        parts = [b"BI"]
        if not is_mask:
            parts += [b"/BPC", write_scalar(bits), b"/CS", space]
        decode = PLAIN[Kind.NUMBERS](entries.get("/Decode"), self.copier.source)
        if decode is not OMIT and len(decode) == 2 * colours:
            parts += [b"/D", b"[" + joined([write_scalar(number) for number in decode]) + b"]"]
        parts += [b"/H", write_scalar(height)]
        parts += [b"/I", b"true"] if entries.get("/Interpolate") is True else []
        parts += [b"/IM", b"true"] if is_mask else []
        parts += [b"/W", write_scalar(width), b"/F/AHx ID " + samples.hex().encode() + b">\nEI"]
        return joined(parts)

    def _space(self, value: Value) -> tuple[bytes, int]:
        """The colour space as text, and its components."""
        source = self.copier.source
        spaces = source.dictionary(source.dictionary(self.resources).get("/ColorSpace"))
        if isinstance(value, str) and value not in _SPACES:
            count = components_of(source, spaces.get(value))
            if not count:
                raise MalformedError("an inline image in no known colours")
            return write_name(value), count
        if isinstance(value, list) and len(value) == 4 and value[0] in ("/Indexed", "/I"):
            base, highest, lookup = value[1:]
            count = components_of(source, base if base in _SPACES else spaces.get(base))
            if isinstance(base, str) and count and type(highest) is int and isinstance(lookup, bytes):
                highest = min(max(highest, 0), 255)
                size = count * (highest + 1)
                text = lookup[:size].ljust(size, b"\0").hex().encode()
                return b"[/Indexed" + joined([write_name(base), b"%d" % highest, b"<" + text + b">"]) + b"]", 1
        if count := components_of(source, value):
            return write_name(value), count  # type: ignore[arg-type]
        raise MalformedError("an inline image in no known colours")

    def _samples(self, entries: dict[str, Any], data: bytes, width: int, height: int, bits: int) -> tuple[bytes, int]:
        source = self.copier.source
        filters = source.filters({"/Filter": entries.get("/Filter"), "/DecodeParms": entries.get("/DecodeParms")})
        last = filters.names[-1] if filters.names else ""
        if last not in ("/DCTDecode", "/CCITTFaxDecode"):
            return source.undone(data, filters)[0], bits
        coded = source.undone(data, Filters(filters.names[:-1], filters.parameters[:-1]))[0]
        if last == "/CCITTFaxDecode":
            parameters = {"/Columns": 1728, "/Rows": height, **filters.parameters[-1]}
            return drawn.bits_of(coded, last, parameters, width, height, None), 1
        return pixels.decode_to_bitmap(jpeg.parse(coded, source.budget)).image.tobytes(), 8
