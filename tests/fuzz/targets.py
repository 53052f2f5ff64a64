"""What is fuzzed, from which seeds, and what must hold for any bytes whatever.

Files go through the whole pipeline and then before the judge: it ends with a verdict and no other way, in bounded time;
a copy is its own copy, and the judge accepts it. What comes from a worker is decoded, or refused as WireError.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Final

from policies.load import load_policy
from sanitizers import wire
from sanitizers.errors import Reason, WireError
from sanitizers.model import Opinion, Order, Report, Verdict
from sanitizers.pipeline import sanitize
from sanitizers.verify.judge import CHECKS, judge
from tests.sanitizers.pictures import CORPUS

_POLICIES: Final = tuple(load_policy(name) for name in ("default", "evidence", "strict"))
_MOST_SEED_BYTES: Final = 1 << 16
_turn = count()


@dataclass(frozen=True, slots=True)
class Target:
    """One thing to fuzz. `seeds`: folders of the corpus, or bytes made here."""

    act: Callable[[bytes], None]
    seeds: Callable[[], Iterator[bytes]]


class BrokenError(AssertionError):
    """Something did not hold."""


def _must(true: object, what: str) -> None:
    if not true:
        raise BrokenError(what)


def _through(*names: str) -> Callable[[bytes], None]:
    """Whole files by these names, one after the other, under the shipped policies in turn."""

    def act(data: bytes) -> None:
        turn = next(_turn)
        order = Order(name=names[turn % len(names)], policy=_POLICIES[turn % len(_POLICIES)])
        outcome = sanitize(data, order)
        wire.decode_report(wire.encode_report(outcome.report))
        if outcome.data is None:
            return
        opinion = judge(outcome.data, outcome.report.released_type, order.policy)
        _must(opinion.accepted, f"a copy that the judge refuses: {opinion.where}")
        again = sanitize(outcome.data, Order(name=outcome.report.name, policy=order.policy))
        _must(again.data == outcome.data, "another copy of a copy")
        _must(again.report.verdict is Verdict.CLEAN, "a copy in which something is found")

    return act


def _judged(data: bytes) -> None:
    """Any bytes before every judge: an opinion, and never an error."""
    for media_type in CHECKS:
        opinion = judge(data, media_type, _POLICIES[0])
        _must(opinion.accepted or opinion.check is not None, "a refusal without a reason")


def _wire(data: bytes) -> None:
    """Every decoder of what crosses between processes."""
    for decode in (
        wire.decode_report,
        wire.decode_opinion,
        wire.decode_order,
        wire.decode_case,
        wire.decode_task,
        wire.decode_ended,
        wire.decode_hello,
    ):
        try:
            decode(data)
        except WireError:
            continue


def _files(*folders: str) -> Callable[[], Iterator[bytes]]:
    def seeds() -> Iterator[bytes]:
        for folder in folders:
            for path in sorted((CORPUS / folder).glob("*/*")):
                if path.is_file() and path.stat().st_size <= _MOST_SEED_BYTES:
                    yield path.read_bytes()

    return seeds


def _documents(*suffixes: str) -> Callable[[], Iterator[bytes]]:
    """As office programs write them; made by the tests, since the corpus holds none."""

    def seeds() -> Iterator[bytes]:
        from tests.boundary.test_every_format import SAMPLES

        yield from (sample.data for sample in SAMPLES if sample.name.endswith(suffixes))

    return seeds


def _frames() -> Iterator[bytes]:
    digest = hashlib.sha256(b"").hexdigest()
    report = Report(
        verdict=Verdict.BLOCKED,
        media_type="image/png",
        sha256_in=digest,
        sha256_out=None,
        name="a.png",
        reason=Reason.LIMIT,
    )
    yield wire.encode_report(report)
    yield wire.encode_opinion(Opinion(True))
    yield wire.encode_order(Order(name="a.png", policy=_POLICIES[0]))
    yield wire.encode_case("image/png", _POLICIES[0])
    yield wire.encode_task(wire.Task(number=1, seconds=1, memory_bytes=1, output_bytes=1, frame=b"frame"))
    yield wire.encode_ended(wire.Ended(1, wire.How.EXITED, 0, 1, 1))


_ALL_PICTURES: Final = ("jpeg", "png", "gif", "webp", "tiff", "ico", "svg", "emf", "wmf")

TARGETS: Final = {
    "jpeg": Target(_through("a.jpg"), _files("jpeg")),
    "png": Target(_through("a.png"), _files("png")),
    "moving": Target(_through("a.gif", "a.webp"), _files("gif", "webp")),
    "bitmaps": Target(_through("a.bmp", "a.ico"), _files("bmp", "ico")),
    "tiff": Target(_through("a.tif"), _files("tiff")),
    "boxes": Target(_through("a.heic", "a.avif", "a.jp2"), _files("heif", "avif", "jp2")),
    "svg": Target(_through("a.svg"), _files("svg")),
    "metafiles": Target(_through("a.emf", "a.wmf"), _files("emf", "wmf")),
    "text": Target(_through("a.txt", "a.csv"), _files("text", "csv")),
    "zip": Target(_through("a.zip"), _files("zip")),
    "office": Target(_through("a.docx", "a.xlsx", "a.pptx"), _documents(".docx", ".xlsx", ".pptx")),
    "pdf": Target(_through("a.pdf"), _documents(".pdf")),
    "judge": Target(_judged, _files(*_ALL_PICTURES, "text", "csv", "zip")),
    "wire": Target(_wire, _frames),
}
