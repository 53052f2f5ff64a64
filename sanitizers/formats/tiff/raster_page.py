"""Pages of rows: which samples are carried over, what becomes of their colours, and how they are packed.

Rows pass through a few megabytes at a time, so that memory stays bounded; every step works on whole rows.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from PIL import Image

from policies.terms import Action
from sanitizers.codecs.deflate import deflate_zlib
from sanitizers.errors import MalformedError, UnsupportedError
from sanitizers.formats import colour
from sanitizers.formats.marks import spells_script
from sanitizers.formats.palette import without_unused
from sanitizers.formats.tiff import fax, pixels
from sanitizers.formats.tiff.allow import IMG_24, IMG_25, IMG_38, IMG_39
from sanitizers.formats.tiff.blocks import Rows
from sanitizers.formats.tiff.pixels import Raster
from sanitizers.formats.tiff.write import DEFLATE, FAX, SafePage, deflated, rows_per_strip
from sanitizers.parsers.tiff_page import COLOUR_MAP, INK_SET, Page
from sanitizers.sanitizer import Job

WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, CMYK, YCBCR, LAB = 0, 1, 2, 3, 5, 6, 8
_GRAYS: Final = (WHITE_IS_ZERO, BLACK_IS_ZERO)
_COLOURS: Final = {WHITE_IS_ZERO: 1, BLACK_IS_ZERO: 1, RGB: 3, PALETTE: 1, CMYK: 4, YCBCR: 3, LAB: 3}
_MODES: Final = {1: "L", 3: "RGB", 4: "CMYK"}
_UNSIGNED, _SIGNED, _FLOATING, _VOID = 1, 2, 3, 4
_ASSOCIATED, _UNASSOCIATED = 1, 2  # kinds of alpha
_ALPHAS: Final = ((_ASSOCIATED,), (_UNASSOCIATED,))
_NO_DIFFERENCES, _DIFFERENCES = 1, 2
# Bits of gray samples by kind of number, and of colours: what programs show.
_GRAY_BITS: Final = {_UNSIGNED: (1, 2, 4, 8, 16, 32), _SIGNED: (16, 32), _FLOATING: (32,)}
_COLOUR_BITS: Final = {_UNSIGNED: (1, 2, 4, 8, 16)}
_PALETTE_BITS: Final = (1, 2, 4, 8)
_CMYK_INKS: Final = 1
_FULL: Final = 257  # from 8 bits to 16
_RUN_BYTES: Final = 4 << 20


def disarm(page: Page, rows: Rows, where: str, source: bytes | None, job: Job) -> SafePage:
    """The page with its rows packed anew. `source`: a profile to convert its colours from.

    Raises MalformedError, UnsupportedError for samples that nobody shows, BlockedError where the policy says so.
    """
    job.budget.expand(rows.row_bytes * page.height)
    page = rows.shown
    if page.photometric in _GRAYS and (page.bits, page.samples) == (1, 1):
        safe = _as_fax(page, b"".join(rows))
    elif page.photometric == PALETTE:
        safe = _with_palette(page, rows, where, source, job)
    else:
        safe = _Strips(page, rows, where, source, job).run()
    if rows.slack:
        job.found(IMG_25, where, detail=f"{rows.slack} strips hold more than their rows", at_least=Action.REWRITE)
    return safe


def _as_fax(page: Page, bits: bytes) -> SafePage:
    black = bits if page.photometric == WHITE_IS_ZERO else fax.turned(bits)
    strip = fax.encode(black, page.width, page.height)
    safe = SafePage(page.width, page.height, 1, 1, WHITE_IS_ZERO, FAX, page.height, (strip,))
    if not spells_script(strip):
        return safe
    raster = pixels.without_padding(Raster(page.width, page.height, 1, 1, False, black))
    each, strips = packed(raster)
    return replace(safe, compression=DEFLATE, rows_per_strip=each, strips=strips)


def _with_palette(page: Page, rows: Rows, where: str, source: bytes | None, job: Job) -> SafePage:
    is_mixed = page.bits == 8 and page.samples == 2
    if (page.samples != 1 and not is_mixed) or page.bits not in _PALETTE_BITS:
        raise UnsupportedError(f"a palette for {page.samples} samples of {page.bits} bits")
    raster = Raster(page.width, page.height, page.bits, page.samples, page.predictor == _DIFFERENCES, b"".join(rows))
    raster = pixels.undifferenced(raster)
    alpha = pixels.with_channels(raster, (1,)) if is_mixed and page.extra in _ALPHAS else None
    if is_mixed:
        raster = pixels.with_channels(raster, (0,))
    raster = pixels.without_padding(raster)
    raw = "P" if page.bits == 8 else f"P;{page.bits}"
    drawn = Image.frombytes("P", (page.width, page.height), raster.data, "raw", raw)
    palette, cleared = without_unused(_palette(page), drawn.histogram())
    if cleared:
        job.found(IMG_39, where, detail=f"{cleared} unused colours", at_least=Action.REWRITE)
    if source is not None:
        shown = colour.to_srgb(Image.frombytes("RGB", (len(palette) // 3, 1), palette), source)
        palette = palette if shown is None else shown.tobytes()
    if alpha is not None:
        drawn.putpalette(palette)
        job.found(IMG_25, where, detail="a palette with alpha", at_least=Action.REWRITE)
        return as_rgba(Image.merge("RGBA", (*drawn.convert("RGB").split(), pixels.to_image(alpha, "L"))), where, job)
    if is_mixed:
        job.found(IMG_24, where, detail="1 samples beside the colours", at_least=Action.REMOVE)
    each, strips = packed(raster)
    safe = SafePage(page.width, page.height, page.bits, 1, PALETTE, DEFLATE, each, strips)
    return replace(safe, colour_map=_colour_map(palette))


def as_rgba(drawn: Image.Image, where: str, job: Job) -> SafePage:
    """Colours that let something through, which few programs open beside an index or in a JPEG."""
    raster = pixels.from_image(drawn)
    cleared = pixels.without_hidden_colours(raster)
    if cleared is not None:
        keeps = job.found(IMG_38, where, detail="colours where nothing shows") is Action.KEEP
        raster = raster if keeps else cleared
    differences = pixels.differenced(raster)
    strip = rows_per_strip(raster.row_bytes, raster.height) * raster.row_bytes
    first = max(1, _RUN_BYTES // strip) * strip  # what a second pass will look at
    is_smaller = len(deflate_zlib(differences.data[:first])) < len(deflate_zlib(raster.data[:first]))
    each, strips = packed(differences if is_smaller else raster)
    predictor = _DIFFERENCES if is_smaller else _NO_DIFFERENCES
    return SafePage(*drawn.size, 8, 4, RGB, DEFLATE, each, strips, predictor=predictor, alpha=_UNASSOCIATED)


def _palette(page: Page) -> bytes:
    """The colours as RGB of 8 bits. Raises MalformedError when there are not as many as the bits can name."""
    values, count = page.directory.numbers(COLOUR_MAP), 1 << page.bits
    if len(values) != 3 * count:
        raise MalformedError(f"{len(values)} values for {count} colours")
    shift = 8 if max(values) > 0xFF else 0  # as early programs wrote it, and libtiff reads it
    planes = (values[:count], values[count : 2 * count], values[2 * count :])
    return bytes(value >> shift for entry in zip(*planes) for value in entry)


def _colour_map(palette: bytes) -> tuple[int, ...]:
    return tuple(value * _FULL for channel in range(3) for value in palette[channel::3])


def packed(raster: Raster) -> tuple[int, tuple[bytes, ...]]:
    """Rows in a strip, and the strips."""
    each = rows_per_strip(raster.row_bytes, raster.height)
    step = each * raster.row_bytes
    strips = tuple(deflated(raster.data[at : at + step]) for at in range(0, len(raster.data), step))
    return each, strips


class _Strips:
    """One pass over the rows of a page of gray or colours."""

    def __init__(self, page: Page, rows: Rows, where: str, source: bytes | None, job: Job) -> None:
        self.page, self.rows, self.where, self.job = page, rows, where, job
        self.colours = _COLOURS.get(page.photometric, 0)
        is_byte = page.sample_format == _SIGNED and page.bits == 8  # which viewers show without its sign
        self.format = _UNSIGNED if page.sample_format == _VOID or is_byte else page.sample_format
        self._check()
        self.alpha = _alpha(page, self.colours)
        self.kept = tuple(range(self.colours + (self.alpha is not None)))
        mode = _MODES.get(self.colours) if page.photometric != LAB and page.bits in (8, 16) else None
        is_usable = source and mode and colour.to_srgb(Image.new(mode, (1, 1)), source)
        self.source, self.mode = source if is_usable else None, mode
        self.bits = 8 if self.source or self._is_in_bytes() else page.bits
        self.is_inverted = page.photometric == WHITE_IS_ZERO and bool(
            self.source or self.alpha or page.bits == 32 or self.format == _SIGNED
        )
        self.hides_colours = False
        self.predictor = self._predictor()

    def _check(self) -> None:
        """Raises UnsupportedError for a kind of pixels that programs do not show alike."""
        page = self.page
        bits = _GRAY_BITS if page.photometric in _GRAYS else _COLOUR_BITS
        is_shown = 0 < self.colours <= page.samples and page.bits in bits.get(self.format, ())
        is_plain = page.bits >= 8 or page.samples == self.colours
        if page.photometric == YCBCR:
            is_plain = page.bits == 8
        inks = page.directory.number(INK_SET, _CMYK_INKS) if page.photometric == CMYK else _CMYK_INKS
        if not is_shown or not is_plain or inks != _CMYK_INKS:
            kind = f"photometric {page.photometric}, {page.samples} samples of {page.bits} bits, format {self.format}"
            raise UnsupportedError(kind)

    def _is_in_bytes(self) -> bool:
        """Whether few programs would open the page with samples of another size."""
        page = self.page
        if page.photometric == LAB:
            return True
        return page.bits < 8 if self.colours > 1 else page.bits == 16 and self.alpha is not None

    def _predictor(self) -> int:
        """Differences where the page has them; where bytes have none, whichever packs their start better."""
        page = self.page
        if self.bits != 8:  # others cannot be taken here, or would have to be undone
            return page.predictor if self.alpha is None and not self.is_inverted else _NO_DIFFERENCES
        if page.predictor == _DIFFERENCES:
            return _DIFFERENCES
        plain = self._disarmed(next(iter(self._runs())))
        sizes = [len(deflate_zlib(raster.data)) for raster in (plain, pixels.differenced(plain))]
        return _DIFFERENCES if sizes[1] < sizes[0] else _NO_DIFFERENCES

    def run(self) -> SafePage:
        page = self.page
        samples = (1 if self.colours == 1 else 3 if self.source else self.colours) + (self.alpha is not None)
        shape = Raster(page.width, page.height, self.bits, samples, False, b"")
        each = rows_per_strip(shape.row_bytes, page.height)
        strips = tuple(self._deflated(each * shape.row_bytes))
        self._tell()
        return SafePage(
            page.width, page.height, self.bits, samples, self._photometric(), DEFLATE, each, strips,
            predictor=self.predictor, alpha=self.alpha, sample_format=self.format,
        )  # fmt: skip

    def _photometric(self) -> int:
        """What the samples mean now."""
        if self.source or self.page.photometric == YCBCR:
            return BLACK_IS_ZERO if self.colours == 1 else RGB
        return BLACK_IS_ZERO if self.is_inverted else self.page.photometric

    def _deflated(self, strip_bytes: int) -> Iterator[bytes]:
        waiting = bytearray()
        for run in self._runs():
            waiting += self._coded(self._disarmed(run))
            whole = len(waiting) // strip_bytes * strip_bytes
            for at in range(0, whole, strip_bytes):
                yield deflated(bytes(waiting[at : at + strip_bytes]))
            del waiting[:whole]
        if waiting:
            yield deflated(bytes(waiting))

    def _runs(self) -> Iterator[bytes]:
        """Whole rows, some megabytes at a time even of a page that is one strip."""
        step = max(1, _RUN_BYTES // self.rows.row_bytes) * self.rows.row_bytes
        for run in self.rows:
            yield from (run[at : at + step] for at in range(0, len(run), step))

    def _disarmed(self, run: bytes) -> Raster:
        """A few rows as they may pass."""
        page = self.page
        height = len(run) // self.rows.row_bytes
        raster = Raster(page.width, height, page.bits, page.samples, page.predictor == _DIFFERENCES, run)
        raster = pixels.with_channels(raster, self.kept)
        if self.is_inverted:
            raster = pixels.inverted(raster, has_alpha=self.alpha is not None)
        if page.photometric == YCBCR:
            raster = pixels.from_image(pixels.to_image(raster, "YCbCr").convert("RGB"))
        if self.alpha is not None:
            cleared = pixels.without_hidden_colours(raster)
            self.hides_colours |= cleared is not None
            keeps = cleared is None or self.job.policy.ordered(IMG_38) is Action.KEEP
            raster = raster if keeps or cleared is None else cleared
        if self.source is not None:
            raster = self._in_srgb(raster)
        if self.bits != raster.bits:
            raster = pixels.in_bytes(raster)
        return pixels.without_padding(raster)

    def _coded(self, raster: Raster) -> bytes:
        if self.predictor == _NO_DIFFERENCES:
            return pixels.undifferenced(raster).data
        return pixels.differenced(raster).data if self.predictor == _DIFFERENCES else raster.data

    def _in_srgb(self, raster: Raster) -> Raster:
        assert self.source is not None and self.mode is not None
        raster = pixels.in_bytes(raster)
        image = pixels.to_image(pixels.with_channels(raster, self.kept[: self.colours]), self.mode)
        shown = colour.to_srgb(image, self.source) or image
        if self.alpha is not None:
            alpha = pixels.to_image(pixels.with_channels(raster, self.kept[-1:]), "L")
            shown = Image.merge("LA" if shown.mode == "L" else "RGBA", (*shown.split(), alpha))
        return pixels.from_image(shown)

    def _tell(self) -> None:
        if self.hides_colours:
            self.job.found(IMG_38, self.where, detail="colours where nothing shows")
        spare = self.page.samples - len(self.kept)
        if spare:
            self.job.found(IMG_24, self.where, detail=f"{spare} samples beside the colours", at_least=Action.REMOVE)


def _alpha(page: Page, colours: int) -> int | None:
    """What the sample behind the colours is, where it is one that viewers take for alpha."""
    if page.samples == colours or page.photometric not in (*_GRAYS, RGB) or page.bits not in (8, 16):
        return None
    if page.extra is None:
        return _UNASSOCIATED if page.photometric == RGB else None  # as Pillow and others read what does not say
    return page.extra[0] if page.extra and page.extra[0] in (_ASSOCIATED, _UNASSOCIATED) else None
