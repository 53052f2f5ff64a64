"""XML with one thing changed that mostly leaves it well-formed: elements moved, doubled, nested, values exchanged."""

import re
from collections.abc import Callable
from random import Random
from typing import Final

_ELEMENT: Final = re.compile(rb"<([A-Za-z_][\w:.-]*)(?:\s[^<>]*)?(?:/>|>[^<>]*</\1>|>.{0,2000}?</\1>)", re.DOTALL)
_VALUE: Final = re.compile(rb'([\w:.-]+)="([^"<>]*)"')
_TEXT: Final = re.compile(rb">([^<>]+)<")
_MOST_KEPT: Final = 60  # elements of one part
_DEEP: Final = (2, 40, 300)
_VALUES: Final = (
    *(b"", b"0", b"1", b"-1", b"true", b"2147483648", b"99999999999999999999", b"1e999", b"NaN", b"rId1", b"rId2"),
    *(b"http://attacker.example/", b"file:///a", b"\\\\attacker.example\\a", b"javascript:a", b"#a", b"../a", b"%00"),
    *(b"&#9;", b"&#x202e;a", b"&amp;#x41;", b"url(#a)", b"=1+1", b"A1:XFD1048576", b"DDE a b", b"\xe9\xab\x99"),
)


def elements(data: bytes) -> list[bytes]:
    """Some of its elements, to be put elsewhere."""
    found = [match[0] for match in _ELEMENT.finditer(data)]
    return found[:: max(1, len(found) // _MOST_KEPT)]


def changed(data: bytes, chance: Random, inner: Callable[[bytes], bytes], known: list[bytes]) -> bytes | None:
    """Another document; None where there is nothing to change."""
    kind = chance.randrange(8)
    if kind < 3:
        return _exchanged(data, chance, _VALUE, 2, inner) or _exchanged(data, chance, _TEXT, 1, inner)
    if kind == 3:
        return _exchanged(data, chance, _TEXT, 1, inner)
    found = list(_ELEMENT.finditer(data))
    if not found:
        return None
    one, other = chance.choice(found), chance.choice(found)
    start, end = one.span()
    match kind:
        case 4:
            return data[:start] + data[end:]
        case 5:
            return data[:start] + other[0] * chance.choice((1, 1, 2)) + data[start:]
        case 6 if known:
            return data[:start] + chance.choice(known) + data[chance.choice((start, end)) :]
        case _:
            name = one[1]
            depth = chance.choice(_DEEP)
            return data[:start] + b"<%b>" % name * depth + one[0] + b"</%b>" % name * depth + data[end:]


def _exchanged(
    data: bytes, chance: Random, form: "re.Pattern[bytes]", group: int, inner: Callable[[bytes], bytes]
) -> bytes | None:
    found = list(form.finditer(data))
    if not found:
        return None
    one, other = chance.choice(found), chance.choice(found)
    value = chance.choice((chance.choice(_VALUES), other[group], None))
    if value is None:
        value = inner(one[group])
    return data[: one.start(group)] + value + data[one.end(group) :]
