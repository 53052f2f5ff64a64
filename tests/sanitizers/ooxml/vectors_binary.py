"""What a binary workbook can carry (XLSB-02 to XLSB-10)."""

from collections.abc import Callable

from sanitizers.parsers.biff12 import record, text
from tests.sanitizers.ooxml.binary.xlsbs import bundle, call, computed, externals, name, number, plain, worksheet, xlsb
from tests.sanitizers.ooxml.forge import HOST, MS, D, Package
from tests.sanitizers.ooxml.vector import Vector, part

_EXCEL = "application/vnd.ms-excel."
_SHEET, _END_OF_SHEET, _END_OF_LIST, _END_OF_BOOK = 129, 130, 144, 132
_CALL, _WEBSERVICE = 150, 255


def binary() -> Package:
    """The least binary workbook."""
    package = Package.read(xlsb(worksheet(plain(0))).data())
    package.relations[""]["rId1"].target = "/xl/workbook.bin"
    return package


def _before(ending: int, added: bytes, where: str) -> Callable[[Package], object]:
    """Records in front of the one that ends a part, or a list in it."""

    def put(p: Package) -> None:
        assert p.parts[where].count(record(ending, b"")) == 1
        p.parts[where] = p.parts[where].replace(record(ending, b""), added + record(ending, b""))

    return put


def in_binary_sheet(added: bytes) -> Callable[[Package], object]:
    """Records at the end of the first sheet."""
    return _before(_END_OF_SHEET, added, "xl/worksheets/sheet1.bin")


def in_binary_book(added: bytes) -> Callable[[Package], object]:
    """Records at the end of the workbook."""
    return _before(_END_OF_BOOK, added, "xl/workbook.bin")


def _macro_sheet(p: Package) -> None:
    data = worksheet(computed(0, call(110)))
    identifier = p.add("xl/macrosheets/sheet7.bin", data, _EXCEL + "macrosheet", MS + "xlMacrosheet")
    _before(_END_OF_LIST, bundle("Macro1", identifier, state=2), p.main)(p)


def _other_book(p: Package) -> None:
    link = record(360, b"\1\0" + text("cmd") + text("/c calc")) + record(588, b"")
    identifier = p.add("xl/externalLinks/externalLink7.bin", link, _EXCEL + "externalLink", D + "externalLink")
    in_binary_book(externals(record(355, text(identifier))))(p)


def _link(p: Package) -> None:
    identifier = p.relate("xl/worksheets/sheet1.bin", D + "hyperlink", f"file://{HOST}/a", is_external=True)
    in_binary_sheet(record(494, bytes(16) + text(identifier) + text("") + text(None) + text("a")))(p)


def _rows(*rows: bytes) -> Callable[[Package], object]:
    def put(p: Package) -> None:
        p.parts["xl/worksheets/sheet1.bin"] = worksheet(*rows)

    return put


_LATER = record(35, bytes(4)) + record(1045, b"hidden") + record(36, b"")
_UNC = f"\\\\{HOST}\\a"
BINARY = (
    Vector("XLSB-02", "a hidden macro sheet", "xlsb", _macro_sheet),
    Vector("XLSB-03", "a name that runs", "xlsb", in_binary_book(name("_xlnm.Auto_Open", number(1), flags=0x21))),
    Vector("XLSB-03", "a name of a macro", "xlsb", in_binary_book(name("a", number(1), flags=0x0E))),
    Vector("XLSB-04", "a DDE link", "xlsb", _other_book),
    Vector("XLSB-05", "CALL", "xlsb", _rows(computed(0, call(_CALL)))),
    Vector("XLSB-05", "a function by its name", "xlsb", _rows(computed(0, b"\x59" + bytes(6) + call(_WEBSERVICE)))),
    Vector("XLSB-05", "a command of macro sheets", "xlsb", _rows(computed(0, call(0x8000 | 110)))),
    Vector("XLSB-05", "bytes behind a formula", "xlsb", _rows(computed(0, number(1), b"hidden"))),
    Vector("XLSB-06", "a link to a file", "xlsb", _link),
    Vector(
        "XLSB-06",
        "a link to a share by its place",
        "xlsb",
        in_binary_sheet(record(494, bytes(16) + text(None) + text(_UNC) + text(None) + text("a"))),
    ),
    Vector("XLSB-07", "connections", "xlsb", part("xl/connections.bin", _EXCEL + "connections", "connections", b"\0")),
    Vector(
        "XLSB-08",
        "a VBA project",
        "xlsb",
        part("xl/vbaProject.bin", "application/vnd.ms-office.vbaProject", MS + "vbaProject", b"\xd0\xcf\x11\xe0"),
    ),
    Vector(
        "XLSB-09",
        "a record of later versions",
        "xlsb",
        in_binary_sheet(_LATER),
    ),
    Vector("XLSB-09", "a record that nobody knows", "xlsb", in_binary_sheet(record(9000, b"hidden"))),
    Vector("XLSB-10", "a head that is too long", "xlsb", in_binary_sheet(b"\x85\0\0")),
    Vector("XLSB-10", "a record beyond the end", "xlsb", in_binary_sheet(b"\x05\xff\xff\xff\x7f")),
    Vector("XLSB-10", "a record with more than it has", "xlsb", _rows(record(5, bytes(16) + b"hidden"))),
)
