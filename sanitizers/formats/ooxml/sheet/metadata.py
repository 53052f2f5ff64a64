"""What is said about values and cells: that a formula is a dynamic array stays, all else pointed outside.

Source: ISO/IEC 29500-1:2016, 18.9; [MS-XLSX] 2.4.53 (dynamic arrays), 2.4.51 (rich values).
"""

from typing import Final

from lxml import etree

from sanitizers.formats.ooxml.scene import Scene
from sanitizers.formats.ooxml.schema import clark
from sanitizers.formats.ooxml.vectors import OOXML_98

_KEPT: Final = "XLDAPR"  # dynamic array properties
_OF_VALUES: Final = ("x:valueMetadata", "x:mdxMetadata", "x:metadataStrings")


def prepare(root: etree._Element, scene: Scene) -> None:
    """Keep the one type of metadata that this workbook alone gives a meaning to."""
    for name in _OF_VALUES:
        for element in root.findall(clark(name)):
            scene.found(OOXML_98, name)
            root.remove(element)
    for element in root.findall(clark("x:futureMetadata")):
        if element.get("name") != _KEPT:
            scene.found(OOXML_98, "futureMetadata")
            root.remove(element)
    numbers: dict[str, str] = {}
    for holder in root.findall(clark("x:metadataTypes")):
        for number, element in enumerate(list(holder), 1):
            if element.get("name") == _KEPT:
                numbers[str(number)] = str(len(numbers) + 1)
            else:
                holder.remove(element)
        holder.set("count", str(len(numbers)))
    for record in root.iter(clark("x:rc")):
        record.set("t", numbers.get(record.get("t", ""), "1"))
