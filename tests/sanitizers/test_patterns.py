"""Patterns by RE2 say what the same patterns of the standard library say."""

import re

import pytest

from sanitizers.detect.polyglot import second_formats
from sanitizers.formats.marks import spells_script, unspelled
from sanitizers.parsers.patterns import SPACE, compiled, finder


def test_white_space_is_the_standard_librarys():
    """RE2's own class lacks the vertical tab, which the patterns looked for before no less than now."""
    every = [bytes((value,)) for value in range(256)]

    assert [one for one in every if compiled(SPACE).search(one)] == [one for one in every if re.search(rb"\s", one)]


def test_a_dot_is_any_byte():
    assert compiled(rb"a.b.c").search(b"a\nb\xffc") is not None


SPELLED = (
    *(b"<script>", b"<ScRiPt\v", b"<?php\n", b"<?phpinfo()", b"<?=`", b"<?= system(", b"<%@\t", b"<%@page", b"<svg/"),
    b"<!DOCTYPE ",
)


@pytest.mark.parametrize("spelled", SPELLED)
def test_text_that_spells_a_script_is_seen_wherever_it_stands(spelled):
    around = bytes(range(256)) * 300

    assert spells_script(around + spelled + around)
    assert spells_script(memoryview(around + spelled))
    assert not spells_script(unspelled(around + spelled + around))


def test_unspelling_moves_one_value_of_each_place():
    assert unspelled(b"\0<svg >\1<?=$") == b"\0=svg >\1=?=$"


def test_a_picture_that_only_begins_with_a_mark_has_no_second_format():
    assert second_formats(b"Rar!\x1a\x07" + bytes(40)) == []
    assert [where for _, where, _ in second_formats(bytes(40) + b"Rar!\x1a\x07")] == ["offset 40"]


@pytest.mark.parametrize("mark", [b"<SvG>", b"<?PHP", b"<?=$", b"<!DocType HTML", b"<IFRAME\v", b"<hTML>", b"%PDF-1.4"])
def test_a_second_format_is_told_in_either_window_in_any_letter_case(mark):
    name = "PDF" if mark.startswith(b"%") else "markup or script"
    for size in (10, 70_000, 400_000):
        assert [said for _, *said in second_formats(bytes(size) + mark)] == [[f"offset {size}", name]]
        assert [said for _, *said in second_formats(b"\xff" + mark + bytes(size))] == [["offset 1", name]]


def test_an_entry_and_the_directory_of_an_archive_are_told_apart():
    entry, end = b"PK\x03\x04\x14\0\0\0\0\0" + bytes(16) + b"\1\0", b"PK\x05\x06".ljust(22, b"\0")

    assert [(where, name) for _, where, name in second_formats(bytes(9) + b"PK\x03\x04\xff\xff" + entry + end)] == [
        ("offset 15", "ZIP"),
        ("offset 43", "ZIP directory"),
    ]
    assert second_formats(bytes(9) + b"PK\x05\x06\0\0\0\0") == []


@pytest.mark.parametrize("pattern", [rb"PK(?:\x03|\x05)", rb"<(?i:svg)", rb"\xff[^\x00\xff]", rb"(a)(b)?"])
def test_a_finder_finds_what_the_pattern_finds(pattern):
    data = bytes(range(256)) * 3 + b"\xff\xd9 <SvG PK\x05 ab PK\x03"
    find = finder(pattern)

    assert find(b"", 0, 0) == find(bytes(999), 0, 999) == -1
    for start in range(0, len(data), 7):
        for end in (start, min(start + 40, len(data)), len(data)):
            found = compiled(pattern).search(data, start, end)
            assert find(memoryview(data), start, end) == find(data, start, end) == (found.start() if found else -1)
