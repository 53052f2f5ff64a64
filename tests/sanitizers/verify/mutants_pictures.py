"""Mutants of GIF, WebP, TIFF and icons, and those of SVG, EMF and WMF beside them, keyed by vector as in mutants.py."""

import struct
import zlib

from sanitizers.model import Check
from tests.sanitizers.verify.forge import ORIENTATION, actl, fctl, icc, png
from tests.sanitizers.verify.forge_pictures import (
    LONG,
    LOOP,
    SHORT,
    UNDEFINED,
    anmf,
    deflated_page,
    dib,
    emf,
    gif,
    gif_control,
    gif_picture,
    ico,
    icon_dib,
    moving_webp,
    riff_chunk,
    sub_blocks,
    svg,
    tiff,
    tiff_page,
    vp8,
    vp8l,
    vp8x,
    webp,
    wmf,
)
from tests.sanitizers.verify.mutant import Mutant
from tests.sanitizers.verify.mutants_drawings import DRAWINGS, EMF, SVG, WMF

GIF, WEBP, TIFF, ICO = "image/gif", "image/webp", "image/tiff", "image/vnd.microsoft.icon"


def _gif(vector: str, what: str, data: bytes, check: Check = Check.IMAGE) -> Mutant:
    return Mutant(vector, what, GIF, data, check)


def _webp(vector: str, what: str, data: bytes, check: Check = Check.IMAGE) -> Mutant:
    return Mutant(vector, what, WEBP, data, check)


def _tiff(vector: str, what: str, data: bytes, check: Check = Check.IMAGE) -> Mutant:
    return Mutant(vector, what, TIFF, data, check)


def _tagged(vector: str, what: str, **tags: tuple[int, list[int]] | None) -> Mutant:
    return _tiff(vector, what, tiff(tiff_page(**tags)))


def _ico(vector: str, what: str, data: bytes, check: Check = Check.IMAGE) -> Mutant:
    return Mutant(vector, what, ICO, data, check)


_ASCII_TAG = (2, list(b"abcd"))
_EXTENDED = (vp8x(0x20), vp8x(0x08), vp8x(0x10))
_INCOMPLETE = ((0, 3), (0, 1), (0, 4), (1, 3), (1, 3), (0, 6))  # a code of code lengths: lengths 1 and 1 and no more
_SHORT_CODE = ((0, 3), (0, 1), (0, 4), (2, 3), (2, 3), (0, 6))  # two codes of two bits: half of the sequences are none

