"""Archives that are to exhaust us: refused before anything of them is unpacked (GEN-17, ZIP-19 to ZIP-22)."""

import tracemalloc
import zlib
from dataclasses import replace

import pytest

from policies.model import Policy
from sanitizers.budget import Budget
from sanitizers.errors import BlockedError, PurseError
from sanitizers.formats.zip import ZIP
from sanitizers.formats.zip.reconstruct import Entry, write_zip
from sanitizers.model import Reason
from sanitizers.parsers.zipnames import canonical, collisions
from sanitizers.parsers.zipwords import Oddity
from tests.sanitizers.zip_runs import DEFAULT, TEXT, cleaned, found, job_for
from tests.sanitizers.zips import STORED, Part, deflated, zip_of

MIB = 1 << 20
ZEROS = zlib.compressobj(9, zlib.DEFLATED, -15)
BOMB = ZEROS.compress(bytes(64 * MIB)) + ZEROS.flush()


def policy_with(**limits: int) -> Policy:
    return replace(DEFAULT, limits=replace(DEFAULT.limits, **limits))


def peak_bytes(data: bytes) -> int:
    tracemalloc.start()
    try:
        cleaned(data)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_member_that_unpacks_a_thousandfold_ends_the_file():
    """ZIP-20."""
    outcome = cleaned(zip_of(Part("a.txt", TEXT), Part("bomb.txt", packed=BOMB, both={"size": 64 * MIB})))

    assert (outcome.data, outcome.report.reason) == (None, Reason.LIMIT)
    assert "ZIP-20" in found(outcome)
    assert outcome.report.members == ()


def test_a_bomb_costs_no_memory():
    cleaned(zip_of(Part("a.txt", TEXT)))  # what is loaded at the first use

    assert peak_bytes(zip_of(Part("bomb.txt", packed=BOMB, both={"size": 64 * MIB}))) < 8 * MIB
    assert peak_bytes(zip_of(Part("bomb.txt", packed=BOMB, both={"size": 1000}))) < 8 * MIB


def test_the_sum_of_all_sizes_is_asked_before_the_first_is_unpacked():
    """GEN-17."""
    policy = policy_with(max_expanded_bytes=MIB)
    outcome = cleaned(zip_of(*(Part(f"{i}.txt", bytes(200_000), STORED) for i in range(6))), policy)

    assert outcome.report.reason is Reason.LIMIT
    assert "GEN-17" in found(outcome)
    assert outcome.report.members == ()


def test_members_that_share_their_data_are_refused_before_they_are_paid_for():
    """Fifield's construction: many directory entries for one kernel (ZIP-19)."""
    kernel = Part("0.txt", packed=BOMB, both={"size": 64 * MIB})
    others = (replace(kernel, name=f"{i}.txt", offset=0) for i in range(1, 50))
    job = job_for()

    with pytest.raises(BlockedError):
        ZIP.disarm(ZIP.parse(zip_of(kernel, *others), job.budget), job)
    assert job.told()[-1].vector == "ZIP-19"
    assert job.budget.expanded_bytes == 0


def test_local_headers_that_quote_the_next_one_overlap():
    """The other construction: each member's data begins with the header of the next."""
    inner = Part("b.txt", TEXT, STORED)
    quoted = inner.local_header() + inner.body
    outer = Part("a.txt", quoted, STORED)
    at = len(outer.local_header())
    data = zip_of(outer, replace(inner, offset=at))[: at + len(quoted)]
    directory = outer.central_header(0) + replace(inner, offset=at).central_header(at)
    end = zip_of(count=2, here=2, size=len(directory), offset=len(data))

    assert "ZIP-19" in found(cleaned(data + directory + end))


def test_a_flood_of_members_is_refused_before_they_are_read():
    """ZIP-22."""
    policy = policy_with(max_members=100)
    data = zip_of(*(Part(f"{i}.txt", TEXT) for i in range(101)))

    with pytest.raises(PurseError):
        ZIP.parse(data, Budget(policy.limits))
    assert cleaned(data, policy).report.reason is Reason.LIMIT
    assert cleaned(data, policy_with(max_members=101)).data is not None


def test_members_of_nested_archives_are_paid_from_one_purse():
    """42.zip: each layer is small, all together are not (ZIP-21)."""
    layer = zip_of(*(Part(f"{i}.txt", TEXT) for i in range(10)))
    data = zip_of(*(Part(f"{i}.zip", layer) for i in range(10)))

    assert cleaned(data, policy_with(max_members=109)).report.reason is Reason.LIMIT
    assert cleaned(data, policy_with(max_members=110)).data is not None


def test_archives_nested_too_deep_end_the_file():
    """As a quine does, which is nested without end (GEN-19, ZIP-21)."""
    data = zip_of(Part("a.txt", TEXT))
    for _ in range(DEFAULT.limits.max_depth - 1):
        data = zip_of(Part("a.zip", data))

    assert cleaned(data).data is not None
    assert cleaned(zip_of(Part("a.zip", data))).report.reason is Reason.LIMIT


def test_a_stream_that_goes_on_is_cut_at_the_size_that_was_said():
    outcome = cleaned(zip_of(Part("a.txt", packed=deflated(TEXT * 1000), both={"size": len(TEXT)})))

    assert outcome.report.reason is Reason.MALFORMED


def test_a_copy_that_only_zip64_could_hold_is_not_written():
    with pytest.raises(Exception, match="members to write"):
        write_zip([Entry(f"{i}/") for i in range(0xFFFF)])


def test_deep_and_long_names_collide_without_more_work():
    """Thousands of paths of a thousand letters, each a folder of the next: one sort and one look at the neighbour."""
    names = [("a/" * i)[: i * 2 - 1] for i in range(1, 2000)]

    assert [strange.kind for strange in collisions([(name, name, True) for name in names])] == []
    assert [strange.kind for strange in collisions([(name, name, False) for name in names])] == [
        Oddity.FOLDER_WITH_DATA
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [("A/B", "a/b"), ("a/./b", "a/b"), ("a/x/../b", "a/b"), ("/a", "a"), ("a\\b", "a/b"), ("Ａ", "ａ")],
)
def test_one_place_has_one_key(one, other):
    assert canonical(one) == canonical(other)
