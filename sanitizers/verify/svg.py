"""A rebuilt SVG: allow-listed elements and attributes, each value of a known kind, nothing fetched, nothing run.

Well-formed XML without DTD, processing instruction, comment or CDATA section, read by expat and by nothing else here.
References stay inside the file, form no circle, and do not multiply what is drawn beyond a limit (SVG-13).
(V-XML, V-URL, V-MAGIC, V-RES)

Source: SVG 1.1 (2nd edition) and SVG 2; XML 1.0 (5th edition); threat catalogue, SVG rows.
"""

import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, NoReturn
from xml.parsers import expat

from sanitizers.model import Check
from sanitizers.verify import css, magic, svg_rules
from sanitizers.verify.court import Court, Refused, require
from sanitizers.verify.svg_graph import Node, require_bounded
from sanitizers.verify.svg_rules import ATTRIBUTES, ELEMENTS, MOST, SVG, XLINK, Kind

_STARTS: Final = (b"<?xml ", b"<svg")
_NAMESPACES: Final = {None: SVG, "xlink": XLINK}
_DEEPEST: Final = 256
_MOST_ELEMENTS: Final = 1_000_000
_MOST_ATTRIBUTES: Final = 100
_MOST_PIXELS_ACROSS: Final = 1_000_000
_MOST_REMEMBERED: Final = 10_000
_NUMBER: Final = r"[-+]?(?:\d++(?:\.\d*+)?|\.\d++)(?:[eE][-+]?\d++)?"
_PLAIN: Final = re.compile(r"[-+\w.,%#/\s]*+")
_MARKS: Final = re.compile(r"[-\w.,:#/()\s]*+")
_NAME: Final = re.compile(r"[^<>&\"'\\]++")
_LENGTH: Final = re.compile(rf"\s*+({_NUMBER})(px|pt|pc|mm|cm|in|q|Q)?\s*+")
_PIXELS: Final = {None: 1.0, "px": 1.0, "pt": 4 / 3, "pc": 16.0, "mm": 96 / 25.4, "cm": 96 / 2.54, "in": 96.0}
_PICTURE: Final = re.compile(r"data:(image/png|image/jpeg);base64,")
_LINK: Final = re.compile(r"https?://[\w.-]++(?::\d++)?(?:[/?#][^\s<>\"'\\^`{|}]*+)?|mailto:[^\s<>\"'\\^`{|}]++")


def check(data: bytes, court: Court) -> None:
    """Raises Refused unless this is an SVG as it is rebuilt."""
    require(data.startswith(_STARTS), Check.MAGIC, "no XML declaration and no svg element")
    reader = _Reader(court, expat.ParserCreate("UTF-8", " "))
    try:
        reader.parser.Parse(data, True)
    except expat.ExpatError as error:
        raise Refused(Check.XML, f"line {error.lineno}: not well-formed") from error
    require_bounded(reader.nodes, reader.applied)
    magic.require_alone(data)


def _must(true: object, where: str) -> None:
    require(true, Check.XML, where)


