"""The structure tree: what is a heading, a table, a caption. It stays, for those who have pages read out to them.

Source: ISO 32000-2 14.7 and 14.8
"""

from typing import TYPE_CHECKING, Any, Final

from sanitizers.formats.pdf.check import OMIT, is_number
from sanitizers.formats.pdf.kinds import By, Is, Kind
from sanitizers.formats.pdf.trees import leaves
from sanitizers.formats.pdf.values import Ref, Value

if TYPE_CHECKING:
    from sanitizers.formats.pdf.copier import Copier

_ELEMENT: Final = Is("element")
_CHILD: Final = By("/Type", {"/MCR": Is("marked content"), "/OBJR": Is("object reference")}, _ELEMENT)


def kid(copier: "Copier", value: Value) -> Any:
    """What a structure element holds: numbers of marked content, elements, references, or an array of them."""
    found = copier.source.get(value)
    if type(found) is int:
        return copier.value(found, Kind.INTEGER)
    if isinstance(found, list):
        with copier:
            kids = [safe for item in found if (safe := kid(copier, item)) is not OMIT]
        return [one for item in kids for one in (item if isinstance(item, list) else [item])]  # never one in another
    if type(found) is not dict:
        return OMIT
    name = copier.source.name(found.get("/Type"))
    if name == "/OBJR" and _is_gone(copier, found.get("/Obj")):
        return OMIT
    if name == "/MCR" and not copier.is_drawn(found.get("/Stm")):
        return OMIT
    return copier.value(value, _CHILD)


def _is_gone(copier: "Copier", value: Value) -> bool:
    """Whether an object reference leads to an annotation that was left behind."""
    return not isinstance(value, Ref) or value not in copier.annotations


def number_tree(copier: "Copier", value: Value) -> Any:
    """The parent tree, flat: numbers, each with an element or an array of them."""
    found: dict[int, Any] = {}
    for number, item in leaves(copier.source, value, "/Nums"):
        if type(number) is int and is_number(number) and number not in found:
            safe = parents(copier, item)
            if safe is not OMIT:
                found[number] = safe
    return {"/Nums": [part for number in sorted(found) for part in (number, found[number])]}


def parents(copier: "Copier", value: Value) -> Any:
    """An element, or an array of elements and null."""
    target = copier.source.get(value)
    if isinstance(target, list):
        if isinstance(value, Ref):
            return copier.linked(value, Kind.PARENTS, lambda link: copier.put(link, _elements(copier, target)))
        return _elements(copier, target)
    return copier.value(value, _ELEMENT)


def _elements(copier: "Copier", target: list[Any]) -> list[Any]:
    found = [copier.value(item, _ELEMENT) for item in target]
    return [None if item is OMIT else item for item in found]


def name_tree(copier: "Copier", value: Value) -> Any:
    """Elements by their identifiers, flat."""
    found: dict[bytes, Any] = {}
    for name, item in leaves(copier.source, value, "/Names"):
        if isinstance(name, bytes) and name not in found:
            safe = copier.value(item, _ELEMENT)
            if safe is not OMIT:
                found[name] = safe
    return {"/Names": [part for name in sorted(found) for part in (name, found[name])]} if found else OMIT
