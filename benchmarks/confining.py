"""One role's work on one file, in this process, in a fork, or in a fork behind all locks: CPU seconds a time.

`python confining.py --role ROLE --file FILE [--type MEDIA_TYPE] --times N --way here|fork|locks`: everything is loaded
and warmed as in service.
"""

import argparse
import os
import resource
import time
from collections.abc import Callable
from pathlib import Path

from policies.kits import kit_for_name, kit_for_type
from policies.load import load_policy
from sanitizers import wire
from sanitizers.model import Order
from sanitizers.worker import child, heap, kernel, locks, selftest, warmup

_MEMORY_BYTES = 2 << 30
_SECONDS = 60


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--role", choices=sorted(warmup.ROLES), required=True)
    parser.add_argument("--file", type=Path, required=True)
    parser.add_argument("--type", default="")
    parser.add_argument("--times", type=int, required=True)
    parser.add_argument("--way", choices=("here", "fork", "locks"), required=True)
    given = parser.parse_args()
    policy = load_policy("default")
    kit = kit_for_type(given.type) if given.role == "judge" else kit_for_name(given.file.name)
    role = warmup.ROLES[given.role](kit)
    role.warm()
    frame = (
        wire.encode_case(given.type, policy)
        if given.role == "judge"
        else wire.encode_order(Order(name=given.file.name, policy=policy))
    )
    data = given.file.read_bytes()
    heap.settle()
    act = _here(role, frame, data) if given.way == "here" else _forked(role, frame, data, given.way == "locks")
    act()
    before = _cpu_seconds()
    for _ in range(given.times):
        act()
    print((_cpu_seconds() - before) / given.times)


def _here(role: warmup.Role, frame: bytes, data: bytes) -> Callable[[], object]:
    return lambda: role.program(data, role.read(frame))


def _forked(role: warmup.Role, frame: bytes, data: bytes, are_locked: bool) -> Callable[[], object]:
    held, source = selftest.confinement(), os.memfd_create("input")
    os.write(source, data)

    def act() -> None:
        sheet, output = os.memfd_create("sheet"), os.memfd_create("output")
        os.ftruncate(sheet, wire.REPORT_SHEET_BYTES)
        bounds = locks.Bounds(
            zygote=os.getpid(),
            descriptors=(source, sheet, output),
            address_space_bytes=kernel.address_space_bytes() + _MEMORY_BYTES,
            cpu_seconds=_SECONDS,
            file_bytes=_MEMORY_BYTES,
            ruleset=held.ruleset,
            filter=held.filter,
        )
        request = role.read(frame)
        if (pid := kernel.fork()) == 0:
            if are_locked:
                locks.close_all(bounds)
                answer = role.program(os.pread(locks.INPUT_FD, len(data), 0), request)
                places = locks.OUTPUT_FD, locks.REPORT_FD
            else:
                answer = role.program(os.pread(source, len(data), 0), request)
                places = output, sheet
            if answer.data is not None:
                os.pwrite(places[0], answer.data, 0)
            os.pwrite(places[1], answer.frame, 0)
            os._exit(child.Exit.ANSWERED)
        _, status = os.waitpid(pid, 0)
        assert os.waitstatus_to_exitcode(status) == child.Exit.ANSWERED
        os.close(sheet)
        os.close(output)

    return act


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
