"""The carrying engine: from the tree of a part as it came to the text of a new part, by the schema alone.

Every name that is written comes from the schema's tables, never from the source; every value is checked by its kind.

The tree is written out once by the library, in its one canonical form, and that text is taken tag by tag. What becomes
of a tag depends on the tag's own text and on the element that it stands in, so that each is judged once and remembered:
a part of a hundred thousand tags has a few hundred different ones.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from lxml import etree

from policies.terms import Vector
from sanitizers.errors import LimitError
from sanitizers.formats.ooxml import refused
from sanitizers.formats.ooxml.edit import apply_edits
from sanitizers.formats.ooxml.leads import LEADS, may_lead
from sanitizers.formats.ooxml.rules import Edit
from sanitizers.formats.ooxml.scene import Scene
from sanitizers.formats.ooxml.schema import (
    ATTRIBUTES_KNOWN,
    ELEMENTS,
    EXTENSIONS,
    NAMESPACES,
    PREFIXES,
    Attribute,
    Element,
    extension,
)
from sanitizers.formats.ooxml.tags import SIDES, Children, Does, Memory, Names, Place, Sort, Tag, memory_of
from sanitizers.formats.ooxml.vectors import OOXML_13, OOXML_58

MC: Final = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
MAX_REMEMBERED: Final = 50_000  # different tags of one part
MAX_DEPTH: Final = 256  # as the library has it

_ALTERNATE: Final = MC + "AlternateContent"
_CHOICE: Final = MC + "Choice"
_FALLBACK: Final = MC + "Fallback"
_XML: Final = "http://www.w3.org/XML/1998/namespace"
_SPACE: Final = f"{{{_XML}}}space"
_STRICT_DRAWING: Final = "http://purl.oclc.org/ooxml/drawingml/"
_DRAWING: Final = "http://schemas.openxmlformats.org/drawingml/2006/"

# The library writes "<", ">" and "&" as references wherever they are not mark-up, and values in double quotes.
_ATTRIBUTE: Final = re.compile(r'([^\s=]+)="([^"]*)"')
_REFERENCE: Final = re.compile(r"&(?:#(\d+)|#x([0-9A-Fa-f]+)|(lt|gt|amp|quot|apos));")
_NAMED: Final = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'"}

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


_Open = tuple[Place, str, Sort, int]  # an element that is open: the place around it, its end, its sort, how much
# was written when its content began


class _Shell:
    """An mc:AlternateContent that is open: whether a Choice stayed, and where its Fallback is."""

    __slots__ = ("fallback", "has_choice")

    def __init__(self) -> None:
        self.has_choice = False
        self.fallback: tuple[int, int] | None = None


class Carrier:
    """One part (or one element) while it is carried."""

    def __init__(self, scene: Scene, edits: Mapping[str, Edit]) -> None:
        self._scene, self._edits = scene, edits
        self._out: list[str] = []
        self._memory = Memory()
        self._own: dict[tuple[Place, str], Tag] = {}  # tags that name a relationship: of this part alone
        self._is_own = False  # the tag that is judged now
        self._lost: Counter[tuple[Vector, str]] = Counter()
        self._shells: list[_Shell] = []
        self._remembered = 0

    def carry(self, root: etree._Element, element: Element) -> str:
        """The text of the new part, without a declaration. `element` is what its root must be."""
        if self._edits:
            apply_edits(root, self._edits, self._scene)
        pieces = etree.tostring(root, encoding="unicode", with_tail=False).replace(">", "<").split("<")
        return self.carry_pieces(pieces, element, asks_declared=_asks_declared(root))

    def carry_pieces(self, pieces: list[str], element: Element, *, asks_declared: bool = True) -> str:
        """The text of the new part from that of the source as tag, text behind it, tag …, with an empty text first.

        One list of texts, for pairs by the ten thousand keep the garbage collector busy.
        """
        names, attributes, _ = self._start(Names({}, self._memory), pieces[1])
        ignorable = self._ignorable(names, attributes)
        if self._scene.kind not in refused.CARRIED_IN and asks_declared:
            self._memory = memory_of(element.prefix)
            names = self._memory.names(names.by_prefix)
        losses: list[tuple[Vector, str]] = []
        written, prefixes = self._attributes(element, names, attributes, losses)
        self._lost.update(losses)
        place = names.place(element.type.children, element.type.content)
        if not pieces[1].endswith("/"):
            if place.has_text and pieces[2]:
                self._out.append(pieces[2])
            self._walk(place, pieces[3:-2])
        used = {element.prefix, *prefixes}
        for piece in set(self._out):
            used.update(self._memory.prefixes.get(piece, ()))
        for (vector, name), count in self._lost.items():
            self._scene.found(vector, name, count=count)
        start = element.open + _declarations(used, ignorable) + written
        return f"{start}>{''.join(self._out)}{element.close}"  # never short: writers put what is theirs in between

    def _walk(self, place: Place, pieces: list[str]) -> None:
        """Every tag between the root's own two. The one hot loop: what it needs of a tag, it takes in one go."""
        out, lost = self._out, self._lost
        stack: list[_Open] = []
        known, leaves, has_text = place.known, place.leaves, place.has_text
        plain, opening = Sort.PLAIN, Does.OPEN
        pairs = iter(pieces)
        for raw, text in zip(pairs, pairs, strict=True):
            leaf = leaves.get(raw)
            if leaf is not None:
                out.append(leaf)
            elif raw[0] == "/":
                place, close, sort, mark = stack.pop()
                if sort is plain and len(out) > mark:
                    out.append(close)
                else:
                    self._end(close, sort, mark)
                known, leaves, has_text = place.known, place.leaves, place.has_text
            else:
                does, piece, inside, close, sort, losses = known.get(raw) or self._learn(place, raw)
                if piece:
                    out.append(piece)
                if does is opening:
                    if sort is not plain:
                        self._begin(sort)
                    stack.append((place, close, sort, len(out)))
                    if len(stack) > MAX_DEPTH:
                        raise LimitError("nested too deep")
                    place = inside
                    known, leaves, has_text = place.known, place.leaves, place.has_text
                if losses:
                    lost.update(losses)
            if has_text and text and (place.says is None or self._says(place, text)):
                out.append(text)

    def _says(self, place: Place, raw: str) -> bool:
        """Whether a text is what may be said in its place; told, where it is not."""
        assert place.says is not None
        if place.says(_REFERENCE.sub(_resolved, raw)):
            return True
        self._lost[OOXML_58, "a text that is none of its element"] += 1
        return False

    def _begin(self, sort: Sort) -> None:
        if sort is Sort.ALTERNATE:
            self._shells.append(_Shell())

    def _end(self, close: str, sort: Sort, mark: int) -> None:
        """The end of an element that is empty, or that is more than its own tags."""
        out = self._out
        if sort is Sort.NAMELESS:
            return
        shell = self._shells.pop() if sort is Sort.ALTERNATE else self._shells[-1] if self._shells else None
        if len(out) == mark:
            if sort is Sort.PLAIN:
                prefixes = self._memory.prefixes
                short = out[-1][:-1] + "/>"
                prefixes.setdefault(short, prefixes.get(out[-1], ()))
                out[-1] = short
            else:
                out.pop()
            return
        if shell is not None and sort is Sort.ALTERNATE and not shell.has_choice:
            # what is left is the Fallback: its content stands alone
            for at in (*reversed(shell.fallback or ()), mark - 1):
                del out[at]
            return
        if shell is not None and sort is Sort.CHOICE:
            shell.has_choice = True
        elif shell is not None and sort is Sort.FALLBACK:
            shell.fallback = (mark - 1, len(out))
        out.append(close)

    def _learn(self, place: Place, raw: str) -> Tag:
        """What becomes of a tag that was not met here before."""
        own = self._own.get((place, raw))
        if own is not None:
            return own
        self._is_own = False
        names, attributes, name = self._start(place.names, raw)
        tag = self._judge(place, names, names.element(name), attributes, is_leaf=raw.endswith("/"))
        if self._remembered < MAX_REMEMBERED:
            self._remembered += 1
            if self._is_own:
                self._own[place, raw] = tag
            else:
                self._memory.chars += len(raw) + len(tag.text)
                place.known[raw] = tag
                if tag.does is Does.LEAF and not tag.losses:
                    place.leaves[raw] = tag.text
        return tag

    def _judge(
        self, place: Place, names: Names, tag: str, attributes: Sequence[tuple[str, str]], *, is_leaf: bool
    ) -> Tag:
        known = None if place.is_alternate else place.children.get(tag)
        if known is None:
            return self._unknown(place, names, tag, attributes, is_leaf)
        if tag in refused.ELEMENTS:
            return _left_out(refused.ELEMENTS[tag], known.name, is_leaf)
        losses: list[tuple[Vector, str]] = []
        prefixes: tuple[str, ...] = ()
        content: str = known.type.content
        children: Children = known.type.children
        if content == "any":
            uri = dict(attributes).get("uri", "").replace(_STRICT_DRAWING, _DRAWING)
            allowed = extension(known.name, uri) if uri in EXTENSIONS else None
            if not allowed:
                return _left_out(refused.EXTENSIONS.get(uri, OOXML_13), known.name, is_leaf)
            written, children = f' uri="{quoted(uri)}"', allowed
        else:
            written, prefixes = self._attributes(known, names, attributes, losses)
        sort = Sort.OPTIONAL if content == "any" or known.name.endswith("extLst") else Sort.PLAIN
        if is_leaf:
            if sort is Sort.OPTIONAL:
                return Tag(Does.NOTHING)
            text = f"{known.open}{written}/>"
            self._memory.prefixes[text] = (known.prefix, *prefixes)
            return Tag(Does.LEAF, text, losses=tuple(losses))
        text = f"{known.open}{written}>"
        self._memory.prefixes[text] = (known.prefix, *prefixes)
        return Tag(Does.OPEN, text, names.place(children, content), known.close, sort, tuple(losses))

    def _unknown(
        self, place: Place, names: Names, tag: str, attributes: Sequence[tuple[str, str]], is_leaf: bool
    ) -> Tag:
        """An element that may not stand here: mark-up compatibility is followed, everything else is left out."""
        inside = names.place(place.children, "")
        if tag in (_ALTERNATE, _FALLBACK, *refused.UNWRAPPED) and is_leaf:
            return Tag(Does.NOTHING)
        if tag == _FALLBACK and place.is_alternate:
            return self._shell("mc:Fallback", "", inside, Sort.FALLBACK, ())
        if tag == _CHOICE and place.is_alternate:
            said = dict(attributes).get("Requires", "").split()
            asked = tuple(PREFIXES.get(names.by_prefix.get(prefix, ""), "") for prefix in said)
            if is_leaf or not asked or not all(asked):
                return _left_out(OOXML_13, "mc:Choice", is_leaf)
            return self._shell("mc:Choice", f' Requires="{" ".join(asked)}"', inside, Sort.CHOICE, asked)
        if place.is_alternate:
            return _left_out(OOXML_13, shown(tag), is_leaf)
        if tag == _ALTERNATE:
            inside = names.place(place.children, SIDES)
            return self._shell("mc:AlternateContent", "", inside, Sort.ALTERNATE, ())
        if tag in refused.UNWRAPPED:
            return Tag(Does.OPEN, "", inside, "", Sort.NAMELESS, ((refused.UNWRAPPED[tag], shown(tag)),))
        vector = refused.ELEMENTS.get(tag) or (OOXML_58 if tag in ELEMENTS else OOXML_13)
        return _left_out(vector, shown(tag), is_leaf)

    def _shell(self, name: str, attributes: str, inside: Place, sort: Sort, asked: tuple[str, ...]) -> Tag:
        text = f"<{name}{attributes}>"
        self._memory.prefixes[text] = ("mc", *asked)
        return Tag(Does.OPEN, text, inside, f"</{name}>", sort)

    def _start(self, names: Names, raw: str) -> tuple[Names, Sequence[tuple[str, str]], str]:
        """The names in force in an element, its attributes (declarations apart), and its own name."""
        space = raw.find(" ")
        if space < 0:
            return names, (), raw.rstrip("/")
        pairs: list[tuple[str, str]] = _ATTRIBUTE.findall(raw, space)
        if "&" in raw:
            pairs = [(key, _REFERENCE.sub(_resolved, value)) for key, value in pairs]
        if "xmlns" in raw:
            declared = [pair for pair in pairs if pair[0] == "xmlns" or pair[0].startswith("xmlns:")]
            names = names.declaring(tuple((key[6:], value) for key, value in declared))
            pairs = [pair for pair in pairs if pair not in declared]
        return names, pairs, raw[:space]

    def _attributes(
        self, known: Element, names: Names, attributes: Sequence[tuple[str, str]], losses: list[tuple[Vector, str]]
    ) -> tuple[str, tuple[str, ...]]:
        """The attributes as they are written, and their prefixes."""
        allowed = known.type.attributes
        written = ""
        prefixes: tuple[str, ...] = ()
        for key, value in attributes:
            name = names.attributes.get(key) or names.attribute(key)
            attribute = allowed.get(name)
            if attribute is None:
                if not name.startswith(MC) and name != _SPACE:
                    losses.append((refused.ATTRIBUTES.get(name, OOXML_13), f"{known.name}/@{shown(name)}"))
                continue
            text = attribute.known.get(value)
            if text is None:
                text = self._value(attribute, name, value, known, losses)
            if text:
                written += text
                if attribute.prefix:
                    prefixes += (attribute.prefix,)
        return written, prefixes

    def _value(
        self, attribute: Attribute, name: str, value: str, known: Element, losses: list[tuple[Vector, str]]
    ) -> str:
        if name in refused.ATTRIBUTES:
            if name in refused.CARRIED_IN.get(self._scene.kind, ()) and attribute.accepts(value):
                return f' {attribute.name}="{quoted(value)}"'  # not remembered: other parts may not have it
            if value:
                losses.append((refused.ATTRIBUTES[name], f"{known.name}/@{attribute.name}"))
            return ""
        if attribute.is_relation:
            self._is_own = True
            if not may_lead(known.name, self._scene.relation(value)):
                if known.name in LEADS:  # else what it names is told with all that nobody asks for
                    losses.append((OOXML_58, f"{known.name}/@{attribute.name}"))
                return ""
            new = self._scene.relate(value) if value else ""  # empty: a link that has an action alone
            return "" if new is None else f' {attribute.name}="{new}"'
        if not attribute.accepts(value):
            losses.append((OOXML_58, f"{known.name}/@{attribute.name}"))
            return ""
        text = f' {attribute.name}="{quoted(value)}"'
        if len(attribute.known) < ATTRIBUTES_KNOWN and len(value) < 100:
            attribute.known[value] = text
        return text

    def _ignorable(self, names: Names, attributes: Sequence[tuple[str, str]]) -> set[str]:
        """Prefixes of ours for what the source's root says that a reader may pass over."""
        said = next((value for key, value in attributes if names.attribute(key) == MC + "Ignorable"), "")
        return {PREFIXES.get(names.by_prefix.get(prefix, ""), "") for prefix in said.split()} - {""}


