"""Photos that are to prove something: where and when they were taken, written anew where the policy says so (IMG-01,
IMG-03), and a judge who takes that form and no other.
"""

import io
import shutil
import struct
import subprocess
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from policies.load import load_policy
from policies.model import Policy
from policies.terms import Action
from sanitizers.model import Order, Verdict
from sanitizers.parsers import exif, exif_facts
from sanitizers.parsers.exif_facts import NO_FACTS, Facts, Moment, Place
from sanitizers.pipeline import sanitize
from sanitizers.sanitizer import Outcome
from sanitizers.verify import evidence
from sanitizers.verify.judge import judge
from tests.sanitizers import heifs
from tests.sanitizers.pictures import jpeg, scene, segment, segments_of

EVIDENCE, DEFAULT = load_policy("evidence"), load_policy("default")
BOTH = frozenset({"IMG-01", "IMG-03"})
FLOOD = Place(1_284_456_789, 5_030_400_000, -123)  # 35.68° N, 139.73° E, below the sea
NINE = Moment(b"2026:01:31 09:00:00", b"+09:00")


def camera_exif(
    latitude: Sequence[tuple[int, int]] = ((35, 1), (40, 1), (4567, 100)),
    time: str = "2026:01:31 09:00:00",
    orientation: int = 6,
) -> bytes:
    """What a camera writes: place, time, who made it, its number."""
    block = Image.Exif()
    block[0x010F], block[0x0110], block[0x0112] = "Maker", "Model", orientation
    place = block.get_ifd(0x8825)
    place.update({1: "N", 3: "E", 5: b"\0", 6: 12.5, 7: (1.0, 2.0, 3.0), 16: "M", 17: 90.0})
    place[2] = tuple(above / below for above, below in latitude)
    place[4] = (139.0, 44.0, 0.5)
    block.get_ifd(0x8769).update({0x9003: time, 0x9011: "+09:00", 0xA431: "serial number", 0x927C: b"maker note"})
    return bytes(block.tobytes()).removeprefix(b"Exif\0\0")


def photo(block: bytes) -> bytes:
    return jpeg(scene(), segment(0xE1, b"Exif\0\0" + block))


def clean(data: bytes, policy: Policy, name: str = "photo.jpg") -> Outcome:
    return sanitize(data, Order(name=name, policy=policy))


def block_of(outcome: Outcome) -> bytes:
    assert outcome.data is not None, outcome.report
    return dict(segments_of(outcome.data)).get(0xE1, b"").removeprefix(b"Exif\0\0")


def actions(outcome: Outcome) -> dict[str, Action]:
    return {finding.vector: finding.action for finding in outcome.report.findings}


def test_place_and_time_are_written_anew_and_nothing_else():
    outcome = clean(photo(camera_exif()), EVIDENCE)

    facts = Facts(Place(35 * 36_000_000 + 40 * 600_000 + 456_700, 139 * 36_000_000 + 44 * 600_000 + 5_000, 1250), NINE)
    assert block_of(outcome) == exif_facts.write(6, facts)
    assert actions(outcome) | {"IMG-44": Action.REWRITE} == {
        "IMG-01": Action.REWRITE,
        "IMG-02": Action.REMOVE,
        "IMG-03": Action.REWRITE,
        "IMG-44": Action.REWRITE,
    }
    assert all("written anew" in f.detail for f in outcome.report.findings if f.vector in BOTH)
    assert b"number" not in block_of(outcome)


def test_by_default_both_go():
    outcome = clean(photo(camera_exif()), DEFAULT)
    assert block_of(outcome) == exif.write_orientation(6)
    assert (actions(outcome)["IMG-01"], actions(outcome)["IMG-03"]) == (Action.REMOVE, Action.REMOVE)


@pytest.mark.parametrize(("vector", "kept"), [("IMG-01", "place"), ("IMG-03", "moment")])
def test_a_policy_may_keep_one_of_them(vector: str, kept: str):
    policy = replace(DEFAULT, actions={vector: Action.REWRITE})
    facts = exif.read(block_of(clean(photo(camera_exif()), policy))).facts
    assert [name for name in ("place", "moment") if getattr(facts, name) is not None] == [kept]


def test_a_second_pass_leaves_the_copy_as_it_is():
    first = clean(photo(camera_exif()), EVIDENCE)
    assert first.data is not None
    second = clean(first.data, EVIDENCE)
    assert (second.report.verdict, second.data, second.report.findings) == (Verdict.CLEAN, first.data, ())


def test_a_heic_s_place_and_time_come_along():
    """The picture becomes a JPEG, which says where and when."""
    item = heifs.taken("heif/IMG-27/hopper.heif")
    block = camera_exif()
    written = heifs.heic(item, heifs.Item(b"Exif", bytes(4) + block, leads_to={b"cdsc": (1,)}))

    kept, gone = clean(written, EVIDENCE, "photo.heic"), clean(written, DEFAULT, "photo.heic")

    assert exif.read(block_of(kept)).facts == exif.read(block).facts != NO_FACTS
    assert block_of(gone) == b""


