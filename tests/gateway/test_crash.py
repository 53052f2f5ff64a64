"""D1: killed before every single durable step, in turn. What was promised is kept, and nothing happens twice."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.gateway import crash_scenario
from tests.gateway.doubles import MARK
from tests.gateway.histories import in_memory


@pytest.fixture(scope="module")
def lives() -> list[dict[str, Any]]:
    """For each step at which the gateway was killed, what there was after the next life."""
    with in_memory() as folder:  # a process that is killed leaves what it wrote, synced or not
        done = subprocess.run(
            [sys.executable, "-m", crash_scenario.__name__, str(folder)],
            capture_output=True,
            text=True,
            timeout=280,
            cwd=Path(__file__).parents[2],
        )
    assert done.returncode == 0, done.stderr[-2000:]
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def test_every_step_was_died_at(lives: list[dict[str, Any]]):
    """Three files through reception, decision, record, release and delivery are many steps."""
    assert len(lives) > 60
    assert [life["n"] for life in lives] == list(range(1, len(lives) + 1))


def test_what_a_sender_holds_an_id_for_is_delivered_or_withheld(lives: list[dict[str, Any]]):
    """Never lost, never twice under another id, and the bytes are those that the workers made."""
    expected = {(body + MARK).decode() for body in crash_scenario.BODIES if not body.startswith(b"encrypted!")}
    for life in lives:
        assert len(life["promised"]) == len(crash_scenario.BODIES), life["n"]
        assert {life["states"][id] for id in life["promised"]} == {"delivered", "withheld"}, life["n"]
        stored = {id: text for _, id, text in life["stored"]}
        assert set(stored.values()) == expected and len(stored) == len(expected), life["n"]
        assert set(stored) <= set(life["promised"]), life["n"]


def test_delivery_numbers_have_no_gap_and_no_second_owner(lives: list[dict[str, Any]]):
    """A gap would be an alarm on the other side."""
    for life in lives:
        owners = {(int(seq), id) for seq, id, _ in life["stored"]}
        assert sorted(seq for seq, _ in owners) == [1, 2], life["n"]


def test_nothing_is_delivered_or_withheld_without_its_record(lives: list[dict[str, Any]]):
    """received, decided, delivered stand in this order; what is said twice says the same."""
    for life in lives:
        for id, state in life["states"].items():
            events = [event for event, told, _ in life["log"] if told == id]
            assert events[0] == "received" and "decided" in events, life["n"]
            assert (state == "delivered") == ("delivered" in events), life["n"]
            assert len({sha256 for event, told, sha256 in life["log"] if told == id and event == "decided"}) == 1
        assert life["seqs"] == list(range(1, len(life["seqs"]) + 1)), life["n"]


def test_nothing_is_left_behind(lives: list[dict[str, Any]]):
    """Bodies that nobody was promised are removed, and the log says so; kept is the withheld original alone."""
    for life in lives:
        withheld = [id for id, state in life["states"].items() if state == "withheld"]
        assert (life["tmp"], life["in"]) == ([], withheld), life["n"]
        received = {id for event, id, _ in life["log"] if event == "received"}
        removed = {id for event, id, _ in life["log"] if event == "removed"}
        assert received - set(life["states"]) <= removed, life["n"]
