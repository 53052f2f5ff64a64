"""The canary: what is live in it does not come out, and when it does the service ends."""

import asyncio
import os
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.app import App
from gateway.canaries import canaries
from gateway.canary import CanaryError, Watch
from gateway.toml_file import ConfigError
from gateway.workers import Copy, Judged, Workers
from policies.terms import Action, Rebuild
from sanitizers.errors import Reason
from sanitizers.model import Finding, Opinion, Order, Report, Verdict
from tests.gateway.doubles import new_config, sealed_copy

FILES = canaries()


class FaultyWorkers:
    """Do everything right but for one file, which becomes what is said here."""

    def __init__(self, name: str = "", data: bytes | None = None, reason: Reason | None = None) -> None:
        self._fault = name, data, reason
        self.sent: list[str] = []

    async def sanitize(self, order: Order, input_fd: int) -> Judged:
        canary = next(file for file in FILES if file.name == order.name)
        assert os.pread(input_fd, 1 << 16, 0) == canary.data
        self.sent.append(order.name)
        data: bytes | None = b"safe" if canary.features is not None else None
        reason = None if data else Reason.FORBIDDEN_TYPE
        if order.name == self._fault[0]:
            _, data, reason = self._fault
        return _judged(canary.vector, data, reason)


def _judged(vector: str, data: bytes | None, reason: Reason | None) -> Judged:
    copy: Copy | None = sealed_copy(data) if data is not None else None
    verdict = Verdict.SANITIZED if copy else Verdict.FAILED if reason and reason.is_ours else Verdict.BLOCKED
    report = Report(
        verdict=verdict,
        media_type="text/plain",
        sha256_in="0" * 64,
        sha256_out=copy.sha256 if copy else None,
        name="a.txt",
        findings=(Finding(vector, "(file)", Action.REMOVE),),
        reason=reason,
        rebuild=Rebuild.FULL if copy else None,
    )
    return Judged(
        report=report, opinion=Opinion(True) if copy else None, copy=copy, started_ns=0, ended_ns=0, cpu_ms=0.0
    )


def watch(workers: FaultyWorkers, **options: float) -> Watch:
    return Watch(workers, FILES, **options)  # type: ignore[arg-type]


async def test_the_real_workers_take_out_every_feature():
    """Each file holds its feature before, and each is found."""
    assert all(feature in file.data for file in FILES for feature in (file.features or ())[:1] if feature != b"\r\n=")
    workers = Workers(1)
    await workers.start()
    try:
        eye = Watch(workers)
        assert await eye.pass_through() == []
        assert eye.last_ns is not None
    finally:
        await workers.stop()


async def test_all_of_them_are_sent():
    workers = FaultyWorkers()
    assert await watch(workers).pass_through() == []
    assert workers.sent == [file.name for file in FILES]


@pytest.mark.parametrize("file", [file for file in FILES if file.features], ids=lambda file: file.name)
async def test_a_copy_that_still_holds_its_feature_is_wrong(file):
    for feature in file.features:
        with pytest.raises(CanaryError, match=file.name):
            await watch(FaultyWorkers(file.name, b"before " + feature + b" behind")).pass_through()


@pytest.mark.parametrize("file", [file for file in FILES if file.features is None], ids=lambda file: file.name)
async def test_a_copy_of_what_must_be_withheld_is_wrong(file):
    with pytest.raises(CanaryError, match="released"):
        await watch(FaultyWorkers(file.name, b"anything")).pass_through()


async def test_one_that_does_not_come_back_is_told_and_no_alarm():
    """Want of memory or time lets nothing through."""
    eye = watch(FaultyWorkers("script.svg", None, Reason.TIMEOUT))
    assert await eye.pass_through() == ["script.svg: failed, timeout"]
    assert eye.last_ns is None


async def test_one_in_which_nothing_is_found_is_told():
    class Blind(FaultyWorkers):
        async def sanitize(self, order: Order, input_fd: int) -> Judged:
            judged = await super().sanitize(order, input_fd)
            return replace(judged, report=replace(judged.report, findings=()))

    assert len(await watch(Blind()).pass_through()) == len(FILES)


async def test_the_watch_ends_with_the_first_wrong_one():
    """And says so to the service, which stops."""
    told: list[str] = []
    workers = FaultyWorkers("behind.png", FILES[1].data)
    await asyncio.wait_for(watch(workers, every_s=0.0).keep_watch(told.append), 30)
    assert len(told) == 1
    assert "behind.png" in told[0]


async def test_a_service_whose_canary_comes_out_wrong_does_not_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    app = App(new_config(tmp_path))
    monkeypatch.setattr(app, "_watch", watch(FaultyWorkers("program.jpg", b"released")))
    with pytest.raises(ConfigError, match=r"program\.jpg"):
        await app.start()


async def test_a_service_whose_canary_does_not_come_back_does_not_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    app = App(new_config(tmp_path))
    monkeypatch.setattr(app, "_watch", watch(FaultyWorkers("said.png", None, Reason.OUT_OF_MEMORY)))
    with pytest.raises(ConfigError, match="did not come back"):
        await app.start()
