"""Pictures that stand in cells: of all rich values the one kind that shows a part of this package alone (OOXML-98).

A cell points to metadata, metadata to a rich value, that one by its structure to a relationship, and this to a picture.
What is understood of that chain is written anew, one of each for one picture; web pictures, linked data types, entities
and whatever else came in the same lists is left out with what points to it, and its cell keeps the value that it had.

Source: [MS-XLSX] 2.3.6 and 2.6 (rich values, their structures and types); ISO/IEC 29500-1:2016, 18.9 (metadata).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from lxml import etree

from sanitizers.formats.ooxml.carry import escaped
from sanitizers.formats.ooxml.parts import DOCUMENT, IMAGE, MICROSOFT, RICH_KINDS
from sanitizers.formats.ooxml.scene import NOT_CARRIED, Scene
from sanitizers.formats.ooxml.schema import NAMESPACES, clark
from sanitizers.parsers.opc import parse_xml

VALUE_TYPE: Final = "XLRICHVALUE"
MAX_PICTURES: Final = 10_000  # in cells of one workbook; where there are more, none is kept

_STATE: Final = "sheet.pictures"
_LOCAL: Final = "_localImage"
_IDENTIFIER: Final = ("_rvRel:LocalImageIdentifier", "i")
_ORIGIN: Final = ("CalcOrigin", "i")  # how the picture came into its cell; 6 is one that tells nothing
_WORDS: Final = ("Text", "s")  # in place of the picture
_TYPES: Final = MICROSOFT + "2017/06/relationships/"
_VALUES: Final = _TYPES + "rdRichValue"
_STRUCTURES: Final = _TYPES + "rdRichValueStructure"
_RELATIONS: Final = MICROSOFT + "2022/10/relationships/richValueRel"
_METADATA: Final = DOCUMENT + "sheetMetadata"
_NUMBER: Final = re.compile(r"[0-9]{1,6}")
_SAID: Final = re.compile(r"[0-9]{1,3}")
_EXCLUDED: Final = '<flag name="ExcludeFromCalcComparison" value="1"/>'
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
# Keys that every rich value may have, and that no two of them are compared by
_KEYS: Final = (
    "_DisplayString _Flags _Format _SubLabel _Attribution _Icon _Display _CanonicalPropertyNames _ClassificationId"
)


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture in cells: the relationship of the part that lists them, and what its value says besides."""

    relation: str
    origin: str
    words: str | None


@dataclass(frozen=True, slots=True)
class Pictures:
    """Those of one workbook. `numbers` are what cells pointed to and what they are to point to."""

    all: tuple[Picture, ...]
    numbers: Mapping[bytes, bytes]

    @property
    def structures(self) -> Sequence[bool]:
        """The structures of values in the order of their first use: whether each has words."""
        return list(dict.fromkeys(picture.words is not None for picture in self.all))


_NONE: Final = Pictures((), {})


def find_pictures(scene: Scene) -> None:
    """Learn from a workbook's parts which cells show pictures. What else those parts hold is told as it is left out."""
    found = _found(scene)
    scene.state[_STATE] = found
    if not found.all:
        scene.state[NOT_CARRIED] = RICH_KINDS


def pictures_of(scene: Scene) -> Pictures:
    """The pictures in cells of this scene's workbook."""
    found: Pictures = scene.state.get(_STATE, _NONE)
    return found


def write_values(_: bytes, scene: Scene) -> bytes:
    """The values: of each its structure, the place of its relationship, and what it says."""
    pictures = pictures_of(scene)
    structures = pictures.structures
    written = ""
    for number, picture in enumerate(pictures.all):
        words = "" if picture.words is None else f"<v>{escaped(picture.words)}</v>"
        kind = structures.index(picture.words is not None)
        written += f'<rv s="{kind}"><v>{number}</v><v>{picture.origin}</v>{words}</rv>'
    return _part("rvData", "xlrd", f' count="{len(pictures.all)}"', written)


def write_structures(_: bytes, scene: Scene) -> bytes:
    """What the values are made of."""
    structures = pictures_of(scene).structures
    written = ""
    for has_words in structures:
        keys = (_IDENTIFIER, _ORIGIN, _WORDS) if has_words else (_IDENTIFIER, _ORIGIN)
        inside = "".join(f'<k n="{name}" t="{kind}"/>' for name, kind in keys)
        written += f'<s t="{_LOCAL}">{inside}</s>'
    return _part("rvStructures", "xlrd", f' count="{len(structures)}"', written)


def write_types(_: bytes, scene: Scene) -> bytes:
    """What is said of keys in general: the same for every workbook."""
    own = f'<key name="_Self"><flag name="ExcludeFromFile" value="1"/>{_EXCLUDED}</key>'
    keys = own + "".join(f'<key name="{name}">{_EXCLUDED}</key>' for name in _KEYS.split())
    return _part("rvTypesInfo", "xlrd2", "", f"<global><keyFlags>{keys}</keyFlags></global>")


def write_relations(_: bytes, scene: Scene) -> bytes:
    """The pictures themselves, each through the whole pipeline; one that is withheld is a placeholder."""
    ids = [scene.relate(picture.relation) or scene.home.placeholder(scene, 0, 0) for picture in pictures_of(scene).all]
    declared = f' xmlns:r="{NAMESPACES["r"]}"'
    return _part("richValueRels", "xlrvr", declared, "".join(f'<rel r:id="{id}"/>' for id in ids))


def _part(name: str, prefix: str, attributes: str, inside: str) -> bytes:
    return f'{_HEAD}<{name} xmlns="{NAMESPACES[prefix]}"{attributes}>{inside}</{name}>'.encode()


