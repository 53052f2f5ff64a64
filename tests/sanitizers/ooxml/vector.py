"""Vector: one way to carry something other than content, as a change that is made to a package."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.sanitizers.ooxml.forge import SHEET, XML, D, O, Package, declared, docx, pptx, xlsx

BASES: dict[str, Callable[[], Package]] = {"docx": docx, "xlsx": xlsx, "pptx": pptx}


@dataclass(frozen=True)
class Vector:
    """`put` makes the change, to a file that comes in and to a copy of ours alike."""

    id: str
    what: str
    base: str  # a key of BASES
    put: Callable[[Package], object]

    def __str__(self) -> str:
        return f"{self.id} {self.what}"

    @property
    def file_name(self) -> str:
        """The name of the file in the corpus."""
        words = "".join(c if c.isalnum() else "-" for c in self.what.lower())
        return f"{'-'.join(filter(None, words.split('-')))[:60]}.{self.base}"

    def put_in(self, package: Package) -> bytes:
        """The package with the vector in it, as a file."""
        self.put(package)
        return package.build()


def in_body(xml: str, *prefixes: str) -> Callable[[Package], object]:
    """At the start of a document's body."""
    return lambda p: p.declare(p.main, *prefixes).change(p.main, "<w:body>", f"<w:body>{xml}")


def in_run(xml: str, *prefixes: str) -> Callable[[Package], object]:
    """In a run of its own."""
    return in_body(f"<w:p><w:r>{xml}</w:r></w:p>", *prefixes)


def in_settings(xml: str, *prefixes: str) -> Callable[[Package], object]:
    """At the start of a document's settings."""

    def put(p: Package) -> None:
        name = p.first("wordprocessingml.settings+xml")
        p.declare(name, *prefixes)
        text = p.parts[name].decode()
        at = text.index(">", text.index("<w:settings")) + 1
        p.parts[name] = (text[:at] + xml + text[at:]).encode()

    return put


def in_sheet(xml: str, *prefixes: str) -> Callable[[Package], object]:
    """At the end of the first worksheet."""

    def put(p: Package) -> None:
        name = p.first("spreadsheetml.worksheet+xml")
        p.declare(name, *prefixes).change(name, "</worksheet>", f"{xml}</worksheet>")

    return put


def in_workbook(xml: str, *prefixes: str) -> Callable[[Package], object]:
    """At the end of the workbook."""
    return lambda p: p.declare(p.main, *prefixes).change(p.main, "</workbook>", f"{xml}</workbook>")


def in_cell(formula: str) -> Callable[[Package], object]:
    """A cell with this formula and a value."""

    def put(p: Package) -> None:
        name = p.first("spreadsheetml.worksheet+xml")
        cell = f'<row r="9"><c r="A9"><f>{formula}</f><v>1</v></c></row>'
        p.change(name, "</sheetData>", f"{cell}</sheetData>")

    return put


def in_tree(xml: str, *prefixes: str) -> Callable[[Package], object]:
    """At the end of a slide's shapes."""

    def put(p: Package) -> None:
        name = p.first("presentationml.slide+xml")
        p.declare(name, *prefixes).change(name, "</p:spTree>", f"{xml}</p:spTree>")

    return put


def behind_tree(xml: str, *prefixes: str) -> Callable[[Package], object]:
    """Behind a slide's shapes."""

    def put(p: Package) -> None:
        name = p.first("presentationml.slide+xml")
        p.declare(name, *prefixes).change(name, "</p:cSld>", f"</p:cSld>{xml}")

    return put


def in_presentation(xml: str, *prefixes: str) -> Callable[[Package], object]:
    """At the end of the presentation."""
    return lambda p: p.declare(p.main, *prefixes).change(p.main, "</p:presentation>", f"{xml}</p:presentation>")


def part(
    name: str, content_type: str, kind: str, data: bytes | str = "harmless", *, root: bool = False
) -> Callable[[Package], object]:
    """A part that the main part, or the root, leads to. A content type may leave out its usual start."""

    def put(p: Package) -> None:
        full = content_type if "/" in content_type else O + content_type
        p.add(name, data, full, kind if "://" in kind else D + kind, "" if root else None)

    return put


def outside(kind: str, target: str, suffix: str = "") -> Callable[[Package], object]:
    """A relationship to an address outside, from the main part or from the first of this type."""

    def put(p: Package) -> None:
        source = p.first(suffix) if suffix else p.main
        p.relate(source, kind if "://" in kind else D + kind, target, is_external=True)

    return put


def both(*changes: Callable[[Package], object]) -> Callable[[Package], object]:
    """One change after another."""

    def put(p: Package) -> None:
        for change in changes:
            change(p)

    return put


def used(
    kind: str, target: str, place: Callable[[str], Callable[[Package], object]], suffix: str = ""
) -> Callable[[Package], object]:
    """An address outside, and an element that names it: `place` gets the id."""

    def put(p: Package) -> None:
        source = p.first(suffix) if suffix else p.main
        identifier = p.relate(source, kind if "://" in kind else D + kind, target, is_external=True)
        place(identifier)(p)

    return put


def retyped(content_type: str, suffix: str = "") -> Callable[[Package], object]:
    """Another content type for the main part."""

    def put(p: Package) -> None:
        p.types[p.first(suffix) if suffix else p.main] = content_type

    return put


def xml_of(root: str, inside: str = "", *prefixes: str, default: str = "") -> str:
    """A part with this root."""
    name = root.partition(" ")[0]
    start = f' xmlns="{default}"' if default else ""
    return f"{XML}<{root}{start}{declared(*prefixes)}>{inside}</{name}>"


def sheet_xml(root: str, inside: str = "") -> str:
    """A part in the default namespace of spreadsheets."""
    return xml_of(root, inside, "r", default=SHEET)
