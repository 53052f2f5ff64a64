"""What is said about values and cells: that a formula is a dynamic array stays, all else pointed outside.

Source: ISO/IEC 29500-1:2016, 18.9; [MS-XLSX] 2.4.53 (dynamic arrays), 2.4.51 (rich values).
"""

from typing import Final

from lxml import etree

from sanitizers.formats.ooxml.scene import Scene
from sanitizers.formats.ooxml.schema import clark
from sanitizers.formats.ooxml.sheet.rich import VALUE_TYPE, pictures_of, put_pointers
from sanitizers.formats.ooxml.vectors import OOXML_98

_KEPT: Final = "XLDAPR"  # dynamic array properties
_OF_VALUES: Final = ("x:valueMetadata", "x:mdxMetadata", "x:metadataStrings")


def prepare(root: etree._Element, scene: Scene) -> None:
    """Keep what this workbook alone gives a meaning to: dynamic arrays, and pointers to its own pictures."""
    pictures = pictures_of(scene).all
    for name in _OF_VALUES:
        for element in root.findall(clark(name)):
            if not pictures or name != _OF_VALUES[0] or len(element) > len(pictures):
                scene.found(OOXML_98, name)
            root.remove(element)
    for element in root.findall(clark("x:futureMetadata")):
        if element.get("name") != _KEPT:
            if not pictures or element.get("name") != VALUE_TYPE:
                scene.found(OOXML_98, "futureMetadata")
            root.remove(element)
    numbers: dict[str, str] = {}
    of_pictures: list[etree._Element] = []
    for holder in root.findall(clark("x:metadataTypes")):
        for number, element in enumerate(list(holder), 1):
            if element.get("name") == _KEPT:
                numbers[str(number)] = str(len(numbers) + 1)
            else:
                holder.remove(element)
                if pictures and element.get("name") == VALUE_TYPE:
                    of_pictures.append(element)
        for element in of_pictures[:1]:
            holder.append(element)
        holder.set("count", str(len(holder)))
    for record in root.iter(clark("x:rc")):
        record.set("t", numbers.get(record.get("t", ""), "1"))
    put_pointers(root, scene)