@dataclass(slots=True)
class _Reader:
    """One walk over the elements."""

    court: Court
    parser: "expat.XMLParserType"
    nodes: list[Node] = field(default_factory=list)  # in the order of the file
    applied: list[css.Applied] = field(default_factory=list)
    _open: list[int] = field(default_factory=list)
    _style: list[str] = field(default_factory=list)
    _remembered: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.parser.buffer_text = True
        self.parser.XmlDeclHandler = self._declaration
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartNamespaceDeclHandler = self._namespace
        for handler, what in _REFUSED_HANDLERS:
            setattr(self.parser, handler, self._refuse(what))

    def _refuse(self, what: str) -> Callable[..., NoReturn]:
        def refuse(*_: object) -> NoReturn:
            raise self._refused(what)

        return refuse

    def _refused(self, what: str) -> Refused:
        return Refused(Check.XML, f"line {self.parser.CurrentLineNumber}: {what[:120]}")

    def _must(self, true: object, where: str) -> None:
        if not true:
            raise self._refused(where)

    def _declaration(self, version: str, encoding: str | None, _standalone: int) -> None:
        self._must(version == "1.0" and (encoding or "utf-8").lower() == "utf-8", "version or encoding")

    def _namespace(self, prefix: str | None, address: str) -> None:
        self._must(address and _NAMESPACES.get(prefix) == address, f"namespace {prefix}")

    def _start(self, full_name: str, attributes: dict[str, str]) -> None:
        namespace, _, name = full_name.rpartition(" ")
        self._must(namespace == SVG and name in ELEMENTS, f"element {name}")
        self._must(self._open or name == "svg", "root that is no svg")
        self._must(not self._open or self._parent not in (svg_rules.STYLE_ELEMENT, "title", "desc"), f"{name} in text")
        require(len(self._open) < _DEEPEST, Check.LIMITS, f"elements {_DEEPEST} deep")
        require(len(self.nodes) < _MOST_ELEMENTS, Check.LIMITS, "too many elements")
        self._must(len(attributes) <= _MOST_ATTRIBUTES, f"attributes of {name}")
        node = Node(name, self._open[-1] if self._open else None)
        if not self._open:
            self._require_size(attributes)
        for attribute, value in attributes.items():
            self._attribute(node, attribute, value)
        self._open.append(len(self.nodes))
        self.nodes.append(node)

    def _end(self, _name: str) -> None:
        node = self.nodes[self._open.pop()]
        if node.name == svg_rules.STYLE_ELEMENT:
            self.applied.extend(css.sheet("".join(self._style)))
            self._style.clear()

    def _text(self, text: str) -> None:
        if self._parent == svg_rules.STYLE_ELEMENT:
            self._style.append(text)
            return
        is_shown = self._parent in svg_rules.TEXT_ELEMENTS or (
            self._parent == svg_rules.LINK and any(self.nodes[i].name == "text" for i in self._open)
        )
        self._must(is_shown or not text.strip(), f"text in {self._parent}")

    @property
    def _parent(self) -> str:
        return self.nodes[self._open[-1]].name

    def _require_size(self, attributes: dict[str, str]) -> None:
        """Width and height of the root in pixels, where they can be told."""
        for name in ("width", "height"):
            length = _LENGTH.fullmatch(attributes.get(name, ""))
            if length:
                pixels = float(length[1]) * _PIXELS.get(length[2], 1.0)
                require(0 <= pixels <= _MOST_PIXELS_ACROSS, Check.LIMITS, f"{name} of {pixels:.0f} pixels")

    def _attribute(self, node: Node, name: str, value: str) -> None:
        kind = ATTRIBUTES.get(name)
        if kind is None:
            raise self._refused(f"attribute {name.rpartition(' ')[2]} of {node.name}")
        if kind is Kind.IDENTIFIER:
            self._must(_NAME.fullmatch(value), "id")
            node.identifier = value
        elif kind is Kind.CLASSES:
            self._must(not value or _NAME.fullmatch(value), "class")
            node.classes = tuple(value.split())
        elif kind is Kind.ADDRESS:
            self._address(node, value)
        else:
            node.references += self._checked(name, kind, value)

    def _checked(self, name: str, kind: Kind, value: str) -> tuple[str, ...]:
        """Ids that the value names, once it has proved to be of its kind. The same is not asked twice."""
        key = (name, value)
        if key in self._remembered:
            return self._remembered[key]
        try:
            named = _CHECKS[kind](name, value)
        except Refused as refusal:
            raise Refused(refusal.check, f"line {self.parser.CurrentLineNumber}: {refusal.where}") from refusal
        if len(value) < 100 and len(self._remembered) < _MOST_REMEMBERED:
            self._remembered[key] = named
        return named

    def _address(self, node: Node, value: str) -> None:
        """An id of this file; a picture where pictures are; an ordinary address where people follow links."""
        if value.startswith("#"):
            self._must(_NAME.fullmatch(value, 1), f"address of {node.name}")
            if node.name != svg_rules.LINK:
                node.references += (value[1:],)
        elif node.name in svg_rules.PICTURES:
            self._picture(node, value)
        else:
            self._must(node.name == svg_rules.LINK and _LINK.fullmatch(value), f"address of {node.name}")

    def _picture(self, node: Node, value: str) -> None:
        start = _PICTURE.match(value)
        if start is None:
            raise self._refused(f"address of {node.name}")
        try:
            member = binascii.a2b_base64(value[start.end() :], strict_mode=True)
        except (binascii.Error, ValueError) as error:
            raise self._refused("base64") from error
        self.court.count_members(1)
        self.court.expand(len(member), len(value))
        require(member, Check.MAGIC, f"line {self.parser.CurrentLineNumber}: no bytes at all")
        self.court.hear(member, start[1], f"line {self.parser.CurrentLineNumber}")


_REFUSED_HANDLERS: Final = (
    ("StartDoctypeDeclHandler", "document type"),
    ("EntityDeclHandler", "entity"),
    ("SkippedEntityHandler", "entity"),
    ("UnparsedEntityDeclHandler", "entity"),
    ("NotationDeclHandler", "notation"),
    ("ExternalEntityRefHandler", "external entity"),
    ("ProcessingInstructionHandler", "processing instruction"),
    ("CommentHandler", "comment"),
    ("StartCdataSectionHandler", "CDATA section"),
)


def _plain(name: str, value: str) -> tuple[str, ...]:
    _must(_PLAIN.fullmatch(value) and "//" not in value, f"value of {name}")
    for number in re.findall(_NUMBER, value) if name in MOST else ():
        require(abs(float(number)) <= MOST[name], Check.LIMITS, f"value of {name}")
    return ()


def _marks(name: str, value: str) -> tuple[str, ...]:
    _must(_MARKS.fullmatch(value), f"value of {name}")
    return ()


def _style(_name: str, value: str) -> tuple[str, ...]:
    return css.declarations(value)


def _value(name: str, value: str) -> tuple[str, ...]:
    return css.value(value, f"value of {name}")


def _anything(_name: str, _value: str) -> tuple[str, ...]:
    return ()


_CHECKS: Final[dict[Kind, Callable[[str, str], tuple[str, ...]]]] = {
    Kind.PLAIN: _plain,
    Kind.MARKS: _marks,
    Kind.STYLE: _style,
    Kind.VALUE: _value,
    Kind.TEXT: _anything,
}
