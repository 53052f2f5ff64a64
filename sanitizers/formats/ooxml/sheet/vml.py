"""Shapes of the old kind in a sheet: comments, form controls, and the pictures of objects that do not come along.

A form control works from its shape alone and stays, without its macro. What an ActiveX control or an embedded object
showed stays as the picture that it is; behind that of an embedded document stays the document as it was rebuilt.

Source: ISO/IEC 29500-4:2016, 19.4.2 (ClientData), 19.1.2.22 (textbox).
"""

from collections.abc import Iterator
from typing import Final

from lxml import etree

from sanitizers.formats.ooxml.scene import Scene
from sanitizers.formats.ooxml.schema import clark
from sanitizers.formats.ooxml.sheet.objects import kept_shapes
from sanitizers.formats.ooxml.vectors import OOXML_06, OOXML_08, OOXML_10, OOXML_93

_CLIENT: Final = clark("xvml:ClientData")
# What says that a shape is more than a picture, and what it would be
_OBJECT: Final = {
    clark("xvml:MapOCX"): OOXML_06,
    clark("xvml:CF"): OOXML_08,
    clark("xvml:DDE"): OOXML_10,
    clark("xvml:Camera"): OOXML_93,  # a picture of cells that is taken again and again
}
_CLIPBOARD: Final = clark("xvml:CF")
_OBJECT_ATTRIBUTES: Final = tuple(map(clark, ("o:ole", "o:oleicon")))
_FONT: Final = ("face", "size", "color")


def prepare(root: etree._Element, scene: Scene) -> None:
    """Make pictures of objects, and captions plain."""
    kept = kept_shapes(scene.owner)
    for client in list(root.iter(_CLIENT)):
        shape = client.getparent()
        if shape is None:
            continue
        shows_document = shape.get("id", "") in kept
        for element in list(client):
            if element.tag in _OBJECT and not (shows_document and element.tag == _CLIPBOARD):
                scene.found(_OBJECT[element.tag], "ClientData")
                client.remove(element)
        for name in _OBJECT_ATTRIBUTES:
            shape.attrib.pop(name, None)
    for box in root.iter(clark("v:textbox")):
        for block in box:
            if block.tag == "div":
                _make_plain(block)


def _make_plain(block: etree._Element) -> None:
    """A caption as runs of one font each: of the mark-up of a web page, no reader shows more in a control."""
    runs = list(_runs(block))
    for child in list(block):
        block.remove(child)
    block.text = None
    block.extend(runs)


def _runs(block: etree._Element) -> Iterator[etree._Element]:
    """Text and line breaks in the order of reading, each text with the font around it."""
    fonts: list[dict[str, str]] = [{}]
    for event, element in etree.iterwalk(block, events=("start", "end")):
        if event == "start":
            said = {name: element.get(name, "") for name in _FONT if element.get(name)} if element.tag == "font" else {}
            fonts.append({**fonts[-1], **said})
            if element.tag == "br":
                yield etree.Element("br")
            yield from _run(element.text, fonts[-1])
        elif element is not block:
            fonts.pop()
            yield from _run(element.tail, fonts[-1])


def _run(text: str | None, font: dict[str, str]) -> Iterator[etree._Element]:
    if text and text.strip():
        run = etree.Element("font", font)
        run.text = " ".join(text.split())
        yield run
