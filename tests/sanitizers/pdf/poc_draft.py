"""A document under construction: a page, a note, a field and a bookmark, to which actions can be tied."""

from dataclasses import dataclass, field
from typing import Final

HOST: Final = "attacker.example"
ROOT: Final = 1
PAGE: Final = b"3 0 R"


def text(said: str) -> bytes:
    """A literal string."""
    return b"(" + said.replace("\\", "\\\\").encode() + b")"


@dataclass
class Draft:
    """Objects by number, and entries still to be written into those that every document here has."""

    catalog: bytes = b""
    names: bytes = b""
    page: bytes = b""
    note: bytes = b""
    widget: bytes = b""
    form: bytes = b""
    outline: bytes = b""
    notes: list[bytes] = field(default_factory=list)
    more: dict[int, bytes] = field(default_factory=dict)

    def add(self, body: bytes) -> bytes:
        """A further object; a reference to it."""
        number = 20 + len(self.more)
        self.more[number] = body
        return b"%d 0 R" % number

    def add_stream(self, data: bytes, entries: bytes = b"") -> bytes:
        """A further stream, not packed, so that a reader can see what is in it."""
        return self.add(b"<<%b/Length %d>>\nstream\n%b\nendstream" % (entries, len(data), data))

    def objects(self) -> dict[int, bytes]:
        """The whole document. Object 1 is its catalog."""
        names = b"/Names<<%b>>" % self.names if self.names else b""
        notes = b" ".join([b"6 0 R", b"7 0 R", *self.notes])
        content = b"BT /F1 18 Tf 20 50 Td (Hello) Tj ET"
        return {
            1: b"<</Type/Catalog/Pages 2 0 R/AcroForm 8 0 R/Outlines 9 0 R%b%b>>" % (names, self.catalog),
            2: b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
            3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>"
            b"/Annots[%b]%b>>" % (notes, self.page),
            4: b"<</Length %d>>\nstream\n%b\nendstream" % (len(content), content),
            5: b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
            6: b"<</Type/Annot/Subtype/Link/Rect[0 0 200 100]/P 3 0 R%b>>" % self.note,
            7: b"<</Type/Annot/Subtype/Widget/Rect[0 0 9 9]/P 3 0 R/FT/Tx/T(name)/V(value)%b>>" % self.widget,
            8: b"<</Fields[7 0 R]%b>>" % self.form,
            9: b"<</Type/Outlines/First 10 0 R/Last 10 0 R/Count 1>>",
            10: b"<</Title(chapter)/Parent 9 0 R%b>>" % self.outline,
            **self.more,
        }
