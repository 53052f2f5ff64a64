"""The catalogue as data: complete, in both languages, and no row milder than its floor."""

import re
from importlib import resources

import pytest

from policies.catalogue import CATALOGUE, vector
from policies.terms import Action

COUNTS = """
GEN 34  ZIP 30  ARC 26  PDF 100  OOXML 113  XLSB 10  OLE 36  RTF 25  JPN 12  ODF 22  IMG 44
SVG 16  WEB 16  XML 13  DAT 7  TXT 21  CAL 10  MSG 20  AV 13  FNT 7  BLK 40
"""
FAMILIES = {family: int(count) for family, count in re.findall(r"(\w+) (\d+)", COUNTS)}


def rows() -> list[list[str]]:
    text = resources.files("policies").joinpath("catalogue.tsv").read_text(encoding="utf-8")
    return [line.split("\t") for line in text.splitlines()]


def test_every_row_has_six_columns_and_a_valid_id():
    head, *body = rows()

    assert head == ["id", "default", "least", "title", "title_ja", "source"]
    assert all(len(row) == 6 and row == [cell.strip() for cell in row] for row in body)
    assert all(re.fullmatch(r"[A-Z]+-\d\d+", row[0]) for row in body)


def test_the_catalogue_has_its_615_rows_each_once():
    identifiers = [row[0] for row in rows()[1:]]
    counts = {family: sum(i.startswith(family + "-") for i in identifiers) for family in FAMILIES}

    assert len(identifiers) == len(set(identifiers)) == len(CATALOGUE) == 615
    assert counts == FAMILIES


@pytest.mark.parametrize("family", FAMILIES)
def test_no_default_is_below_its_floor(family):
    for found in CATALOGUE.values():
        assert found.family != family or found.least <= found.default, found.id


@pytest.mark.parametrize("family", FAMILIES)
def test_titles_are_short_and_in_both_languages(family):
    for found in CATALOGUE.values():
        if found.family == family:
            assert 0 < len(found.title) <= 90, found.id
            assert 0 < len(found.title_ja) <= 40, found.id
            assert not re.search(r"[()]", found.title_ja), found.id


def test_japanese_titles_are_japanese():
    assert [v.id for v in CATALOGUE.values() if not re.search("[ぁ-ヿ一-鿿]", v.title_ja)] == []


def test_types_refused_on_sight_have_no_milder_floor():
    assert all(v.default is v.least is Action.BLOCK for v in CATALOGUE.values() if v.family == "BLK")


def test_what_reaches_out_by_itself_can_never_be_kept():
    """No policy may let a file fetch something when it is opened (GEN-22)."""
    for identifier in ("GEN-22", "PDF-13", "PDF-19", "OOXML-14", "OOXML-18", "OOXML-80", "ODF-06", "SVG-05", "MSG-09"):
        assert vector(identifier).least > Action.KEEP, identifier


def test_an_unknown_id_is_an_error_of_ours():
    with pytest.raises(KeyError):
        vector("PDF-101")
