"""A zygote with everything loaded, whose children do nothing but copy: what is left is the hand-over.

`python copying.py --role ROLE --socket FD --seats N`, or `--bare TIMES --size BYTES` for forks without any of it.
"""

import argparse
import os
import resource
import time
from collections.abc import Callable

from policies.kits import Kit
from policies.model import Policy
from policies.terms import Rebuild
from sanitizers import wire
from sanitizers.model import NOT_MEASURED, Opinion, Order, Report, Verdict
from sanitizers.worker import heap, warmup, zygote
from sanitizers.worker.child import Answer
from sanitizers.worker.warmup import Role

_TEXT = "text/plain"


def copy(untrusted: bytes, order: Order) -> Answer:
    """No digest is computed here: the gateway's are those that count."""
    report = Report(
        verdict=Verdict.CLEAN,
        media_type=_TEXT,
        sha256_in=NOT_MEASURED,
        sha256_out=NOT_MEASURED,
        name="a.txt",
        rebuild=Rebuild.FULL,
    )
    return Answer(wire.encode_report(report), untrusted)


def agree(untrusted: bytes, case: tuple[str, Policy]) -> Answer:
    """Without a look."""
    return Answer(wire.encode_opinion(Opinion(True)))


def loaded(role: str) -> Callable[[Kit], Role]:
    """As in service, and then another program."""

    def load(kit: Kit) -> Role:
        real = warmup.ROLES[role](kit)
        real.warm()
        policy = Policy(name="bench")
        if role == "judge":
            return Role(wire.decode_case, agree, wire.encode_case(_TEXT, policy))
        return Role(wire.decode_order, copy, wire.encode_order(Order(name="a.txt", policy=policy)))

    return load


def bare(times: int, size: int) -> None:
    """Prints CPU seconds of two forks with everything loaded: one copies a memfd, the other reads the copy."""
    loaded("sanitize")(Kit.LIGHT)
    heap.settle()
    source, target = os.memfd_create("in"), os.memfd_create("out")
    os.write(source, os.urandom(size))
    before = _cpu_seconds()
    for _ in range(times):
        _in_a_fork(lambda: os.pwrite(target, os.pread(source, size, 0), 0))
        _in_a_fork(lambda: os.pread(target, size, 0))
        os.ftruncate(target, 0)
    print((_cpu_seconds() - before) / times)


def _in_a_fork(act: Callable[[], object]) -> None:
    if (pid := os.fork()) == 0:
        act()
        os._exit(0)
    os.waitpid(pid, 0)


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + used.ru_utime + used.ru_stime


def main() -> None:
    """As the gateway starts it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--role")
    parser.add_argument("--socket", type=int)
    parser.add_argument("--seats", type=int)
    parser.add_argument("--bare", type=int)
    parser.add_argument("--size", type=int, default=0)
    given = parser.parse_args()
    if given.bare:
        bare(given.bare, given.size)
    else:
        zygote.run(given.role, given.socket, given.seats, 3, loaded(given.role))


if __name__ == "__main__":
    main()
