"""The container of a ZIP: ZIP-01 to ZIP-30. What two readers could read differently does not come through."""

import struct

import pytest

from policies.terms import Action
from sanitizers.budget import Budget
from sanitizers.errors import LimitError, MalformedError
from sanitizers.formats.zip import ZIP
from sanitizers.model import Verdict
from tests.sanitizers.zip_runs import DEFAULT, TEXT, blocked_for, cleaned, done, found, members
from tests.sanitizers.zips import (
    DEFLATED,
    ENCRYPTED,
    FOLDER_ATTRIBUTE,
    STORED,
    STREAMED,
    UTF8,
    Part,
    deflated,
    descriptor,
    end_64,
    extra,
    names_in,
    unicode_path,
    zip_of,
)

A = Part("a.txt", TEXT)
B = Part("b.txt", b"two\r\n")
PLAIN = zip_of(A, B)
WIDE = 0xFFFFFFFF
NFC, NFD = "が.txt", "か\u3099.txt"


def streamed(part: Part, **lies: int) -> Part:
    """The same member with its sizes behind the data."""
    part.both |= {"flags": STREAMED}
    part.local |= {"crc": 0, "packed_size": 0, "size": 0}
    part.after = descriptor(part, **lies)
    return part


def wide(part: Part, *values: int) -> Part:
    """The same member with its sizes in a ZIP64 field."""
    body = extra(1, struct.pack(f"<{len(values)}Q", *values))
    part.local |= {"packed_size": WIDE, "size": WIDE}
    part.central |= {"packed_size": WIDE, "size": WIDE}
    part.local_extra = part.central_extra = body
    return part


def with_wide_end(*parts: Part, **lies: int) -> bytes:
    directory = sum(len(part.central_header(0)) for part in parts)
    offset = sum(len(part.local_header()) + len(part.body) for part in parts)
    record = end_64(**({"count": len(parts), "size": directory, "offset": offset} | lies))
    return zip_of(*parts, before_end=record, here=0xFFFF, count=0xFFFF, size=WIDE, offset=WIDE)


def test_a_plain_archive_comes_through_as_it_is():
    outcome = cleaned(PLAIN)

    assert outcome.report.verdict is Verdict.CLEAN
    assert members(outcome) == {"a.txt": TEXT, "b.txt": b"two\r\n"}


def test_room_kept_for_wide_sizes_says_nothing():
    """ZIP-09: some programs put a ZIP64 field of zeros into each local header, in case the member grows."""
    part = Part("a.txt", TEXT)
    part.local_extra = extra(1, bytes(16))

    assert members(cleaned(zip_of(part))) == {"a.txt": TEXT}


def test_an_empty_archive_comes_through():
    assert cleaned(zip_of()).data == zip_of()


