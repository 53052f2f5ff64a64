"""Decisions about the attributes of one element, by the allow-list's rows."""

from collections.abc import Callable
from typing import Final

from policies.terms import Action, Vector
from sanitizers.errors import LimitError
from sanitizers.formats.svg import allow
from sanitizers.formats.svg.allow import ATTRIBUTES, Kind, Reference
from sanitizers.formats.svg.css import Css
from sanitizers.formats.svg.pictures import carry_picture
from sanitizers.formats.svg.values import Target, carried, is_disguised, target_of
from sanitizers.formats.svg.vectors import (
    GEN_23,
    GEN_24,
    GEN_25,
    GEN_26,
    SVG_03,
    SVG_05,
    SVG_12,
    SVG_15,
    SVG_16,
    XML_11,
)
from sanitizers.parsers.xml import Element
from sanitizers.sanitizer import Job

_PREFIXES: Final = {"": "", allow.XLINK_NAMESPACE: "xlink:", allow.XML_NAMESPACE: "xml:"}
_CUT: Final = {Target.SHARE: GEN_23, Target.SCHEME: GEN_24, Target.RELATIVE: SVG_15, Target.NOTHING: SVG_15}
_SCRIPTS: Final = (Target.SCRIPT, Target.DATA)

Tell = Callable[[Vector, str], None]


class Attributes:
    """Carries attributes over; what many elements have alike is counted, what is active is told one by one."""

    def __init__(self, job: Job, css: Css, tell: Tell) -> None:
        self._job = job
        self._css = css
        self._tell = tell
        self._pictures = 0

    def carry(self, element: Element) -> tuple[tuple[str, str], ...]:
        """Names as they are written, and values as they may stand, in the order of the file."""
        kept: dict[str, str] = {}
        for namespace, local, value in element.attributes:
            prefix = _PREFIXES.get(namespace)
            name = f"{prefix}{local}"
            if prefix is None:
                self._refuse(element, local, "attributes of editors")
            elif name in ATTRIBUTES:
                stays = self._carry(element, name, value)
                if stays is not None:
                    kept[name] = stays
            elif name in allow.PRESENTATION:
                stays = self._css.value(name, value)
                if stays:
                    kept[name] = stays
            else:
                self._refuse(element, local, "attributes")
        if len(kept) > allow.MAX_ATTRIBUTES:
            raise LimitError(f"more than {allow.MAX_ATTRIBUTES} attributes", XML_11)
        return tuple(kept.items())

    def _carry(self, element: Element, name: str, value: str) -> str | None:
        kind = ATTRIBUTES[name].kind
        match kind:
            case Kind.REFERENCE:
                return self._reference(element, value)
            case Kind.STYLE:
                return self._css.declarations(value) or None
        is_no_size = element.number == 1 and name in ("width", "height") and value.lstrip().startswith("-")
        found = None if is_no_size else carried(kind, name, value)
        if found != value:
            self._tell(ATTRIBUTES[name].otherwise, "values of attributes")
        return found

    def _refuse(self, element: Element, local: str, otherwise: str) -> None:
        lower = local.lower()
        vector = allow.EVENT_ATTRIBUTE if lower.startswith("on") else allow.REFUSED_ATTRIBUTES.get(lower)
        if vector is None:
            self._tell(allow.ATTRIBUTE_ELSE, otherwise)
        else:
            least = Action.BLOCK if vector is SVG_16 else Action.REMOVE
            self._job.found(vector, _where(element), detail="attribute", at_least=least)

    # --- references ---------------------------------------------------------------------------------------------

    def _reference(self, element: Element, address: str) -> str | None:
        target, identifier = target_of(address)
        may_be = allow.REFERENCES.get(element.name)
        if may_be is None:
            self._tell(SVG_12, "addresses of what loads none")
            return None
        if may_be is Reference.LINK:
            return self._link(element, address, target, identifier)
        if target is Target.LOCAL and may_be is not Reference.PICTURE:
            return f"#{identifier}"
        if target is Target.DATA and may_be is not Reference.LOCAL:
            self._pictures += 1
            return carry_picture(address, _where(element), self._pictures, self._job)
        if target is not Target.NOTHING:
            vector = SVG_03 if target in _SCRIPTS else SVG_05
            self._job.found(vector, _where(element), detail=target.value, at_least=Action.REMOVE)
        return None

    def _link(self, element: Element, address: str, target: Target, identifier: str) -> str | None:
        """The address of a link that people may click on, or None for one that is cut."""
        if target is Target.LOCAL:
            return f"#{identifier}"
        if target is Target.WEB:
            if self._job.found(GEN_25, _where(element)) is Action.KEEP:
                return address.strip()
            return None
        vector = SVG_03 if target in _SCRIPTS else _CUT[target]
        self._job.found(vector, _where(element), detail=target.value, at_least=Action.REWRITE)
        if is_disguised(address):
            self._job.found(GEN_26, _where(element), at_least=Action.REMOVE)
        return None


def _where(element: Element) -> str:
    return f"{element.name} {element.number}"
