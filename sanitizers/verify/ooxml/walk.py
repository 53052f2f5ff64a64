"""One walk over an XML part: every element in its place, every attribute named, every value of its kind (V-XML).

Read by expat. Fields are put together over runs and paragraphs (V-FLD); every formula is read (V-FML); the ids of
relationships are collected, for the package to look up (V-REL).

Source: ISO/IEC 29500-1:2016; 29500-3:2015 (compatibility); threat catalogue, OOXML-12, -13, -47, -53, -58.
"""

import re
from collections.abc import Callable
from typing import Final, NoReturn

from sanitizers.model import Check
from sanitizers.verify.court import Refused
from sanitizers.verify.ooxml import quiet, values
from sanitizers.verify.ooxml.fields import Story
from sanitizers.verify.ooxml.formulas import is_harmless
from sanitizers.verify.ooxml.many import PARTS, left_of_the_many, without_the_many
from sanitizers.verify.ooxml.markup import ELEMENTS, KNOWN_NAMESPACES, NAMESPACES, Element, Kind
from sanitizers.verify.ooxml.opc import Part
from sanitizers.verify.ooxml.places import LEADS_TO

_MC: Final = "http://schemas.openxmlformats.org/markup-compatibility/2006"
_ALTERNATE, _CHOICE, _FALLBACK = (f"{_MC} {name}" for name in ("AlternateContent", "Choice", "Fallback"))
_IGNORABLE: Final = f"{_MC} Ignorable"
_XML: Final = NAMESPACES["xml"]
_ANYWHERE: Final = {f"{_XML} space": re.compile(r"preserve|default"), f"{_XML} lang": re.compile(r"[A-Za-z0-9-]{0,40}")}
_PREFIXES: Final = re.compile(r"[a-z0-9A-Z ]{1,300}")
_BLANK: Final = re.compile(r"[ \t\r\n]*")
_DEEPEST: Final = 256
_HELD: Final = 8 << 20  # a larger sheet is never held whole


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


VML: Final = Element("xml", "xml", None, {}, {})
VML.children.update(
    {
        ELEMENTS[label].name: ELEMENTS[label]
        for label in _words(
            """
    v:shape v:shapetype v:group v:rect v:roundrect v:oval v:line v:arc v:curve v:polyline v:image v:background
    o:shapelayout
    """
        )
    }
)
_REQUIRES: Final = Element("", "mc:AlternateContent", None)  # stands on the stack between a place and its choices
_FIELD_CHARACTER: Final = ELEMENTS["w:fldChar"]
_SIMPLE_FIELD: Final = ELEMENTS["w:fldSimple"]
_HIDDEN: Final = ELEMENTS["w:vanish"]
_RUN: Final = ELEMENTS["w:r"]
_SHOWN: Final = ELEMENTS["w:t"]
_W: Final = NAMESPACES["w"]
_OF_CELL: Final = ELEMENTS["x:f"]
_OF_MANY: Final = (ELEMENTS["x:sheetData"], ELEMENTS["x:sst"])
_CHARACTER_TYPE: Final = f"{_W} fldCharType"
_WATCHED: Final = frozenset({Kind.FORMULA, Kind.FIELD, Kind.PLAIN, Kind.QUIET, Kind.DATE, Kind.EMPTY, Kind.NO})


def references(part: Part, own: frozenset[str] = frozenset(), linking: set[str] | None = None) -> dict[str, set[str]]:
    """The ids that the part names, with what each may lead to. Raises Refused for a part that may not pass.

    `own` are functions that are names of this workbook. `linking` collects formulas of cells with a link whose address
    stands in another cell; without it none may.
    """
    walker = _Walker(part, own, linking)
    parser = quiet.new_parser(part.name)
    parser.ordered_attributes = True
    walker.line = lambda: parser.CurrentLineNumber
    parser.StartElementHandler = walker.start
    parser.EndElementHandler = walker.end
    parser.CharacterDataHandler = walker.text
    parser.StartNamespaceDeclHandler = walker.namespace
    root = part.row.roots[0] if len(part.row.roots) == 1 else ""
    if part.packed.size > _HELD and root in PARTS:
        quiet.parse_pieces(parser, left_of_the_many(part.packed.pieces(), root, walker.is_among, linking), part.name)
    else:
        quiet.parse(parser, without_the_many(part.data, root, linking), part.name)
    walker.finish()
    return walker.used


