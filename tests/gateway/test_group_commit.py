"""Many requests, one commit: in order, each with its own answer, and errors to those concerned."""

import asyncio
import threading
from collections.abc import Sequence

import pytest

from gateway.spool.group_commit import GroupCommit


class Book:
    """Writes batches down; can be held back, and fails on the word "bad"."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.gate = threading.Event()
        self.gate.set()

    def write(self, items: Sequence[str]) -> list[str | Exception]:
        self.gate.wait(30)
        if "fatal" in items:
            raise OSError("no more")
        self.batches.append(list(items))
        return [ValueError(item) if item == "bad" else item.upper() for item in items]


@pytest.fixture
async def book():
    book = Book()
    book.commit = GroupCommit(book.write, name="test")
    book.commit.start()
    yield book
    await book.commit.close()


async def test_what_waits_is_carried_out_together_and_in_order(book):
    """While one batch is under way, the next gathers."""
    book.gate.clear()
    asked = [asyncio.create_task(book.commit.ask(f"a{n}")) for n in range(50)]
    await asyncio.sleep(0)
    book.gate.set()

    assert await asyncio.gather(*asked) == [f"A{n}" for n in range(50)]
    assert [item for batch in book.batches for item in batch] == [f"a{n}" for n in range(50)]
    assert len(book.batches) <= 5


async def test_an_answer_that_is_an_error_is_raised_to_its_asker_alone(book):
    """The others of its batch have theirs."""
    answers = await asyncio.gather(*(book.commit.ask(item) for item in ("x", "bad", "y")), return_exceptions=True)
    assert answers[0::2] == ["X", "Y"] and isinstance(answers[1], ValueError)


async def test_a_batch_that_fails_fails_for_all_of_it_and_the_next_one_goes_on(book):
    """Nobody hears a success that was not one."""
    book.gate.clear()
    asked = [asyncio.create_task(book.commit.ask(item)) for item in ("x", "fatal")]
    await asyncio.sleep(0)
    book.gate.set()
    outcomes = await asyncio.gather(*asked, return_exceptions=True)

    assert isinstance(outcomes[1], OSError)
    assert await book.commit.ask("z") == "Z"


async def test_an_asker_that_goes_away_harms_nobody(book):
    """Its item is carried out all the same."""
    book.gate.clear()
    gone, stays = (asyncio.create_task(book.commit.ask(item)) for item in ("gone", "stays"))
    await asyncio.sleep(0)
    gone.cancel()
    book.gate.set()

    assert await stays == "STAYS"
    assert "gone" in [item for batch in book.batches for item in batch]


async def test_closing_carries_out_what_waits(book):
    """Nothing that was asked is forgotten."""
    book.gate.clear()
    asked = [asyncio.create_task(book.commit.ask(f"a{n}")) for n in range(5)]
    await asyncio.sleep(0)
    closing = asyncio.create_task(book.commit.close())
    book.gate.set()
    await closing
    assert len(await asyncio.gather(*asked)) == 5
