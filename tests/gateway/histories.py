"""Histories of a log: lives of its keeper with restarts, crashes, torn writes, reboots, clocks that are set, new days.

Time is the history's own. What it exports it remembers, as an auditor's notes would.
"""

import asyncio
import random
import tempfile
import time as real_time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gateway.audit.keeper as keeper_module
import gateway.audit.log as log_module
from gateway.audit import verifier
from gateway.audit.check import check_log
from gateway.audit.checkpoint import Note, parse
from gateway.audit.epochs import EpochKeys
from gateway.audit.keeper import Keeper
from gateway.audit.keys import SigningKey, key_ring
from gateway.audit.log import AuditLog
from gateway.audit.record import decided, seal, timestamp
from gateway.audit.recorder import Recorder
from tests.gateway.signed import certified

DAY_S = 86_400
STEPS = ("files", "files", "wait", "step", "crash", "restart", "reboot", "day", "turn", "prune")
SECOND = 10**9


class CrashedError(BaseException):
    """The machine died here."""


@dataclass
class Clock:
    """Wall and monotonic clock of a machine that is only a value. Stands in for the module `time`."""

    wall: int = 1_800_000_000 * SECOND
    mono: int = 1000 * SECOND
    boot: int = 1

    def time_ns(self) -> int:
        return self.wall

    def monotonic_ns(self) -> int:
        return self.mono

    def monotonic(self) -> float:
        return self.mono / 1e9

    def gmtime(self) -> None:
        """Asked for by `strftime` alone."""

    def strftime(self, form: str, moment: Any) -> str:
        return real_time.strftime(form, real_time.gmtime(self.wall / 1e9))

    def pass_(self, seconds: float) -> None:
        self.wall += int(seconds * SECOND)
        self.mono += int(seconds * SECOND)


@dataclass
class Notes:
    """A second place that is a list."""

    name: str = "notes"
    texts: list[str] = field(default_factory=list)

    def take(self, origin: str, text: str) -> None:
        self.texts.append(text)


