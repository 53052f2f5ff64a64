"""The safe tree, and how it is written: UTF-8, one declaration, two namespaces, nothing that was not named.

The mark of another format, where it is text, begins with a character reference (GEN-10).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sanitizers.formats.svg.allow import SVG_NAMESPACE, XLINK_NAMESPACE

_TEXT: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
_VALUE: Final = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}
)
# Words by which programs look for other formats inside a file: drawings about files may have them as text.
_MARKS: Final = ("%PDF-", "This program cannot be run in DOS mode")


@dataclass(frozen=True, slots=True)
class SafeElement:
    """An element of the SVG namespace, of which everything may stand where it stands."""

    name: str
    attributes: tuple[tuple[str, str], ...]  # as they are written: "xlink:href"
    children: "tuple[SafeElement | str, ...]" = ()


def walk(root: SafeElement) -> Iterator[SafeElement]:
    """Every element, in the order of the file."""
    waiting = [root]
    while waiting:
        element = waiting.pop()
        yield element
        waiting += [child for child in reversed(element.children) if isinstance(child, SafeElement)]


def write(root: SafeElement) -> bytes:
    """The file."""
    has_links = any(name.startswith("xlink:") for element in walk(root) for name, _ in element.attributes)
    spaces = f' xmlns="{SVG_NAMESPACE}"' + (f' xmlns:xlink="{XLINK_NAMESPACE}"' if has_links else "")
    pieces = ['<?xml version="1.0" encoding="UTF-8"?>\n']
    waiting: list[SafeElement | str] = [root]  # text that is ready to be written stands here as it is
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            pieces.append(item)
            continue
        attributes = "".join(f' {name}="{value.translate(_VALUE)}"' for name, value in item.attributes)
        start = f"<{item.name}{spaces}{attributes}"
        spaces = ""
        if not item.children:
            pieces.append(start + "/>")
            continue
        pieces.append(start + ">")
        waiting.append(f"</{item.name}>")
        waiting += [child.translate(_TEXT) if isinstance(child, str) else child for child in reversed(item.children)]
    pieces.append("\n")
    whole = "".join(pieces)
    for mark in _MARKS:
        whole = whole.replace(mark, f"&#{ord(mark[0])};{mark[1:]}")
    return whole.encode()
