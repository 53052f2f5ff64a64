"""The service log: JSON lines without content, and no flood."""

import asyncio
import json
import logging
import os
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

import gateway.log
from gateway.log import Flood, configure, place_of


class Clock:
    """Time that moves when told."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def passed(flood: Flood, event: str) -> dict[str, Any] | None:
    """The line as it is written, or None when it is left out."""
    try:
        return dict(flood(None, "error", {"event": event}))
    except structlog.DropEvent:
        return None


def test_a_line_that_repeats_is_counted_instead_of_written():
    """The first ones stand; the next window says how many more there were; other lines are not concerned."""
    clock = Clock()
    flood = Flood(most=3, window_s=10, clock=clock)

    assert [passed(flood, "x") is not None for _ in range(100)] == [True] * 3 + [False] * 97
    assert passed(flood, "y") == {"event": "y"}
    clock.now = 10
    assert passed(flood, "x") == {"event": "x", "left_out": 97}
    assert passed(flood, "x") == {"event": "x"}


def test_an_error_is_told_by_type_and_place_not_by_its_message():
    """A message may quote what a client sent."""
    try:
        int("secret")
    except ValueError as error:
        place = place_of(error)
    assert place.startswith("ValueError at test_log.py:") and "secret" not in place
    assert place_of(KeyError("secret")) == "KeyError"


@pytest.fixture
def configured() -> Iterator[None]:
    configure()
    yield
    structlog.reset_defaults()


@pytest.mark.usefixtures("configured")
@pytest.mark.parametrize("value", ["a\nb", "\udcff", "x" * 1000, b"\xff", None])
def test_lines_are_one_json_object_each_whatever_they_hold(value: Any, capfd: pytest.CaptureFixture[str]):
    """A hostile value can neither end a line nor make it fail."""
    structlog.get_logger("test").error("it happened", value=value)

    written = capfd.readouterr().err
    assert written.count("\n") == 1 and len(written) < 600
    line = json.loads(written)
    assert (line["event"], line["level"]) == ("it happened", "error") and line["timestamp"].endswith("Z")


@pytest.mark.usefixtures("configured")
def test_a_library_is_heard_without_its_words(capfd: pytest.CaptureFixture[str]):
    """asyncio tells a whole traceback for each failed accept; its message may quote a client, and it has no end."""
    loop = asyncio.new_event_loop()
    for _ in range(1000):
        loop.call_exception_handler({"message": "secret", "exception": ValueError("secret")})
    loop.close()
    logging.getLogger("aiohttp.server").warning("secret")

    written = capfd.readouterr().err
    told = [json.loads(line) for line in written.splitlines()]
    assert "secret" not in written and 0 < len(told) <= 10
    assert (told[0]["event"], told[0]["room"], told[0]["error"]) == ("a library says", "asyncio", "ValueError")


@pytest.mark.usefixtures("configured")
def test_a_log_that_nobody_reads_stops_nothing(monkeypatch: pytest.MonkeyPatch):
    """stderr may be a pipe whose reader has gone."""
    reading, writing = os.pipe()
    os.close(reading)
    monkeypatch.setattr(gateway.log, "_STDERR", writing)
    structlog.get_logger("test").error("nobody hears this")
    os.close(writing)
