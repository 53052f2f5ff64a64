"""Zygotes whose children do as the test says: `python doubles.py --role ROLE --socket FD --seats N`.

The processes, the locks and the wire are the real ones; only the two programs are replaced. The name of the file says
what its sanitizer does, the first line of the copy what its judge does. Nothing here does harm: what it tries is
either refused by the locks or ends with the child.
"""

import argparse
import ctypes
import fcntl
import hashlib
import mmap
import os
import socket
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from policies.model import Policy
from policies.terms import Action, Rebuild
from sanitizers import wire
from sanitizers.errors import Reason
from sanitizers.model import Check, Finding, Opinion, Order, Report, Verdict
from sanitizers.worker import locks, zygote
from sanitizers.worker.child import Answer
from sanitizers.worker.warmup import Role

EVIL = b"EVIL"  # what a sanitizer takes out, and a judge refuses
SAMPLE = Policy(name="sample")


def honest(untrusted: bytes, order: Order) -> Answer:
    data = untrusted.replace(EVIL, b"")
    return Answer(wire.encode_report(report_of(untrusted, data, order.name)), data)


def report_of(untrusted: bytes, data: bytes, name: str) -> Report:
    return Report(
        verdict=Verdict.CLEAN if data == untrusted else Verdict.SANITIZED,
        media_type="text/plain",
        sha256_in=hashlib.sha256(untrusted).hexdigest(),
        sha256_out=hashlib.sha256(data).hexdigest(),
        name=name,
        rebuild=Rebuild.FULL,
    )


def echo(untrusted: bytes, order: Order) -> Answer:
    """A sanitizer that was taken over: what came in goes out, called clean."""
    return Answer(wire.encode_report(report_of(untrusted, untrusted, order.name)), untrusted)


def parrot(untrusted: bytes, order: Order) -> Answer:
    """The same for any type: what the sender claimed."""
    report = replace(report_of(untrusted, untrusted, order.name), media_type=order.claimed_type or "", name=order.name)
    return Answer(wire.encode_report(report), untrusted)


def converted(untrusted: bytes, order: Order) -> Answer:
    """The copy is of another type than the file."""
    report = replace(report_of(untrusted, untrusted, "table.csv"), copy_type="text/csv")
    return Answer(wire.encode_report(report), untrusted)


def blocked(untrusted: bytes, order: Order) -> Answer:
    report = report_of(untrusted, untrusted, order.name)
    withheld = replace(report, verdict=Verdict.BLOCKED, reason=Reason.MALFORMED, sha256_out=None, rebuild=None)
    return Answer(wire.encode_report(withheld), untrusted)


def long_report(untrusted: bytes, order: Order) -> Answer:
    findings = tuple(Finding("TXT-01", "x" * 300, Action.REMOVE, count=n) for n in range(1, 5000))
    report = replace(report_of(untrusted, untrusted, order.name), findings=findings)
    return Answer(wire.encode_report(report), untrusted)


def too_long_report(untrusted: bytes, order: Order) -> Answer:
    return Answer(bytes(wire.REPORT_SHEET_BYTES + 1), untrusted)


def garbage(untrusted: bytes, order: Order) -> Answer:
    return Answer(b"\xff\x00garbage" * 100, untrusted)


