"""Functions: dictionaries by their tables, and the calculator's programs by a grammar of their own (PDF-88, PDF-89).

Source: ISO 32000-2 7.10
"""

import math
import re
from typing import TYPE_CHECKING, Any, Final

from sanitizers.errors import MalformedError
from sanitizers.formats.pdf.allow_graphics import FUNCTION
from sanitizers.formats.pdf.check import OMIT
from sanitizers.formats.pdf.treat import decoded
from sanitizers.formats.pdf.values import Ref, SafeStream, Stream, Value
from sanitizers.formats.pdf.vectors import PDF_72, PDF_89

if TYPE_CHECKING:
    from sanitizers.formats.pdf.copier import Copier

_OPERATORS: Final = frozenset(  # Table 42
    b"abs add atan ceiling cos cvi cvr div exp floor idiv ln log mod mul neg round sin sqrt sub truncate and bitshift "
    b"eq false ge gt le lt ne not or true xor if ifelse copy dup exch index pop roll".split()
)
_TOKEN: Final = re.compile(rb"(?:[\x00\t\n\f\r ]+|%[^\r\n]*)*([{}]|[^\x00\t\n\f\r ()<>\[\]{}/%]+|[\x00-\xff])")
_NUMBER: Final = re.compile(rb"[+-]?(?:\d{1,10}\.?\d{0,10}|\.\d{1,10})")
_BITS: Final = (1, 2, 4, 8, 12, 16, 24, 32)  # Table 39
_MAX_SAMPLES: Final = 1 << 24
_MAX_DEEP: Final = 32
_MAX_TOKENS: Final = 20_000


def function(copier: "Copier", value: Value) -> Any:
    """A function as it may stand in the copy, or OMIT. Those inside a function come later: nesting costs no stack."""
    return copier.value(value, FUNCTION)


def treat_calculator(copier: "Copier", stream: Stream, entries: dict[str, Any], table: str) -> SafeStream:
    """A calculator's program, written anew. Raises MalformedError."""
    program = calculator(copier.source.decoded(stream)[0])
    return copier.packed(entries, program)


def treat_samples(copier: "Copier", stream: Stream, entries: dict[str, Any], table: str) -> SafeStream:
    """A table of samples, as many as its size asks for (7.10.2). Raises MalformedError, BlockedError."""
    sizes, span, domain = (entries.get(key, []) for key in ("/Size", "/Range", "/Domain"))
    bits = entries.get("/BitsPerSample")
    is_one = sizes and span and len(domain) == 2 * len(sizes) and len(span) % 2 == 0 and bits in _BITS
    if not is_one or not all(type(size) is int and size > 0 for size in sizes):
        raise MalformedError("a table of samples without a size")
    count = math.prod(sizes) * len(span) // 2
    if count > _MAX_SAMPLES:
        copier.found(PDF_89, "function", f"{count} samples")
    data = decoded(copier, stream, "function")
    size = -(-count * bits // 8)
    return copier.packed(entries, data[:size].ljust(size, b"\0"))


def calculator(program: bytes) -> bytes:
    """The program with its operators and numbers alone. Raises MalformedError for any other word."""
    words: list[bytes] = []
    depth = at = 0
    while found := _TOKEN.match(program, at):
        at, word = found.end(), found[1]
        depth += (word == b"{") - (word == b"}")
        is_known = word in (b"{", b"}") or word in _OPERATORS or _NUMBER.fullmatch(word)
        if not is_known or not 0 <= depth <= _MAX_DEEP or len(words) > _MAX_TOKENS:
            raise MalformedError("a program that is no calculation", PDF_72 if depth > _MAX_DEEP else None)
        words.append(word)
        if depth == 0:
            break
    if depth or not words or words[0] != b"{":
        raise MalformedError("a calculation that does not end")
    return b" ".join(words)


__all__ = ["OMIT", "Ref", "calculator", "function", "treat_calculator", "treat_samples"]
