"""Hidden text: nobody sees it, programs read it, so it goes (OOXML-48).

A run is hidden when its properties say so, or its styles do and its properties do not say otherwise. Marks of fields,
notes and comments inside a hidden run stay, for others lean on them: an index entry is written as hidden text.

Source: ISO/IEC 29500-1:2016, 17.3.2.41 (vanish), 17.7.3 (toggle properties). Text that only a web page would hide
(17.3.2.44, webHidden) is seen in print and stays.
"""

from collections.abc import Mapping
from typing import Any, Final

from sanitizers.formats.ooxml.word.names import W, w

_RUN: Final = W + "r"
_PROPERTIES: Final = W + "rPr"
_PARAGRAPH: Final = W + "p"
_VANISH: Final = W + "vanish"
_VALUE: Final = W + "val"
_OFF: Final = frozenset(("0", "false", "off"))
_SEEN: Final = frozenset(
    w(
        "t",
        "delText",
        "tab",
        "br",
        "cr",
        "sym",
        "noBreakHyphen",
        "softHyphen",
        "ptab",
        "ruby",
        "drawing",
        "pict",
        "object",
    )
)
_MAX_LINKS: Final = 32  # from a style to those it is based on


def hidden_styles(styles: Any) -> frozenset[str]:
    """Ids of the styles in this part that hide text, by themselves or by the style they are based on."""
    said: dict[str, tuple[bool | None, str]] = {}
    for style in styles.iterchildren(W + "style"):
        properties = style.find(_PROPERTIES)
        mark = None if properties is None else properties.find(_VANISH)
        base = style.find(W + "basedOn")
        identifier = style.get(W + "styleId", "")
        said[identifier] = (_says(mark), "" if base is None else base.get(_VALUE, ""))
    if not any(hides for hides, _ in said.values()):
        return frozenset()
    return frozenset(identifier for identifier in said if _is_hidden(identifier, said))


def take_out(root: Any, styles: frozenset[str]) -> int:
    """Remove what hidden runs would show, in place; how many runs there were. Idempotent."""
    candidates = {mark.getparent() for mark in root.iter(_VANISH)}
    runs = [found.getparent() for found in candidates if found is not None and found.tag == _PROPERTIES]
    if styles:
        runs += [run for run in root.iter(_RUN) if _has_style(run, styles)]
    count = 0
    for run in dict.fromkeys(runs):
        if run is not None and run.tag == _RUN and _hides(run, styles):
            shown = [child for child in run if child.tag in _SEEN]
            for child in shown:
                run.remove(child)
            count += bool(shown)
    return count


def _says(mark: Any) -> bool | None:
    return None if mark is None else mark.get(_VALUE, "1").strip().lower() not in _OFF


def _is_hidden(identifier: str, said: Mapping[str, tuple[bool | None, str]]) -> bool:
    for _ in range(_MAX_LINKS):
        hides, base = said.get(identifier, (None, ""))
        if hides is not None or not base:
            return bool(hides)
        identifier = base
    return False  # a circle, which Word breaks


def _style_of(element: Any, properties: str, name: str) -> str:
    found = element.find(f"{properties}/{name}")
    return "" if found is None else found.get(_VALUE, "")


def _has_style(run: Any, styles: frozenset[str]) -> bool:
    return _by_style(run, styles) > 0


def _by_style(run: Any, styles: frozenset[str]) -> int:
    """How many of the run's own style and its paragraph's hide it."""
    paragraph = next(run.iterancestors(_PARAGRAPH), None)
    around = "" if paragraph is None else _style_of(paragraph, W + "pPr", W + "pStyle")
    return (_style_of(run, _PROPERTIES, W + "rStyle") in styles) + (around in styles)


def _hides(run: Any, styles: frozenset[str]) -> bool:
    properties = run.find(_PROPERTIES)
    own = None if properties is None else _says(properties.find(_VANISH))
    return own if own is not None else _by_style(run, styles) % 2 == 1  # 17.7.3: two toggles show it again
