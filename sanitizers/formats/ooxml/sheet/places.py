"""Formulas outside cells: each place where one may stand, and what becomes of it where it may not (OOXML-93).

A formula that is refused takes with it the least that makes no sense without: a rule, a validation, a sparkline. In
charts the values that were last computed are written in its place.

Source: ISO/IEC 29500-1:2016, 18.3.1.10 (cfRule), 18.3.1.32 (dataValidation), 18.5.1.1 (calculatedColumnFormula), 21.2;
[MS-XLSX] 2.6 (extension lists).
"""

from collections.abc import Iterator
from typing import Final

from lxml import etree

from sanitizers.formats.ooxml.rules import DROP, Answer, Edit
from sanitizers.formats.ooxml.scene import Scene
from sanitizers.formats.ooxml.schema import clark
from sanitizers.formats.ooxml.sheet.formulas import formulas_of, is_refused
from sanitizers.formats.ooxml.sheet.links import parted

_C: Final = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
_A: Final = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_SERIES: Final = _C + "ser"
_TITLE: Final = _C + "tx"


def formula_alone(element: etree._Element, scene: Scene) -> Answer:
    """An element that is a formula and may be missing."""
    return DROP if is_refused("".join(element.itertext()), scene) else None


def column_formula(element: etree._Element, scene: Scene) -> Answer:
    """What a table computes in each cell of a column: without its links, or not at all."""
    formula = "".join(element.itertext())
    if not is_refused(formula, scene):
        return None
    cut = parted(formula, formulas_of(scene)).cut
    if cut is None:
        return DROP
    del element[:]
    element.text = cut
    return None


def _pruned(formulas: frozenset[str], values: frozenset[str] = frozenset()) -> Edit:
    """An edit for a list whose entries go when a formula in them is refused, and which goes when none is left.

    `formulas` are elements that are formulas, `values` those with one in their `val`.
    """

    def edit(element: etree._Element, scene: Scene) -> Answer:
        count = 0
        for entry in list(element):
            told = (
                inner.get("val") if inner.tag in values else "".join(inner.itertext())
                for inner in entry.iter()
                if inner.tag in formulas or (inner.tag in values and inner.get("type") == "formula")
            )
            if any(is_refused(formula, scene) for formula in told):
                element.remove(entry)
            else:
                count += entry.tag not in _NOT_COUNTED
        if not count:
            return DROP
        if "count" in element.attrib:
            element.set("count", str(count))
        return None

    return edit


def _tags(names: str) -> frozenset[str]:
    return frozenset(map(clark, names.split()))


_NOT_COUNTED: Final = _tags("xne:sqref x:extLst x14:extLst")
_RULES: Final = _pruned(_tags("x:formula xne:f"), _tags("x:cfvo"))
_VALIDATIONS: Final = _pruned(_tags("x:formula1 x:formula2 xne:f"))
_BY_FORMULA: Final = _pruned(_tags("xne:f"))


def sparklines(element: etree._Element, scene: Scene) -> Answer:
    """A group of sparklines; its axis of dates has a formula of its own."""
    for formula in element.findall(clark("xne:f")):
        if is_refused(formula.text, scene):
            element.remove(formula)
            element.attrib.pop("dateAxis", None)
    for lines in element.findall(clark("x14:sparklines")):
        if _BY_FORMULA(lines, scene) is DROP:
            return DROP
    return None


def reference(element: etree._Element, scene: Scene) -> Answer:
    """What a chart shows of a sheet: where its formula may not stay, the values that it showed last."""
    formula = element.find(_C + "f")
    if formula is None or not is_refused(formula.text, scene):
        return None
    parent = element.getparent()
    if parent.tag == _TITLE:
        text = " ".join(value.text or "" for value in element.iter(_C + "v"))
        return [_value(text) if parent.getparent().tag == _SERIES else _rich(text)]
    literal = etree.Element(_C + ("numLit" if element.tag == _C + "numRef" else "strLit"))
    literal.extend(_cached(element))
    return [literal]


def _cached(element: etree._Element) -> Iterator[etree._Element]:
    """The points that are kept with a reference; of several levels the first."""
    wanted = (_C + "formatCode", _C + "ptCount", _C + "pt")
    cache = next((child for child in element if child.tag.endswith("Cache")), None)
    if cache is None:
        return iter(())
    level = cache.find(_C + "lvl")
    points = list(cache) if level is None else [*cache.findall(_C + "ptCount"), *level]
    return iter([point for point in points if point.tag in wanted])


def _value(text: str) -> etree._Element:
    value = etree.Element(_C + "v")
    value.text = text
    return value


def _rich(text: str) -> etree._Element:
    rich = etree.Element(_C + "rich")
    etree.SubElement(rich, _A + "bodyPr")
    run = etree.SubElement(etree.SubElement(rich, _A + "p"), _A + "r")
    etree.SubElement(run, _A + "t").text = text
    return rich


EDITS: Final[dict[str, Edit]] = {
    clark(name): edit
    for names, edit in (
        ("x:conditionalFormatting x14:conditionalFormatting", _RULES),
        ("x:dataValidations x14:dataValidations", _VALIDATIONS),
        ("x14:sparklineGroup", sparklines),
        ("x:calculatedColumnFormula", column_formula),
        ("x:totalsRowFormula x:oldFormula c15:f c15:sqref cx:f", formula_alone),
        ("xvml:FmlaLink xvml:FmlaRange xvml:FmlaGroup xvml:FmlaPict xvml:FmlaTxbx", formula_alone),
        ("c:numRef c:strRef c:multiLvlStrRef", reference),
    )
    for name in names.split()
}
