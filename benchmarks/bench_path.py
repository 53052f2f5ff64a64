"""The whole path: HTTP in, worker, judge, record, HTTP out, as `POST /v1/sanitize` of a running gateway does it.

CPU of the gateway, both zygotes and all their children together, a file; clients are not in it. Beside each file, in
the same rounds, the bare codec of `floors`, and what any relay with this hand-over needs around it: two forks, a copy,
a digest of what came in and one of what goes out.
"""

import hashlib
import os
import urllib.request
from collections.abc import Callable, Iterator
from functools import partial

from benchmarks import floors
from benchmarks.bench import Case, Figure, main, measure, repeated
from benchmarks.load import load
from benchmarks.serving import cpu_seconds_of_tree, gateway

FILES = ("text37k.txt", "photo_small.jpg", "photo12.jpg", "screen.png", "table20k.csv", "mixed12.zip")
_KEY = "bench"


def _post(address: str, name: str) -> None:
    headers = {"Authorization": f"Bearer {_KEY}", "Content-Disposition": f'attachment; filename="{name}"'}
    request = urllib.request.Request(f"{address}/v1/sanitize", data=load(name), headers=headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert answer.status == 200
        answer.read()


def _whole(cost: Callable[[], float], address: str, name: str, times: int) -> float:
    before = cost()
    for _ in range(times):
        _post(address, name)
    return (cost() - before) / times


def _around(data: bytes) -> Callable[[], object]:
    """What stands around any codec: a descriptor filled and read on both ways, and two digests."""

    def act() -> None:
        for _ in range(2):
            fd = os.memfd_create("around", os.MFD_CLOEXEC)
            os.write(fd, data)
            hashlib.sha256(os.pread(fd, len(data), 0)).digest()
            os.close(fd)
            child = os.fork()
            if not child:
                os._exit(0)
            os.waitpid(child, 0)

    return act


def _cases(pid: int, address: str) -> Iterator[Case]:
    tree = partial(cpu_seconds_of_tree, pid)
    for name in FILES:
        size = len(load(name))
        times = 4 if size > 1_000_000 else 25
        codec, around = repeated(floors.OF[name]()), repeated(_around(load(name)))
        _post(address, name)
        yield Case(f"codec: {name}", size, codec)
        yield Case(
            f"codec, forks, copies, digests: {name}", size, lambda codec=codec, around=around: codec() + around()
        )
        yield Case(f"whole path: {name}", size, partial(_whole, tree, address, name, times), f"codec: {name}")


def take(rounds: int) -> list[Figure]:
    """The figures of this benchmark."""
    with gateway((_KEY,), slots=1) as (pid, address):
        return measure(list(_cases(pid, address)), rounds)


if __name__ == "__main__":
    main("Whole path over HTTP", take)
