"""The short way of the carrying engine: each distinct tag of a part is judged once, and then known by its text.

A document repeats itself: of 30,000 tags a few hundred are distinct. The tree is written out again by its library, cut
at its tags, and each is looked up among those that were judged in the same place before, in any file: what becomes of
a tag depends on its text, its place and the tables alone. What a text alone does not tell, the elements in LONG and
those that a room edits, goes the long way, element by element (`carry.Carrier`).

Both ways give the same text: `tests/sanitizers/ooxml/test_tags.py` holds them to each other.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, Protocol

from lxml import etree

from policies.terms import Vector
from sanitizers.formats.ooxml import refused
from sanitizers.formats.ooxml.schema import ELEMENTS, NAMESPACES, PREFIXES, TYPES, Element
from sanitizers.formats.ooxml.vectors import OOXML_13, OOXML_58

MC: Final = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
Children = Mapping[str, Element]
Losses = Mapping[tuple[Vector, str], int]

MAX_KNOWN: Final = 50_000  # tags that are remembered from file to file
MAX_TAG_CHARS: Final = 400
_DECLARED: Final = re.compile(r'\sxmlns(?::[^\s="]+)?="')
_ESCAPE: Final = re.compile(r"&(?:#(\d+)|(lt|gt|amp|quot));")
_ESCAPED: Final = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_TOP: Final = {
    prefix: namespace for prefix, namespace in NAMESPACES.items() if namespace and prefix not in ("x", "xml")
}


def _long_tags() -> frozenset[str]:
    """Elements that need more than their tag's text: relationships, extensions, alternatives, mixed content."""
    found = {MC + "AlternateContent", MC + "Choice", MC + "Fallback"}
    for type_ in TYPES.values():
        for tag, child in type_.children.items():
            inner = child.type
            needs_more = inner.content in ("any", "mixed") or child.name.endswith("extLst")
            if needs_more or any(attribute.is_relation for attribute in inner.attributes.values()):
                found.add(tag)
    return frozenset(found)


LONG: Final = _long_tags()


class LongWay(Protocol):
    """What is asked of the carrying engine."""

    lost: Counter[tuple[Vector, str]]  # where it counts what it leaves out
    prefixes: set[str]  # where it notes the prefixes that are written

    def attributes(self, pairs: Iterable[tuple[str, str]], nsmap: Mapping[str | None, str], known: Element) -> str:
        """The attributes of an element as they are written."""
        ...

    def carry_one(self, element: etree._Element, children: Children) -> None:
        """Carry an element where these may stand."""
        ...

    def lose(self, vector: Vector, tag: str) -> None:
        """Something is left out."""
        ...


class _Place(dict[str, "Known"]):
    """Where tags stand: those that were met there, and what may stand there."""

    def __init__(self, children: Children, is_text: bool) -> None:
        super().__init__()
        self.children, self.is_text = children, is_text


class Known:
    """A tag that was judged: what is written for it, and what its content is."""

    __slots__ = ("close", "inner", "losses", "open", "prefixes")

    def __init__(self, open_: str = "", close: str = "", inner: _Place | None = None) -> None:
        self.open, self.close, self.inner = open_, close, inner
        self.losses: Losses = {}
        self.prefixes: frozenset[str] = frozenset()


_END: Final = Known()
_LONG: Final = Known()
_SKIP: Final = "skip"  # in the place of `close`: it goes with all it holds


class _Memory:
    """Tags that were judged, by their places. One that is shared holds what is the same in every part."""

    def __init__(self, long: frozenset[str]) -> None:
        self.long = long
        self.text = _Place({}, True)
        self.tags: dict[str, str] = {}  # names as they are written, and what they mean
        self.attributes: dict[str, str] = {}
        self.size = 0
        self._places: dict[int, _Place] = {}

    def place(self, children: Children) -> _Place:
        """The place where these may stand."""
        found = self._places.get(id(children))
        if found is None:
            found = self._places[id(children)] = _Place(children, False)
        return found


