"""Functions with a stream: tables of samples of the size announced, calculators of known operators (PDF-88).

Source: ISO 32000-2:2020, 7.10.2, 7.10.5 and table 42.
"""

import math
import re
from typing import Final

from sanitizers.model import Check
from sanitizers.verify.court import require
from sanitizers.verify.pdf_syntax import Value
from sanitizers.verify.pdf_walk import Document

_MOST_SAMPLES: Final = 1 << 24
_OPERATORS: Final = (
    *("abs", "add", "atan", "ceiling", "cos", "cvi", "cvr", "div", "exp", "floor", "idiv", "ln", "log", "mod", "mul"),
    *("neg", "round", "sin", "sqrt", "sub", "truncate", "and", "bitshift", "eq", "false", "ge", "gt", "le", "lt", "ne"),
    *("not", "or", "true", "xor", "if", "ifelse", "copy", "dup", "exch", "index", "pop", "roll"),
)
_DEEPEST: Final = 12


def _calculator() -> re.Pattern[bytes]:
    words = (
        rb"[\0\t\n\f\r ]++|(?:[+-]?(?:[0-9]++\.?+[0-9]*+|\.[0-9]++)|"
        + b"|".join(word.encode() for word in sorted(_OPERATORS, key=len, reverse=True))
        + rb")(?=[\0\t\n\f\r {}])"
    )
    pattern = rb"\{(?:" + words + rb")*+\}"
    for _ in range(_DEEPEST):
        pattern = rb"\{(?:" + words + rb"|" + pattern + rb")*+\}"
    return re.compile(rb"\s*+" + pattern + rb"\s*+")


_CALCULATOR: Final = _calculator()


def _must(true: object, where: str) -> None:
    require(true, Check.PDF, where)


def check_samples(plain: bytes, number: int, document: Document) -> None:
    """Raises Refused unless there are as many samples as Size says."""
    entries = document.resolved(number)
    sizes, span, bits = entries["Size"], entries["Range"], entries["BitsPerSample"]
    assert isinstance(sizes, list) and isinstance(span, list) and isinstance(bits, int)
    domain = entries["Domain"]
    assert isinstance(domain, list)
    _must(len(domain) == 2 * len(sizes) and len(span) % 2 == 0, "dimensions of a function")
    count = math.prod(_natural(document.value(size)) for size in sizes) * len(span) // 2
    require(count <= _MOST_SAMPLES, Check.LIMITS, f"{count} samples")
    _must(len(plain) == -(-count * bits // 8), "samples and size differ")


def _natural(value: Value) -> int:
    _must(type(value) is int, "size of a function")
    assert isinstance(value, int)
    return value


def check_calculator(plain: bytes, _number: int, _document: Document) -> None:
    """Raises Refused unless this is one procedure of numbers and the operators of table 42."""
    _must(_CALCULATOR.fullmatch(plain), "calculator")
