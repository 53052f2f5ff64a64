"""What people wrote inside a foreignObject, as text of the drawing (SVG-04).

Programs that draw charts put their labels into HTML. The HTML goes; of one that holds nothing but words, with a size
in numbers, the words stay, line by line around the middle of its place. What has a form, a script or anything else in
it that is no mere label leaves nothing.

Source: SVG 2, 12.4 (foreignObject) and 11 (text).
"""

import re
from collections.abc import Callable, Sequence
from typing import Final

from sanitizers.formats.svg.write import SafeElement
from sanitizers.parsers.xml import Element, Instruction

_XHTML: Final = "http://www.w3.org/1999/xhtml"
_LINES: Final = frozenset(
    (
        *("body", "br", "center", "dd", "div", "dl", "dt", "h1", "h2", "h3", "h4", "h5", "h6", "li", "ol", "p"),
        *("pre", "section", "table", "tbody", "td", "th", "tr", "ul"),
    )
)
_INLINE: Final = frozenset(
    ("b", "big", "code", "em", "font", "i", "label", "s", "small", "span", "strong", "sub", "sup", "u")
)
_MAX_CHARS: Final = 500
_MAX_LINES: Final = 20
_MAX_ELEMENTS: Final = 200
_MAX_SIZE: Final = 1_000_000.0
_LENGTH: Final = re.compile(r"\s*([-+]?(?:\d{1,9}(?:\.\d{0,9})?|\.\d{1,9}))(?:px)?\s*", re.ASCII)
_DECLARATION: Final = re.compile(r"(?:^|;)\s*([a-z-]{1,30})\s*:\s*([^;]{1,200})", re.IGNORECASE)
_ANCHORS: Final = {"left": "start", "start": "start", "right": "end", "end": "end"}
_STYLES: Final = {"color": "fill", "font-size": "font-size", "font-weight": "font-weight", "font-family": "font-family"}
_BREAK: Final = "\0"  # between lines; no XML has it
_LINE_EM: Final = 1.2
_MIDDLE_EM: Final = 0.35  # from the middle of letters to the line that they stand on

Value = Callable[[str, str], str | None]  # a property's value as it may stand


def words_of(element: Element, value: Value) -> SafeElement | None:
    """The label's words as a text element; None where there are none, or more than words."""
    box = _box(element)
    gathered = _gathered(element)
    if box is None or gathered is None:
        return None
    lines, styles = gathered
    if not lines:
        return None
    x, y, width, height = box
    anchor = _ANCHORS.get(styles.get("text-align", ""), "middle")
    across = _number(x + {"start": 0.0, "middle": width / 2, "end": width}[anchor])
    said = {"fill": "currentColor"}
    for name, attribute in _STYLES.items():
        if name in styles and (fit := value(attribute, styles[name])):
            said[attribute] = fit
    first = _MIDDLE_EM - (len(lines) - 1) * _LINE_EM / 2
    spans = tuple(
        SafeElement("tspan", (("x", across), ("dy", f"{_number(_LINE_EM if index else first)}em")), (line,))
        for index, line in enumerate(lines)
    )
    place = (("x", across), ("y", _number(y + height / 2)), ("text-anchor", anchor))
    return SafeElement("text", place + tuple(said.items()), spans)


def _box(element: Element) -> tuple[float, float, float, float] | None:
    """Its place in numbers; None where they are not plain."""
    said = {name: text for space, name, text in element.attributes if not space}
    found = [_LENGTH.fullmatch(said.get(name, default)) for name, default in _PLACE]
    numbers = [float(match[1]) for match in found if match]
    if len(numbers) != len(found) or any(abs(number) > _MAX_SIZE for number in numbers):
        return None
    x, y, width, height = numbers
    return (x, y, width, height) if width > 0 and height > 0 else None


_PLACE: Final = (("x", "0"), ("y", "0"), ("width", ""), ("height", ""))


def _gathered(element: Element) -> tuple[list[str], dict[str, str]] | None:
    """The lines, and the styles said before the first of them; None where something else than words is in it."""
    pieces: list[str] = []
    styles: dict[str, str] = {}
    waiting: list[Element | Instruction | str] = list(reversed(element.children))
    seen = 0
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            pieces.append(re.sub(r"\s+", " ", item))
            continue
        seen += 1
        name = item.name.lower() if isinstance(item, Element) and item.namespace in ("", _XHTML) else ""
        if not isinstance(item, Element) or name not in _LINES | _INLINE or seen > _MAX_ELEMENTS:
            return None
        if any(key.lower().startswith("on") for _, key, _ in item.attributes):
            return None
        if not "".join(pieces).strip(f" {_BREAK}"):
            styles |= _styles(item)
        ends: Sequence[str] = (_BREAK,) if name in _LINES else ()
        waiting += (*ends, *reversed(item.children), *ends)
    lines = [line.strip() for line in "".join(pieces).split(_BREAK)]
    lines = [line for line in lines if line]
    if len(lines) > _MAX_LINES or sum(map(len, lines)) > _MAX_CHARS:
        return None
    return lines, styles


def _styles(element: Element) -> dict[str, str]:
    said = next((text for space, name, text in element.attributes if not space and name == "style"), "")
    return {found[1].lower(): found[2].strip() for found in _DECLARATION.finditer(said[:2000])}


def _number(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")