_SHARED: Final[dict[frozenset[str], _Memory]] = {}


def _memory(nsmap: Mapping[str | None, str], edited: Iterable[str], kind: str) -> _Memory:
    """The memory for a part: the shared one where its prefixes mean what they mean in our tables."""
    long = LONG.union(edited)
    usual = kind not in refused.CARRIED_IN and all(
        NAMESPACES.get(prefix or "x") == namespace if (prefix or "x") in NAMESPACES else namespace not in PREFIXES
        for prefix, namespace in nsmap.items()
    )
    if not usual:
        return _Memory(long)
    found = _SHARED.get(long)
    if found is None or found.size > MAX_KNOWN:
        found = _SHARED[long] = _Memory(long)
    return found


def carry(
    root: etree._Element, children: Children, edited: Iterable[str], kind: str, out: list[str], way: LongWay
) -> None:
    """Write all that stands in `root`, a part of this kind; what is left out is counted in `way.lost`."""
    kept = [prefix for prefix in root.nsmap if prefix]
    etree.cleanup_namespaces(root, top_nsmap=_TOP, keep_ns_prefixes=kept)
    text = etree.tostring(root, encoding="unicode", with_tail=False)
    if _DECLARED.search(text, text.find(">")):  # a prefix may mean something else further in
        for element in root:
            way.carry_one(element, children)
        return
    _Walk(root, _memory(root.nsmap, edited, kind), out, way).go(text, children)


