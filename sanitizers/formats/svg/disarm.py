"""Decisions about an SVG file: what the allow-list names is carried into the safe tree, the rest is told.

An element that may not pass goes with all that is in it. A link that may not stay is cut, its text remains.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from policies.terms import Action, Vector
from sanitizers.errors import MalformedError
from sanitizers.formats.svg import allow
from sanitizers.formats.svg.allow import ELEMENTS, Content
from sanitizers.formats.svg.attributes import Attributes
from sanitizers.formats.svg.bombs import require_bounded
from sanitizers.formats.svg.css import Css
from sanitizers.formats.svg.parse import Svg
from sanitizers.formats.svg.size import require_size
from sanitizers.formats.svg.vectors import (
    SVG_06,
    SVG_08,
    SVG_09,
    SVG_12,
    SVG_14,
    SVG_16,
    XML_04,
    XML_07,
    XML_09,
    XML_10,
    XML_12,
)
from sanitizers.formats.svg.words import words_of
from sanitizers.formats.svg.write import SafeElement
from sanitizers.parsers.xml import Element, Instruction
from sanitizers.sanitizer import Job

_BLOCKING: Final = frozenset((SVG_16, XML_07))
_KNOWN_DTD: Final = re.compile(r"(?:-//W3C//(?:DTD|ENTITIES) .*|)", re.DOTALL)
_W3C: Final = re.compile(r"https?://www\.w3\.org/[\w./-]*|")
_GENERATOR: Final = re.compile(allow.GENERATORS, re.IGNORECASE | re.DOTALL)
_INSTRUCTIONS: Final[dict[str, tuple[Vector, Action]]] = {
    "xml-stylesheet": (SVG_09, Action.REMOVE),
    "mso-application": (XML_09, Action.BLOCK),
    "mso-infoPathSolution": (XML_09, Action.BLOCK),
}


def disarm(tree: Svg, job: Job) -> SafeElement:
    """The safe tree. Raises BlockedError, LimitError (SVG-13), PurseError, MalformedError."""
    root = tree.xml.root
    if root.name != "svg" or root.namespace not in ("", allow.SVG_NAMESPACE):
        raise MalformedError("the root is no svg element")
    _tell_of_file(tree, job)
    carrier = _Carrier(job, root.namespace)
    safe = carrier.carry(root)
    carrier.tell()
    require_size(safe, job)
    require_bounded(safe)
    return safe


def _tell_of_file(tree: Svg, job: Job) -> None:
    """What stands around the root, and how the file was packed and written."""
    xml = tree.xml
    if tree.is_packed:
        job.found(SVG_14, "(file)", detail="gzip", at_least=Action.REWRITE)
    if xml.encoding not in ("utf-8", "ascii"):
        job.found(XML_10, "(file)", detail=xml.encoding, at_least=Action.REWRITE)
    if xml.doctype.is_there:
        if not (_KNOWN_DTD.fullmatch(xml.doctype.public) and _W3C.fullmatch(xml.doctype.system)):
            job.found(XML_04, "DOCTYPE", at_least=Action.BLOCK)
        job.found(XML_12, "DOCTYPE", detail="a document type", at_least=Action.REMOVE)
    if xml.doctype.expanded:
        detail = "literal text, written out"
        job.found(SVG_08, "DOCTYPE", detail=detail, count=xml.doctype.expanded, at_least=Action.REWRITE)
    if xml.comments:
        job.found(XML_12, "(file)", detail="comments", count=xml.comments, at_least=Action.REMOVE)
    for instruction in xml.outside:
        _tell_instruction(instruction, job)


def _tell_instruction(instruction: Instruction, job: Job) -> None:
    found, least = _INSTRUCTIONS.get(instruction.target, (XML_12, Action.REMOVE))
    job.found(found, "processing instruction", at_least=least)


@dataclass(slots=True)
class _Open:
    """An element whose inside is being carried."""

    name: str
    attributes: tuple[tuple[str, str], ...]
    content: Content
    waiting: Iterator[Element | Instruction | str]
    source: Element
    children: list[SafeElement | str] = field(default_factory=list)


class _Carrier:
    """Walks one file with a stack of its own: the input decides the depth."""

    def __init__(self, job: Job, namespace: str) -> None:
        self._job = job
        self._namespace = namespace
        self._counts: Counter[tuple[Vector, str]] = Counter()
        self._css = Css(self._note)
        self._attributes = Attributes(job, self._css, self._note)

    def carry(self, root: Element) -> SafeElement:
        """The safe copy of a whole tree."""
        first = self._opened(root, Content.SPACE)
        assert first is not None
        stack = [first]
        while True:
            top = stack[-1]
            item = next(top.waiting, None)
            if item is None:
                safe = self._closed(stack.pop())
                if not stack:
                    assert safe is not None
                    return safe
                if safe is not None:
                    stack[-1].children.append(safe)
            elif isinstance(item, str):
                self._carry_text(item, top)
            elif isinstance(item, Instruction):
                _tell_instruction(item, self._job)
            elif (inner := self._opened(item, top.content)) is not None:
                stack.append(inner)
            elif (words := self._words(item, top)) is not None:
                top.children.append(words)

    def tell(self) -> None:
        """What was counted on the way, each as one finding."""
        for (vector, detail), count in self._counts.items():
            least = Action.REWRITE if vector is SVG_06 else Action.REMOVE
            self._job.found(vector, "(file)", detail=detail, count=count, at_least=least)

    def _note(self, vector: Vector, detail: str) -> None:
        self._counts[vector, detail] += 1

    # --- elements -----------------------------------------------------------------------------------------------

    def _opened(self, element: Element, around: Content) -> _Open | None:
        """An element that may pass, to be filled; None for one that may not."""
        row = ELEMENTS.get(element.name) if element.namespace == self._namespace else None
        if row is None or around in (Content.WORDS, Content.SHEET):
            self._refuse(element)
            return None
        if any(name == "requiredExtensions" and value.strip() for _, name, value in element.attributes):
            self._note(SVG_12, "elements for other programs")  # SVG 2, 5.7.3: no viewer draws them
            return None
        if element.name == "style" and not _is_in_use(element):
            self._note(SVG_06, "a style sheet that is no CSS, or not for this")
            return None
        attributes = self._attributes.carry(element)
        name, content = element.name, row.kind
        if name == "a":
            content = around
            if not any(key in ("href", "xlink:href") for key, _ in attributes):
                name = "tspan" if around is Content.TEXT else "g"
        return _Open(name, attributes, content, iter(element.children), element)

    def _words(self, element: Element, top: _Open) -> SafeElement | None:
        """The label of a foreignObject that may not pass, where the drawing has no other way to show it."""
        if element.name != "foreignObject" or element.namespace != self._namespace or top.content is not Content.SPACE:
            return None
        siblings = top.source.children if top.name == "switch" else ()
        if any(isinstance(other, Element) and other is not element for other in siblings):
            return None
        return words_of(element, self._css.value)

    def _refuse(self, element: Element) -> None:
        lower = element.name.lower()
        vector = allow.REFUSED_ELEMENTS.get(lower) or allow.REFUSED_NAMESPACES.get(element.namespace)
        if vector is None:
            foreign = element.namespace != self._namespace or lower == "metadata"
            self._note(allow.ELEMENT_ELSE, "elements of editors, metadata" if foreign else "unknown elements")
            return
        least = Action.BLOCK if vector in _BLOCKING else Action.REMOVE
        where = f"{lower if lower in allow.REFUSED_ELEMENTS else 'element'} {element.number}"
        self._job.found(vector, where, at_least=least)

    def _closed(self, done: _Open) -> SafeElement | None:
        children = done.children
        if done.content is Content.SHEET:
            sheet = self._css.sheet("".join(child for child in children if isinstance(child, str)))
            if not sheet:
                return None
            children = [sheet]
        elif done.content is Content.WORDS:
            words = "".join(child for child in children if isinstance(child, str))
            if _GENERATOR.fullmatch(words):
                self._note(SVG_12, "titles of editors")
                return None
        return SafeElement(done.name, done.attributes, tuple(children))

    # --- text ---------------------------------------------------------------------------------------------------

    def _carry_text(self, text: str, top: _Open) -> None:
        """Text that is drawn stays as it is; between other elements, a new line stands for any space."""
        children = top.children
        if top.content is Content.SPACE:
            if text.strip(" \t\r\n"):
                self._note(SVG_12, "text where none is drawn")
            if "\n" in text and not (children and isinstance(children[-1], str)):
                children.append("\n")
        else:
            children.append(text)


def _is_in_use(sheet: Element) -> bool:
    """Whether a style element holds CSS, for media on which drawings are looked at."""
    said = {name: value.strip().lower() for space, name, value in sheet.attributes if not space}
    return said.get("type", "") in ("", "text/css") and said.get("media", "") in ("", *allow.MEDIA)
