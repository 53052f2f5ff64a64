"""The workbook: which sheets and names come along, and with that, which formulas may stay.

Source: ISO/IEC 29500-1:2016, 18.2.5 (definedName), 18.2.19 (sheet), 18.2.30 (workbookView), 18.2.4 (pivotCaches).
"""

import re
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from typing import Final

from lxml import etree

from policies.terms import Action
from sanitizers.formats.ooxml.parts import DOCUMENT
from sanitizers.formats.ooxml.scene import Scene
from sanitizers.formats.ooxml.schema import clark
from sanitizers.formats.ooxml.sheet.constants import SHEET_KEYS
from sanitizers.formats.ooxml.sheet.formulas import FORMULAS, Formulas, Refusal, links_of, plain_name
from sanitizers.formats.ooxml.sheet.pivots import cut_foreign_caches
from sanitizers.formats.ooxml.sheet.rich import find_pictures
from sanitizers.formats.ooxml.vectors import OOXML_80, OOXML_84, OOXML_86, OOXML_88, OOXML_93, OOXML_95
from sanitizers.parsers.formula import Kind, tokens

_RID: Final = clark("r:id")
SHEETS: Final = (DOCUMENT + "worksheet", DOCUMENT + "chartsheet")
# Excel 4.0 macros that run by their name alone; what follows the word does not matter to Excel
AUTO: Final = re.compile(r"(?:_xlnm\.)?auto_?(?:open|close|activate|deactivate)", re.IGNORECASE)
_MACRO_FLAGS: Final = ("function", "vbProcedure", "xlm")
_LAMBDA: Final = re.compile(r"\s*=?\s*(?:_xlfn\.)?LAMBDA\s*\(", re.IGNORECASE)
_TRUE: Final = ("1", "true")
# Attributes of the workbook that fetch something, and what each is
_FETCHING: Final = {"updateLinks": OOXML_80, "refreshAllConnections": OOXML_84}


def prepare_workbook(root: etree._Element, scene: Scene) -> None:
    """Take out sheets that are none and names that run, and learn what may be referred to. Raises BlockedError."""
    for properties in root.iterchildren(clark("x:workbookPr")):
        for name, vector in _FETCHING.items():
            if properties.attrib.pop(name, None) is not None:
                scene.found(vector, f"workbookPr/@{name}")
    find_pictures(scene)
    places, dead_sheets = _keep_sheets(root, scene)
    names = [name for holder in root.iterchildren(clark("x:definedNames")) for name in holder]
    _keep_names(names, places, dead_sheets, scene)
    cut_foreign_caches(root, scene)
    for view in root.iter(clark("x:workbookView")):
        for attribute in ("activeTab", "firstSheet"):
            _move_view(view, attribute, places)


def _keep_sheets(root: etree._Element, scene: Scene) -> tuple[Mapping[int, int], frozenset[str]]:
    """Old places of the sheets that stay with their new ones, and the names of those that do not."""
    places: dict[int, int] = {}
    dead: set[str] = set()
    keys: dict[str, str] = {}
    scene.state[SHEET_KEYS] = keys
    sheets = [
        sheet for holder in root.iterchildren(clark("x:sheets")) for sheet in holder.iterchildren(clark("x:sheet"))
    ]
    for number, sheet in enumerate(sheets):
        relation = scene.relation(sheet.get(_RID, ""))
        is_sheet = relation is not None and relation.type in SHEETS
        if scene.relate(sheet.get(_RID, "")) is None or not is_sheet:
            dead.add(sheet.get("name", "").upper())
            sheet.getparent().remove(sheet)
            continue
        places[number] = len(places)
        keys[sheet.get("name", "").upper()] = relation.target if relation is not None else ""
        state = sheet.get("state", "visible")
        if state != "visible":
            is_deep = state == "veryHidden"
            scene.found(OOXML_95, sheet.get("name", ""), at_least=Action.REWRITE if is_deep else Action.KEEP)
            sheet.set("state", "hidden")  # 18.18.68: the other kind cannot be shown without a macro
    if not places:
        scene.found(OOXML_86, detail="no other sheet", at_least=Action.BLOCK)
    return places, frozenset(dead)


def _keep_names(
    names: Iterable[etree._Element], places: Mapping[int, int], dead_sheets: Iterable[str], scene: Scene
) -> None:
    """Take out names that run, that belong to a sheet that is gone, or whose formula may not stay."""
    kept: list[etree._Element] = []
    dead: set[str] = set()
    for name in names:
        if _is_macro(name):
            scene.found(OOXML_88, "definedName")
        elif _moved(name, places):
            kept.append(name)
            continue
        dead.add(name.get("name", "").upper())
        name.getparent().remove(name)
    functions = {name.get("name", "").upper() for name in kept if _LAMBDA.match(name.text or "")}
    judge = Formulas(is_web=links_of(scene), dead_sheets=dead_sheets, own_functions=functions)
    gone = _spread(kept, {name: found for name in kept if (found := judge.refusal(name.text or ""))}, dead)
    for name, refusal in gone.items():
        scene.found(refusal.vector, "definedName", detail=refusal.detail)
        dead.add(name.get("name", "").upper())
        name.getparent().remove(name)
    alive = {name.get("name", "").upper() for name in kept if name not in gone}
    scene.state[FORMULAS] = Formulas(
        is_web=links_of(scene),
        dead_names=dead - alive,
        dead_sheets=dead_sheets,
        own_functions=functions & alive,
    )


def _spread(
    names: Iterable[etree._Element], refused: Mapping[etree._Element, Refusal], dead: Iterable[str]
) -> dict[etree._Element, Refusal]:
    """The refused names, and those that are made of them: each is looked at once, whatever leads to it."""
    users: dict[str, list[etree._Element]] = defaultdict(list)
    for name in names:
        for used in _used(name.text or ""):
            users[used].append(name)
    gone = dict(refused)
    waiting = deque([*dead, *(name.get("name", "").upper() for name in refused)])
    spread: set[str] = set()
    while waiting:
        word = waiting.popleft()
        if word in spread:
            continue
        spread.add(word)
        for user in users[word]:
            if user not in gone:
                gone[user] = Refusal(OOXML_93, "a name over one that is taken out")
                waiting.append(user.get("name", "").upper())
    return gone


def _used(formula: str) -> set[str]:
    """Names that a formula refers to, in capitals."""
    kinds = (Kind.NAME, Kind.CELL, Kind.CALL)
    return {plain_name(token.value) for token in tokens(formula) if token.kind in kinds}


def _is_macro(name: etree._Element) -> bool:
    flags = (name.get(flag, "").strip().lower() for flag in _MACRO_FLAGS)
    return bool(AUTO.match(name.get("name", ""))) or any(flag in _TRUE for flag in flags)


def _moved(name: etree._Element, places: Mapping[int, int]) -> bool:
    """Whether a name's sheet is still there; its number is then the new one."""
    said = name.get("localSheetId", "").strip()
    if not said:
        return True
    place = places.get(int(said)) if said.isdecimal() and len(said) < 7 else None
    if place is None:
        return False
    name.set("localSheetId", str(place))
    return True


def _move_view(view: etree._Element, attribute: str, places: Mapping[int, int]) -> None:
    """Let a window show the sheet that it showed, or one that is there."""
    said = view.get(attribute, "").strip()
    if said.isdecimal() and len(said) < 7 and (place := places.get(int(said), 0)):
        view.set(attribute, str(place))
    else:
        view.attrib.pop(attribute, None)
