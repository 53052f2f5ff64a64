"""What is fuzzed, from which seeds, and what must hold for any bytes whatever.

Files go through the whole pipeline and then before the judge: it ends with a verdict and no other way, in bounded time;
a copy is its own copy, and the judge accepts it. What comes from a worker is decoded, or refused as WireError.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count
from typing import Final

from policies.load import load_policy
from policies.media import canonical_extension
from policies.model import Policy
from policies.terms import Rebuild
from sanitizers import wire
from sanitizers.detect import detect
from sanitizers.errors import InputError, WireError
from sanitizers.model import Order, Verdict
from sanitizers.pipeline import sanitize
from sanitizers.verify.judge import CHECKS, judge
from tests.fuzz import seeds, told
from tests.fuzz.seeds import Seeds, both, of
from tests.fuzz.wrapped import KINDS_INSIDE, KINDS_OF_FONT, Wrap

Act = Callable[[bytes], None]
_POLICIES: Final = tuple(load_policy(name) for name in ("default", "evidence", "strict", "outbound"))
_LOSSLESS: Final = replace(_POLICIES[0], name="lossless", rebuild=Rebuild.LOSSLESS)
_FLAT: Final = replace(_POLICIES[0], name="flat", rebuild=Rebuild.FLAT)


@dataclass(frozen=True, slots=True)
class Target:
    """One thing to fuzz. `ways`: what is done with the bytes, in turn; each must hold."""

    ways: Sequence[Act]
    seeds: Seeds
    turns: "count[int]" = field(default_factory=count)

    def act(self, data: bytes) -> None:
        """The next of the ways."""
        self.ways[next(self.turns) % len(self.ways)](data)


class BrokenError(AssertionError):
    """Something did not hold."""


def _must(true: object, what: str) -> None:
    if not true:
        raise BrokenError(what)


def _through(policy: Policy, name: str, data: bytes) -> None:
    """A whole file. Without a name, it has one that fits."""
    order = Order(name=name or _fitting(data), policy=policy, passwords=(seeds.PASSWORD,))
    outcome = sanitize(data, order)
    wire.decode_report(wire.encode_report(outcome.report))
    if outcome.data is None:
        return
    opinion = judge(outcome.data, outcome.report.released_type, policy)
    _must(opinion.accepted, f"a copy that the judge refuses: {opinion.where}")
    again = sanitize(outcome.data, Order(name=outcome.report.name, policy=policy))
    _must(again.data == outcome.data, "another copy of a copy")
    _must(again.report.verdict is Verdict.CLEAN, "a copy in which something is found")


def _fitting(data: bytes) -> str:
    try:
        return f"a.{canonical_extension(detect(data, 'a', None).media_type)}"
    except (InputError, KeyError):
        return "a"


def _ways(*names: str, policies: Sequence[Policy] = (*_POLICIES, _LOSSLESS)) -> list[Act]:
    """Under each of these names, under each policy."""
    return [partial(_through, policy, name) for policy in policies for name in names]


def _wrapped(kinds: Sequence[Wrap]) -> list[Act]:
    """The rest of the bytes at the place which the first of them says."""

    def wrapped(policy: Policy, data: bytes) -> None:
        if data:
            _through(policy, "", kinds[data[0] % len(kinds)](data[1:]))

    return [partial(wrapped, policy) for policy in (_POLICIES[0], _POLICIES[2])]


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


_ALL_PICTURES: Final = ("jpeg", "png", "gif", "webp", "tiff", "ico", "svg", "emf", "wmf")

TARGETS: Final = {
    "jpeg": Target(_ways("a.jpg"), of("jpeg")),
    "png": Target(_ways("a.png"), of("png")),
    "moving": Target(_ways("a.gif", "a.webp"), of("gif", "webp")),
    "bitmaps": Target(_ways("a.bmp", "a.ico"), of("bmp", "ico")),
    "tiff": Target(_ways("a.tif"), of("tiff")),
    "boxes": Target(_ways("a.heic", "a.avif", "a.jp2"), both(of("heif", "avif", "jp2"), seeds.moving_boxes)),
    "svg": Target(_ways("a.svg"), of("svg")),
    "metafiles": Target(_ways("a.emf", "a.wmf"), of("emf", "wmf")),
    "text": Target(_ways("a.txt", "a.csv", "a.tsv"), of("text", "csv")),
    "zip": Target(_ways("a.zip"), of("zip")),
    "office": Target(_ways(""), seeds.office),
    "binary": Target(_ways(""), seeds.binary_workbooks),
    "sealed": Target(_ways("a.docx"), seeds.sealed),
    "pdf": Target(_ways("a.pdf"), seeds.papers),
    "flat": Target(_ways("a.pdf", policies=(_FLAT,)), seeds.papers),
    "fonts": Target(_wrapped(KINDS_OF_FONT), seeds.programs),
    "inside": Target(_wrapped(KINDS_INSIDE), seeds.inside),
    "judge": Target((_judged,), both(of(*_ALL_PICTURES, "text", "csv", "zip"), seeds.copies_and_mutants)),
    "wire": Target((_wire,), seeds.frames),
    "told": Target((told.act,), seeds.told),
}
