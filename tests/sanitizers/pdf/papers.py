"""Documents for the tests: small files written object by object, and what pypdfium2 reads and draws of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pypdfium2
from PIL import Image

from policies.model import Policy
from policies.terms import Action
from sanitizers.formats.pdf import PDF
from tests.sanitizers.pictures import LENIENT, Rebuilt, rebuild

HEAD: Final = b"%PDF-1.7\n"
HELLO: Final = b"BT /F1 18 Tf 20 50 Td (Hello \\(world\\)) Tj ET"
FONT: Final = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"


def stream(body: bytes, entries: bytes = b"") -> bytes:
    """A stream object."""
    return b"<<%b/Length %d>>\nstream\n%b\nendstream" % (entries, len(body), body)


def paper(
    *,
    catalog: bytes = b"",
    page: bytes = b"",
    resources: bytes = b"/Font<</F1 5 0 R>>",
    content: bytes = HELLO,
    more: Mapping[int, bytes] | None = None,
    trailer: bytes = b"",
) -> bytes:
    """A document of one page: 1 catalog, 2 pages, 3 page, 4 content, 5 font; `more` from 6 on, or in their place."""
    objects = {
        1: b"<</Type/Catalog/Pages 2 0 R%b>>" % catalog,
        2: b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
        3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]/Contents 4 0 R/Resources<<%b>>%b>>" % (resources, page),
        4: stream(content),
        5: FONT,
        **(more or {}),
    }
    return write(objects, trailer)


def write(objects: Mapping[int, bytes], trailer: bytes = b"") -> bytes:
    """A file of these objects, catalog first, with a plain table."""
    out, places = HEAD, {}
    for number, body in sorted(objects.items()):
        places[number] = len(out)
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    size = max(objects) + 1
    table = b"".join(
        b"%010d 00000 n \n" % places[number] if number in places else b"0000000000 65535 f \n" for number in range(size)
    )
    end = b"xref\n0 %d\n%btrailer\n<</Root 1 0 R/Size %d%b>>\nstartxref\n%d\n%%%%EOF\n"
    return out + end % (size, table, size, trailer, len(out))


def clean(untrusted: bytes, policy: Policy = LENIENT) -> Rebuilt:
    """The copy, which a second pass leaves byte for byte as it is, finding nothing."""
    copy = rebuild(PDF, untrusted, policy)
    again = rebuild(PDF, copy.data, policy)
    assert again.data == copy.data
    assert all(finding.action is Action.KEEP for finding in again.findings), again.findings
    return copy


@dataclass(frozen=True)
class Shown:
    """What a reader shows of a document."""

    texts: list[str]
    pages: list[Image.Image]


def shown(data: bytes) -> Shown:
    """Texts and pictures of the pages, by PDFium."""
    document = pypdfium2.PdfDocument(data)
    try:
        document.init_forms()
        texts = [page.get_textpage().get_text_range() for page in document]
        return Shown(texts, [page.render(scale=1).to_pil().convert("RGB") for page in document])
    finally:
        document.close()
