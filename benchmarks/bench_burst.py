"""Phone burst: 60 photos of 12 MP, JPEG and HEIC by turns, a running gateway.

Two senders with four connections each, every one with a photo under way all the time (`POST /v1/files`, `Prefer:
wait`), two workers. CPU a photo is that of the gateway, both zygotes and all their children; clients are not in it.
Beside it, in the same rounds, the bare codec of `floors`, alone and as often at a time as there are workers: cores that
share caches and clocks make it dearer. Then the same burst while a third sender sends small photos, one by one.

Rows of waits are wall-clock time from a photo's first byte to the answer, as that percentile of a round's photos: the
best round and the median one. They say as much about the machine and its neighbours as about the gateway.

HEIC takes an encoder on this machine (benchmarks/heic.py): without it all photos are JPEG, and the rows say so.
"""

import http.client
import json
import math
import os
import statistics
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import count
from urllib.parse import urlsplit

from benchmarks import floors, heic
from benchmarks.bench import Case, Figure, main, measure, repeated
from benchmarks.load import load, photo12
from benchmarks.serving import cpu_seconds_of_tree, gateway

_SENDERS = ("field", "office")
_OTHER = "desk"
_LINKS_A_SENDER = 4
_SLOTS = 2
_PHOTOS, _SHORT_PHOTOS = 60, 8
_MOST_ROUNDS = 3
_PHOTO, _SMALL = "photo12.jpg", "photo_small.jpg"
_ALONE_TIMES = 20
_CODEC = "codec, mean of the burst's photos"
_PERCENTILES = (("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("max", 1.0))
_number = count()


class Photo:
    """A photo to send any number of times, no two times the same bytes."""

    def __init__(self, name: str, data: bytes) -> None:
        self.name, self._data = name, data

    def marked(self) -> bytes:
        """With a number in a comment, or in a box that nobody reads."""
        number = b"%010d" % next(_number)
        if self.name.endswith(".heic"):
            return self._data + (8 + len(number)).to_bytes(4) + b"free" + number
        return self._data[:2] + b"\xff\xfe" + (2 + len(number)).to_bytes(2) + number + self._data[2:]


class Link:
    """A kept connection of one sender."""

    def __init__(self, address: str, key: str) -> None:
        self._link = http.client.HTTPConnection(urlsplit(address).netloc, timeout=120)
        self._headers = {
            "Authorization": f"Bearer {key}",
            "Prefer": "wait=60",
        }

    def send(self, photo: Photo) -> float:
        """Seconds until it was known what became of the photo: released."""
        headers = self._headers | {"Content-Disposition": f'attachment; filename="{photo.name}"'}
        body, begin = photo.marked(), time.perf_counter()
        self._link.request("POST", "/v1/files", body, headers)
        answer = self._link.getresponse()
        told = json.loads(answer.read())
        taken = time.perf_counter() - begin
        assert (answer.status, told.get("state")) == (200, "released"), (answer.status, told)
        return taken

    def close(self) -> None:
        self._link.close()


class Burst:
    """Sends bursts, and keeps how long every photo took, a list a round."""

    def __init__(self, pid: int, address: str, kinds: Sequence[Photo], photos: int) -> None:
        self._pid, self._kinds, self._photos = pid, kinds, photos
        self._links = [Link(address, sender) for sender in _SENDERS for _ in range(_LINKS_A_SENDER)]
        self._other = Link(address, _OTHER)
        self.waits: list[list[float]] = []
        self.alone: list[list[float]] = []  # of small photos
        self.beside: list[list[float]] = []

    def close(self) -> None:
        for link in (*self._links, self._other):
            link.close()

    def cpu_a_photo(self) -> float:
        """One burst. CPU seconds of the gateway's whole tree, a photo."""
        before = cpu_seconds_of_tree(self._pid)
        self.waits.append(self._all())
        return (cpu_seconds_of_tree(self._pid) - before) / self._photos

    def cpu_of_a_small_one(self) -> float:
        """Small photos of the other sender, one by one, and nothing else."""
        before, small = cpu_seconds_of_tree(self._pid), Photo(_SMALL, load(_SMALL))
        self.alone.append([self._other.send(small) for _ in range(_ALONE_TIMES)])
        return (cpu_seconds_of_tree(self._pid) - before) / _ALONE_TIMES

    def with_another(self) -> None:
        """One burst, and the other sender's small photos for as long as it runs."""
        small, is_over, waits = Photo(_SMALL, load(_SMALL)), threading.Event(), list[float]()

        def send_small() -> None:
            while not is_over.is_set():
                waits.append(self._other.send(small))

        with ThreadPoolExecutor(1) as pool:
            sending = pool.submit(send_small)
            try:
                self._all()
            finally:
                is_over.set()
            sending.result()
        self.beside.append(waits)

    def _all(self) -> list[float]:
        """Every connection takes the next photo as soon as its last one is answered."""
        left = iter(range(self._photos))

        def send(link: Link) -> list[float]:
            return [link.send(self._kinds[number % len(self._kinds)]) for number in left]

        with ThreadPoolExecutor(len(self._links)) as pool:
            return [wait for waits in pool.map(send, self._links) for wait in waits]


def _kinds() -> tuple[list[Photo], list[Callable[[], object]]]:
    """What the burst is made of, each with its bare codec."""
    kinds, codecs = [Photo(_PHOTO, load(_PHOTO))], [floors.OF[_PHOTO]()]
    if heic.is_available():
        picture = photo12()
        kinds.append(Photo("photo12.heic", heic.photo(picture)))
        codecs.append(floors.heic(heic.coded_units(picture), *picture.size))
    return kinds, codecs


def _all_of(acts: Sequence[Callable[[], object]]) -> None:
    for act in acts:
        act()


def _mean(cost: Callable[[], float], times: int) -> Callable[[], float]:
    return lambda: cost() / times


def _at_a_time(act: Callable[[], object], processes: int) -> float:
    """CPU seconds of an act, a time, while so many processes do it at once."""
    costs = []
    for _ in range(processes):
        reading, writing = os.pipe()
        if not os.fork():
            begin = time.process_time()
            act()
            act()
            os.write(writing, str((time.process_time() - begin) / 2).encode())
            os._exit(0)
        os.close(writing)
        costs.append(reading)
    return statistics.mean(_read_and_bury(reading) for reading in costs)


def _read_and_bury(reading: int) -> float:
    told = os.read(reading, 64)
    os.close(reading)
    os.wait()
    return float(told)


def _waits(name: str, rounds: Sequence[Sequence[float]], size: int, beside: Sequence[Figure] = ()) -> list[Figure]:
    """A row for each percentile, beside the same one of other waits where there are others."""
    figures = []
    for place, (title, share) in enumerate(_PERCENTILES):
        told = [sorted(waits)[math.ceil(share * len(waits)) - 1] * 1000 for waits in rounds]
        best, floor = min(told), beside[place] if beside else None
        figures.append(
            Figure(
                name=f"{name}, {title}",
                size=size,
                best_ms=round(best, 4),
                median_ms=round(statistics.median(told), 4),
                floor=floor.name if floor else None,
                ratio=round(best / floor.best_ms, 2) if floor else None,
                above_ms=round(best - floor.best_ms, 4) if floor else None,
            )
        )
    return figures


def take(rounds: int) -> list[Figure]:
    """The figures of this benchmark: three rounds at most, and a small burst where only two or fewer are asked for."""
    photos = _SHORT_PHOTOS if rounds <= 2 else _PHOTOS
    kinds, codecs = _kinds()
    codec, size, small = partial(_all_of, codecs), len(kinds[0].marked()), len(load(_SMALL))
    with gateway((*_SENDERS, _OTHER), _SLOTS) as (pid, address):
        burst = Burst(pid, address, kinds, photos)
        try:
            burst.cpu_of_a_small_one()  # warm
            burst.alone.clear()
            cases = [
                Case(_CODEC, size, _mean(repeated(codec), len(codecs))),
                Case(
                    f"codec, {_SLOTS} at a time",
                    size,
                    _mean(partial(_at_a_time, codec, _SLOTS), len(codecs)),
                    _CODEC,
                ),
                Case(f"burst of {photos} {'/'.join(kind.name for kind in kinds)}", size, burst.cpu_a_photo, _CODEC),
                Case("small photo alone, CPU", small, burst.cpu_of_a_small_one),
            ]
            rounds = min(rounds, _MOST_ROUNDS)
            figures = measure(cases, rounds)
            for _ in range(rounds):
                burst.with_another()
        finally:
            burst.close()
    alone = _waits("wait for a small photo alone", burst.alone, small)
    beside = _waits("wait for a small one of another in the burst", burst.beside, small, alone)
    return [*figures, *_waits("wait for a photo of the burst", burst.waits, size), *alone, *beside]


if __name__ == "__main__":
    main("Phone burst over HTTP", take)
