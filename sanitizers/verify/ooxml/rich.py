"""Rich values of a workbook: pictures of the package that stand in cells, and nothing else (V-XML, V-REL; OOXML-98).

Elements and attributes are heard in the walk, pictures as files of their own. Here it is what the values say: each
structure is that of a picture in the package, each value has the texts of its structure and names a relationship that
is there, and metadata lead to values that are there, or to dynamic arrays.

Source: [MS-XLSX] 2.3.6 and 2.6 (rich values); ISO/IEC 29500-1:2016, 18.9 (metadata).
"""

import re
from dataclasses import dataclass, field
from typing import Final

from sanitizers.model import Check
from sanitizers.verify.court import require
from sanitizers.verify.ooxml import quiet
from sanitizers.verify.ooxml.opc import Package, Part

_STRUCTURES: Final = (
    (("_rvRel:LocalImageIdentifier", "i"), ("CalcOrigin", "i")),
    (("_rvRel:LocalImageIdentifier", "i"), ("CalcOrigin", "i"), ("Text", "s")),
)
_TYPES: Final = ("XLDAPR", "XLRICHVALUE")
_NUMBER: Final = re.compile(r"[0-9]{1,6}")
_PARTS: Final = {"x:metadata", "xlrd:rvData", "xlrd:rvStructures", "xlrvr:richValueRels"}


@dataclass(slots=True)
class _Node:
    """One element as it stands. `name` is without its namespace, which the walk has heard."""

    name: str
    attributes: dict[str, str]
    children: list["_Node"] = field(default_factory=list)
    text: str = ""

    def under(self, name: str) -> list["_Node"]:
        """All elements of this name in here."""
        found = [child for child in self.children if child.name == name]
        return found + [inner for child in self.children for inner in child.under(name)]


def require_pictures(package: Package) -> None:
    """Raises Refused where a rich value is more than a picture, or leads to nothing."""
    found = [part for part in package.parts.values() if part.row.roots and part.row.roots[0] in _PARTS]
    roots = {part.row.roots[0]: part for part in found}
    require(len(roots) == len(found), Check.TYPES, "two parts for the same rich values")
    values = 0
    if roots.keys() - {"x:metadata"}:
        require(roots.keys() >= _PARTS, Check.TYPES, "rich values without all of their parts")
        structures = [_structure(node) for node in _tree(roots["xlrd:rvStructures"]).children]
        leads = len(_tree(roots["xlrvr:richValueRels"]).children)
        told = _tree(roots["xlrd:rvData"]).children
        are_pictures = all(_is_picture(node, structures, leads) for node in told)
        require(are_pictures, Check.XML, "a rich value that is no picture")
        values = len(told)
    if "x:metadata" in roots:
        _require_pointers(_tree(roots["x:metadata"]), values)


def _structure(node: _Node) -> int:
    """How many texts a value of this structure has."""
    keys = tuple((key.attributes.get("n"), key.attributes.get("t")) for key in node.children)
    is_known = node.attributes == {"t": "_localImage"} and keys in _STRUCTURES
    require(is_known, Check.XML, "rich values that are no pictures")
    return len(keys)


def _is_picture(node: _Node, structures: list[int], leads: int) -> bool:
    texts = [child.text for child in node.children]
    number = _below(node.attributes.get("s"), len(structures))
    if number is None or len(texts) != structures[number]:
        return False
    return _below(texts[0], leads) is not None and _NUMBER.fullmatch(texts[1]) is not None


def _require_pointers(root: _Node, values: int) -> None:
    """Each type is one of two, and each pointer of a value leads to a picture."""
    types = [node.attributes.get("name") for node in root.under("metadataType")]
    require(set(types) <= set(_TYPES), Check.XML, "metadata of another type")
    futures = {node.attributes.get("name", ""): node for node in root.children if node.name == "futureMetadata"}
    require(futures.keys() <= set(_TYPES), Check.XML, "metadata of another type")
    blocks = [
        block.under("rvb") for name, node in futures.items() if name == "XLRICHVALUE" for block in node.under("bk")
    ]
    for block in blocks:
        is_led = len(block) == 1 and _below(block[0].attributes.get("i"), values) is not None
        require(is_led, Check.XML, "metadata without a value")
    for record in (record for node in root.children if node.name == "valueMetadata" for record in node.under("rc")):
        kind = _below(record.attributes.get("t"), len(types) + 1)
        is_of_values = bool(kind) and types[(kind or 0) - 1] == "XLRICHVALUE"
        is_led = _below(record.attributes.get("v"), len(blocks)) is not None
        require(is_of_values and is_led, Check.XML, "metadata that lead to no picture")


def _below(text: str | None, end: int) -> int | None:
    """The number that a text is, if it is one below `end`."""
    number = int(text) if text is not None and _NUMBER.fullmatch(text) else end
    return number if number < end else None


def _tree(part: Part) -> _Node:
    """A part as a tree; the walk has held its depth."""
    top = _Node("", {})
    opened = [top]

    def start(name: str, attributes: dict[str, str]) -> None:
        node = _Node(name.rpartition(" ")[2], attributes)
        opened[-1].children.append(node)
        opened.append(node)

    def text(data: str) -> None:
        opened[-1].text += data

    parser = quiet.new_parser(part.name)
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: opened.pop()
    parser.CharacterDataHandler = text
    quiet.parse_pieces(parser, part.packed.pieces(), part.name)
    return top.children[0]