class History:
    """One log and the machine that keeps it."""

    def __init__(self, folder: Path, seed: int = 0, segment_bytes: int = 6000) -> None:
        self.folder, self.audit, self.keys_folder = folder, folder / "audit", folder / "keys"
        self.keys_folder.mkdir(parents=True)
        self.key = SigningKey.create(self.keys_folder / "signing.pem")
        self.clock, self.random, self.notes = Clock(), random.Random(seed), Notes()
        self._segment_bytes = segment_bytes
        self._recorder: Recorder | None = None
        self._log: AuditLog | None = None
        self.keeper: Keeper | None = None
        self._files = 0

    async def start(self) -> None:
        self._log = AuditLog.open(self.audit, self._segment_bytes)
        self._recorder = Recorder(self._log)
        places = [self.notes]
        self.keeper = Keeper(self._recorder, self.audit, self.key, EpochKeys(self.keys_folder), places, every_s=1e9)
        await self.keeper.start()
        await self.say({"event": "started", "role": "gateway"})

    async def say(self, *events: dict[str, Any]) -> None:
        assert self._recorder is not None
        await self._recorder.record(events)

    async def files(self, count: int) -> None:
        """A few files come and are decided."""
        for _ in range(count):
            self._files += 1
            sealed = seal(certified(f"f{self._files}"), self.key)
            sha256 = sealed["certificate"]["sha256_in"]
            await self.say(
                {"event": "received", "id": f"f{self._files}", "tenant": "city", "size": 1, "sha256": sha256}
            )
            await self.say(decided(sealed), {"event": "released", "id": f"f{self._files}"})

    async def wait(self, seconds: float) -> None:
        """Time passes, and the keeper looks once a minute."""
        assert self.keeper is not None
        while seconds > 0:
            step = min(60.0, seconds)
            self.clock.pass_(step)
            await self.keeper.tick()
            seconds -= step

    async def stop(self) -> None:
        assert self.keeper is not None and self._recorder is not None
        await self.say({"event": "stopped", "role": "gateway"})
        await self.keeper.stop()
        await self._recorder.close()

    async def prune(self, age_s: float) -> int:
        """What lines older than this say of files is removed."""
        assert self._recorder is not None
        return await self._recorder.prune(timestamp(self.clock.wall - int(age_s * SECOND)))

    async def crash(self, torn: bytes = b"") -> None:
        """Nothing more is written, but for what was being written."""
        assert self._log is not None and self._recorder is not None and self.keeper is not None
        if self.keeper._task is not None:
            self.keeper._task.cancel()
            await asyncio.gather(self.keeper._task, return_exceptions=True)
        self._recorder._thread.shutdown()
        self._log.close()
        if torn:
            with max(self.audit.glob("*.jsonl")).open("ab") as file:
                file.write(torn)

    def reboot(self) -> None:
        self.clock.boot += 1
        self.clock.mono = 10 * SECOND
        self.clock.wall += 40 * SECOND

    async def live(self, steps: int) -> None:
        """A random good history, which ends in order or not."""
        await self.start()
        for _ in range(steps):
            match self.random.choice(STEPS):
                case "files":
                    await self.files(self.random.randint(1, 4))
                case "wait":
                    await self.wait(self.random.choice((0.001, 1, 59, 61, 700, 1500)))
                case "step":
                    self.clock.wall += self.random.choice((-DAY_S, -3, -1, 1, 3, 400, DAY_S)) * SECOND
                case "crash":
                    await self.crash(self.random.choice((b"", b"{", b'{"boot":"x"')))
                    self.clock.pass_(self.random.choice((1, 4000)))
                    await self.start()
                case "restart":
                    await self.stop()
                    self.clock.pass_(self.random.choice((1, 4000)))
                    await self.start()
                case "reboot":
                    await self.crash()
                    self.reboot()
                    self.clock.wall += self.random.choice((0, 0, -500)) * SECOND
                    await self.start()
                case "day":
                    self.clock.pass_(0)
                    self.clock.wall += DAY_S * SECOND
                    await self.wait(60)
                case "prune":
                    await self.prune(self.random.choice((0, 60, DAY_S)))
                case "turn":
                    await self._die_while_the_day_turns()
        if self.random.random() < 0.7:
            await self.stop()
        else:
            await self.crash()

    async def _die_while_the_day_turns(self) -> None:
        """Killed before or after each of the steps of a new day."""
        assert self.keeper is not None
        self.clock.wall += DAY_S * SECOND
        name = self.random.choice(("draw", "turn", "keep_note"))
        owner: Any = keeper_module if name == "keep_note" else EpochKeys
        original, is_before = getattr(owner, name), self.random.random() < 0.5

        def dying(*arguments: Any) -> Any:
            if not is_before:
                original(*arguments)
            raise RuntimeError

        setattr(owner, name, dying)
        try:
            await self.keeper.tick()
        except RuntimeError:
            pass
        finally:
            setattr(owner, name, original)
        await self.crash()
        await self.start()

    def exported(self) -> list[Note]:
        return [parse(text) for text in self.notes.texts]


@contextmanager
def time_of(history: History) -> Iterator[None]:
    """The log and its keeper look at the history's clock."""
    kept = log_module.time, keeper_module.time, log_module.boot_id
    log_module.time = keeper_module.time = history.clock  # type: ignore[assignment]
    log_module.boot_id = lambda: f"boot-{history.clock.boot}"
    try:
        yield
    finally:
        log_module.time, keeper_module.time, log_module.boot_id = kept


@contextmanager
def in_memory() -> Iterator[Path]:
    """A folder whose syncs cost nothing, where there is one."""
    place = "/dev/shm" if Path("/dev/shm").is_dir() else None
    with tempfile.TemporaryDirectory(dir=place) as name:
        yield Path(name)


def lived(folder: Path, seed: int, steps: int = 12) -> History:
    """A whole random history."""
    history = History(folder, seed)
    with time_of(history):
        asyncio.run(history.live(steps))
    return history


def faults(folder: Path, key: SigningKey, notes: list[Note] | None = None, **options: Any) -> list[str]:
    """What Sekisho's own checker finds."""
    outcome = check_log(folder, key_ring([key.public]), notes=notes or [], **options)
    return [f"{one.fault} {one.detail}" for one in outcome.faults]


def faults_by_verifier(
    folder: Path, key: SigningKey, notes: list[Note] | None = None, max_age: float | None = None
) -> list[str]:
    """What the auditors' one file finds."""
    log = verifier.Log({key.id: key.public._key}, [verifier.Note(note.text()) for note in notes or []])
    log.check(folder, max_age)
    return log.faults
