"""Objects of a rebuilt PDF, read from their one canonical spelling: no other way to write the same object is accepted.

A space stands only where two tokens would run together; strings are hexadecimal; a name escapes what must be escaped
and nothing else; keys are sorted and none stands twice (PDF-59, PDF-61). What readers could take in two ways is not
there. Tokens are found by the regular-expression engine, which accounts for every byte before any of them is looked at.

Source: ISO 32000-2:2020, 7.2 and 7.3.
"""

import re
from functools import lru_cache
from typing import Final

from sanitizers.model import Check
from sanitizers.verify.court import Refused, require

_MOST_DEEP: Final = 32
_MOST_STRING_BYTES: Final = 1 << 20
_MOST_NAME_BYTES: Final = 256
_MOST_NUMBER: Final = 1 << 31

_ESCAPED: Final = rb"#(?:0[1-9a-f]|1[0-9a-f]|2[03589f]|3[ce]|5[bd]|7[bdf]|[89a-f][0-9a-f])"
_NAME: Final = rb"/(?:[!\"$&'*-.0-;=?-Z\\^-z|~]|" + _ESCAPED + rb")*+"
_APART: Final = rb"(?<![^\[\]<> ])"  # before a token that starts with a regular character
_NUMBER: Final = rb"-?(?:[0-9]{1,10}+(?:\.[0-9]{1,16}+)?|\.[0-9]{1,16}+)"
_TOKEN: Final = (
    rb"<<|>>|\[|\]|" + _NAME + rb"|<(?:[0-9a-f]{2})*+>"
    rb"|" + _APART + rb"(?:[1-9][0-9]{0,9}+ 0 R|" + _NUMBER + rb"|true|false|null)"
)
_ONE_TOKEN: Final = re.compile(rb" ?+(" + _TOKEN + rb")")
_ALL_TOKENS: Final = re.compile(rb"(?: ?+(?:" + _TOKEN + rb"))++")
_IDLE_SPACE: Final = re.compile(rb"[\[\]<>] | [\[\]<>/]|\A | \Z")
_HEX: Final = re.compile(r"#(..)")


class Name(str):
    """A name, without its slash and its escapes."""

    __slots__ = ()


class Ref(int):
    """A reference to an object, by its number; the generation is 0."""

    __slots__ = ()


class Text(bytes):
    """A string object."""

    __slots__ = ()


Value = None | bool | int | float | Name | Ref | Text | list["Value"] | dict[str, "Value"]

_JUST_NAMES: Final = frozenset({Name})
_WORDS: Final[dict[bytes, Value]] = {b"true": True, b"false": False, b"null": None}


def _must(true: object, where: str) -> None:
    require(true, Check.PDF, where)


def read(text: bytes, where: str) -> Value:
    """The one object that `text` spells. Raises Refused for anything but a canonical spelling."""
    _must(_ALL_TOKENS.fullmatch(text) and not _IDLE_SPACE.search(text), f"{where}: spelling")
    outermost: list[Value] = []
    items, opened = outermost, list[tuple[list[Value], bytes]]()
    for token in _ONE_TOKEN.findall(text):
        first = token[0]
        if first == 0x2F:
            items.append(_name(token))
        elif token in _CLOSES:
            opened.append((items, _CLOSES[token]))
            if len(opened) > _MOST_DEEP:
                raise Refused(Check.PDF, f"{where}: nested too deep")
            items = []
        elif first == 0x5D or token == b">>":
            if not opened or opened[-1][1] != token:
                raise Refused(Check.PDF, f"{where}: brackets")
            ended, (items, _) = items, opened.pop()
            items.append(ended if first == 0x5D else _dictionary(ended, where))
        else:
            items.append(_plain(token, first, where))
    _must(not opened and len(outermost) == 1, f"{where}: not one object")
    return outermost[0]


_CLOSES: Final = {b"<<": b">>", b"[": b"]"}


@lru_cache(4096)
def _name(token: bytes) -> Name:
    text = token[1:].decode("ascii")
    if "#" in text:
        text = _HEX.sub(lambda match: chr(int(match[1], 16)), text)
    require(len(text) <= _MOST_NAME_BYTES, Check.PDF, "name too long")
    return Name(text)


def _plain(token: bytes, first: int, where: str) -> Value:
    if first == 0x3C:
        if len(token) > 2 * _MOST_STRING_BYTES + 2:
            raise Refused(Check.PDF, f"{where}: string too long")
        return Text(bytes.fromhex(token[1:-1].decode("ascii")))
    if token[-1] == 0x52:
        return Ref(token[:-4])
    if token in _WORDS:
        return _WORDS[token]
    number = float(token) if b"." in token else int(token)
    if not -_MOST_NUMBER <= number <= _MOST_NUMBER:
        raise Refused(Check.PDF, f"{where}: number out of range")
    return number


def _dictionary(items: list[Value], where: str) -> dict[str, Value]:
    keys, values = items[0::2], items[1::2]
    if len(keys) != len(values) or not _JUST_NAMES.issuperset(map(type, keys)) or None in values:
        raise Refused(Check.PDF, f"{where}: dictionary")
    found = dict(zip(keys, values))
    if len(found) != len(keys):
        raise Refused(Check.PDF, f"{where}: key twice")
    return found  # type: ignore[return-value]  # every key is a Name
