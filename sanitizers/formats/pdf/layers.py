"""Optional content: what a reader would show by default stays, what it would hide goes for good (PDF-68).

Source: ISO 32000-2 8.11
"""

from typing import TYPE_CHECKING, Any, Final

from policies.terms import Action
from sanitizers.formats.pdf.check import OMIT
from sanitizers.formats.pdf.kinds import Is
from sanitizers.formats.pdf.parse import Source
from sanitizers.formats.pdf.values import Ref, Value
from sanitizers.formats.pdf.vectors import PDF_68

if TYPE_CHECKING:
    from sanitizers.formats.pdf.copier import Copier

_LAYER: Final = Is("layer")
_MEMBERSHIP: Final = Is("layer membership")
_MAX_NESTED: Final = 8
_AND, _OR, _NOT = "/And", "/Or", "/Not"


class Layers:
    """Which layers a document hides when it is opened."""

    def __init__(self, source: Source, catalog: dict[str, Any]) -> None:
        self._source = source
        properties = source.dictionary(catalog.get("/OCProperties"))
        self.default = source.dictionary(properties.get("/D"))
        self.all = [ref for ref in source.array(properties.get("/OCGs")) if isinstance(ref, Ref)]
        off = {ref for ref in source.array(self.default.get("/OFF")) if isinstance(ref, Ref)}
        on = {ref for ref in source.array(self.default.get("/ON")) if isinstance(ref, Ref)}
        if source.name(self.default.get("/BaseState")) == "/OFF":
            off |= set(self.all) - on
        self.off = off

    def hides(self, value: Value) -> bool:
        """Whether what belongs to this group or membership is not shown."""
        if not self.off or value is None:
            return False
        if isinstance(value, Ref) and value in self.off:
            return True
        entries = self._source.dictionary(value)
        if self._source.name(entries.get("/Type")) != "/OCMD":
            return False
        if expression := self._source.array(entries.get("/VE")):
            return not self._is_true(expression, 0)
        groups = entries.get("/OCGs")
        members = self._source.array(groups) or [groups]
        shown = [member not in self.off for member in members if isinstance(member, Ref)]
        if not shown:
            return False
        match self._source.name(entries.get("/P")):
            case "/AllOn":
                return not all(shown)
            case "/AnyOff":
                return all(shown)
            case "/AllOff":
                return any(shown)
        return not any(shown)

    def _is_true(self, expression: list[Any], depth: int) -> bool:
        """A visibility expression (8.11.2.2); one that nobody can follow counts as shown."""
        operator = self._source.name(expression[0]) if expression else ""
        if depth > _MAX_NESTED or operator not in (_AND, _OR, _NOT):
            return True
        terms = []
        for item in expression[1:]:
            inner = self._source.array(item)
            terms.append(self._is_true(inner, depth + 1) if inner else item not in self.off)
        if operator == _NOT:
            return not any(terms[:1])
        return all(terms) if operator == _AND else any(terms)


def layer(copier: "Copier", value: Value) -> Any:
    """A group or membership that is shown, as it may stand in the copy."""
    kind = copier.source.name(copier.source.dictionary(value).get("/Type"))
    if kind not in ("/OCG", "/OCMD") or copier.hidden(value):
        return OMIT
    return copier.value(value, _LAYER if kind == "/OCG" else _MEMBERSHIP)


def properties(copier: "Copier", layers: Layers) -> Any:
    """The list of layers in the copy: all shown, in the order they are listed in; OMIT without any."""
    source, default = copier.source, layers.default
    if layers.off:
        count = len(layers.off)
        copier.found(PDF_68, "/OCProperties", f"{count} layers that are not shown", Action.REMOVE)
    if source.array(default.get("/AS")):
        copier.found(PDF_68, "/OCProperties/D/AS", "layers that show on one device and not on another")
    groups = [copier.value(ref, _LAYER) for ref in dict.fromkeys(layers.all) if ref not in layers.off]
    groups = [group for group in groups if group is not OMIT]
    if not groups:
        return OMIT
    config: dict[str, Any] = {"/BaseState": "/ON"}
    order = _order(copier, source.array(default.get("/Order")), layers, 0)
    if order:
        config["/Order"] = order
    name = source.get(default.get("/Name"))
    if isinstance(name, bytes):
        config["/Name"] = name
    mode = source.name(default.get("/ListMode"))
    if mode in ("/AllPages", "/VisiblePages"):
        config["/ListMode"] = mode
    return {"/OCGs": groups, "/D": config}


def _order(copier: "Copier", items: list[Any], layers: Layers, depth: int) -> list[Any]:
    found: list[Any] = []
    for item in items if depth < _MAX_NESTED else []:
        target = copier.source.get(item)
        if isinstance(target, list):
            if inner := _order(copier, target, layers, depth + 1):
                found.append(inner)
        elif isinstance(target, bytes):
            found.append(target)
        elif isinstance(item, Ref) and item in layers.all and item not in layers.off:
            found.append(copier.value(item, _LAYER))
    return [item for item in found if item is not OMIT]