class _Walker:
    """What is open, and what was seen."""

    __slots__ = ("_formulas", "_hidden", "_linking", "_own", "_pieces", "_stack", "_story", "line", "part", "used")

    def __init__(self, part: Part, own: frozenset[str], linking: set[str] | None) -> None:
        self.part, self._own, self._linking = part, own, linking
        self.used: dict[str, set[str]] = {}
        self.line: Callable[[], int] = lambda: 0
        roots = {ELEMENTS[label].name: ELEMENTS[label] for label in part.row.roots if label != "vml"}
        if "vml" in part.row.roots:
            roots = {"xml": VML}
        self._stack = [Element("", "", None, {}, roots)]
        self._pieces: list[str] = []
        self._story = Story(self._refuse)
        self._formulas: set[str] = set()
        self._hidden = 0  # how deep the run stands whose text is not shown (OOXML-48)

    def _refuse(self, check: Check, what: str) -> NoReturn:
        raise Refused(check, f"{self.part.name}: {what[:160]} in line {self.line()}")

    def namespace(self, _prefix: str | None, address: str) -> None:
        """Only namespaces whose elements or attributes may stand here are named."""
        if address and address not in KNOWN_NAMESPACES and address != _MC:
            self._refuse(Check.XML, f"namespace {address}")

    def start(self, name: str, attributes: list[str]) -> None:
        """An element opens: in its place, with attributes of its own."""
        stack = self._stack
        place = stack[-1]
        element = place.children.get(name)
        if self._pieces:
            self._flush(place)
        if element is None:
            self._compatibility(name, attributes, place)
            return
        if len(stack) > _DEEPEST:
            self._refuse(Check.LIMITS, f"elements {_DEEPEST} deep")
        stack.append(element)
        if attributes:
            self._attributes(element, attributes)
        if element is _FIELD_CHARACTER:
            said = dict(zip(attributes[::2], attributes[1::2], strict=True))
            self._story.character(said.get(_CHARACTER_TYPE, ""))
        elif element is _HIDDEN and stack[-3] is _RUN and _is_on(attributes):
            self._hidden = len(stack) - 2

    def _attributes(self, element: Element, attributes: list[str]) -> None:
        kinds = element.attributes
        for at in range(0, len(attributes), 2):
            name, value = attributes[at], attributes[at + 1]
            kind = kinds.get(name)
            if kind is None:
                self._general(element, name, value)
                continue
            if kind is Kind.RELATION:
                if value or element.label not in values.MAY_LEAD_NOWHERE:
                    self.used.setdefault(value, set()).update(LEADS_TO.get(element.label, ())) if (
                        value not in self.used
                    ) else self.used[value].intersection_update(LEADS_TO.get(element.label, ()))
            elif kind is Kind.FORMULA:
                self._formula(value, element)
            elif kind is Kind.FIELD:
                self._story.simple(value)
            elif not values.holds(kind, value):
                check = Check.URL if kind in values.ABOUT_ADDRESSES else Check.XML
                self._refuse(check, f"{name.rpartition(' ')[2]} of {element.label}")

    def _general(self, element: Element, name: str, value: str) -> None:
        if name in _ANYWHERE:
            pattern = _ANYWHERE[name]
        elif name == _IGNORABLE and len(self._stack) == 2:
            pattern = _PREFIXES
        else:
            self._refuse(Check.XML, f"attribute {name.rpartition(' ')[2]} of {element.label}")
        if not pattern.fullmatch(value):
            self._refuse(Check.XML, f"{name.rpartition(' ')[2]} of {element.label}")

    def _compatibility(self, name: str, attributes: list[str], place: Element) -> None:
        """Alternate content is transparent: each branch is held to what may stand in its place (OOXML-12)."""
        stack = self._stack
        if name == _ALTERNATE and not attributes and len(stack) > 1 and place is not _REQUIRES:
            stack.append(_REQUIRES)
        elif place is _REQUIRES and (
            (
                name == _CHOICE
                and len(attributes) == 2
                and attributes[0] == "Requires"
                and _PREFIXES.fullmatch(attributes[1])
            )
            or (name == _FALLBACK and not attributes)
        ):
            stack.append(stack[-2])
        else:
            self._refuse(Check.XML, f"element {name.rpartition(' ')[2]} in {place.label or 'nothing'}")

    def text(self, data: str) -> None:
        """Text, kept until its element is known to end."""
        self._pieces.append(data)

    def _flush(self, element: Element) -> None:
        """Text before a child, or behind one: only white space."""
        data = "".join(self._pieces)
        self._pieces.clear()
        if not _BLANK.fullmatch(data):
            self._refuse(Check.XML, f"text in {element.label}")

    def end(self, _: str) -> None:
        """An element closes: its text is of its kind."""
        element = self._stack.pop()
        if element is _RUN and len(self._stack) < self._hidden:
            self._hidden = 0
        kind = element.text
        if kind is None:
            if self._pieces:
                self._flush(element)
            return
        pieces = self._pieces
        if kind is Kind.TEXT:
            if self._hidden and element is _SHOWN and pieces and not self._story.is_in_instruction:
                self._refuse(Check.XML, "hidden text")
            if self._story.is_in_instruction:
                self._story.add("".join(pieces))
            pieces.clear()
            return
        data = "".join(pieces)
        pieces.clear()
        if kind is Kind.FORMULA:
            self._formula(data, element)
        elif kind is Kind.FIELD:
            self._story.add(data)
        elif not values.holds(kind, data):
            self._refuse(Check.XML, f"text of {element.label}")

    def _formula(self, text: str, element: Element) -> None:
        if text and text not in self._formulas:
            linking = self._linking if element is _OF_CELL else None
            if not is_harmless(text, self._own, linking):
                self._refuse(Check.FORMULA, f"formula in {element.label}")
            if linking is None or text not in linking:  # elsewhere it is judged anew
                self._formulas.add(text)

    def is_among(self) -> bool:
        """Whether what was walked so far ends among rows of a sheet, or strings of a workbook."""
        return self._stack[-1] in _OF_MANY and not self._pieces

    def finish(self) -> None:
        """What is open at the end is judged as it stands."""
        self._story.finish()


def _is_choice(name: str, attributes: list[str]) -> bool:
    return name == _CHOICE and attributes[:-1] == ["Requires"] and bool(_PREFIXES.fullmatch(attributes[1]))


def _is_on(attributes: list[str]) -> bool:
    return not {"0", "false", "off"}.intersection(attributes)
