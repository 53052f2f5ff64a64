"""Parts that need no tree: those that are written as the library would write them, and that nothing is judged in.

Styles, numbering, themes and layouts of slides are large, and are carried by the schema alone. Where such a part is in
the one canonical form already, as Office and most programs write it, its text is taken as it came. One pass of RE2
proves the form, expat that it is well-formed; prefixes are looked at here. Whatever is not proved goes through a tree,
and both ways write and tell the same.
"""

import re
from collections.abc import Set
from typing import Any, Final
from xml.parsers import expat

from sanitizers.parsers.patterns import compiled

MAX_BYTES: Final = 8 << 20  # what the library takes in one text, it takes as a whole

_NAME: Final = rb"(?:[A-Za-z_][A-Za-z0-9_.-]*:)?[A-Za-z_][A-Za-z0-9_.-]*"
_REFERENCE: Final = rb"&(?:amp|lt|gt);"
_START: Final = b"<" + _NAME + b"(?: " + _NAME + rb'="(?:[^"<>&\t\r\n]|' + _REFERENCE + rb')*")*'
_TEXT: Final = rb"(?:[^<>&\r]|" + _REFERENCE + b")"
_LEAF: Final = _START + b"/>" + _TEXT + b"*"
# An element without content is written short, so that no end follows a start at once.
_OPEN: Final = b"(?:" + _START + b">)+(?:" + _TEXT + b"+|" + _LEAF + b")"
_CANONICAL: Final[Any] = compiled(b"(?:</" + _NAME + b">" + _TEXT + b"*|" + _LEAF + b"|" + _OPEN + b")*")

_XML: Final = "http://www.w3.org/XML/1998/namespace"
_PREFIXED: Final = re.compile(r"[< ]([A-Za-z_][A-Za-z0-9_.-]*):")  # of names; and now and then of a word in a value
_DECLARED: Final = re.compile(r' xmlns(?::([^=]+))?="([^"]*)"')


def pieces_of(data: bytes, root: str, judged: Set[str]) -> list[str] | None:
    """The part as tag, text behind it, tag …, with an empty text first; None where it has to become a tree.

    `root` is the name that its root must have, in Clark notation; `judged` are local names of elements that an edit is
    written for. The part is in UTF-8, without a declaration.
    """
    data = data.strip(b" \t\r\n")
    if len(data) > MAX_BYTES or _CANONICAL.fullmatch(data) is None or not _is_well_formed(data):
        return None
    pieces = data.decode().replace(">", "<").split("<")
    tags = set(pieces[1::2])
    is_judged = not judged.isdisjoint(_local(tag) for tag in tags) or any("Choice" in tag for tag in tags)
    return pieces if not is_judged and _are_declared(root, pieces[1], tags) else None


def _is_well_formed(data: bytes) -> bool:
    """Whether it is, namespaces apart. It has no document type: that form has none."""
    try:
        expat.ParserCreate("UTF-8").Parse(data, True)
    except expat.ExpatError:
        return False
    return True


def _local(tag: str) -> str:
    return tag.partition(" ")[0].rpartition(":")[2].rstrip("/")


def _are_declared(root: str, tag: str, tags: Set[str]) -> bool:
    """Whether a root of this name has every prefix, and no namespace twice: names are told apart by their text."""
    spaces = _DECLARED.findall(tag)
    by_prefix = dict(spaces)
    if len(set(by_prefix.values())) != len(spaces) or "" in by_prefix.values() or _XML in by_prefix.values():
        return False
    prefix, _, local = tag.partition(" ")[0].rpartition(":")
    if root != f"{{{by_prefix.get(prefix)}}}{local}" or any("xmlns" in other for other in tags if other is not tag):
        return False
    used = set(_PREFIXED.findall("<" + "<".join(tags)))
    return used <= {"xml", "xmlns", *by_prefix}


def warm() -> None:
    """Read a small part, so that a locked child finds everything loaded."""
    pieces_of(b'<a xmlns="b"/>', "{b}a", frozenset())
