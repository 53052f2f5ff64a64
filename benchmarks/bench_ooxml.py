"""Word and PowerPoint: a package beside the least that a rebuild must do with it.

The floor unpacks each part, parses and writes the XML, decodes and encodes the pictures, and packs all of it again:
no allow-list, no relationship is looked at. Where SEKISHO_PEERS names the prototype's folder (`prototype.py`), its
level *full* is measured in the same rounds. With SEKISHO_LOAD, that folder's `doc10.docx` and `slides20.pptx` are the
files.
"""

import gc
import io
import os
import zipfile
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path

from docx import Document
from docx.shared import Cm
from lxml import etree
from pptx import Presentation
from pptx.util import Cm as PptxCm

from benchmarks import prototype
from benchmarks.bench import Case, Figure, main, measure, repeated
from benchmarks.load import load
from policies.load import load_policy
from sanitizers.formats.zip.reconstruct import Entry, write_zip
from sanitizers.model import Order
from sanitizers.pipeline import sanitize
from sanitizers.verify.judge import judge

_POLICY = load_policy("default")
_SENTENCE = "地方公共団体の情報セキュリティ対策として、インターネットから受け取った文書ファイルを無害化する。"


@cache
def _docx() -> bytes:
    """Ten pages of text and tables with nine photos, 1.4 MB."""
    document = Document()
    for page in range(10):
        document.add_heading(f"{page + 1}", level=1)
        for _ in range(12):
            document.add_paragraph(_SENTENCE * 3)
        table = document.add_table(rows=8, cols=5)
        for cell in table._cells:
            cell.text = "1,234"
        if page:
            document.add_picture(io.BytesIO(load("photo_small.jpg") + bytes(page)), width=Cm(12))
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


@cache
def _pptx() -> bytes:
    """Twenty slides with pictures on each, 5 MB."""
    show = Presentation()
    for number in range(20):
        slide = show.slides.add_slide(show.slide_layouts[5])
        slide.shapes.title.text = f"{number + 1} {_SENTENCE}"
        for place in range(1 if number == 0 else 2 if number % 3 else 1):
            picture = load("screen.png") if number == 0 else load("photo_small.jpg") + bytes(2 * number + place)
            slide.shapes.add_picture(io.BytesIO(picture), PptxCm(2), PptxCm(5 + place), width=PptxCm(15))
    out = io.BytesIO()
    show.save(out)
    return out.getvalue()


def _floor(data: bytes) -> None:
    entries = []
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        for name in package.namelist():
            part = package.read(name)
            if name.endswith((".xml", ".rels")):
                entries.append(Entry(name, etree.tostring(etree.fromstring(part), encoding="UTF-8")))
            else:
                copy = sanitize(part, Order(name=name.rpartition("/")[2], policy=_POLICY)).data
                entries.append(Entry(name, copy or b"", is_packed=True))
    write_zip(entries)


def _pipeline(name: str, data: bytes) -> None:
    outcome = sanitize(data, Order(name=name, policy=_POLICY))
    assert outcome.data is not None, outcome.report


def _files() -> list[tuple[str, bytes]]:
    folder = os.environ.get("SEKISHO_LOAD")
    if folder:
        return [(name, (Path(folder) / name).read_bytes()) for name in ("doc10.docx", "slides20.pptx")]
    return [("letter.docx", _docx()), ("show.pptx", _pptx())]


def _cases() -> Iterator[Case]:
    files = _files()
    least = prototype.full([data for _, data in files])
    for name, data in files:
        outcome = sanitize(data, Order(name=name, policy=_POLICY))
        assert outcome.data is not None, outcome.report
        yield Case(f"floor: {name}", len(data), repeated(partial(_floor, data)))
        beside = f"floor: {name}"
        if least is not None:
            beside = f"prototype, full: {name}"
            yield Case(beside, len(data), repeated(partial(least, name, data)))
        yield Case(f"pipeline: {name}", len(data), repeated(partial(_pipeline, name, data)), beside)
        word = partial(judge, outcome.data, outcome.report.released_type, _POLICY)
        assert word().accepted, word()
        yield Case(f"judge: {name}", len(outcome.data), repeated(word), f"floor: {name}")


def take(rounds: int) -> list[Figure]:
    """The figures of this benchmark."""
    cases = list(_cases())
    gc.collect()
    gc.freeze()  # as a worker does: the libraries that made the files are no part of the work
    return measure(cases, rounds)


if __name__ == "__main__":
    main("Word and PowerPoint in process", take)