@pytest.mark.parametrize(
    ("vector", "data"),
    [
        ("ZIP-01", zip_of(A, Part("a.txt", b"other"))),
        ("ZIP-01", zip_of(Part("表.txt", TEXT), Part("表.txt".encode("cp932"), TEXT))),
        ("ZIP-02", zip_of(A, Part("A.TXT", TEXT))),
        ("ZIP-02", zip_of(Part("ア.txt", TEXT), Part("ア.TXT", TEXT))),
        ("ZIP-03", zip_of(A, Part("./a.txt", TEXT))),
        ("ZIP-03", zip_of(Part("x/a.txt", TEXT), Part("x//a.txt", TEXT))),
        ("ZIP-03", zip_of(A, Part("x/../a.txt", TEXT))),
        ("ZIP-03", zip_of(A, Part("a.txt/"))),
        ("ZIP-03", zip_of(Part("x/a.txt", TEXT), Part("x\\a.txt", TEXT))),
        ("ZIP-03", zip_of(Part(NFC, TEXT), Part(NFD, TEXT))),
        ("ZIP-05", zip_of(Part("a.txt", TEXT, local={"name": b"b.txt"}))),
        ("ZIP-08", zip_of(Part("a.txt", TEXT, STORED, local={"method": DEFLATED}))),
        ("ZIP-09", zip_of(Part("a.txt", TEXT, local={"size": 3}))),
        ("ZIP-09", zip_of(Part("a.txt", TEXT, local={"packed_size": 3}))),
        ("ZIP-09", zip_of(Part("a.txt", TEXT, STORED, both={"size": 3}))),
        ("ZIP-09", zip_of(streamed(Part("a.txt", TEXT), size=3))),
        ("ZIP-09", zip_of(wide(Part("a.txt", b"abc", STORED), 4, 3))),
        ("ZIP-09", zip_of(Part("a.txt", TEXT, central_extra=extra(1, bytes(8)) * 2))),
        ("ZIP-09", zip_of(Part("a.txt", TEXT, local_extra=extra(1, struct.pack("<2Q", 1, 1))))),
        ("ZIP-09", zip_of(Part("a.txt", TEXT, central_extra=extra(1, struct.pack("<Q", 1))))),
        ("ZIP-10", zip_of(Part("a.txt", TEXT, both={"crc": 1}))),
        ("ZIP-10", zip_of(Part("a.txt", TEXT, local={"crc": 1}))),
        ("ZIP-11", zip_of(Part("a.txt", TEXT, local={"flags": ENCRYPTED}))),
        ("ZIP-11", zip_of(Part("a.txt", TEXT, central={"flags": ENCRYPTED}))),
        ("ZIP-13", zip_of(A, comment=zip_of())),
        ("ZIP-13", zip_of(A, comment=b"note" + zip_of(B))),
        ("ZIP-14", zip_of(A, B, here=1, count=1)),
        ("ZIP-14", zip_of(A, B, here=3, count=3)),
        ("ZIP-14", zip_of(A, B, here=60_000, count=60_000)),
        ("ZIP-16", with_wide_end(A, B, count=1, at=0)),
        ("ZIP-16", zip_of(A, before_end=end_64(1, 51, 48)[-20:])),
        ("ZIP-16", zip_of(A, B, before_end=end_64(1, 51, 100), here=2, count=2)),
        ("ZIP-16", with_wide_end(A, B).replace(b"\x2c" + bytes(7), b"\x2d" + bytes(7))),
        ("ZIP-17", zip_of(A) + zip_of(B)),
        ("ZIP-17", zip_of(B, prefix=zip_of(A), shifted=True)),
        ("ZIP-17", zip_of(B, prefix=zip_of(A)[:-22], shifted=True)),
        ("ZIP-17", zip_of(A, Part("c.txt", TEXT, before=zip_of(B)))),
        ("ZIP-17", zip_of(A, trailing=A.local_header() + A.body)),
        ("ZIP-19", zip_of(A, Part("c.txt", TEXT, offset=0))),
        ("ZIP-26", zip_of(Part("a/", TEXT))),
        ("ZIP-26", zip_of(Part("a.txt", TEXT, attributes=FOLDER_ATTRIBUTE))),
        ("ZIP-26", zip_of(Part("a.txt", TEXT, attributes=0o40755 << 16))),
        ("ZIP-26", zip_of(A, Part("a.txt/b.txt", TEXT))),
        ("ZIP-27", zip_of(Part(b"a.txt\0.exe", TEXT))),
        ("ZIP-27", zip_of(Part("a.txt%00.exe", TEXT))),
        ("ZIP-28", zip_of(A, disk=1)),
        ("ZIP-28", zip_of(A, B, here=1)),
        ("ZIP-28", zip_of(Part("a.txt", TEXT, central={"disk": 1}))),
        ("ZIP-28", zip_of(Part("a.txt", TEXT, both={"flags": 1 << 6}))),
        ("ZIP-28", zip_of(Part("a.txt", TEXT, local={"flags": 1 << 13}))),
        ("ZIP-28", zip_of(A, before_directory=b"PK\x06\x08" + bytes(4))),
        ("ARC-18", zip_of(A, prefix=b"PK\x07\x08")),
        ("ARC-19", zip_of(A, prefix=b"MZ" + bytes(62))),
        ("ARC-19", zip_of(A, prefix=b"#!/bin/sh\n")),
    ],
)
def test_what_readers_could_read_differently_is_blocked(vector, data):
    assert blocked_for(data) == vector
    assert cleaned(data).data is None


