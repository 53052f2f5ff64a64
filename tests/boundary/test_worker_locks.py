"""Each lock alone stops what it is there for, and a service whose lock does not hold does not start."""

import ctypes
import errno
import os
import signal
import struct
import threading

import pytest

from policies.model import Policy
from sanitizers import wire
from sanitizers.worker import kernel, landlock, locks, seccomp, selftest
from sanitizers.worker.child import Answer
from sanitizers.worker.warmup import Role

ROLE = Role(
    wire.decode_case, lambda untrusted, case: Answer(b""), wire.encode_case("text/plain", Policy(name="sample"))
)


@pytest.fixture
def held():
    ROLE.warm()  # outside first, as a zygote does: other tests have loaded other rooms into this process
    found = selftest.confinement()
    yield found
    if found.ruleset is not None:
        os.close(found.ruleset)


def test_behind_all_locks_no_attack_succeeds_and_the_samples_run(held):
    assert selftest.faults(held, ROLE) == []


@pytest.mark.parametrize("lock", locks.LOCKS, ids=lambda lock: lock.__name__)
def test_a_lock_that_is_missing_is_noticed(lock, held, monkeypatch):
    if lock.__name__ == "_landlock" and held.ruleset is None:
        pytest.skip("SKIPPED: this kernel has no Landlock")
    monkeypatch.setattr(locks, "LOCKS", tuple(other for other in locks.LOCKS if other is not lock))

    assert selftest.faults(held, ROLE)


def test_a_lock_that_fails_ends_the_child(held, monkeypatch):
    def fails(_):
        raise OSError(errno.EPERM, "refused")

    monkeypatch.setattr(locks, "LOCKS", (*locks.LOCKS[:4], fails, *locks.LOCKS[4:]))
    assert "samples end with 1" in " ".join(selftest.faults(held, ROLE))


def test_samples_that_open_a_file_are_noticed(held):
    role = Role(bytes, lambda untrusted, _: Answer(b"%d" % os.open("/", os.O_RDONLY)), b"")

    assert selftest.faults(held, role) == [f"samples end with {-signal.SIGSYS}"]


def test_a_bug_in_a_sample_is_told_by_its_class(held):
    def program(untrusted, frame):
        raise KeyError("words")

    (told,) = selftest.faults(held, Role(bytes, program, b""))
    assert "KeyError" in told
    assert "words" not in told


def test_a_thread_is_noticed():
    """A zygote forks without the interpreter's handlers, which is safe for one thread alone."""
    end = threading.Event()
    thread = threading.Thread(target=end.wait)
    thread.start()
    try:
        assert selftest.has_threads()
    finally:
        end.set()
        thread.join()


def test_without_seccomp_the_tier_is_the_last(monkeypatch):
    monkeypatch.setattr(seccomp, "MACHINES", {})

    assert selftest.confinement().tier == 4


def test_a_filter_that_is_taken_and_does_nothing_is_not_believed(monkeypatch):
    allow_all = struct.pack("@HBBI", 0x06, 0, 0, 0x7FFF0000)
    monkeypatch.setattr(seccomp, "program", lambda machine: allow_all)

    assert selftest.confinement().filter is None


def kernel_says(reported: int, taken: int):
    """A kernel that reports one version of Landlock and takes the attributes of another."""

    def call(number: int, address: int, size: int, flags: int) -> int:
        if flags:
            return reported
        if size > len(landlock.attributes(taken)) or ctypes.string_at(address, 8) > landlock.attributes(taken)[:8]:
            raise OSError(errno.EINVAL, "")
        return 1000

    return call


@pytest.mark.parametrize(("reported", "taken", "used"), [(6, 4, 4), (7, 6, 6), (6, 1, 1), (2, 2, 2), (6, 3, 3)])
def test_a_kernel_that_lies_about_landlock_gets_what_it_takes(monkeypatch, reported, taken, used):
    monkeypatch.setattr(kernel, "call", kernel_says(reported, taken))

    assert landlock.create() == landlock.Ruleset(1000, used)


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.EOPNOTSUPP])
def test_a_kernel_without_landlock_is_taken_as_it_is(monkeypatch, number):
    def call(*_):
        raise OSError(number, "")

    monkeypatch.setattr(kernel, "call", call)
    assert landlock.create() is None


def verdict_of(machine: seccomp.Machine, number: int, *arguments: int, arch: int | None = None) -> int:
    """What the filter answers to a call: run by hand, so that it is tried for machines that are not here."""
    data = struct.pack("<IIQ6Q", number, machine.audit_arch if arch is None else arch, 0, *(*arguments, *[0] * 6)[:6])
    code = list(struct.iter_unpack("@HBBI", seccomp.program(machine)))
    accumulator = place = 0
    while True:
        word, yes, no, value = code[place]
        place += 1
        match word:
            case 0x20:
                (accumulator,) = struct.unpack_from("<I", data, value)
            case 0x15:
                place += yes if accumulator == value else no
            case 0x35:
                place += yes if accumulator >= value else no
            case 0x45:
                place += yes if accumulator & value else no
            case 0x06:
                return value


KILL, ALLOW = 0x80000000, 0x7FFF0000


@pytest.mark.parametrize("machine", seccomp.MACHINES.values(), ids=seccomp.MACHINES.keys())
def test_the_filter_allows_what_its_table_names_and_kills_for_the_rest(machine):
    numbers = machine.numbers
    always = {numbers[name] for name in seccomp.ALLOWED if name in numbers}
    by_argument = {numbers[name] for name in ("mmap", "mprotect", "newfstatat", "fcntl", "prlimit64")}
    denied = {numbers[name] for name in seccomp.DENIED}
    for number in range(600):
        if number in always:
            assert verdict_of(machine, number) == ALLOW
        elif number not in by_argument | denied:
            assert verdict_of(machine, number) == KILL


@pytest.mark.parametrize("machine", seccomp.MACHINES.values(), ids=seccomp.MACHINES.keys())
def test_the_filter_looks_at_arguments(machine):
    numbers = machine.numbers
    assert verdict_of(machine, numbers["mmap"], 0, 4096, 3) == ALLOW
    assert verdict_of(machine, numbers["mmap"], 0, 4096, 3 | seccomp.PROT_EXEC) == KILL
    assert verdict_of(machine, numbers["mprotect"], 0, 4096, seccomp.PROT_EXEC) == KILL
    assert verdict_of(machine, numbers["newfstatat"], 3, 0, 0, seccomp.AT_EMPTY_PATH) == ALLOW
    assert verdict_of(machine, numbers["newfstatat"], 3, 0, 0, 0) == KILL
    assert verdict_of(machine, numbers["fcntl"], 3, seccomp.F_GETFL) == ALLOW
    assert verdict_of(machine, numbers["fcntl"], 3, 1033) == KILL  # F_ADD_SEALS
    assert verdict_of(machine, numbers["prlimit64"], 0, 7, 0) == ALLOW
    assert verdict_of(machine, numbers["prlimit64"], 0, 7, 1) == KILL
    assert verdict_of(machine, numbers["prlimit64"], 0, 7, 1 << 32) == KILL
    assert verdict_of(machine, numbers["clone3"]) == 0x00050000 | errno.ENOSYS


@pytest.mark.parametrize("machine", seccomp.MACHINES.values(), ids=seccomp.MACHINES.keys())
def test_the_filter_kills_for_another_architecture(machine):
    assert verdict_of(machine, machine.numbers["read"], arch=0x40000003) == KILL  # i386
    if machine.has_x32:
        assert verdict_of(machine, 0x40000000 | machine.numbers["read"]) == KILL
