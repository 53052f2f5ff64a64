"""Every format behind the locks gives what it gives outside; a module, codec or file loaded late ends the child.

The corpus of each format, and documents as office programs write them. A library that opens something at its first use
dies of SIGSYS here (no descriptor, no system call for one) and not in service.
"""

import io
import os
import textwrap
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from gateway.workers import Workers
from gateway.zygotes import command
from policies.load import load_policy
from sanitizers.errors import Reason
from sanitizers.model import Order
from sanitizers.pipeline import sanitize
from sanitizers.registry import SANITIZERS
from tests.boundary.workshop import sealed, taken
from tests.sanitizers.pictures import CORPUS, png_of, scene

pytestmark = pytest.mark.asyncio(loop_scope="module")

POLICIES = [load_policy(name) for name in ("default", "strict", "evidence")]
_OF_A_FOLDER = 8


@dataclass(frozen=True)
class Sample:
    name: str
    data: bytes


def _of_the_corpus() -> Iterator[Sample]:
    for folder in sorted(path for path in CORPUS.iterdir() if path.is_dir()):
        files = sorted(file for file in folder.glob("*/*") if file.is_file())
        for file in files[:: max(1, len(files) // _OF_A_FOLDER)]:
            yield Sample(file.name, file.read_bytes())


def _docx() -> bytes:
    import docx

    document = docx.Document()
    document.add_heading("お知らせ　髙橋町", 1)
    document.add_table(2, 2).cell(0, 0).text = "①"
    document.add_picture(io.BytesIO(png_of(scene())))
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _xlsx() -> bytes:
    import openpyxl
    from openpyxl.chart import BarChart, Reference

    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (("月", "金額"), ("四月", 100), ("五月", "=B2*2")):
        sheet.append(row)
    chart = BarChart()
    chart.add_data(Reference(sheet, min_col=2, min_row=1, max_row=3), titles_from_data=True)
    sheet.add_chart(chart, "D2")
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _pptx() -> bytes:
    import pptx

    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[0])
    slide.shapes.title.text = "避難所"
    slide.shapes.add_picture(io.BytesIO(png_of(scene())), 0, 0)
    out = io.BytesIO()
    deck.save(out)
    return out.getvalue()


def _pdf() -> bytes:
    from reportlab.lib.utils import ImageReader
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfgen.canvas import Canvas

    pdfmetrics.registerFont(UnicodeCIDFont("HeiseiMin-W3"))
    out = io.BytesIO()
    page = Canvas(out, invariant=True)
    page.setFont("HeiseiMin-W3", 12)
    page.drawString(50, 700, "避難所のお知らせ")
    page.drawImage(ImageReader(scene()), 50, 500)
    page.showPage()
    page.save()
    return out.getvalue()


def _archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, make in (("a.docx", _docx), ("b.pdf", _pdf), ("c.xlsx", _xlsx)):
            archive.writestr(name, make())
    return out.getvalue()


def _locked() -> bytes:
    from msoffcrypto.format.ooxml import OOXMLFile

    out = io.BytesIO()
    OOXMLFile(io.BytesIO(_docx())).encrypt("VelvetSweatshop", out)  # the password that Office tries by itself
    return out.getvalue()


_MADE: dict[str, Callable[[], bytes]] = {
    "a.docx": _docx,
    "locked.docx": _locked,
    "a.xlsx": _xlsx,
    "a.pptx": _pptx,
    "a.pdf": _pdf,
    "all.zip": _archive,
}


def _samples() -> list[Sample]:
    return [*_of_the_corpus(), *(Sample(name, make()) for name, make in _MADE.items())]


SAMPLES = _samples()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def workers():
    crew = Workers(2)
    await crew.start()
    yield crew
    await crew.stop()


async def test_every_format_comes_out_as_it_does_outside(workers):
    """Several policies, which take several ways through a sanitizer; none crashes, and nothing else differs."""
    seen: dict[str, int] = {}
    for number, sample in enumerate(2 * SAMPLES):
        policy = POLICIES[0] if number < len(SAMPLES) else POLICIES[1 + number % 2]
        order = Order(name=sample.name, policy=policy)
        outside = sanitize(sample.data, order)
        fd = sealed(sample.data)
        try:
            judged = await workers.sanitize(order, fd)
        finally:
            os.close(fd)
        assert judged.report == outside.report, sample.name
        if judged.copy is not None:
            assert taken(judged) == outside.data, sample.name
            seen[outside.report.media_type] = seen.get(outside.report.media_type, 0) + 1
    for sanitizer in SANITIZERS:
        assert any(media_type in seen for media_type in sanitizer.media_types), sorted(sanitizer.media_types)


LATE = """
    import sys
    from sanitizers.formats import svg, text
    from sanitizers.formats.{room} import {name}
    from sanitizers.worker import zygote

    def late(self, untrusted, budget, parse=type({name}).parse):
        if b"late" in untrusted:  # which no sample of the warm-up is
            {late}
        return parse(self, untrusted, budget)

    type({name}).parse = late
    zygote.main()
"""
LATENESS = {
    "an import": "import colorsys",
    "a codec": '"".encode("cp864")',
    "a file": 'open("/etc/hostname").close()',
    "a library": 'import ctypes; ctypes.CDLL("libutil.so.1")',
}


@pytest.mark.parametrize("late", LATENESS.values(), ids=LATENESS)
async def test_what_is_loaded_late_is_loud(tmp_path: Path, late: str):
    """The child dies, the file is withheld, and nothing is judged by what was half loaded."""
    program = tmp_path / "late.py"
    program.write_text(textwrap.dedent(LATE).format(room="svg", name="SVG", late=late), encoding="utf-8")

    def start(role: str, socket_fd: int, seats: int) -> list[str]:
        usual = command(role, socket_fd, seats)
        return usual if role == "judge" else [*usual[:2], str(program), *usual[4:]]

    workers = Workers(1, command=start)
    await workers.start()
    try:
        fd = sealed(b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9" id="late"/>')
        judged = await workers.sanitize(Order(name="a.svg", policy=POLICIES[0]), fd)
        os.close(fd)
    finally:
        await workers.stop()
    assert (judged.copy, judged.report.reason) == (None, Reason.CRASHED)
