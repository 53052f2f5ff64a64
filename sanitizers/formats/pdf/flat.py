"""The flat class: every page drawn to pixels, and a new document of these pictures (docs/adr/0004).

What is drawn is the rebuilt document wherever there is one, so that layers that are off and notes that are hidden are
gone before. Under the picture lies the text of the page, invisible, for those who search and those who listen; a policy
that removes such text (PDF-69) leaves it out. Links, bookmarks, fields and tags are not in a picture.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from PIL import Image

from policies.catalogue import vector
from policies.terms import Action, Rebuild
from sanitizers.codecs import fonts, pdfium
from sanitizers.codecs.deflate import inflate_zlib
from sanitizers.errors import LimitError, MalformedError, PurseError, UnsupportedError
from sanitizers.formats.jpeg.pixels import LONGEST_SIDE
from sanitizers.formats.pdf.disarm import disarm
from sanitizers.formats.pdf.images import packed
from sanitizers.formats.pdf.jpegs import encode_jpeg
from sanitizers.formats.pdf.parse import OpenedPdf, parse
from sanitizers.formats.pdf.values import Link, SafePdf, SafeStream
from sanitizers.formats.pdf.write import write_pdf
from sanitizers.sanitizer import Job

PDF_63: Final = vector("PDF-63")
PDF_69: Final = vector("PDF-69")
PDF_74: Final = vector("PDF-74")

_POINTS_PER_INCH: Final = 72
_MOST_PIXELS: Final = 25_000_000  # of one page: A1 at 150 dots per inch; larger sheets are drawn coarser
_MOST_PAGES: Final = 10_000
_MOST_LETTERS: Final = 100_000  # of one page
_LARGEST_SIDE: Final = 200_000  # points
_PAGE_KEYS: Final = frozenset({"/Type", "/Parent", "/MediaBox", "/Contents", "/Resources"})
_DRAWN: Final = re.compile(  # a page's content as it is written below
    rb"q [0-9.]+ 0 0 [0-9.]+ 0 0 cm /P Do Q"
    rb"(?:\nBT 3 Tr(?:\n/F [-0-9. ]+Tf [-0-9. ]+Tz [-0-9. ]+Tm <[0-9a-f]*> Tj)*+\nET)?"
)
_BILEVEL: Final = b"\x00\xff"


def flatten(parsed: OpenedPdf, job: Job) -> SafePdf:
    """The document as pictures of its pages; one that is that already stays as it is rebuilt. Raises InputError.

    A document that cannot be rebuilt is drawn as it came, by a reader that is more forgiving.
    """
    try:
        safe = disarm(parsed, job)
    except MalformedError:
        job.found(PDF_63, "(file)", detail="drawn by a more forgiving reader", at_least=Action.REWRITE)
        return _rebuilt(draw(parsed.data, job), job)
    return safe if _is_drawn(safe) else _rebuilt(draw(write_pdf(safe), job), job)


def _rebuilt(drawn: SafePdf, job: Job) -> SafePdf:
    """Through the same steps as any document, so that a second pass changes nothing."""
    aside = Job(replace(job.policy, rebuild=Rebuild.FULL), job.budget)
    return disarm(parse(write_pdf(drawn), job.budget), aside)


def _is_drawn(safe: SafePdf) -> bool:
    """Whether every page shows one picture, with nothing but invisible text beside it."""
    pages = [item for item in safe.objects if isinstance(item, dict) and item.get("/Type") == "/Page"]
    return bool(pages) and all(_shows_one_picture(page, safe) for page in pages)


def _shows_one_picture(page: dict[str, Any], safe: SafePdf) -> bool:
    contents = page.get("/Contents")
    stream = safe.objects[contents.slot] if isinstance(contents, Link) else None
    if not isinstance(stream, SafeStream) or not stream.data or not page.keys() <= _PAGE_KEYS:
        return False
    return _DRAWN.fullmatch(inflate_zlib(stream.data, _MOST_LETTERS * 100).data) is not None


def draw(data: bytes, job: Job) -> SafePdf:
    """The pages of a document as pictures. Raises MalformedError, LimitError, EncryptedError, UnsupportedError."""
    has_text = job.policy.ordered(PDF_69) is Action.KEEP
    catalog: dict[str, Any] = {"/Type": "/Catalog", "/Pages": Link(1)}
    objects: list[Any] = [catalog, {}]
    kids = []
    fonts.missing()
    with pdfium.opened(data, job.passwords) as pages:
        if pages.count < 1:
            raise MalformedError("a document without pages")
        if pages.count > _MOST_PAGES:
            raise PurseError(f"{pages.count} pages", PDF_74)
        font = _add(objects, _font(objects)) if has_text else None
        for index in range(pages.count):
            with pages.page(index) as page:
                kids.append(_page(objects, page, font, job))
    if fonts.missing():
        raise UnsupportedError("letters of a font that neither the document nor this machine has")
    objects[1] = {"/Type": "/Pages", "/Count": len(kids), "/Kids": kids}
    return SafePdf(tuple(objects))


def _add(objects: list[Any], item: Any) -> Link:
    objects.append(item)
    return Link(len(objects) - 1)


def _page(objects: list[Any], page: pdfium.Page, font: Link | None, job: Job) -> Link:
    width, height = round(page.width, 3), round(page.height, 3)
    if not (0 < width <= _LARGEST_SIDE and 0 < height <= _LARGEST_SIDE):
        raise LimitError(f"a page of {width} x {height} points", PDF_74)
    most = min(_MOST_PIXELS, job.budget.limits.max_pixels)
    fine = job.budget.limits.max_dots_per_inch / _POINTS_PER_INCH
    scale = min(fine, (most / (width * height)) ** 0.5, LONGEST_SIDE / max(width, height))
    columns, rows = max(1, int(width * scale)), max(1, int(height * scale))
    job.budget.expand(columns * rows * 3)
    picture = _add(objects, _picture(page.draw(columns, rows), columns, rows))
    content = b"q %b 0 0 %b 0 0 cm /P Do Q" % (_number(width), _number(height))
    resources: dict[str, Any] = {"/XObject": {"/P": picture}}
    if font is not None:
        content += b"".join(_text(page.letters(_MOST_LETTERS)))
        resources["/Font"] = {"/F": font}
    entries = {
        "/Type": "/Page",
        "/Parent": Link(1),
        "/MediaBox": [0, 0, width, height],
        "/Contents": _add(objects, _flate(content)),
        "/Resources": resources,
    }
    return _add(objects, entries)


def _flate(data: bytes, entries: dict[str, Any] | None = None) -> SafeStream:
    return SafeStream({**(entries or {}), "/Filter": "/FlateDecode"}, packed(data))


def _picture(pixels: bytes, columns: int, rows: int) -> SafeStream:
    """Black and white as bits, else whichever is smaller: every pixel as it is, or a JPEG of them."""
    red, green, blue = pixels[0::3], pixels[1::3], pixels[2::3]
    is_gray = red == green == blue
    entries: dict[str, Any] = {"/Type": "/XObject", "/Subtype": "/Image", "/Width": columns, "/Height": rows}
    entries |= {"/BitsPerComponent": 8, "/ColorSpace": "/DeviceGray" if is_gray else "/DeviceRGB"}
    image = Image.frombytes("L", (columns, rows), red) if is_gray else Image.frombytes("RGB", (columns, rows), pixels)
    if is_gray and not red.translate(None, _BILEVEL):
        bits = image.convert("1", dither=Image.Dither.NONE).tobytes()
        return _flate(bits, entries | {"/BitsPerComponent": 1})
    exact = _flate(red if is_gray else pixels, entries)
    coded = SafeStream(entries | {"/Filter": "/DCTDecode"}, encode_jpeg(image))
    return min(exact, coded, key=lambda stream: len(stream.data))


# --- the text under the picture: each word at its place, as wide as it was, in letters that are never drawn (9.3.6)


def _text(letters: list[pdfium.Letter]) -> Iterator[bytes]:
    yield b"\nBT 3 Tr"
    for word in _words(letters):
        first, last = word[0], word[-1]
        size = max(max(letter.top for letter in word) - min(letter.bottom for letter in word), 1.0)
        units = "".join(chr(letter.code) for letter in word).encode("utf-16-be", "replace")
        width = max(last.right - first.left, 0.1)
        stretch = min(max(100 * width / (size * len(units) / 2), 1), 10_000)  # every letter is one em wide
        place = b"%b %b" % (_number(first.left), _number(min(letter.bottom for letter in word)))
        start = b"/F %b Tf %b Tz 1 0 0 1 %b Tm" % (_number(size), _number(stretch), place)
        yield b"\n%b <%b> Tj" % (start, units.hex().encode())
    yield b"\nET"


def _words(letters: list[pdfium.Letter]) -> Iterator[list[pdfium.Letter]]:
    word: list[pdfium.Letter] = []
    for letter in letters:
        if letter.code > 0x20 and letter.code not in (0x3000, 0xFFFE, 0xFFFF):
            word.append(letter)
        elif word:
            yield word
            word = []
    if word:
        yield word


def _number(value: float) -> bytes:
    return f"{value:.3f}".rstrip("0").rstrip(".").encode() or b"0"


_TO_UNICODE: Final = (
    b"/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
    b"/CIDSystemInfo <</Registry<41646f6265>/Ordering<554353>/Supplement 0>> def\n/CMapName /Adobe-Identity-UCS def\n"
    b"/CMapType 2 def\n1 begincodespacerange\n<0000><ffff>\nendcodespacerange\n1 beginbfrange\n<0000><ffff><0000>\n"
    b"endbfrange\nendcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n"
)


def _font(objects: list[Any]) -> dict[str, Any]:
    """A font without letters: its codes are UTF-16, each as wide as it is high."""
    descriptor = {
        "/Type": "/FontDescriptor",
        "/FontName": "/Invisible",
        "/Flags": 4,
        "/FontBBox": [0, 0, 1000, 1000],
        "/ItalicAngle": 0,
        "/Ascent": 1000,
        "/Descent": 0,
        "/CapHeight": 1000,
        "/StemV": 80,
    }
    descendant = {
        "/Type": "/Font",
        "/Subtype": "/CIDFontType2",
        "/BaseFont": "/Invisible",
        "/CIDSystemInfo": {"/Registry": b"Adobe", "/Ordering": b"Identity", "/Supplement": 0},
        "/FontDescriptor": _add(objects, descriptor),
        "/DW": 1000,
    }
    return {
        "/Type": "/Font",
        "/Subtype": "/Type0",
        "/BaseFont": "/Invisible",
        "/Encoding": "/Identity-H",
        "/DescendantFonts": [_add(objects, descendant)],
        "/ToUnicode": _add(objects, _flate(_TO_UNICODE)),
    }