def test_three_members_that_share_one_local_header_are_blocked():
    """CVE-2024-0450: the directory names one local header three times (ZIP-19, TB-14)."""
    parts = [Part(f"{i}.txt", TEXT, offset=0, local={"name": b"0.txt"}) for i in range(3)]

    assert blocked_for(zip_of(*parts)) == "ZIP-19"


def test_a_signature_behind_the_directory_is_blocked():
    """A digital signature record counts as part of the directory (ZIP-28)."""
    signature = b"PK\x05\x05\x02\x00ab"
    directory = len(A.central_header(0))

    assert blocked_for(zip_of(A, before_end=signature, size=directory + len(signature))) == "ZIP-28"


@pytest.mark.parametrize(
    "data",
    [
        b"PK\x03\x04",
        PLAIN[:-1],
        PLAIN[:-22],
        PLAIN[1:],
        zip_of(A, offset=len(PLAIN)),
        zip_of(A, size=5),
        zip_of(A, before_end=b"?"),
        zip_of(Part(b"", TEXT)),
        zip_of(Part("a.txt", TEXT, offset=2)),
        zip_of(Part("a.txt", TEXT, both={"packed_size": 4000})),
        zip_of(Part("a.txt", TEXT, both={"flags": STREAMED, "packed_size": 4000}), Part("b.txt", TEXT, offset=1 << 30)),
        zip_of(Part("a.txt", TEXT, central_extra=b"\x01\x00\xff\xff")),
        zip_of(Part("a.txt", packed=deflated(TEXT) + b"hidden", both={"size": len(TEXT)})),
        zip_of(Part("a.txt", packed=deflated(TEXT)[:-1], both={"size": len(TEXT)})),
        zip_of(Part("a.txt", packed=b"\xff\xff", both={"size": 5})),
        zip_of(Part("a.txt", TEXT, both={"size": len(TEXT) - 1})),
        zip_of(Part("a/", method=DEFLATED, packed=deflated(b"") + b"hidden")),
    ],
)
def test_what_breaks_the_format_is_blocked(data):
    """No repair, and nothing behind the end of a stream (GEN-15)."""
    outcome = cleaned(data)

    assert (outcome.report.verdict, outcome.data) == (Verdict.BLOCKED, None)


def test_a_path_beyond_all_reason_is_a_limit():
    for name in ("a" * 5000 + ".txt", "a/" * 200 + "a.txt"):
        with pytest.raises(LimitError):
            ZIP.parse(zip_of(Part(name, TEXT)), Budget(DEFAULT.limits))


@pytest.mark.parametrize(
    ("vector", "data"),
    [
        ("ZIP-04", zip_of(Part("a\\b.txt", TEXT))),
        ("ZIP-06", zip_of(Part("a.txt", TEXT, central_extra=unicode_path("b.txt", b"a.txt")))),
        ("ZIP-06", zip_of(Part("a.txt", TEXT, central_extra=unicode_path("b.txt", b"a.txt", crc=1)))),
        ("ZIP-06", zip_of(Part("a.txt", TEXT, local_extra=unicode_path("b.txt", b"a.txt")))),
        ("ZIP-07", zip_of(Part("名.txt", TEXT, both={"flags": 0}))),
        ("ZIP-07", zip_of(Part("名.txt".encode("cp932"), TEXT, both={"flags": UTF8}))),
        ("ZIP-07", zip_of(Part("名.txt", TEXT, local={"flags": 0}))),
        ("ZIP-12", zip_of(A, Part("c.txt", TEXT, before=B.local_header() + B.body))),
        ("ZIP-15", zip_of(A, prefix=b"note to the reader", shifted=True)),
        ("ZIP-15", zip_of(A, prefix=b"note to the reader")),
        ("ZIP-18", zip_of(A, comment=b"by me")),
        ("ZIP-18", zip_of(Part("a.txt", TEXT, comment=b"by me"))),
        ("ZIP-18", zip_of(Part("a.txt", TEXT, central_extra=extra(0x7875, b"\x01\x04\0\0\0\0\x04\0\0\0\0")))),
        ("ZIP-18", zip_of(Part("a.txt", TEXT, local_extra=b"\0"))),
        ("ZIP-24", zip_of(streamed(Part("a.txt", TEXT)))),
        ("ZIP-24", zip_of(streamed(Part("a.txt", TEXT, STORED)))),
        ("ZIP-29", zip_of(A, before_directory=b"hidden away")),
        ("ZIP-29", zip_of(A, Part("c.txt", TEXT, before=b"hidden away"))),
        ("ZIP-30", zip_of(Part("a.txt", TEXT, both={"time": 1, "date": 0x5A6B}))),
        ("ZIP-30", zip_of(Part("a.txt", TEXT, local={"time": 1}))),
        ("ZIP-30", zip_of(Part("a.txt", TEXT, central={"made_by": 0x31E}, attributes=0o100644 << 16))),
        ("GEN-11", zip_of(A, trailing=b"hidden away")),
    ],
)
def test_what_one_reader_ignores_is_left_behind(vector, data):
    outcome = cleaned(data)

    assert outcome.report.verdict is Verdict.SANITIZED
    assert done(outcome, vector) in (Action.REWRITE, Action.REMOVE)
    assert b"hidden" not in outcome.data
    assert b"by me" not in outcome.data
    assert TEXT in members(outcome).values()


