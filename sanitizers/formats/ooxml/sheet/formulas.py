"""Which formulas may stay: those whose every function, name and sheet is known to compute from this workbook alone.

A formula that may not stay is taken out whole; the value that was last computed from it remains in its cell.

Source: ISO/IEC 29500-1:2016, 18.17; rows OOXML-80, 83, 89 to 93 of the catalogue.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from math import prod
from typing import Final

from policies.terms import Action, Vector
from sanitizers.formats.ooxml.links import web_link
from sanitizers.formats.ooxml.scene import Scene
from sanitizers.formats.ooxml.sheet import functions
from sanitizers.formats.ooxml.vectors import OOXML_19, OOXML_80, OOXML_83, OOXML_89, OOXML_90, OOXML_91
from sanitizers.parsers.formula import Kind, Token, is_ordered, tokens

FORMULAS: Final = "sheet.formulas"  # where a package's judge is kept
MAX_PARTED_CHARS: Final = 1_000_000  # of one workbook's formulas that are taken apart for the sake of their links
MAX_KEPT_SHAPES: Final = 20_000  # of one workbook; a longer list is judged again

ANY_CELL: Final = re.compile(r"(?<![\w.$\\])\$?[A-Z]{1,3}\$?[0-9]{1,7}(?![\w.\\?(!|\[])")
_LINK: Final = re.compile(r'\s*HYPERLINK\(\s*"((?:[^"]|"")*)"\s*(?:,\s*"((?:[^"]|"")*)"\s*)?\)\s*', re.IGNORECASE)
_WHOLE_HOST: Final = re.compile(r"https?://[^/?#]+[/?#]", re.IGNORECASE)
_GROWING: Final = tuple(functions.GROWING)
_COUNTED: Final = (Kind.NUMBER, Kind.NAME, Kind.SHEET)
_DIGITS: Final = re.compile(r"[0-9]++(?:\.[0-9]*+)?(?:[eE][+-]?[0-9]{1,3})?|\.[0-9]++")
_SHAPED: Final = re.compile(r"[A-Z0-9$:.,()+\-*/^=<>% ]*", re.ASCII)  # without text and sheets cells are alike


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a formula may not stay."""

    vector: Vector
    detail: str


class Formulas:
    """Judges the formulas of one workbook. What was judged once is not read again."""

    def __init__(
        self,
        *,
        is_web: Callable[[str], bool],
        dead_names: Iterable[str] = (),
        dead_sheets: Iterable[str] = (),
        own_functions: Iterable[str] = (),
    ) -> None:
        """`dead_names` and `dead_sheets` do not come along; `own_functions` are names that hold a LAMBDA and stay."""
        self._is_web = is_web
        self._dead_names = frozenset(name.upper() for name in dead_names)
        self._dead_sheets = frozenset(name.upper() for name in dead_sheets)
        self._own_functions = frozenset(name.upper() for name in own_functions)
        self.has_shapes = not any(map(ANY_CELL.fullmatch, self._dead_names))  # ZZZ1 may be a name
        self._known: dict[str, Refusal | None] = {}
        self._left_chars = MAX_PARTED_CHARS

    def may_part(self, chars: int) -> bool:
        """Whether so much more may be taken apart, which is then spent."""
        self._left_chars -= chars
        return self._left_chars >= 0

    def refusal(self, formula: str) -> Refusal | None:
        """None where the formula may stay."""
        shape = ANY_CELL.sub("A1", formula) if self.has_shapes and _SHAPED.fullmatch(formula) else formula
        if shape not in self._known:
            if len(self._known) >= MAX_KEPT_SHAPES:
                self._known.clear()
            self._known[shape] = self._judged(shape)
        return self._known[shape]

    def _judged(self, formula: str) -> Refusal | None:
        whole = list(tokens(formula))
        pieces = [token for token in whole if token.kind is not Kind.SPACE]
        for number, token in enumerate(pieces):
            found = self._of_token(token, pieces[number + 1 :] if token.kind is Kind.CALL else ())
            if found is not None:
                return found
        return _grown(pieces) if is_ordered(whole) else Refusal(functions.UNKNOWN, "a formula that is not understood")

    def _of_token(self, token: Token, behind: Sequence[Token]) -> Refusal | None:
        match token.kind:
            case Kind.UNKNOWN:
                return Refusal(functions.UNKNOWN, "a formula that is not understood")
            case Kind.EXTERNAL:
                return Refusal(OOXML_80, "another workbook")
            case Kind.DDE:
                return Refusal(OOXML_83, "a conversation with another program")
            case Kind.CALL:
                return self._of_call(token.value, behind)
            case Kind.NAME | Kind.CELL:
                return self._of_name(token.value)
            case Kind.SHEET if self._dead_sheets.intersection(token.value.upper().split(":")):
                return Refusal(OOXML_90, "a sheet that is taken out")
        return None

    def _of_name(self, name: str) -> Refusal | None:
        if name.upper() in self._dead_names:
            return Refusal(OOXML_90, "a name that is taken out")
        plain = plain_name(name)
        if plain != name.upper() and plain not in functions.FUNCTIONS:  # _xleta.SUM: a function given to a function
            return Refusal(functions.REFUSED.get(plain, functions.UNKNOWN), _told(plain))
        return None

    def _of_call(self, name: str, behind: Sequence[Token]) -> Refusal | None:
        plain = plain_name(name)
        if plain == "HYPERLINK":
            return self._of_link(behind)
        is_given = name.lower().startswith(
            functions.GIVEN
        )  # a function as an argument, which nobody calls by that name
        if (plain in functions.FUNCTIONS and not is_given) or is_parameter(name):
            return None
        if (
            name.upper() == plain and plain in self._own_functions - functions.REFUSED.keys()
        ):  # a program's own comes first
            return None
        return Refusal(functions.REFUSED.get(plain, functions.UNKNOWN), _told(plain))

    def _of_link(self, behind: Sequence[Token]) -> Refusal | None:
        """HYPERLINK stays where its address is written out, or is certain to lead into this workbook."""
        address = list(takewhile(lambda token: token.value != "," or token.kind is Kind.STRING, behind))
        if address and address[0].kind is Kind.STRING:
            behind_it = "" if len(address) == 1 else address[1].value
            is_whole = behind_it in ("", ")")
            if (is_whole or behind_it == "&") and is_certain(address[0].value, self._is_web, is_whole=is_whole):
                return None
        return Refusal(OOXML_89, "HYPERLINK")