def _found(scene: Scene) -> Pictures:
    trees = {kind: _tree(scene, kind) for kind in (_METADATA, _VALUES, _STRUCTURES, _RELATIONS)}
    if any(tree is None for tree in trees.values()):
        return _NONE
    values = _values(trees[_VALUES], trees[_STRUCTURES], _leads(scene, trees[_RELATIONS]))
    pictures: list[Picture] = []
    numbers: dict[bytes, bytes] = {}
    for number, value in enumerate(_pointed(trees[_METADATA]), 1):
        picture = values.get(value)
        if picture is not None:
            pictures.append(picture)
            numbers[b"%d" % number] = b"%d" % len(pictures)
    return Pictures(tuple(pictures), numbers) if len(pictures) <= MAX_PICTURES else _NONE


def _tree(scene: Scene, kind: str) -> etree._Element | None:
    key = _key(scene, kind)
    return None if key is None else parse_xml(scene.home.package.xml(key))


def _key(scene: Scene, kind: str) -> str | None:
    """The one part that a workbook leads to by this relationship."""
    keys = {relation.target for relation in scene.relations.values() if relation.type == kind}
    key = keys.pop() if len(keys) == 1 else ""
    return key if key in scene.home.package else None


def _leads(scene: Scene, tree: etree._Element) -> list[str | None]:
    """The relationships to pictures in the order of their list; None for one that leads elsewhere."""
    key = _key(scene, _RELATIONS)
    package = scene.home.package
    relations = {} if key is None else package.relations(key)
    pictures = {
        relation.id
        for relation in relations.values()
        if relation.type == IMAGE and not relation.is_external and relation.target in package
    }
    ids = [element.get(clark("r:id"), "") for element in tree.iterchildren(clark("xlrvr:rel"))]
    return [identifier if identifier in pictures else None for identifier in ids]


def _values(
    values: etree._Element, structures: etree._Element, leads: Sequence[str | None]
) -> dict[str, Picture | None]:
    """The pictures by the number of their value."""
    kinds = [
        [(key.get("n", ""), key.get("t", "")) for key in structure.iterchildren(clark("xlrd:k"))]
        if structure.get("t") == _LOCAL
        else None
        for structure in structures.iterchildren(clark("xlrd:s"))
    ]
    return {
        str(number): _picture(value, kinds, leads) for number, value in enumerate(values.iterchildren(clark("xlrd:rv")))
    }


def _picture(
    value: etree._Element, kinds: Sequence[Sequence[tuple[str, str]] | None], leads: Sequence[str | None]
) -> Picture | None:
    said = value.get("s", "")
    kind = kinds[int(said)] if _NUMBER.fullmatch(said) and int(said) < len(kinds) else None
    texts = ["".join(element.itertext()) for element in value.iterchildren(clark("xlrd:v"))]
    if kind is None or len(kind) != len(texts):
        return None
    told = dict(zip(kind, texts, strict=True))
    place, origin = told.get(_IDENTIFIER, ""), told.get(_ORIGIN, "5")
    relation = leads[int(place)] if _NUMBER.fullmatch(place) and int(place) < len(leads) else None
    if relation is None or not _SAID.fullmatch(origin):
        return None
    return Picture(relation, origin, told.get(_WORDS))


def _pointed(metadata: etree._Element) -> Iterator[str]:
    """The number of the rich value that each entry of the values' metadata points to; empty for another kind."""
    types = [element.get("name") for element in metadata.iter(clark("x:metadataType"))]
    blocks = [
        block.find(f".//{clark('xlrd:rvb')}")
        for future in metadata.iterchildren(clark("x:futureMetadata"))
        if future.get("name") == VALUE_TYPE
        for block in future.iterchildren(clark("x:bk"))
    ]
    for holder in metadata.iterchildren(clark("x:valueMetadata")):
        for block in holder.iterchildren(clark("x:bk")):
            records = list(block.iterchildren(clark("x:rc")))
            said = [(record.get("t", ""), record.get("v", "")) for record in records]
            yield _value(said, types, blocks)


def _value(
    said: Sequence[tuple[str, str]], types: Sequence[str | None], blocks: Sequence[etree._Element | None]
) -> str:
    if len(said) != 1 or not all(map(_NUMBER.fullmatch, said[0])):
        return ""
    kind, number = map(int, said[0])
    if not 1 <= kind <= len(types) or types[kind - 1] != VALUE_TYPE or number >= len(blocks):
        return ""
    block = blocks[number]
    return "" if block is None else block.get("i", "")


def put_pointers(root: etree._Element, scene: Scene) -> None:
    """Write the metadata that leads from cells to pictures; that of other rich values is gone by now."""
    count = len(pictures_of(scene).all)
    if not count:
        return
    kind = _last(root, "x:metadataTypes")
    future = etree.Element(clark("x:futureMetadata"), name=VALUE_TYPE, count=str(count))
    values = etree.Element(clark("x:valueMetadata"), count=str(count))
    for number in range(count):
        holder = etree.SubElement(etree.SubElement(future, clark("x:bk")), clark("x:extLst"))
        extension = etree.SubElement(holder, clark("x:ext"), uri="{3e2802c4-a4d2-4d8b-9148-e3be6c30e623}")
        etree.SubElement(extension, clark("xlrd:rvb"), i=str(number))
        etree.SubElement(etree.SubElement(values, clark("x:bk")), clark("x:rc"), t=kind, v=str(number))
    places = [root.findall(clark(name)) for name in ("x:metadataTypes", "x:futureMetadata")]
    behind = (places[1] or places[0])[-1]
    behind.addnext(future)
    cells = root.findall(clark("x:cellMetadata"))
    (cells[-1] if cells else future).addnext(values)


def _last(root: etree._Element, name: str) -> str:
    """The number of the type that rich values have: it stands last."""
    return str(sum(len(holder) for holder in root.findall(clark(name))))
