"""Every benign Office file of the corpus comes out as a file that other programs open without complaint."""

import io
import posixpath
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree

import docx
import openpyxl
import pptx
import pytest

from tests.real.samples import benign, original, parameters, released

WORD: Final = ("docx", "docm", "dotx", "dotm")
SHEETS: Final = ("xlsx", "xlsm", "xltx", "xltm", "xlam", "xlsb")
SLIDES: Final = ("pptx", "pptm", "potx", "potm", "ppsx", "ppsm")
EVERY: Final = (*WORD, *SHEETS, *SLIDES)
RELATIONSHIPS: Final = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
OFFICE_RELATIONSHIPS: Final = (
    "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}",
    "{http://purl.oclc.org/ooxml/officeDocument/relationships}",
)
CONTENT_TYPES: Final = "{http://schemas.openxmlformats.org/package/2006/content-types}"
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:openpyxl")  # of what it does not read itself
SOFFICE: Final = shutil.which("soffice") or shutil.which("libreoffice")


# --- libraries


def paragraphs(data: bytes) -> list[str]:
    """The text of each paragraph of the body."""
    return [paragraph.text for paragraph in docx.Document(io.BytesIO(data)).paragraphs]


def sheets(data: bytes) -> list[tuple[str, int, int]]:
    """Name, rows and columns of each sheet."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    return [(sheet.title, sheet.max_row, sheet.max_column) for sheet in book.worksheets]


def slides(data: bytes) -> list[list[str]]:
    """The texts of each slide."""
    deck = pptx.Presentation(io.BytesIO(data))
    return [[shape.text_frame.text for shape in slide.shapes if shape.has_text_frame] for slide in deck.slides]


def before_and_after(read: Callable[[bytes], Any], path: str) -> tuple[Any, Any]:
    """What a library reads. It may refuse the original, or know its type by another name (macros, templates)."""
    copy = released(path)
    after = read(copy.data)
    try:
        before = read(original(path))
    except Exception as error:  # whatever these libraries raise for what they do not take
        pytest.skip(f"not opened before: {error}")
    if not before:
        pytest.skip("nothing read before")
    return before, after


@parameters(["docx"])
def test_python_docx_reads_the_same_paragraphs(path):
    before, after = before_and_after(paragraphs, path)
    assert after == before


@parameters(["xlsx", "xlsm"])
def test_openpyxl_reads_the_same_sheets(path):
    before, after = before_and_after(sheets, path)
    assert after == before


@parameters(["pptx", "ppsx"])
def test_python_pptx_reads_the_same_slides(path):
    before, after = before_and_after(slides, path)
    assert after == before


# --- promises of the package


def promises_broken(data: bytes) -> list[str]:
    """Relationships without their part, parts without a type, ids without a relationship, parts that nobody names."""
    broken = []
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        parts = {name for name in package.namelist() if name != "[Content_Types].xml"}
        types = ElementTree.fromstring(package.read("[Content_Types].xml"))
        defaults = {each.get("Extension", "").lower() for each in types.iter(CONTENT_TYPES + "Default")}
        overrides = {each.get("PartName", "").lstrip("/") for each in types.iter(CONTENT_TYPES + "Override")}
        broken += [f"a type for no part: {name}" for name in overrides - parts]
        named: set[str] = set()
        for part in parts:
            if part not in overrides and part.rpartition(".")[2].lower() not in defaults:
                broken.append(f"no type: {part}")
            if part.endswith(".rels"):
                broken += _relationships_broken(package, part, parts, named)
        broken += [f"an orphan: {part}" for part in parts - named if not part.endswith(".rels")]
    return broken


def _relationships_broken(package: zipfile.ZipFile, rels: str, parts: set[str], named: set[str]) -> list[str]:
    folder, _, name = rels.rpartition("_rels/")
    source, broken, ids = folder + name.removesuffix(".rels"), [], set()
    for each in ElementTree.fromstring(package.read(rels)).iter(RELATIONSHIPS):
        ids.add(each.get("Id"))
        if each.get("TargetMode") != "External":
            target = posixpath.normpath(posixpath.join("/" + folder, each.get("Target", ""))).lstrip("/")
            named.add(target)
            if target not in parts:
                broken.append(f"{rels}: no part {target}")
    if source in parts and not source.endswith(".bin"):
        for element in ElementTree.fromstring(package.read(source)).iter():
            asked = {value for key, value in element.items() if key.startswith(OFFICE_RELATIONSHIPS)}
            broken += [f"{source}: no relationship {each}" for each in asked - ids - {""}]
    return broken


@parameters(EVERY)
def test_the_package_keeps_its_promises(path):
    assert promises_broken(released(path).data) == []


# --- LibreOffice


@pytest.mark.server
@pytest.mark.timeout(900)
@pytest.mark.parametrize("formats", [WORD, SHEETS, SLIDES], ids=["word", "sheets", "slides"])
def test_libreoffice_opens_every_copy(formats, tmp_path):
    """All of a kind in one run of it, to PDF; only what it could not do with the original may be missing."""
    if not SOFFICE:
        pytest.skip("LibreOffice is not installed: copies are not opened with it")
    if not (paths := benign(formats)):
        pytest.skip("no corpus: set SHARED to the folder that has corpus/")
    copies, drawn = tmp_path / "copies", tmp_path / "drawn"
    copies.mkdir()
    for number, path in enumerate(paths):
        try:
            copy = released(path)
        except pytest.skip.Exception:
            continue
        (copies / f"{number:03}.{copy.name.rpartition('.')[2]}").write_bytes(copy.data)
    draw(sorted(copies.iterdir()), drawn, tmp_path)
    missing = {copy.stem for copy in copies.iterdir()} - {page.stem for page in drawn.glob("*.pdf")}
    assert not [paths[int(number)] for number in missing]


def draw(files: list[Path], drawn: Path, home: Path) -> None:
    """A PDF of each of these files, in a profile of its own."""
    profile = f"-env:UserInstallation={(home / 'profile').as_uri()}"
    command = [SOFFICE, profile, "--headless", "--convert-to", "pdf", "--outdir", drawn, *files]
    subprocess.run(command, check=False, capture_output=True, timeout=840)