class _Walk:
    """One part."""

    def __init__(self, root: etree._Element, memory: _Memory, out: list[str], way: LongWay) -> None:
        self._root, self._memory, self._out, self._way = root, memory, out, way
        self._nsmap = root.nsmap
        self._lost, self._prefixes = way.lost, way.prefixes
        self._lossy: Counter[Known] = Counter()
        self._met: set[Known] = set()

    def go(self, text: str, children: Children) -> None:
        """Carry what stands in the root."""
        root = self._root
        elements = iter([element for element in root.iter(*self._memory.long) if element is not root])
        pieces = _pieces(text)
        body, _ = next(pieces)
        if body[-1] != "/":
            self._walk(pieces, elements, self._memory.place(children))
        self._way.lost, self._way.prefixes = lost, _ = self._lost, self._prefixes
        self._prefixes.update(*(known.prefixes for known in self._met))
        for known, count in self._lossy.items():
            for loss, times in known.losses.items():
                lost[loss] += count * times

    def _walk(self, pieces: Iterator[tuple[str, str]], elements: Iterator[etree._Element], place: _Place) -> None:
        out, lossy, meet = self._out, self._lossy, self._met.add
        append = out.append
        stack: list[tuple[_Place, int, str]] = []
        get = place.get
        for body, tail in pieces:
            known = get(body)
            if known is None:
                known = self._judged(body, place)
            if known is _END:
                if not stack:
                    return
                place, mark, close = stack.pop()
                get = place.get
                if close:
                    if len(out) == mark or not (out[mark] or any(out[mark:])):
                        del out[mark:]
                        out[-1] = out[-1][:-1] + "/>"
                    else:
                        append(close)
            elif known.inner is not None:
                meet(known)
                if known.losses:
                    lossy[known] += 1
                if known.open:
                    append(known.open)
                stack.append((place, len(out), known.close))
                place = known.inner
                get = place.get
            elif known is _LONG:
                self._long_way(body, pieces, elements, place)
            else:
                meet(known)
                if known.losses:
                    lossy[known] += 1
                if known.close is _SKIP:
                    self._skip(body, pieces, elements)
                else:
                    append(known.open)
            if tail and place.is_text:
                append(tail)

    def _long_way(
        self, body: str, pieces: Iterator[tuple[str, str]], elements: Iterator[etree._Element], place: _Place
    ) -> None:
        element = next(elements)
        if body[-1] != "/":
            self._skip_to_end(pieces, elements)
        self._way.lost, self._way.prefixes = self._lost, self._prefixes
        self._way.carry_one(element, place.children)

    def _skip(self, body: str, pieces: Iterator[tuple[str, str]], elements: Iterator[etree._Element]) -> None:
        if body[-1] != "/":
            self._skip_to_end(pieces, elements)

    def _skip_to_end(self, pieces: Iterator[tuple[str, str]], elements: Iterator[etree._Element]) -> None:
        """Pass over the rest of an element, and over the long ones in it."""
        depth = 1
        for body, _ in pieces:
            if body[0] == "/":
                depth -= 1
                if not depth:
                    return
                continue
            depth += body[-1] != "/"
            if self._tag(body.partition(" ")[0]) in self._memory.long:
                next(elements)

    # --- judging a tag ------------------------------------------------------------------------------------------

    def _judged(self, body: str, place: _Place) -> Known:
        known = self._judgement(body, place)
        self._memory.size += 1
        if self._memory.size < 2 * MAX_KNOWN and len(body) < MAX_TAG_CHARS:
            place[body] = known
        return known

    def _judgement(self, body: str, place: _Place) -> Known:
        if body[0] == "/":
            return _END
        name, _, rest = body.partition(" ")
        tag = self._tag(name)
        if tag in self._memory.long:
            return _LONG
        if place.is_text:  # its text is carried, the element is not
            return Known(inner=place) if body[-1] != "/" else Known()
        way = self._way
        lost: Counter[tuple[Vector, str]] = Counter()
        prefixes: set[str] = set()
        way.lost, way.prefixes = lost, prefixes
        known = self._known(body[-1] == "/", tag, rest, place)
        known.losses, known.prefixes = lost, frozenset(prefixes)
        return known

    def _known(self, is_empty: bool, tag: str, rest: str, place: _Place) -> Known:
        way, memory = self._way, self._memory
        element = place.children.get(tag)
        if element is None or tag in refused.ELEMENTS:
            if tag in refused.UNWRAPPED:
                way.lose(refused.UNWRAPPED[tag], tag)
                return Known() if is_empty else Known(inner=place)
            way.lose(refused.ELEMENTS.get(tag, OOXML_58 if tag in ELEMENTS else OOXML_13), tag)
            return Known(close=_SKIP)
        way.prefixes.add(element.prefix)
        attributes = way.attributes(self._pairs(rest), self._nsmap, element) if len(rest) > 1 else ""
        if is_empty:
            return Known(f"{element.open}{attributes}/>")
        inner = memory.text if element.type.content == "text" else memory.place(element.type.children)
        return Known(f"{element.open}{attributes}>", element.close, inner)

    def _pairs(self, text: str) -> list[tuple[str, str]]:
        """The attributes in a tag, which are written as name="value" with one blank between."""
        pieces = text.split('"')
        names, found = self._memory.attributes, []
        for place in range(0, len(pieces) - 1, 2):
            written, value = pieces[place], pieces[place + 1]
            name = names.get(written)
            if name is None:
                name = names[written] = self._clark(written.strip()[:-1], "")
            found.append((name, value if "&" not in value else _plain(value)))
        return found

    def _tag(self, written: str) -> str:
        name = self._memory.tags.get(written)
        if name is None:
            name = self._memory.tags[written] = self._clark(written.removesuffix("/"))
        return name

    def _clark(self, name: str, default: str | None = None) -> str:
        prefix, _, local = name.rpartition(":")
        if prefix == "xml":
            return "{http://www.w3.org/XML/1998/namespace}" + local
        namespace = self._nsmap.get(prefix) if prefix else self._nsmap.get(None, "") if default is None else default
        return f"{{{namespace}}}{local}" if namespace else local


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    """Each tag without its brackets, and the text behind it. As lxml writes: neither bracket stands in any value."""
    pieces = iter(text.replace(">", "<").split("<")[1:])
    return zip(pieces, pieces, strict=True)


def _plain(value: str) -> str:
    """A value as it was before the library escaped it."""
    if "&" not in value:
        return value
    return _ESCAPE.sub(lambda found: chr(int(found[1])) if found[1] else _ESCAPED[found[2]], value)
