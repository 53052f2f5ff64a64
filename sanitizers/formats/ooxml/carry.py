"""The carrying engine: from the tree of a part as it came to the text of a new part, by the schema alone.

Every name that is written comes from the schema's tables, never from the source; every value is checked by its kind.
One loop with a stack, so that no nesting costs more than its elements.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum, auto
from typing import Final

from lxml import etree

from policies.terms import Vector
from sanitizers.formats.ooxml import refused, tags
from sanitizers.formats.ooxml.rules import DROP, UNWRAP, Edit
from sanitizers.formats.ooxml.scene import Scene
from sanitizers.formats.ooxml.schema import (
    ATTRIBUTES_KNOWN,
    ELEMENTS,
    EXTENSIONS,
    NAMESPACES,
    PREFIXES,
    Attribute,
    Element,
)
from sanitizers.formats.ooxml.vectors import OOXML_13, OOXML_58

MC: Final = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_ALTERNATE: Final = MC + "AlternateContent"
_CHOICE: Final = MC + "Choice"
_FALLBACK: Final = MC + "Fallback"
_IGNORABLE: Final = MC + "Ignorable"
_SPACE: Final = "{http://www.w3.org/XML/1998/namespace}space"
_MC_LOCAL: Final = MC[1:-1]

STRICT_DRAWING: Final = "http://purl.oclc.org/ooxml/drawingml/"
DRAWING: Final = "http://schemas.openxmlformats.org/drawingml/2006/"

Children = Mapping[str, Element]

_ATTRIBUTE_ESCAPES: Final = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}
)
_TEXT_ESCAPES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})


def escaped(text: str) -> str:
    """Text as it is written between tags."""
    return text.translate(_TEXT_ESCAPES)


def quoted(text: str) -> str:
    """A value as it is written in double quotes."""
    return text.translate(_ATTRIBUTE_ESCAPES)


class _Sort(Enum):
    """What is done when an open element ends."""

    PLAIN = auto()
    OPTIONAL = auto()  # taken back when nothing was carried into it
    ALTERNATE = auto()  # mc:AlternateContent: its shell goes where no Choice is left
    CHOICE = auto()
    FALLBACK = auto()


class _Frame:
    """An element that is open: what is still to come of it, and what is written when it ends."""

    __slots__ = ("around", "before", "children", "close", "has_choice", "kids", "mark", "shell", "sort")

    def __init__(
        self,
        kids: Iterator[etree._Element],
        children: Children,
        close: str,
        sort: _Sort = _Sort.PLAIN,
        mark: int = 0,
        around: "_Frame | None" = None,
    ) -> None:
        self.kids, self.children, self.close, self.sort = kids, children, close, sort
        self.mark = mark  # where its own opening stands in the output
        self.around = around  # of a Choice or Fallback: its AlternateContent
        self.before: frozenset[str] | None = None  # prefixes in use before it, for what may be taken back
        self.has_choice = False
        self.shell: tuple[int, ...] = ()  # of an AlternateContent: where its Fallback begins and ends


class Carrier:
    """One part while it is carried."""

    def __init__(self, scene: Scene, edits: Mapping[str, Edit]) -> None:
        self._scene, self._edits = scene, edits
        self._out: list[str] = []
        self.prefixes: set[str] = set()
        self._ignorable: set[str] = set()
        self.lost: Counter[tuple[Vector, str]] = Counter()

    def carry(self, root: etree._Element, element: Element) -> str:
        """The text of the new part, without a declaration. `element` is what its root must be."""
        out = self._out
        out.append("")  # the root's opening tag, once its namespaces are known
        attributes = self.attributes(root.attrib.items(), root.nsmap, element)
        self.prefixes.add(element.prefix)
        content = element.type.content
        if content == "text":
            out.append(escaped(root.text or ""))
        if content == "mixed":
            self._walk(_Frame(iter(root), element.type.children, ""))  # its end is written here
        else:
            tags.carry(root, element.type.children, self._edits, self._scene.kind, out, self)
        out[0] = element.open + self._declarations() + attributes + ">"
        out.append(element.close)
        for (vector, name), count in self.lost.items():
            self._scene.found(vector, name, count=count)
        return "".join(out)

    def carry_one(self, element: etree._Element, children: Children) -> None:
        """Carry an element where these may stand."""
        self._walk(_Frame(iter((element,)), children, ""))

    def lose(self, vector: Vector, tag: str) -> None:
        """Something is left out."""
        self._lose(vector, _shown(tag))

    def _walk(self, frame: _Frame) -> None:
        out, edits, prefixes = self._out, self._edits, self.prefixes
        stack: list[_Frame] = []
        while True:
            element = next(frame.kids, None)
            if element is None:
                self._end(frame)
                if not stack:
                    return
                frame = stack.pop()
                continue
            tag = element.tag
            known = frame.children.get(tag)
            if known is None:
                inner = self._unknown(element, tag, frame)
                if inner is not None:
                    stack.append(frame)
                    frame = inner
                continue
            if tag in refused.ELEMENTS:
                self._lose(refused.ELEMENTS[tag], _shown(tag))
                continue
            edit = edits.get(tag)
            if edit is not None:
                answer = edit(element, self._scene)
                if answer is DROP:
                    continue
                if answer is UNWRAP:
                    stack.append(frame)
                    frame = _Frame(iter(element), frame.children, "")
                    continue
                if answer is not None:
                    self._carry_unedited(answer, frame.children)
                    continue
            inner = self._open(element, known, out, prefixes)
            if inner is not None:
                stack.append(frame)
                frame = inner

    def _carry_unedited(self, elements: Iterable[etree._Element], children: Children) -> None:
        """What an edit gave in its element's place: these elements are not edited again, those in them are."""
        for element in elements:
            known = children.get(element.tag)
            if known is None or element.tag in refused.ELEMENTS:
                self._lose(OOXML_58, _shown(element.tag))
                continue
            inner = self._open(element, known, self._out, self.prefixes)
            if inner is not None:
                self._walk(inner)

    def _open(self, element: etree._Element, known: Element, out: list[str], prefixes: set[str]) -> _Frame | None:
        """Write an element's start; what is still to come of it, if anything is."""
        type_ = known.type
        content = type_.content
        sort = _Sort.OPTIONAL if content == "any" or known.name.endswith("extLst") else _Sort.PLAIN
        before = None
        if sort is _Sort.OPTIONAL:
            if not len(element):
                return None
            before = frozenset(prefixes)
        prefixes.add(known.prefix)
        attributes = self.attributes(element.attrib.items(), element.nsmap, known) if element.attrib else ""
        if content == "text":
            text = element.text
            if len(element):
                text = "".join(element.itertext())
            out.append(
                f"{known.open}{attributes}>{escaped(text)}{known.close}" if text else f"{known.open}{attributes}/>"
            )
            return None
        children: Children = type_.children
        if content == "any":
            uri = element.get("uri", "").replace(STRICT_DRAWING, DRAWING)
            found = EXTENSIONS.get(uri)
            if found is None:
                self._lose(refused.EXTENSIONS.get(uri, OOXML_13), known.name)
                prefixes.intersection_update(before or ())
                return None
            children, attributes = found, f' uri="{quoted(uri)}"'
        if not len(element) and content != "mixed":
            out.append(f"{known.open}{attributes}/>")
            return None
        out.append(f"{known.open}{attributes}>")
        kids = self._mixed(element) if content == "mixed" else iter(element)
        frame = _Frame(kids, children, known.close, sort, len(out) - 1)
        frame.before = before
        return frame

    def _mixed(self, element: etree._Element) -> Iterator[etree._Element]:
        """The children of an element whose text stands between them; the text is written on the way."""
        if element.text:
            self._out.append(escaped(element.text))
        for child in element:
            yield child
            if child.tail:
                self._out.append(escaped(child.tail))

    def _end(self, frame: _Frame) -> None:
        """Write an element's end, or take back what was empty without its content."""
        out, sort = self._out, frame.sort
        if not frame.close:
            return
        is_empty = all(not out[place] for place in range(frame.mark + 1, len(out)))
        if sort is _Sort.PLAIN:
            if is_empty:
                del out[frame.mark + 1 :]
                out[-1] = out[-1][:-1] + "/>"
            else:
                out.append(frame.close)
            return
        if is_empty:
            del out[frame.mark :]
            assert frame.before is not None
            self.prefixes.intersection_update(frame.before)
            return
        if sort is _Sort.ALTERNATE:
            if not frame.has_choice:  # what is left is the Fallback: its content stands alone
                for place in (frame.mark, *frame.shell):
                    out[place] = ""
                return
            self.prefixes.add("mc")
        elif frame.around is not None:
            frame.around.has_choice |= sort is _Sort.CHOICE
            if sort is _Sort.FALLBACK:
                frame.around.shell = (frame.mark, len(out))
        out.append(frame.close)

    def attributes(self, pairs: Iterable[tuple[str, str]], nsmap: Mapping[str | None, str], known: Element) -> str:
        """The attributes of an element as they are written; what may not stand is lost."""
        written = ""
        allowed = known.type.attributes
        for name, value in pairs:
            attribute = allowed.get(name)
            if attribute is None:
                self._foreign(nsmap, name, value, known)
                continue
            text = attribute.known.get(value)
            if text is None or attribute.is_relation:
                text = self._new_value(attribute, name, value, known)
            if attribute.prefix and text:
                self.prefixes.add(attribute.prefix)
            written += text
        return written

    def _new_value(self, attribute: Attribute, name: str, value: str, known: Element) -> str:
        if name in refused.ATTRIBUTES:
            if name in refused.CARRIED_IN.get(self._scene.kind, ()) and attribute.accepts(value):
                return f' {attribute.name}="{quoted(value)}"'  # not remembered: other parts may not have it
            if value:
                self._lose(refused.ATTRIBUTES[name], f"{known.name}/@{attribute.name}")
            return ""
        if attribute.is_relation:
            new = self._scene.relate(value) if value else ""  # empty: a link that has an action alone
            return "" if new is None else f' {attribute.name}="{new}"'
        if not attribute.accepts(value):
            self._lose(OOXML_58, f"{known.name}/@{attribute.name}")
            return ""
        text = f' {attribute.name}="{quoted(value)}"'
        if len(attribute.known) < ATTRIBUTES_KNOWN and len(value) < 100:
            attribute.known[value] = text
        return text

    def _foreign(self, nsmap: Mapping[str | None, str], name: str, value: str, known: Element) -> None:
        if name == _IGNORABLE:
            self._ignorable.update(PREFIXES.get(nsmap.get(word, ""), "") for word in value.split())
        elif not name.startswith(MC) and name != _SPACE:
            self._lose(refused.ATTRIBUTES.get(name, OOXML_13), f"{known.name}/@{_shown(name)}")

    def _unknown(self, element: etree._Element, tag: str, frame: _Frame) -> _Frame | None:
        """An element that may not stand here: mark-up compatibility is followed, everything else is left out."""
        if tag == _ALTERNATE:
            close = "</mc:AlternateContent>"
            inner = _Frame(iter(element), frame.children, close, _Sort.ALTERNATE, len(self._out))
            inner.before = frozenset(self.prefixes)
            self._out.append("<mc:AlternateContent>")
            return inner
        if tag in (_CHOICE, _FALLBACK) and frame.sort is _Sort.ALTERNATE:
            return self._side(element, tag, frame)
        if tag in refused.UNWRAPPED:
            self._lose(refused.UNWRAPPED[tag], _shown(tag))
            return _Frame(iter(element), frame.children, "")
        if tag in refused.ELEMENTS:
            self._lose(refused.ELEMENTS[tag], _shown(tag))
        else:
            self._lose(OOXML_58 if tag in ELEMENTS else OOXML_13, _shown(tag))
        return None

    def _side(self, element: etree._Element, tag: str, frame: _Frame) -> _Frame | None:
        if tag == _FALLBACK:
            asked = []
            opening, close, sort = "<mc:Fallback>", "</mc:Fallback>", _Sort.FALLBACK
        else:
            nsmap = element.nsmap
            asked = [PREFIXES.get(nsmap.get(word, ""), "") for word in element.get("Requires", "").split()]
            if not asked or not all(asked):
                self._lose(OOXML_13, "mc:Choice")
                return None
            opening, close, sort = f'<mc:Choice Requires="{" ".join(asked)}">', "</mc:Choice>", _Sort.CHOICE
        inner = _Frame(iter(element), frame.children, close, sort, len(self._out), frame)
        inner.before = frozenset(self.prefixes)
        self.prefixes.update(asked)
        self._out.append(opening)
        return inner

    def _lose(self, vector: Vector, name: str) -> None:
        self.lost[vector, name] += 1

    def _declarations(self) -> str:
        ignorable = sorted((self._ignorable & self.prefixes) - {""})
        if ignorable:
            self.prefixes.add("mc")
        named = sorted(self.prefixes - {"", "-", "xml"})
        default = f' xmlns="{NAMESPACES["x"]}"' if "" in self.prefixes else ""
        written = default + "".join(f' xmlns:{prefix}="{NAMESPACES[prefix]}"' for prefix in named)
        return written + (f' mc:Ignorable="{" ".join(ignorable)}"' if ignorable else "")


def _shown(tag: str) -> str:
    """A name for a finding: with our own prefix, or without its namespace."""
    namespace, brace, local = tag.rpartition("}")
    prefix = PREFIXES.get(namespace[1:], "?") if brace else ""
    return f"{prefix}:{local}"[:80] if prefix else local[:80]
