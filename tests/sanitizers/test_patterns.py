"""Patterns by RE2 say what the same patterns of the standard library say."""

import re

import pytest

from sanitizers.detect.polyglot import second_formats
from sanitizers.formats.marks import spells_script, unspelled
from sanitizers.parsers.patterns import SPACE, compiled


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