def _asks_declared(root: etree._Element) -> bool:
    """Whether every prefix that a Choice asks for is declared: one that is not means nothing, whatever it is to us."""
    usual = set(root.nsmap)
    for choice in root.iter(_CHOICE):
        asked = set(choice.get("Requires", "").split())
        if not asked <= usual and not asked <= set(choice.nsmap):
            return False
    return True


def _left_out(vector: Vector, name: str, is_leaf: bool) -> Tag:
    losses = ((vector, name),)
    return Tag(Does.NOTHING, losses=losses) if is_leaf else Tag(Does.OPEN, sort=Sort.NAMELESS, losses=losses)


def _declarations(prefixes: set[str], ignorable: set[str]) -> str:
    passed_over = sorted(ignorable & prefixes)
    named = sorted((prefixes | ({"mc"} if passed_over else set())) - {"", "-", "xml"})
    written = f' xmlns="{NAMESPACES["x"]}"' if "" in prefixes else ""
    written += "".join(f' xmlns:{prefix}="{NAMESPACES[prefix]}"' for prefix in named)
    return written + (f' mc:Ignorable="{" ".join(passed_over)}"' if passed_over else "")


def _resolved(found: re.Match[str]) -> str:
    decimal, hexadecimal, named = found.groups()
    if named:
        return _NAMED[named]
    return chr(int(decimal) if decimal else int(hexadecimal, 16))


def shown(tag: str) -> str:
    """A name for a finding: with our own prefix, or without its namespace."""
    namespace, brace, local = tag.rpartition("}")
    prefix = PREFIXES.get(namespace[1:], "?") if brace else ""
    return f"{prefix}:{local}"[:80] if prefix else local[:80]
