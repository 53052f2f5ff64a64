"""The light kit: what it takes, what it leaves to the whole one, and that no name decides what becomes of a file."""

import os
import struct
import subprocess
import sys

import pytest
import pytest_asyncio

from gateway.workers import Judged, Workers
from gateway.zygotes import Ending, Zygote
from policies.kits import LIGHT_TYPES, Kit, kit_for_name, kit_for_type
from policies.load import load_policy
from sanitizers import light
from sanitizers.errors import Reason
from sanitizers.model import Order
from sanitizers.pipeline import sanitize
from sanitizers.verify.light import CHECKS
from sanitizers.wire import Ended, Exit, How
from tests.boundary.workshop import sealed, sent, taken, working
from tests.sanitizers.pictures import CORPUS, png_of, scene

pytestmark = pytest.mark.asyncio(loop_scope="module")

POLICY = load_policy("default")
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="4" height="4"/></svg>'


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def workers():
    crew = Workers(2)
    await crew.start()
    yield crew
    await crew.stop()


async def through(workers: Workers, name: str, data: bytes) -> Judged:
    fd = sealed(data)
    try:
        return await workers.sanitize(Order(name=name, policy=POLICY), fd)
    finally:
        os.close(fd)


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The process that each task was given to, in order."""
    pids: list[int] = []
    run = Zygote.run

    async def noting(self: Zygote, *task: object) -> Ending:
        pids.append(self.pid)
        return await run(self, *task)  # type: ignore[arg-type]

    monkeypatch.setattr(Zygote, "run", noting)
    return pids


def bmp_of(picture: bytes, coding: int) -> bytes:
    head = struct.pack("<IiiHHIIiiII", 40, 8, 8, 1, 0, coding, len(picture), 2835, 2835, 0, 0)
    return struct.pack("<2sIHHI", b"BM", 14 + len(head) + len(picture), 0, 0, 14 + len(head)) + head + picture


async def test_the_table_names_what_the_light_kit_has():
    types = {media_type for one in (*light.PICTURES, *light.TEXTS) for media_type in one.media_types}
    assert types >= LIGHT_TYPES
    assert set(CHECKS) <= LIGHT_TYPES
    assert all(kit_for_type(media_type) is Kit.LIGHT for media_type in CHECKS)
    assert [kit_for_name(name) for name in ("a.JPG", "表.csv", "a.docx", "a", "a.jpg.pdf")] == [
        *(Kit.LIGHT, Kit.LIGHT),
        *(Kit.WHOLE, Kit.WHOLE, Kit.WHOLE),
    ]


@pytest.mark.parametrize("role", ["sanitizing", "judging"])
async def test_the_light_kit_loads_no_library_for_documents(role: str):
    script = (
        f"import sys; from sanitizers.worker import warmup; warmup.{role}(warmup.Kit.LIGHT).warm();"
        "print(*{name.partition('.')[0] for name in sys.modules} & {'lxml', 'pikepdf', 'pypdfium2', 'fontTools',"
        " 'cryptography', 'msoffcrypto', 'olefile', 'tinycss2', 'pyexpat'},"
        " *(name for name in sys.modules if name.startswith(('sanitizers.formats.ooxml', 'sanitizers.formats.pdf',"
        " 'sanitizers.verify.ooxml', 'sanitizers.verify.pdf'))))"
    )
    answer = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True, check=True)
    assert answer.stdout.split() == []


async def test_a_picture_meets_small_processes_alone(workers: Workers, given: list[int]):
    judged = await through(workers, "a.png", png_of(scene()))
    assert taken(judged)
    assert given == [workers.pids["sanitize-light"], workers.pids["judge-light"]]


async def test_a_drawing_under_a_photos_name_is_what_it_is(workers: Workers, given: list[int]):
    """The light kit does not know it and says so; the whole one decides, by the bytes."""
    data = (CORPUS / "emf/good/drawing.emf").read_bytes()
    judged, outside = await through(workers, "a.jpg", data), sanitize(data, Order(name="a.jpg", policy=POLICY))
    assert (judged.report, taken(judged)) == (outside.report, outside.data)
    assert given == [workers.pids[name] for name in ("sanitize-light", "sanitize", "judge")]


async def test_a_picture_under_a_documents_name_is_what_it_is(workers: Workers):
    data = png_of(scene())
    judged, outside = await through(workers, "a.docx", data), sanitize(data, Order(name="a.docx", policy=POLICY))
    assert judged.report == outside.report


async def test_a_member_that_the_light_kit_does_not_know_is_not_dropped(workers: Workers):
    """A drawing where a bitmap has room for a PNG: the whole file goes to those who know both."""
    data = bmp_of(SVG, 5)
    judged, outside = await through(workers, "a.bmp", data), sanitize(data, Order(name="a.bmp", policy=POLICY))
    assert judged.report == outside.report


@pytest.mark.parametrize("role", ["sanitize", "judge"])
async def test_a_child_of_the_whole_kit_cannot_leave_it_to_others(monkeypatch: pytest.MonkeyPatch, role: str):
    """Nor can a judge: that is a crash, and the file is withheld."""
    async with working() as crew:
        pid, run = crew.pids[role], Zygote.run

        async def elsewhere(self: Zygote, *task: object) -> Ending:
            ending = await run(self, *task)  # type: ignore[arg-type]
            return Ending(Ended(1, How.EXITED, Exit.ELSEWHERE, 0, 0)) if self.pid == pid else ending

        monkeypatch.setattr(Zygote, "run", elsewhere)
        judged = await sent(crew, "honest")
        assert (judged.copy, judged.report.reason) == (None, Reason.CRASHED)
