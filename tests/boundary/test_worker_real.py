"""The programs of the service behind its locks: the same bytes as outside, and a judge that stands alone."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest
import pytest_asyncio

from gateway.workers import Judged, Workers
from gateway.zygotes import command
from policies.kits import Kit
from policies.load import load_policy
from sanitizers.model import Order, Verdict
from sanitizers.pipeline import sanitize
from tests.boundary.workshop import DOUBLES, sealed, taken

pytestmark = pytest.mark.asyncio(loop_scope="module")

ROOT = Path(__file__).resolve().parent.parent.parent
SAMPLES = sorted(path for path in (ROOT / "gateway/demo/samples").iterdir() if path.suffix != ".tsv")
POLICY = load_policy("default")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def workers():
    crew = Workers(2)
    await crew.start()
    yield crew
    await crew.stop()


async def through(workers: Workers, path: Path, claimed_type: str | None = None) -> Judged:
    with path.open("rb", buffering=0) as file:
        return await workers.sanitize(Order(name=path.name, policy=POLICY, claimed_type=claimed_type), file.fileno())


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
async def test_a_sample_comes_out_as_it_does_outside(workers, path):
    outside = sanitize(path.read_bytes(), Order(name=path.name, policy=POLICY))
    judged = await through(workers, path)

    assert judged.report == outside.report
    assert (judged.copy is None) == (outside.data is None)
    if outside.data is not None:
        assert taken(judged) == outside.data


async def test_the_same_file_gives_the_same_copy_in_every_zygote(workers):
    other = Workers(1)
    await other.start()
    try:
        for path in SAMPLES:
            mine, theirs = await through(workers, path), await through(other, path)
            assert mine.report == theirs.report
            if mine.copy is not None:
                assert taken(mine) == taken(theirs)
    finally:
        await other.stop()


async def test_a_sanitizer_that_was_taken_over_does_not_get_past_the_judge(workers):
    """What came in is handed on under its own type; the judge refuses whatever had something to take out."""
    changed = {}
    for path in SAMPLES:
        judged = await through(workers, path)
        if judged.copy is not None:
            os.close(judged.copy.fd)
            if judged.report.verdict is Verdict.SANITIZED:
                changed[path] = judged.report.media_type

    def parrots(role: str, socket_fd: int, seats: int) -> list[str]:
        words = command(role, socket_fd, seats)
        return words if role == "judge" else [sys.executable, "-I", str(DOUBLES), *words[4:], "--always", "parrot"]

    taken_over = Workers(2, command=parrots)
    await taken_over.start()
    try:
        passed = []
        for path, media_type in changed.items():
            judged = await through(taken_over, path, media_type)
            if judged.copy is not None:
                os.close(judged.copy.fd)
                passed.append(path.name)
    finally:
        await taken_over.stop()
    assert len(changed) >= 6
    assert passed == []


async def test_each_library_that_parses_is_named_with_its_version(workers):
    assert {"sekisho", "python", "pillow"} <= set(workers.versions)


async def test_the_vectors_that_are_treated_are_named(workers):
    assert {"IMG-01", "ZIP-20", "TXT-01"} <= workers.vectors


async def test_a_judge_alone_judges():
    judge = Workers(1, is_judge_only=True)
    await judge.start()
    fd = sealed("お知らせ\r\n".encode())
    try:
        assert set(judge.pids) == {"judge"}
        assert (await judge.judge(fd, "text/plain", POLICY)).accepted
        assert not (await judge.judge(fd, "image/png", POLICY)).accepted
    finally:
        os.close(fd)
        await judge.stop()


async def test_many_files_at_once_all_come_back(workers):
    path = next(path for path in SAMPLES if path.suffix == ".txt")
    results = await asyncio.gather(*(through(workers, path) for _ in range(40)))

    assert len({result.report.sha256_out for result in results}) == 1
    for result in results:
        taken(result)


@pytest.mark.parametrize("kit", Kit)
async def test_the_judge_loads_none_of_what_it_judges(kit: Kit):
    """Loaded and used, in a process of its own: no format, no parser, no detection, none of their libraries."""
    script = (
        "import sys; from sanitizers.worker import warmup; warmup.judging(warmup.Kit(sys.argv[1])).warm();"
        "print(*(name for name in sys.modules if name.startswith(('sanitizers.formats', 'sanitizers.parsers',"
        " 'sanitizers.codecs', 'sanitizers.detect', 'sanitizers.steps', 'PIL', 'lxml', 'magic', 'isal'))))"
    )
    answer = subprocess.run(
        [sys.executable, "-I", "-c", script, kit], capture_output=True, text=True, timeout=60, check=True
    )
    assert answer.stdout.split() == []