@pytest.mark.parametrize(
    "block",
    [
        camera_exif(latitude=((91, 1), (0, 1), (0, 1))),
        camera_exif(time="2026:02:30 09:00:00"),
        camera_exif(time="    :  :     :  :  "),
        camera_exif(time="2026:01:31 09:00:61"),
    ],
)
def test_what_is_no_place_or_day_is_not_kept(block: bytes):
    outcome = clean(photo(block), EVIDENCE)
    facts = exif.read(block_of(outcome)).facts
    assert facts.place is None or facts.moment is None
    gone = "IMG-01" if facts.place is None else "IMG-03"
    assert actions(outcome)[gone] is Action.REMOVE


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="exiftool is not installed")
def test_exiftool_reads_the_same_place_and_time():
    copy = clean(photo(camera_exif()), EVIDENCE).data
    command = ["exiftool", "-n", "-s", "-G1", "-a", "-"]
    told = subprocess.run(command, input=copy, capture_output=True, check=True).stdout.decode()
    read = {line.split(":", 1)[0].split()[-1]: line.split(":", 1)[1].strip() for line in told.splitlines()}
    assert abs(float(read["GPSLatitude"]) - (35 + 40 / 60 + 45.67 / 3600)) < 1e-7
    assert (read["GPSAltitude"], read["DateTimeOriginal"]) == ("12.5", "2026:01:31 09:00:00")
    assert read["OffsetTimeOriginal"] == "+09:00"
    groups = {line.split("]")[0] for line in told.splitlines()}
    assert groups <= {"[ExifTool", "[System", "[File", "[JFIF", "[IFD0", "[ExifIFD", "[GPS", "[Composite"}


FACTS = st.builds(
    Facts,
    st.none()
    | st.builds(
        Place,
        st.integers(-90 * 36_000_000, 90 * 36_000_000),
        st.integers(-180 * 36_000_000, 180 * 36_000_000),
        st.none() | st.integers(-10_000_000, 10_000_000),
    ),
    st.none()
    | st.builds(
        Moment,
        st.datetimes(datetime(1, 1, 1), datetime(9999, 1, 1)).map(
            lambda when: (
                b"%04d:%02d:%02d %02d:%02d:%02d"
                % (when.year, when.month, when.day, when.hour, when.minute, when.second)
            )
        ),
        st.sampled_from([b"", b"+09:00", b"-03:30"]),
    ),
)


@given(st.integers(1, 8), FACTS)
def test_what_is_written_is_read_again_and_accepted(orientation: int, facts: Facts):
    block = exif_facts.write(orientation, facts)
    if not facts:
        assert not evidence.is_allowed(block, BOTH)
        return
    said = exif.read(block)
    assert (said.orientation or 1, said.is_damaged) == (orientation, False)
    assert said.facts == facts
    assert evidence.is_allowed(block, BOTH)
    needed = {id for id, fact in (("IMG-01", facts.place), ("IMG-03", facts.moment)) if fact}
    for missing in needed:
        assert not evidence.is_allowed(block, BOTH - {missing})


@given(st.data())
def test_the_judge_takes_no_byte_more_or_other(data: st.DataObject):
    """Whatever is changed, left out or put in: either it is another place or time in the one form, or it is refused."""
    block = bytearray(exif_facts.write(data.draw(st.sampled_from([1, 6])), Facts(FLOOD, NINE)))
    at = data.draw(st.integers(0, len(block) - 1))
    match data.draw(st.sampled_from(["other", "more", "less", "behind"])):
        case "other":
            block[at] ^= data.draw(st.integers(1, 255))
        case "more":
            block.insert(at, data.draw(st.integers(0, 255)))
        case "less":
            del block[at]
        case _:
            block += data.draw(st.binary(min_size=1, max_size=8))
    if evidence.is_allowed(bytes(block), BOTH):
        said = exif.read(bytes(block))
        assert exif_facts.write(said.orientation or 1, said.facts) == bytes(block)


@pytest.mark.parametrize("policy", [DEFAULT, replace(EVIDENCE, actions={"IMG-01": Action.REWRITE})])
def test_the_judge_refuses_what_the_policy_does_not_keep(policy: Policy):
    copy = clean(photo(camera_exif()), EVIDENCE).data
    assert copy is not None
    assert judge(copy, "image/jpeg", EVIDENCE).accepted
    assert not judge(copy, "image/jpeg", policy).accepted


def test_the_judge_refuses_a_camera_s_own_block():
    assert not judge(photo(camera_exif()), "image/jpeg", EVIDENCE).accepted


def test_a_member_of_an_archive_keeps_them_too():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("photo.jpg", photo(camera_exif()))
    outcome = clean(out.getvalue(), EVIDENCE, "photos.zip")
    assert outcome.data is not None
    with zipfile.ZipFile(io.BytesIO(outcome.data)) as archive:
        member = archive.read("photo.jpg")
    assert exif.read(dict(segments_of(member))[0xE1].removeprefix(b"Exif\0\0")).facts.place is not None
    assert judge(outcome.data, "application/zip", EVIDENCE).accepted
    assert not judge(outcome.data, "application/zip", DEFAULT).accepted


def test_little_endian_blocks_are_read_alike():
    """As phones write them, and as some cameras do."""
    for order, magic in (("<", b"II*\0"), (">", b"MM\0*")):
        angles = 26 + 2 + 4 * 12 + 4  # behind header, first directory, and the one of the place
        rows = [
            struct.pack(order + "HHI4s", 1, 2, 2, b"N"),
            struct.pack(order + "HHII", 2, 5, 3, angles),
            struct.pack(order + "HHI4s", 3, 2, 2, b"E"),
            struct.pack(order + "HHII", 4, 5, 3, angles + 24),
        ]
        head = magic + struct.pack(order + "IHHHIII", 8, 1, 0x8825, 4, 1, 26, 0)
        place = struct.pack(order + "H", 4) + b"".join(rows) + bytes(4)
        values = struct.pack(order + "12I", 35, 1, 40, 1, 30, 1, 139, 1, 44, 1, 15, 1)
        read = exif.read(head + place + values).facts.place
        assert read == Place(35 * 36_000_000 + 40 * 600_000 + 300_000, 139 * 36_000_000 + 44 * 600_000 + 150_000)
