"""Calls in binary formulas that are judged by their first operand: newer functions by their name, and links (V-FML).

Tokens are those of a stack machine. For each value on the stack it is known whether it is a name, and with what text it
begins. A link is certain only where nothing jumps over tokens.

Source: [MS-XLSB] 2.4.711 (BrtName), 2.5.97 (tokens); [MS-XLSX] 2.2.2 (future functions).
"""

import re
from collections.abc import Iterable
from struct import unpack_from
from typing import Final

from sanitizers.model import Check
from sanitizers.verify.court import require
from sanitizers.verify.ooxml.addresses import is_anchor, is_web
from sanitizers.verify.ooxml.functions import FUNCTIONS

CALLS: Final = (255, 359)  # what a name calls, HYPERLINK
NEWER_FLAGS: Final = 0x2000B
NEWER_FORMULA: Final = bytes.fromhex("020000001c1d00000000") + b"\xff" * 20  # #NAME?, and nothing said of it

_GROWING: Final = {"SEQUENCE", "RANDARRAY", "MAKEARRAY", "REPT", "EXPAND", "MUNIT"}
_NEWER: Final = re.compile(r"_xlfn\.(?:_xlws\.)?([A-Z0-9.]+)")
_AS_FAR_AS_HOST: Final = re.compile(r"(?i)https?://[^/?#]+[/?#]")
_NEVER_JUMPING: Final = (0x01, 0x20, 0x21, 0x40, 0x41)
_ONE_SIZED: Final = {  # how many values a function takes that is called without a count, 2.5.97.10
    int(number): count
    for count, numbers in enumerate(
        (
            "10 19 34 35 63 74 221",
            "2 3 15 16 17 18 20 21 22 23 24 25 26 32 33 38 67 68 69 71 72 73 75 76 77 83 86 98 99 105 111 112 113 114"
            " 118 121 126 127 128 129 130 131 140 141 162 163 164 184 190 198 211 214 215 229 230 231 232 233 234 244"
            " 261 271 279 283 284 294 296 298 342 343 347 352 360",
            "27 30 39 48 97 117 165 212 213 252 274 275 276 285 288 299 303 304 305 306 307 308 310 311 312 313 314 315"
            " 325 326 327 328 331 332 337 346 353 480",
            "31 40 41 42 43 44 45 47 61 65 66 142 189 195 196 199 210 235 277 278 280 281 282 287 290 291 292 295 297"
            " 300 301 309 351",
            "119 143 207 273 286 289 293 302 316 350",
        )
    )
    for number in numbers.split()
}

_Value = tuple[int, str | None, bool]  # number of a name or 0; the text it begins with; whether that is all
_ANY: Final[_Value] = (0, None, False)


def is_newer(name: str) -> bool:
    """Whether this names a function of a later version that computes from the workbook alone."""
    found = _NEWER.fullmatch(name)
    return found is not None and found[1] in FUNCTIONS - _GROWING


def called_names(tokens: Iterable[tuple[int, bytes]], where: str) -> set[int]:
    """The numbers of the names that a formula calls. Raises Refused for a link that is not certain to be one."""
    stack: list[_Value] = []
    found: set[int] = set()
    has_link = has_jump = False
    for number, data in tokens:
        if 38 <= number <= 41 or (number == 25 and data[0] != 16):
            has_jump |= number == 25 and data[0] not in _NEVER_JUMPING
            continue
        count = _taken(number, data)
        require(0 <= count <= len(stack), Check.FORMULA, f"{where}: a function without its values")
        first = stack[-count] if count else _ANY
        del stack[len(stack) - count :]
        function = unpack_from("<H", data, 1)[0] if number == 34 else 0
        if function == 255:
            require(first[0], Check.FORMULA, f"{where}: a call of no name")
            found.add(first[0])
        elif function == 359:
            require(1 <= count <= 2 and _leads(first), Check.FORMULA, f"{where}: a link that leads anywhere")
            has_link = True
        stack.append(_given(number, data, first))
    require(len(stack) == 1, Check.FORMULA, f"{where}: values without a function")
    require(not (has_link and has_jump), Check.FORMULA, f"{where}: a link among jumps")
    return found


def _taken(number: int, data: bytes) -> int:
    if number == 33:
        return _ONE_SIZED.get(unpack_from("<H", data)[0], -1)
    if number == 34:
        return data[0] if data[0] < 128 else -1
    if 3 <= number <= 17:
        return 2
    return 1 if 18 <= number <= 21 or number == 25 else 0


def _leads(value: _Value) -> bool:
    _, text, is_all = value
    if text is None or "\\" in text:
        return False
    return is_anchor(text) or (is_web(text) and (is_all or bool(_AS_FAR_AS_HOST.match(text))))


def _given(number: int, data: bytes, first: _Value) -> _Value:
    if number == 35:
        return unpack_from("<I", data)[0], None, False
    if number == 23:
        return 0, data[2:].decode("utf-16-le", "replace"), True
    if number == 21:
        return first
    return (0, first[1], False) if number == 8 else _ANY
