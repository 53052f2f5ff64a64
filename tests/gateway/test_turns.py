"""Who goes to the workers next."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from gateway.turns import SMALL_BYTES, Turns

LARGE = 4_000_000


class Line:
    """Files that come to the workers of one place, and the order in which they get there."""

    def __init__(self, workers: int) -> None:
        self.turns, self.order = Turns(workers), list[str]()
        self.tasks: dict[str, asyncio.Task[None]] = {}
        self.done: dict[str, asyncio.Event] = {}

    async def come(self, name: str, size: int) -> None:
        self.done[name] = asyncio.Event()
        self.tasks[name] = asyncio.create_task(self._through(name, size))
        await settled()

    async def leave(self, name: str) -> None:
        self.done[name].set()
        await self.tasks[name]
        await settled()

    async def _through(self, name: str, size: int) -> None:
        async with self.turns.turn(size):
            self.order.append(name)
            await self.done[name].wait()


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_small_file_goes_before_larger_ones_that_wait():
    """It waits for what is at work, and for nothing else."""
    line = Line(1)
    for name, size in (("first", LARGE), ("large", LARGE), ("larger", 2 * LARGE), ("small", 9)):
        await line.come(name, size)
    assert line.order == ["first"]

    await line.leave("first")
    assert line.order == ["first", "small"]

    await line.leave("small")
    await line.leave("large")
    await line.leave("larger")
    assert line.order == ["first", "small", "large", "larger"]


async def test_files_of_one_size_go_in_the_order_they_came():
    line = Line(1)
    names = [f"file {number}" for number in range(6)]
    for name in names:
        await line.come(name, LARGE)
    for name in names:
        await line.leave(name)
    assert line.order == names


async def test_two_small_files_stand_at_one_worker_and_one_large():
    """The second small one is there when the first is done."""
    line = Line(1)
    for name, size in (("a", 9), ("b", SMALL_BYTES), ("c", 9), ("large", LARGE)):
        await line.come(name, size)
    assert line.order == ["a", "b"]
    await line.leave("a")
    assert line.order == ["a", "b", "c"]
    await line.leave("b")
    assert line.order == ["a", "b", "c"]
    await line.leave("c")
    assert line.order == ["a", "b", "c", "large"]
    await line.leave("large")


async def test_a_large_file_is_not_passed_by_what_comes_much_later(monkeypatch: pytest.MonkeyPatch):
    """A second for each megabyte is all that it yields."""
    loop, clock = asyncio.get_running_loop(), [100.0]
    monkeypatch.setattr(loop, "time", lambda: clock[0])
    line = Line(1)
    await line.come("first", LARGE)
    await line.come("large", LARGE)
    clock[0] += LARGE / 1e6 + 1
    await line.come("late", 9)
    await line.leave("first")
    assert line.order == ["first", "large"]
    await line.leave("large")
    await line.leave("late")


@pytest.mark.parametrize("is_called", [False, True])
async def test_one_that_gives_up_takes_no_place_with_it(is_called: bool):
    """Whether it was still waiting, or called in the same moment."""
    turns = Turns(1)
    async with AsyncExitStack() as held:
        await held.enter_async_context(turns.turn(LARGE))
        waiting = asyncio.create_task(turns.turn(LARGE).__aenter__())
        await settled()
        if not is_called:
            waiting.cancel()
    if is_called:
        waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    async with turns.turn(LARGE):
        pass