def is_certain(start: str, is_web: Callable[[str], bool], *, is_whole: bool) -> bool:
    """Whether an address that is this text, or begins with it, leads to the web or into its own workbook."""
    if "\\" in start:
        return False
    if start.startswith("#"):
        return True
    return is_web(start) and (is_whole or _WHOLE_HOST.match(start) is not None)  # behind a host anything may be put


def shown_by(formula: str) -> str:
    """What a link whose arguments are written out shows, for cells that came without a value; empty for others."""
    found = _LINK.fullmatch(formula)
    return "" if found is None else (found[2] or found[1]).replace('""', '"')


def formulas_of(scene: Scene) -> Formulas:
    """The judge of this workbook's formulas. In packages that are no workbook, one that knows of no names."""
    found: Formulas | None = scene.state.get(FORMULAS)
    if found is None:
        found = scene.state[FORMULAS] = Formulas(is_web=links_of(scene))
    return found


def is_refused(formula: str | None, scene: Scene) -> bool:
    """Whether a formula outside cells may not stay, which is then told."""
    found = formulas_of(scene).refusal(formula) if formula and formula.strip() else None
    if found is not None:
        scene.found(found.vector, detail=found.detail)
    return found is not None


def links_of(scene: Scene) -> Callable[[str], bool]:
    """Whether an address may be a link: one that the policy keeps."""
    keeps = scene.job.policy.ordered(OOXML_19) is Action.KEEP
    return lambda address: keeps and web_link(address) is not None


def plain_name(name: str) -> str:
    """A function's name in capitals, without what is written before newer ones."""
    plain = name.upper()
    for _ in range(2):
        for prefix in functions.PREFIXES:
            plain = plain.removeprefix(prefix.upper())
    return plain


def is_parameter(name: str) -> bool:
    """Whether a name is a parameter of LET or LAMBDA."""
    return name.lower().startswith(functions.PARAMETER)


def _told(plain: str) -> str:
    return plain if plain in functions.REFUSED else "a function that is not Excel's own"


def _grown(pieces: Sequence[Token]) -> Refusal | None:
    """OOXML-91: a few functions that make millions of cells of two numbers."""
    calls, size = 0, 1.0
    for number, token in enumerate(pieces):
        if token.kind is Kind.CALL and plain_name(token.value).endswith(_GROWING):
            calls += 1
            inside = takewhile(lambda piece: piece.value != ")", pieces[number + 1 :])
            written = [_DIGITS.match(piece.value) for piece in inside if piece.kind in _COUNTED]
            numbers = [max(float(digits[0]), 1.0) for digits in written if digits][:2]
            is_square = plain_name(token.value) == "MUNIT"
            size *= prod(numbers) ** (2 if is_square else 1)
    if calls > functions.MAX_GROWING_CALLS or size > functions.MAX_GROWN:
        return Refusal(OOXML_91, "more to compute than a sheet shows")
    return None
