"""Pieces that stand inside other files: the bytes are put where such a piece belongs, and the whole file goes through.

So every byte of a mutation is met by the parser of that piece, and then by the judge's. The first byte says where.
"""

import zlib
from collections.abc import Callable
from typing import Final
from xml.sax.saxutils import escape

from tests.sanitizers.ooxml.forge import docx, paragraph, xlsx
from tests.sanitizers.ooxml.vector import in_cell
from tests.sanitizers.pdf.papers import paper, stream
from tests.sanitizers.verify.forge import chunk, jpeg, png, segment
from tests.sanitizers.verify.forge_pictures import svg

Wrap = Callable[[bytes], bytes]
_PICTURE: Final = b"/Type/XObject/Subtype/Image/Width 2/Height 2/BitsPerComponent 8/ColorSpace[/ICCBased 6 0 R]"


def _font(key: bytes, entries: bytes = b"", subtype: bytes = b"TrueType") -> Wrap:
    def wrap(data: bytes) -> bytes:
        clear = data.find(b"eexec") + 6
        lengths = b"/Length1 %d" % len(data)
        if key == b"FontFile":
            lengths = b"/Length1 %d/Length2 %d/Length3 %d" % (clear, max(0, len(data) - clear - 532), 532)
        font = (
            b"<</Type/Font/Subtype/%b/BaseFont/T/FirstChar 65/LastChar 65/Widths[500]/FontDescriptor 6 0 R>>" % subtype
        )
        descriptor = (
            b"<</Type/FontDescriptor/FontName/T/Flags 32/FontBBox[0 0 500 700]/ItalicAngle 0/Ascent 800/Descent -200"
            b"/CapHeight 700/StemV 80/%b 7 0 R>>" % key
        )
        return paper(more={5: font, 6: descriptor, 7: stream(data, lengths + entries)})

    return wrap


KINDS_OF_FONT: Final[tuple[Wrap, ...]] = (
    _font(b"FontFile2"),
    _font(b"FontFile3", b"/Subtype/Type1C", b"Type1"),
    _font(b"FontFile", subtype=b"Type1"),
    _font(b"FontFile3", b"/Subtype/OpenType"),
)


def _profile_of_paper(data: bytes) -> bytes:
    picture = stream(b"\x80" * 12, _PICTURE)
    place = b"/XObject<</X 7 0 R>>"
    return paper(resources=place, content=b"9 0 0 9 0 0 cm /X Do", more={6: stream(data, b"/N 3"), 7: picture})


def _profile_of_png(data: bytes) -> bytes:
    return png(chunk(b"iCCP", b"a\0\0" + zlib.compress(data, 1)))


def _in_jpeg(marker: int, head: bytes) -> Wrap:
    return lambda data: b"\xff\xd8" + segment(marker, (head + data)[:65_000]) + jpeg()[2:]


def _content(data: bytes) -> bytes:
    return paper(content=data)


def _function(data: bytes) -> bytes:
    function = stream(data, b"/FunctionType 4/Domain[0 1]/Range[0 1]")
    spaces = b"/ColorSpace<</C[/Separation/A/DeviceGray 6 0 R]>>"
    return paper(resources=spaces, content=b"/C cs 0.5 scn 0 0 9 9 re f", more={6: function})


def _codes(data: bytes) -> bytes:
    font = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/ToUnicode 6 0 R>>"
    return paper(more={5: font, 6: stream(data)})


def _letters(data: bytes) -> str:
    """What XML can say of them."""
    return escape("".join(char for char in data.decode("utf-8", "replace") if char.isprintable()))


def _formula(data: bytes) -> bytes:
    package = xlsx()
    in_cell(_letters(data))(package)
    return package.build()


def _field(data: bytes) -> bytes:
    code = f'<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>{_letters(data)}</w:instrText></w:r>'
    result = '<w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>1</w:t></w:r>'
    end = '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    return docx(f"<w:p>{code}{result}{end}</w:p>{paragraph('a')}").build()


def _style(data: bytes) -> bytes:
    return svg(f"<style>{_letters(data)}</style><rect style='fill:red'/>")


KINDS_INSIDE: Final[tuple[Wrap, ...]] = (
    *(_profile_of_png, _profile_of_paper, _in_jpeg(0xE2, b"ICC_PROFILE\0\1\1")),
    *(_content, _function, _codes, _formula, _field, _style, _in_jpeg(0xE1, b"")),
)
