"""D8: requests doubled, in any order and at once: one transfer a key, and what it answers never changes."""

import asyncio
import hashlib
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.app import App
from gateway.intake import InProgressError, Offer
from gateway.log import configure
from gateway.spool.base import Acceptance
from policies.rules import Context
from tests.gateway.crash_scenario import filled
from tests.gateway.doubles import CopyingWorkers, new_config

KEYS, BODIES, NAMES = st.sampled_from(["k1", "k2"]), st.sampled_from([b"a", b"b"]), st.sampled_from(["a.txt", "b.txt"])
REQUESTS = st.lists(st.lists(st.tuples(KEYS, BODIES, NAMES), min_size=1, max_size=4), min_size=1, max_size=5)


@settings(max_examples=25, deadline=None)
@given(REQUESTS)
def test_one_transfer_for_a_key(rounds):
    configure(level=50)
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
        asyncio.run(_ask(Path(folder), rounds))


async def _ask(folder: Path, rounds: list[list[tuple[str, bytes, str]]]) -> None:
    app = App(new_config(folder), CopyingWorkers())  # type: ignore[arg-type]
    await app.start()
    held: dict[str, tuple[bytes, str, str]] = {}  # key: body, name, id
    for together in rounds:
        answers = await asyncio.gather(*(_send(app, *one) for one in together))
        for (key, body, name), answer in zip(together, answers, strict=True):
            if answer is None:
                continue  # the same key was under way
            acceptance, id = answer
            known = held.setdefault(key, (body, name, id))
            is_same = known[:2] == (body, name)
            assert (acceptance is not Acceptance.KEY_REUSED) == is_same and id == known[2]
    assert app.hall is not None
    for _, _, id in held.values():
        await app.hall.spool.wait(id, 30)
    await app.stop()
    assert len({id for _, _, id in held.values()}) == len(held) == len(list((folder / "data/spool/out").iterdir()))


async def _send(app: App, key: str, body: bytes, name: str) -> tuple[Acceptance, str] | None:
    assert app.hall is not None
    place = filled(app.hall.spool, body)
    told = Offer(
        context=Context(tenant="city-a"),
        name=name,
        claimed_type=None,
        passwords=(),
        size=len(body),
        sha256=hashlib.sha256(body).hexdigest(),
        received_ns=1,
        idempotency_key=key,
        door="test",
    )
    try:
        accepted = await app.hall.intake.accept(told, place)
    except InProgressError:
        return None
    finally:
        app.hall.spool.discard(place)
    return accepted.acceptance, accepted.id
