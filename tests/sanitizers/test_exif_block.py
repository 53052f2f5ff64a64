"""EXIF blocks: read within bounds, whatever they say."""

import struct
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanitizers.parsers import exif, exif_facts
from sanitizers.parsers.exif_facts import NO_FACTS, Facts, Moment, Place

HEAD = b"II*\0\x08\0\0\0"


def block(*entries: tuple[int, int, int, int], after: int = 0) -> bytes:
    rows = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return HEAD + struct.pack("<H", len(entries)) + rows + struct.pack("<I", after)


@pytest.mark.parametrize("value", range(1, 9))
def test_an_orientation_is_read_as_it_is_written(value):
    assert exif.read(exif.write_orientation(value)) == exif.Exif(orientation=value)


@pytest.mark.parametrize(("value", "read"), [(0, None), (9, None), (8, 8)])
def test_only_the_eight_orientations_count(value, read):
    assert exif.read(block((0x0112, 3, 1, value))).orientation == read


def test_kinds_are_counted_apart():
    data = block((0x0110, 2, 4, 0), (0x8825, 4, 1, 50), (0x8769, 4, 1, 68), after=86)
    data += b"".join(block(entry)[8:] for entry in ((2, 5, 3, 0), (0x927C, 7, 4, 0), (0x0201, 4, 1, 0)))

    said = exif.read(data)

    assert (said.gps, said.maker_notes, said.thumbnail, said.others, said.is_damaged) == (1, 1, 1, 1, False)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"II*\0",
        b"II*\0\xff\xff\xff\xff",
        HEAD + b"\xff\xff" + bytes(12),
        block((0x8769, 4, 1, 8)),  # a directory that points to itself
        block((0x0112, 3, 1, 6), after=8),
        b"XX" + block()[2:],
    ],
)
def test_damage_is_told(data):
    assert exif.read(data).is_damaged


def test_a_ring_of_directories_ends():
    ring = block((0x8769, 4, 1, 26), (0x8825, 4, 1, 8))

    assert exif.read(ring + block((0x8769, 4, 1, 8))[8:]).is_damaged


@given(st.binary(max_size=400).map(lambda data: HEAD + data))
def test_any_bytes_are_read(data):
    said = exif.read(data)

    assert said.orientation in (None, *range(1, 9))


def test_facts_are_read_where_they_are_wanted():
    facts = Facts(Place(1_260_000_000, 5_040_000_000, 4_000), Moment(b"2026:01:31 09:00:00", b"+09:00"))
    block = exif_facts.write(6, facts)

    assert exif.read(block).facts == facts
    assert replace(exif.read(block), facts=NO_FACTS) == exif.read(block, reads_facts=False)