def half_a_frame(untrusted: bytes, order: Order) -> Answer:
    answer = honest(untrusted, order)
    return Answer(answer.frame[: len(answer.frame) // 2], answer.data)


def two_frames(untrusted: bytes, order: Order) -> Answer:
    answer = honest(untrusted, order)
    return Answer(answer.frame * 2, answer.data)


def an_opinion(untrusted: bytes, order: Order) -> Answer:
    return Answer(wire.encode_opinion(Opinion(True)), untrusted)


def silent(untrusted: bytes, order: Order) -> Answer:
    os._exit(0)


def uncut_sheet(untrusted: bytes, order: Order) -> Answer:
    answer = honest(untrusted, order)
    os.pwrite(locks.OUTPUT_FD, answer.data or b"", 0)
    os.pwrite(locks.REPORT_FD, answer.frame, 0)
    os._exit(0)


def no_output(untrusted: bytes, order: Order) -> Answer:
    return Answer(honest(untrusted, order).frame, None)


def other_output(untrusted: bytes, order: Order) -> Answer:
    return Answer(honest(untrusted, order).frame, EVIL)


def misquoted(untrusted: bytes, order: Order) -> Answer:
    """Calls its copy by the digest of other bytes."""
    answer = honest(untrusted, order)
    report = replace(wire.decode_report(answer.frame), sha256_out=hashlib.sha256(b"other bytes").hexdigest())
    return Answer(wire.encode_report(report), answer.data)


def mapped_output(untrusted: bytes, order: Order) -> Answer:
    """Writes the copy through a mapping, after the report, and goes on doing so until it ends."""
    page = map_writable(locks.OUTPUT_FD, len(untrusted))
    answer = echo(untrusted, order)
    os.pwrite(locks.REPORT_FD, answer.frame, 0)
    os.ftruncate(locks.REPORT_FD, len(answer.frame))
    ctypes.memmove(page, untrusted, len(untrusted))
    os._exit(0)


def map_writable(fd: int, size: int) -> int:
    """Where a shared mapping begins. Python's own mmap would copy the descriptor, which the locks do not allow."""
    os.ftruncate(fd, size)
    libc = ctypes.CDLL(None)
    libc.mmap.restype = ctypes.c_void_p
    page: int = libc.mmap(None, ctypes.c_size_t(size), mmap.PROT_READ | mmap.PROT_WRITE, mmap.MAP_SHARED, fd, 0)
    return page


def moved_offset(untrusted: bytes, order: Order) -> Answer:
    os.lseek(locks.OUTPUT_FD, 7, os.SEEK_SET)
    return honest(untrusted, order)


def huge_output(untrusted: bytes, order: Order) -> Answer:
    return echo(bytes(order.policy.limits.max_output_bytes + 1), order)


def gigantic_output(untrusted: bytes, order: Order) -> Answer:
    os.pwrite(locks.OUTPUT_FD, b"x", 1 << 40)
    return honest(untrusted, order)


def other_type(untrusted: bytes, order: Order) -> Answer:
    report = replace(report_of(untrusted, untrusted, order.name), media_type="application/x-msdownload")
    return Answer(wire.encode_report(report), untrusted)


def other_extension(untrusted: bytes, order: Order) -> Answer:
    return Answer(wire.encode_report(report_of(untrusted, untrusted, "setup.exe")), untrusted)


def foul_name(untrusted: bytes, order: Order) -> Answer:
    return Answer(wire.encode_report(report_of(untrusted, untrusted, "../../a\u202e\x1b[2J.txt")), untrusted)


def bug(untrusted: bytes, order: Order) -> Answer:
    raise KeyError(untrusted.decode())


def deep(untrusted: bytes, order: Order) -> Answer:
    return deep(untrusted, order)


def hungry(untrusted: bytes, order: Order) -> Answer:
    return echo(bytes(1 << 40), order)


def greedy(untrusted: bytes, order: Order) -> Answer:
    hoard = []
    while True:
        hoard.append(bytearray(1 << 20))


def sleep(untrusted: bytes, order: Order) -> Answer:
    while True:
        time.sleep(3600)


def spin(untrusted: bytes, order: Order) -> Answer:
    while True:
        pass


def segfault(untrusted: bytes, order: Order) -> Answer:
    ctypes.string_at(0)
    return honest(untrusted, order)


def status(untrusted: bytes, order: Order) -> Answer:
    os._exit(3)


def fork(untrusted: bytes, order: Order) -> Answer:
    if os.fork() == 0:
        time.sleep(3600)
    return honest(untrusted, order)


def call(untrusted: bytes, order: Order) -> Answer:
    with socket.create_connection(("127.0.0.1", 9)) as line:
        line.send(untrusted)
    return honest(untrusted, order)


def read_file(untrusted: bytes, order: Order) -> Answer:
    return echo(Path("/etc/passwd").read_bytes(), order)


def signal_zygote(untrusted: bytes, order: Order) -> Answer:
    os.kill(os.getppid(), 9)
    return honest(untrusted, order)


def seal_first(untrusted: bytes, order: Order) -> Answer:
    fcntl.fcntl(locks.OUTPUT_FD, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SEAL)
    return honest(untrusted, order)


def close_everything(untrusted: bytes, order: Order) -> Answer:
    os.closerange(0, 100)
    return honest(untrusted, order)


def change_input(untrusted: bytes, order: Order) -> Answer:
    os.pwrite(locks.INPUT_FD, b"x", 0)
    return honest(untrusted, order)


def look_around(untrusted: bytes, order: Order) -> Answer:
    """Which descriptors are open, told as the copy."""
    found = []
    for fd in range(1024):
        try:
            os.fstat(fd)
        except OSError:
            continue
        found.append(fd)
    return echo(repr(found).encode(), order)


BEHAVIOURS: dict[str, Callable[[bytes, Order], Answer]] = {
    function.__name__: function
    for function in (
        *(honest, echo, parrot, converted, blocked, long_report, too_long_report, garbage, half_a_frame, two_frames),
        *(an_opinion, silent),
        *(uncut_sheet, no_output, other_output, misquoted, mapped_output, moved_offset, huge_output, gigantic_output),
        *(other_type, other_extension, foul_name),
        *(bug, deep, hungry, greedy, sleep, spin, segfault, status, fork, call, read_file),
        *(signal_zygote, seal_first, close_everything, change_input, look_around),
    )
}


def sanitize(untrusted: bytes, order: Order) -> Answer:
    return BEHAVIOURS.get(order.name.partition(".")[0], honest)(untrusted, order)


def always(behaviour: str) -> Callable[[bytes, Order], Answer]:
    return BEHAVIOURS[behaviour] if behaviour else sanitize


def judge(untrusted: bytes, case: tuple[str, Policy]) -> Answer:
    media_type, policy = case
    words, order = untrusted.partition(b"\n")[0], Order(name="", policy=policy)
    if words.startswith(b"judge: "):
        return replace(BEHAVIOURS[words[7:].decode()](untrusted, order), data=None)
    is_good = EVIL not in untrusted and media_type in ("text/plain", "text/csv")
    return Answer(wire.encode_opinion(Opinion(is_good, None if is_good else Check.TEXT)))


ROLES = {
    "sanitize": lambda behaviour: Role(
        wire.decode_order, always(behaviour), wire.encode_order(Order(name="sample", policy=SAMPLE))
    ),
    "judge": lambda _: Role(wire.decode_case, judge, wire.encode_case("text/plain", SAMPLE)),
}


def main() -> None:
    parser = argparse.ArgumentParser()
    for name in ("--role", "--socket", "--seats"):
        parser.add_argument(name)
    parser.add_argument("--always", default="", metavar="BEHAVIOUR", help="whatever the name of the file says")
    given = parser.parse_args()
    zygote.run(given.role, int(given.socket), int(given.seats), 3, lambda _: ROLES[given.role](given.always))


if __name__ == "__main__":
    main()
