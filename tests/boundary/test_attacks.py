"""Attacks from inside a job: none gets past all locks, none past all but Landlock, and each layer alone stops its own.

Run as an account without rights, as in service. Source of the table: tests/boundary/attacks.py.
"""

import contextlib
import fcntl
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sanitizers.worker import kernel, landlock, locks, seccomp, selftest
from tests.boundary.attacks import ATTACKS, CAP_BYTES, MEMORY_BYTES, Row, World

_NOBODY = 65534
_SECONDS = 1
_MOST_S = 20.0
_LIMITS = [lock for lock in locks.LOCKS if lock not in (locks._landlock, locks._seccomp)]
_HELD = selftest.confinement()
_RULESET = None if _HELD.ruleset is None else fcntl.fcntl(_HELD.ruleset, fcntl.F_DUPFD_CLOEXEC, 50)  # out of the way

Layer = Callable[[locks.Bounds], None]


def _all(bounds: locks.Bounds) -> None:
    locks.close_all(bounds)


def _limits_alone(bounds: locks.Bounds) -> None:
    for lock in _LIMITS:
        lock(bounds)


def _landlock_alone(bounds: locks.Bounds) -> None:
    _in_place(bounds)
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    assert _RULESET is not None
    landlock.restrict(_RULESET)


def _seccomp_alone(bounds: locks.Bounds) -> None:
    _in_place(bounds)
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    assert _HELD.filter is not None
    _HELD.filter.install()


def _in_place(bounds: locks.Bounds) -> None:
    """The descriptors where a child expects them; all others stay open."""
    moved = [fcntl.fcntl(fd, fcntl.F_DUPFD, 100) for fd in bounds.descriptors]
    for place, fd in enumerate(moved, locks.INPUT_FD):
        os.dup2(fd, place)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Owned by the account that attacks, where that makes an attack possible at all."""
    tmp_path.chmod(0o777)
    for above in list(tmp_path.parents)[:3]:
        with contextlib.suppress(PermissionError):
            above.chmod(above.stat().st_mode | 0o055)
    folder = tmp_path / "folder"
    folder.mkdir()
    for name in ("removable", "own", "cuttable"):
        (folder / name).write_bytes(b"x")
        if os.geteuid() == 0:
            os.chown(folder / name, _NOBODY, _NOBODY)
    folder.chmod(0o777)
    secret = tmp_path / "secret"
    secret.write_bytes(b"secret")
    with socket.socket(socket.AF_UNIX) as named, socket.socket(socket.AF_UNIX) as abstract:
        place = tmp_path / "s"
        named.bind(str(place))
        place.chmod(0o777)
        abstract.bind(f"\0sekisho-attack-{place}")
        named.listen(8)
        abstract.listen(8)
        sibling = _sibling()
        stray, _kept = os.pipe()
        try:
            yield World(secret, folder, place, sibling, fcntl.fcntl(stray, fcntl.F_DUPFD, 60))
        finally:
            os.kill(sibling, signal.SIGKILL)
            os.waitpid(sibling, 0)


def _sibling() -> int:
    if (pid := os.fork()) == 0:
        _become_nobody()
        time.sleep(600)
        os._exit(0)
    return pid


def _become_nobody() -> None:
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(_NOBODY, _NOBODY, _NOBODY)
        os.setresuid(_NOBODY, _NOBODY, _NOBODY)
        kernel.prctl(kernel.PR_SET_DUMPABLE, 1)  # as a process of that account is, before it locks itself up


def _succeeds(row: Row, layer: Layer, world: World) -> bool:
    """Whether the attack returns behind this layer. Its end by an error, a signal or its time is a failure."""
    sealed = os.memfd_create("input", os.MFD_ALLOW_SEALING | os.MFD_CLOEXEC)
    os.write(sealed, b"input")
    fcntl.fcntl(sealed, fcntl.F_ADD_SEALS, fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK)
    sheet, output = os.memfd_create("sheet"), os.memfd_create("output")
    zygote = os.getpid()
    if (pid := os.fork()) == 0:
        status = 1
        try:
            _become_nobody()
            layer(
                locks.Bounds(
                    zygote=zygote,
                    descriptors=(sealed, sheet, output),
                    address_space_bytes=kernel.address_space_bytes() + MEMORY_BYTES,
                    cpu_seconds=_SECONDS,
                    file_bytes=CAP_BYTES,
                    ruleset=_RULESET if layer is _all else None,
                    filter=_HELD.filter if layer in (_all, _all_but_landlock) else None,
                )
            )
            status = 2
            row.attack(world)
            status = 0
        except BaseException:
            pass
        finally:
            os._exit(status)
    try:
        return _status_of(pid, row) == 0
    finally:
        for fd in (sealed, sheet, output):
            os.close(fd)


def _all_but_landlock(bounds: locks.Bounds) -> None:
    locks.close_all(bounds)


def _status_of(pid: int, row: Row) -> int:
    until = time.monotonic() + _MOST_S
    while True:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            code = os.waitstatus_to_exitcode(status)
            assert code != 1, f"{row.name}: the layer itself failed"
            return code
        if time.monotonic() > until:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            return -signal.SIGKILL
        time.sleep(0.001)


def _named(rows: Iterator[Row]) -> list[str]:
    return sorted(row.name for row in rows)


def test_there_are_enough_of_them():
    assert len({row.name for row in ATTACKS}) == len(ATTACKS) >= 45
    assert all(set(row.stopped_by) <= set("RLS") and row.stopped_by for row in ATTACKS)


@pytest.mark.parametrize("layer", [_all, _all_but_landlock], ids=["all", "all but Landlock"])
def test_no_attack_succeeds(world: World, layer: Layer):
    assert _HELD.filter is not None
    assert _named(row for row in ATTACKS if _succeeds(row, layer, world)) == []


@pytest.mark.parametrize(
    ("letter", "layer"), [("R", _limits_alone), ("L", _landlock_alone), ("S", _seccomp_alone)], ids=["R", "L", "S"]
)
def test_each_layer_alone_stops_what_is_its_own(world: World, letter: str, layer: Layer):
    if letter == "L" and _RULESET is None:
        pytest.skip("SKIPPED: this kernel has no Landlock")
    rows = [row for row in ATTACKS if letter in row.stopped_by]
    assert _named(row for row in rows if _succeeds(row, layer, world)) == []


def test_without_a_layer_the_attacks_are_real(world: World):
    """An attack that fails in the open proves nothing. Some ask what this kernel or account does not grant anyway."""
    failed = _named(row for row in ATTACKS if not _succeeds(row, _in_place, world))
    assert len(failed) <= 16, failed


def test_the_filter_is_for_this_machine():
    assert seccomp.build() is not None