_FILE_LEVEL = (
    *(
        Mutant("GEN-01", f"a PNG called {media_type}", media_type, png(), Check.MAGIC)
        for media_type in (GIF, WEBP, TIFF, ICO, SVG, EMF, WMF)
    ),
    Mutant("GEN-01", "a BigTIFF called TIFF", TIFF, b"II+\0\x08\0\0\0" + bytes(20), Check.MAGIC),
    Mutant("GEN-01", "an animated cursor called icon", ICO, b"RIFF\x08\0\0\0ACON" + bytes(20), Check.MAGIC),
    *(
        Mutant("GEN-11", f"a byte behind {media_type}", media_type, data + b"\0\0", Check.IMAGE)
        for media_type, data in ((GIF, gif()), (WEBP, webp()), (TIFF, tiff()), (ICO, ico()), (EMF, emf()), (WMF, wmf()))
    ),
    Mutant("GEN-11", "a text behind SVG", SVG, svg() + b"PK", Check.XML),
    Mutant("GEN-12", "a line before SVG", SVG, b"\n" + svg(), Check.MAGIC),
    *(
        Mutant("GEN-15", f"half of {media_type}", media_type, data[: len(data) // 2], Check.IMAGE)
        for media_type, data in ((GIF, gif()), (WEBP, webp()), (TIFF, tiff()), (ICO, ico()), (EMF, emf()), (WMF, wmf()))
    ),
    Mutant("GEN-15", "half of SVG", SVG, svg()[:100], Check.XML),
    *(
        Mutant("GEN-34", f"an empty {media_type}", media_type, b"", Check.MAGIC)
        for media_type in (GIF, WEBP, TIFF, ICO, SVG, EMF, WMF)
    ),
    _gif("GEN-10", "a script in the colours", gif(table=b"<script >al("), Check.MAGIC),
    _webp("GEN-10", "a PDF in the pixels", webp(riff_chunk(b"VP8 ", vp8(rest=b"%PDF-1.7\n" + bytes(9)))), Check.MAGIC),
    _tiff("GEN-10", "a script in the rows", tiff(tiff_page([b"<script >al("])), Check.MAGIC),
)

_METADATA = (
    _webp(
        "IMG-03", "the camera's maker", webp(_EXTENDED[1], riff_chunk(b"VP8L", vp8l()), riff_chunk(b"EXIF", b"II*\0"))
    ),
    _webp(
        "IMG-03", "Exif that no flag tells", webp(vp8x(), riff_chunk(b"VP8L", vp8l()), riff_chunk(b"EXIF", ORIENTATION))
    ),
    _tagged("IMG-01", "GPS", tag_34853=(LONG, [8])),
    _tagged("IMG-02", "a maker note", tag_37500=(UNDEFINED, list(b"note"))),
    _tagged("IMG-03", "Exif", tag_34665=(LONG, [8])),
    _tagged("IMG-03", "the camera's maker", tag_271=_ASCII_TAG),
    _tagged("IMG-04", "a page that is a thumbnail", tag_254=(LONG, [1])),
    _tagged("IMG-05", "XMP", tag_700=(1, list(b"<x:xmpmeta/>"))),
    _webp("IMG-05", "XMP", webp(vp8x(4), riff_chunk(b"VP8L", vp8l()), riff_chunk(b"XMP ", b"<x:xmpmeta/>"))),
    _webp("IMG-05", "XMP that no flag tells", webp(vp8x(), riff_chunk(b"VP8L", vp8l()), riff_chunk(b"XMP ", b"<x/>"))),
    _gif("IMG-05", "XMP", gif(b"\x21\xff\x0bXMP DataXMP" + sub_blocks(b"<x:xmpmeta/>"), gif_picture())),
    _tagged("IMG-06", "IPTC", tag_33723=(UNDEFINED, list(b"\x1c\2\5\0\1x"))),
    _tagged("IMG-06", "Photoshop resources", tag_34377=(1, list(b"8BIM\4\4"))),
    _tagged("IMG-07", "a profile for other colours", tag_34675=(UNDEFINED, list(icc()))),
    _webp(
        "IMG-07",
        "a profile of nobody",
        webp(_EXTENDED[0], riff_chunk(b"ICCP", bytes(200)), riff_chunk(b"VP8L", vp8l())),
    ),
    _webp("IMG-09", "bytes that RIFF counts", webp(riff_chunk(b"VP8L", vp8l()), b"\0\0")),
    _tiff("IMG-09", "a page that nothing points to", tiff() + tiff()[8:]),
    _gif("IMG-09", "a second GIF", gif() + gif()),
    _tagged("IMG-40", "a provenance manifest", tag_52545=(UNDEFINED, list(b"\0\0\0\x08jumb"))),
    _webp("IMG-40", "a provenance manifest", webp(vp8x(), riff_chunk(b"VP8L", vp8l()), riff_chunk(b"C2PA", b"jumb"))),
    _gif("IMG-37", "65535 x 65535", gif(width=65535, height=65535), Check.LIMITS),
    _webp("IMG-37", "16384 x 16384", webp(riff_chunk(b"VP8L", vp8l(width=16384, height=16384))), Check.LIMITS),
    _webp(
        "IMG-37", "a canvas of 2^24 x 2^24", webp(vp8x(0, 1 << 24, 1 << 24), riff_chunk(b"VP8L", vp8l())), Check.LIMITS
    ),
    _webp("IMG-37", "1,001 frames", moving_webp(*[anmf()] * 1_001), Check.LIMITS),
    _tiff(
        "IMG-37", "100000 x 100000", tiff(tiff_page(tag_256=(LONG, [100_000]), tag_257=(LONG, [100_000]))), Check.LIMITS
    ),
    _ico(
        "IMG-37",
        "a bitmap of 20000 x 20000",
        ico(icon_dib()[:4] + struct.pack("<ii", 20000, 40000) + icon_dib()[12:]),
        Check.LIMITS,
    ),
    _gif(
        "IMG-37",
        "a picture of 60000 pixels in one byte",
        gif(gif_picture(200, 300, data=b"\1\0\0"), width=200, height=300),
    ),
    _gif("IMG-39", "codes for more colours than there are", gif(gif_picture(code_bits=3))),
    _gif("IMG-39", "a background beyond the colours", gif(background=4)),
    _tagged("IMG-39", "a palette of a grey picture", tag_320=(SHORT, [0] * 768)),
    _tagged("IMG-39", "a palette of another length", tag_262=(SHORT, [3]), tag_320=(SHORT, [0] * 765)),
    _ico("IMG-39", "more colours than the depth can name", ico(icon_dib(bits=1, colours=3), second=1)),
)

_GIFS = (
    _gif("IMG-18", "a comment", gif(b"\x21\xfe" + sub_blocks(b"hello"), gif_picture())),
    _gif("IMG-18", "a comment behind the picture", gif(gif_picture(), b"\x21\xfe" + sub_blocks(b"hello"))),
    _gif("IMG-18", "a plain text", gif(b"\x21\x01\x0c" + bytes(12) + sub_blocks(b"hello"), gif_picture())),
    _gif("IMG-18", "an application's block", gif(b"\x21\xff\x0bANIMEXTS1.0" + sub_blocks(b"\1\0\0"), gif_picture())),
    _gif("IMG-18", "more in the loop's block", gif(LOOP[:-1] + sub_blocks(b"hello"), gif_picture())),
    _gif("IMG-18", "an unknown extension", gif(b"\x21\x42" + sub_blocks(b"hello"), gif_picture())),
    _gif("IMG-19", "1,001 frames", gif(*[gif_picture()] * 1_001), Check.LIMITS),
    _gif("IMG-19", "a frame outside the screen", gif(gif_picture(4, 3, 1, 0))),
    _gif("IMG-19", "a frame larger than the screen", gif(gif_picture(5, 3))),
    _gif("IMG-19", "an unknown disposal", gif(gif_control(4 << 2), gif_picture())),
    _gif("IMG-19", "a frame that waits for a key", gif(gif_control(2), gif_picture())),
    _gif("IMG-19", "a loop behind the first frame", gif(gif_picture(), LOOP, gif_picture())),
    _gif("IMG-20", "a PDF called GIF", b"%PDF-1.7\n" + bytes(60), Check.MAGIC),
    _gif("IMG-20", "a JBIG2 called GIF", b"\x97JB2\r\n\x1a\n" + bytes(60), Check.MAGIC),
    _gif(
        "IMG-20",
        "a ZIP in the sub-blocks",
        gif(gif_picture(code_bits=2, data=sub_blocks(bytes(9) + b"PK\5\6" + bytes(18)))),
        Check.MAGIC,
    ),
    _gif("IMG-20", "a kilobyte behind twelve pixels", gif(gif_picture(data=sub_blocks(bytes(1024))))),
)

_WEBPS = (
    _webp("IMG-21", "an unknown chunk", webp(vp8x(), riff_chunk(b"VP8L", vp8l()), riff_chunk(b"prvt", b"hello!"))),
    _webp(
        "IMG-21",
        "an unknown chunk in a frame",
        moving_webp(anmf(riff_chunk(b"VP8L", vp8l()), riff_chunk(b"prvt", b"x!"))),
    ),
    _webp("IMG-21", "two pictures", webp(riff_chunk(b"VP8L", vp8l()), riff_chunk(b"VP8L", vp8l()))),
    _webp("IMG-21", "a code that is not complete", webp(riff_chunk(b"VP8L", vp8l(*_SHORT_CODE, (0, 200))))),
    _webp("IMG-21", "a frame outside the canvas", moving_webp(anmf(), anmf(x=2))),
    _webp("IMG-21", "a frame of another size than its picture", moving_webp(anmf(riff_chunk(b"VP8L", vp8l(width=3))))),
    _webp("IMG-21", "a canvas of another size", webp(vp8x(0, 5, 3), riff_chunk(b"VP8L", vp8l()))),
    _webp("IMG-21", "alpha that no flag tells", webp(vp8x(), riff_chunk(b"VP8L", vp8l(alpha=1)))),
    _webp("IMG-21", "a flag of alpha where none is", webp(_EXTENDED[2], riff_chunk(b"VP8L", vp8l()))),
    _webp("IMG-21", "frames without the flag of an animation", moving_webp(flags=0)),
    _webp("IMG-21", "something in the padding", webp(riff_chunk(b"VP8 ", vp8(rest=bytes(15)))[:-1] + b"x")),
    _webp("IMG-21", "a partition beyond the file", webp(riff_chunk(b"VP8 ", vp8(first=1 << 12)[:60]))),
    _webp("IMG-21", "a picture that predicts from another", webp(riff_chunk(b"VP8 ", vp8(tag=0x11)))),
    _webp("IMG-21", "a picture that is not shown", webp(riff_chunk(b"VP8 ", vp8(tag=0x00)))),
    _webp("IMG-21", "a megabyte behind twelve pixels", webp(riff_chunk(b"VP8L", vp8l() + bytes(1 << 20)))),
)

_ORDERED = tiff()  # its directory stands at 20
_ONE_SHORT = struct.pack("<HHIH", 259, 3, 1, 1)
_TIFFS = (
    _tagged("IMG-24", "a description", tag_270=_ASCII_TAG),
    _tagged("IMG-24", "the software", tag_305=_ASCII_TAG),
    _tagged("IMG-24", "a directory below", tag_330=(LONG, [8])),
    _tagged("IMG-24", "an unknown tag", tag_65000=(LONG, [1])),
    _tagged(
        "IMG-24", "a channel that shows nowhere", tag_277=(SHORT, [2]), tag_258=(SHORT, [8, 8]), tag_338=(SHORT, [0])
    ),
    _tiff("IMG-24", "bytes behind a value", _ORDERED.replace(_ONE_SHORT + bytes(2), _ONE_SHORT + b"\0\7")),
    _tiff("IMG-25", "a directory that follows itself", tiff(last=20)),
    _tiff("IMG-25", "two directories in a circle", tiff(tiff_page(), tiff_page(), last=20)),
    _tiff("IMG-25", "1,001 pages", tiff(*[tiff_page()] * 1_001), Check.LIMITS),
    _tiff("IMG-25", "a strip beyond the file", tiff(tiff_page(tag_273=(LONG, [8]), tag_279=(LONG, [9999])))),
    _tiff("IMG-25", "a strip in the header", tiff(tiff_page(tag_273=(LONG, [4]), tag_279=(LONG, [12])))),
    _tiff(
        "IMG-25",
        "a strip that two pages share",
        tiff(tiff_page(), tiff_page(tag_273=(LONG, [8]), tag_279=(LONG, [12]))),
    ),
    _tiff("IMG-25", "a strip of another size", tiff(tiff_page([bytes(11)]))),
    _tiff("IMG-25", "fewer strips than rows", tiff(tiff_page(tag_278=(SHORT, [1])))),
    _tiff("IMG-25", "a gap", tiff(gap=b"hidden")),
    _tiff("IMG-25", "zeros for nothing", tiff(gap=bytes(64))),
    _tiff("IMG-25", "old JPEG", tiff(tiff_page(tag_259=(SHORT, [6])))),
    _tiff("IMG-25", "a value of another type", tiff(tiff_page(tag_256=(2, [4])))),
    _tiff("IMG-25", "tags out of order", _ORDERED[:22] + _ORDERED[34:46] + _ORDERED[22:34] + _ORDERED[46:]),
    _tiff("IMG-25", "deflate that gives more than the rows", tiff(deflated_page(bytes(13)))),
    _tiff("IMG-25", "deflate that gives less", tiff(deflated_page(bytes(11)))),
    _tiff("IMG-25", "bytes behind deflate", tiff(deflated_page(behind=b"hidden"))),
    _tiff("IMG-25", "deflate that gives 16 MiB", tiff(deflated_page(bytes(1 << 24)))),
    _tiff("IMG-26", "a raw picture", tiff(tiff_page(tag_50706=(1, [1, 4, 0, 0])))),
    _tiff("IMG-26", "a mosaic of sensor cells", tiff(tiff_page(tag_262=(SHORT, [32803])))),
)

_LINKED = struct.pack("<4s", b"LINK")
_ICONS = (
    _ico("IMG-22", "a profile named by a path", ico(icon_dib(size=124))),
    _ico("IMG-23", "run lengths", ico(icon_dib(bits=8, compression=1), second=8)),
    _ico("IMG-23", "a PNG in a bitmap", ico(icon_dib(compression=5))),
    _ico("IMG-23", "a header of OS/2", ico(icon_dib(size=12))),
    _ico("IMG-23", "two planes", ico(icon_dib(planes=2))),
    _ico("IMG-23", "upside down", ico(icon_dib(double=-6))),
    _ico("IMG-30", "a gap before the picture", ico(gap=b"hidden")),
    _ico("IMG-30", "a picture elsewhere", ico(shift=4)),
    _ico("IMG-30", "a picture of another size", ico(width=5)),
    _ico("IMG-30", "a reserved byte in use", ico(reserved=7)),
    _ico("IMG-30", "another depth", ico(second=8)),
    _ico("IMG-30", "bytes between mask and end", ico(icon_dib() + b"\0\0\0\0")),
    _ico("IMG-30", "no mask", ico(dib(height=6)[: 40 + 36])),
    _ico("IMG-30", "a hot spot outside", ico(kind=2, first=4, second=0)),
    _ico("IMG-30", "more pictures than there are", ico(count=3)),
    _ico("IMG-30", "an animation", ico(png(actl(1), fctl(0)))),
    _ico(
        "IMG-30",
        "a PNG with a text",
        ico(png(b"\0\0\0\x09tEXta\0hello!!" + struct.pack(">I", zlib.crc32(b"tEXta\0hello!!")))),
    ),
)

MORE: tuple[Mutant, ...] = _FILE_LEVEL + _METADATA + _GIFS + _WEBPS + _TIFFS + _ICONS + DRAWINGS