@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("is_wide", [True, False])
def test_all_four_forms_of_a_data_descriptor_are_read(signed, is_wide):
    part = streamed(Part("a.txt", TEXT))
    part.after = descriptor(part, signed=signed, wide=is_wide)
    outcome = cleaned(zip_of(part, B))

    assert set(found(outcome)) == {"ZIP-24"}
    assert members(outcome)["a.txt"] == TEXT
    assert cleaned(zip_of(A, B)).data == outcome.data


def test_a_descriptor_that_is_missing_does_not_matter_to_readers_of_the_directory():
    part = streamed(Part("a.txt", TEXT))
    part.after = b""

    assert set(found(cleaned(zip_of(part, B)))) == {"ZIP-24"}


def test_sizes_in_zip64_fields_are_read():
    part = wide(Part("a.txt", TEXT, STORED), len(TEXT), len(TEXT))

    assert cleaned(zip_of(part, B)).data == cleaned(zip_of(Part("a.txt", TEXT, STORED), B)).data


def test_a_zip64_end_that_agrees_is_read():
    outcome = cleaned(with_wide_end(A, B))

    assert outcome.report.verdict is Verdict.CLEAN
    assert outcome.data == cleaned(PLAIN).data


def test_a_unicode_path_gives_the_name_when_it_fits():
    fits = zip_of(Part("_.txt", TEXT, central_extra=unicode_path("髙橋.txt", b"_.txt")))
    does_not = zip_of(Part("_.txt", TEXT, central_extra=unicode_path("髙橋.txt", b"_.txt", crc=1)))

    assert names_in(cleaned(fits).data) == ["髙橋.txt"]
    assert names_in(cleaned(does_not).data) == ["_.txt"]


def test_a_unicode_path_that_says_the_same_is_only_an_extra_field():
    name = "申請書.txt"
    data = zip_of(Part(name.encode("cp932"), TEXT, central_extra=unicode_path(name, name.encode("cp932"))))

    assert set(found(cleaned(data))) == {"ZIP-18"}


def test_members_keep_their_order_and_folders_stay():
    data = zip_of(Part("z/"), Part("z/b.txt", TEXT), Part("a.txt", TEXT), Part("empty/", attributes=FOLDER_ATTRIBUTE))

    assert names_in(cleaned(data).data) == ["z/", "z/b.txt", "a.txt", "empty/"]


def test_the_archive_s_own_root_is_no_member():
    assert names_in(cleaned(zip_of(Part("./"), Part("./a.txt", TEXT))).data) == ["a.txt"]


def test_the_same_members_give_the_same_copy_however_they_were_packed():
    packed = zip_of(A, B)
    loose = zip_of(Part("a.txt", TEXT, STORED), streamed(Part("b.txt", B.data)), comment=b"x", prefix=b"y")

    assert cleaned(packed).data == cleaned(loose).data


def test_a_flood_of_times_is_told_once():
    data = zip_of(*(Part(f"{i}.txt", TEXT, both={"time": i + 1}) for i in range(30)))
    finding = found(cleaned(data))["ZIP-30"]

    assert finding.count == 30


def test_every_kind_of_error_is_an_input_error():
    with pytest.raises(MalformedError):
        ZIP.parse(b"", Budget(DEFAULT.limits))
