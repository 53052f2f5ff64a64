"""CSS by allow-list: properties, selectors and values are read by tinycss2 and written anew from their tokens.

Source: CSS Syntax Module Level 3. Values: CSS Values and Units 4. Idempotent: what was written is read as the same.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any, Final

import tinycss2

from policies.terms import Vector
from sanitizers.errors import LimitError
from sanitizers.formats.svg import allow
from sanitizers.formats.svg.values import Target, target_of
from sanitizers.formats.svg.vectors import SVG_03, SVG_05, SVG_06, SVG_12, XML_11, XML_12

MAX_CSS_CHARS: Final = 4 << 20  # of one file, what the fast ways do not take
MAX_VARIABLE_CHARS: Final = 200  # of what one variable stands for: each use writes it out
_MAX_DEPTH: Final = 8

_IDENT: Final = re.compile(r"-?[^\W\d][\w-]*")
_NUMBER: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_UNIT: Final = re.compile(r"(?![eE]\d)[A-Za-z]{1,4}")
_NAME: Final = re.compile(r"[\w-]+")
_STRING: Final = re.compile(r"(?!@import)[^\"\\<>{}(:;\x00-\x1f\x7f]*", re.IGNORECASE)  # names of fonts, paths
_SIMPLE: Final = re.compile(
    r"#[0-9A-Fa-f]{3,8}|[A-Za-z][A-Za-z-]*|[+-]?(?:\d+(?:\.\d+)?|\.\d+)(?:e-?\d+)?(?:[a-z]{2}|%)?"
    r"|rgb\( *\d+%? *, *\d+%? *, *\d+%? *\)|'[A-Za-z][A-Za-z0-9 -]*'",
    re.ASCII,
)
_SIMPLE_REFERENCE: Final = re.compile(r"url\(#[A-Za-z_][\w.-]*\)", re.ASCII)
_LITERALS: Final = frozenset(",/+-*")
_SELECTOR: Final = re.compile(allow.SELECTOR)
_VARIABLE: Final = re.compile(r"--[A-Za-z_][\w-]*", re.ASCII)

Tell = Callable[[Vector, str], None]  # a vector that was met, and what it was


class Unfit(Exception):  # noqa: N818  # no error: the part is left out, and told
    """A part of a style that may not stay."""

    def __init__(self, found: Vector, detail: str) -> None:
        super().__init__(detail)
        self.found = found
        self.detail = detail


class Css:
    """One file's styles: each text is read once."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._known: dict[tuple[str, str], str | None] = {}
        self._chars = 0

    def value(self, name: str, text: str) -> str | None:
        """The value of a property as it may stand, or None."""
        text = text.strip()
        if _is_simple(name, text):
            return text
        key = name, text
        if key not in self._known:
            self._pay(text)
            tokens = tinycss2.parse_component_value_list(text)
            try:
                self._known[key] = self._checked(name, tokens)
            except Unfit as unfit:
                self._tell(unfit.found, unfit.detail)
                return _instead(name, unfit)
        return self._known[key]

    def declarations(self, text: str) -> str:
        """The declarations of a style attribute as they may stand."""
        if (simple := self._simple(text)) is not None:
            return simple
        self._pay(text)
        parsed = tinycss2.parse_blocks_contents(text)
        return self._declared(parsed)

    def sheet(self, text: str) -> str:
        """A style sheet as it may stand, a rule a line."""
        self._pay(text)
        return "\n".join(self._rules(tinycss2.parse_stylesheet(text), 0))

    # --- declarations -------------------------------------------------------------------------------------------

    def _simple(self, text: str) -> str | None:
        """Plain words and numbers, without the library; None where it must look."""
        kept = []
        for part in text.split(";"):
            name, colon, value = part.partition(":")
            name, value = name.strip(), value.strip()
            if not part.strip():
                continue
            if not (colon and name in allow.PROPERTIES and _is_simple(name, value)):
                return None
            kept.append(f"{name}:{value}")
        return ";".join(kept)

    def _declared(self, parsed: Sequence[Any]) -> str:
        kept = []
        for item in parsed:
            if item.type == "declaration":
                written = self._variable(item) if item.name.startswith("--") else self._declaration(item)
                if written:
                    kept.append(written)
            elif item.type == "comment":
                self._tell(XML_12, "comments")
            elif item.type != "whitespace":
                self._tell(SVG_06, "no declaration")
        return ";".join(kept)

    def _is_known(self, lower: str) -> bool:
        if lower in allow.PROPERTIES:
            return True
        is_editors = lower.startswith(allow.EDITORS)
        self._tell(SVG_12 if is_editors else SVG_06, "properties of editors" if is_editors else "a property")
        return False

    def _variable(self, item: Any) -> str:
        """A variable that declarations name: plain words and numbers, no reference, no further variable in it."""
        try:
            value = self._checked(item.name, item.value)
        except Unfit as unfit:
            self._tell(unfit.found, unfit.detail)
            return ""
        if not _VARIABLE.fullmatch(item.name) or len(value) > MAX_VARIABLE_CHARS or "var(" in value.lower():
            self._tell(SVG_06, "a variable")
            return ""
        return f"{item.name}:{value}{'!important' if item.important else ''}"

    def _declaration(self, item: Any) -> str:
        name = item.lower_name
        if not self._is_known(name):
            return ""
        try:
            value = self._checked(name, item.value)
        except Unfit as unfit:
            self._tell(unfit.found, unfit.detail)
            instead = _instead(name, unfit)
            if instead is None:
                return ""
            value = instead
        return f"{name}:{value}{'!important' if item.important else ''}"

    def _checked(self, name: str, tokens: Sequence[Any]) -> str:
        """The value, written anew. Raises Unfit."""
        written = self._written(tokens, name in allow.LOCAL_REFERENCES, _LITERALS, 0).strip()
        again = self._written(
            tinycss2.parse_component_value_list(written), name in allow.LOCAL_REFERENCES, _LITERALS, 0
        )
        if not written or again.strip() != written:
            raise Unfit(SVG_06, "a value")
        return written

    def _written(self, tokens: Sequence[Any], may_refer: bool, literals: frozenset[str], depth: int) -> str:
        if depth > _MAX_DEPTH:
            raise Unfit(SVG_06, "nested functions")
        pieces: list[str] = []
        for token in tokens:
            if token.type == "() block" and pieces and _NAME.search(pieces[-1][-1:]):
                raise Unfit(SVG_06, "a value")  # would be read as a function
            pieces.append(self._token(token, may_refer, literals, depth))
        return re.sub(r"\s+", " ", "".join(pieces))

    def _token(self, token: Any, may_refer: bool, literals: frozenset[str], depth: int) -> str:
        match token.type:
            case "whitespace":
                return " "
            case "comment":
                self._tell(XML_12, "comments")
                return " "
            case "ident" if _IDENT.fullmatch(token.value):
                return str(token.value)
            case "number" if _NUMBER.fullmatch(token.representation):
                return str(token.representation)
            case "percentage" if _NUMBER.fullmatch(token.representation):
                return f"{token.representation}%"
            case "dimension" if _NUMBER.fullmatch(token.representation) and _UNIT.fullmatch(token.unit):
                return f"{token.representation}{token.unit}"
            case "hash" if _NAME.fullmatch(token.value):
                return f"#{token.value}"
            case "string" if _STRING.fullmatch(token.value):
                return _quoted(token.value)
            case "literal" if token.value in literals:
                return str(token.value)
            case "url":
                return _local(token.value, may_refer)
            case "() block":
                return f"({self._written(token.content, may_refer, literals, depth + 1).strip()})"
            case "function":
                return self._function(token, may_refer, literals, depth)
        raise Unfit(SVG_06, "a value")

    def _function(self, token: Any, may_refer: bool, literals: frozenset[str], depth: int) -> str:
        if token.lower_name == "url":
            strings = [part.value for part in token.arguments if part.type == "string"]
            return _local(strings[0] if strings else "", may_refer)
        if token.lower_name == "expression":
            raise Unfit(SVG_06, "expression")
        if token.lower_name == "var":
            return self._named(token, literals, depth)
        if token.lower_name not in allow.FUNCTIONS:
            raise Unfit(SVG_06, "a function")
        return f"{token.name}({self._written(token.arguments, False, literals, depth + 1).strip()})"

    def _named(self, token: Any, literals: frozenset[str], depth: int) -> str:
        """A variable's name, and what stands in its place where nobody sets it (CSS Custom Properties 1, 3)."""
        first, *others = [part for part in token.arguments if part.type != "whitespace"] or [None]
        is_name = first is not None and first.type == "ident" and _VARIABLE.fullmatch(first.value)
        if not is_name or (others and (others[0].type, getattr(others[0], "value", "")) != ("literal", ",")):
            raise Unfit(SVG_06, "a variable")
        if not others:
            return f"var({first.value})"
        behind = token.arguments[token.arguments.index(others[0]) + 1 :]
        return f"var({first.value}, {self._written(behind, False, literals, depth + 1).strip()})"

    # --- rules --------------------------------------------------------------------------------------------------

    def _rules(self, parsed: Sequence[Any], depth: int) -> list[str]:
        kept = []
        for rule in parsed:
            if rule.type in ("whitespace", "comment"):
                if rule.type == "comment":
                    self._tell(XML_12, "comments")
                continue
            try:
                written = self._rule(rule, depth)
            except Unfit as unfit:
                self._tell(unfit.found, unfit.detail)
                continue
            if written:
                kept.append(written)
        return kept

    def _rule(self, rule: Any, depth: int) -> str:
        if depth > 2:
            raise Unfit(SVG_06, "nested rules")
        if rule.type == "qualified-rule":
            return f"{self._selector(rule.prelude)}{{{self._block(rule.content)}}}"
        if rule.type != "at-rule":
            raise Unfit(SVG_06, "no rule")
        name = rule.lower_at_keyword
        if name == "media" and rule.content is not None:
            media = tinycss2.serialize(rule.prelude).strip().lower()
            self._tell(SVG_06, "@media")
            return (
                "\n".join(self._rules(tinycss2.parse_rule_list(rule.content), depth + 1))
                if media in allow.MEDIA
                else ""
            )
        told = (
            name
            if name in ("import", "font-face", "charset", "namespace", "supports", "page", "layer", "keyframes")
            else "other"
        )
        raise Unfit(SVG_05 if name == "font-face" else SVG_06, f"@{told}")

    def _block(self, content: Sequence[Any]) -> str:
        return self._declared(tinycss2.parse_blocks_contents(content))

    def _selector(self, tokens: Sequence[Any]) -> str:
        if any(token.type == "comment" for token in tokens):
            self._tell(XML_12, "comments")
        plain = [token for token in tokens if token.type != "comment"]
        written = re.sub(r"\s+", " ", tinycss2.serialize(plain).replace("/**/", "")).strip()
        if not _SELECTOR.fullmatch(written):
            raise Unfit(SVG_06, "a selector")
        return written

    def _pay(self, text: str) -> None:
        self._chars += len(text)
        if self._chars > MAX_CSS_CHARS:
            raise LimitError(f"more than {MAX_CSS_CHARS} characters of styles", XML_11)


def _is_simple(name: str, value: str) -> bool:
    """Whether a value is one word, number, colour or reference, that needs no second look."""
    if _SIMPLE.fullmatch(value):
        return True
    return name in allow.LOCAL_REFERENCES and _SIMPLE_REFERENCE.fullmatch(value) is not None


def _local(address: str, may_refer: bool) -> str:
    target, identifier = target_of(address)
    if target is Target.LOCAL and may_refer:
        return f"url(#{identifier})"
    raise Unfit(SVG_03 if target in (Target.DATA, Target.SCRIPT) else SVG_05, "url()")


def _instead(name: str, unfit: Unfit) -> str | None:
    """What a reference becomes that may not stay: nothing is painted with it, as if it could not be loaded."""
    return allow.NONE_INSTEAD if name in allow.LOCAL_REFERENCES and unfit.detail == "url()" else None


def _quoted(value: str) -> str:
    return f'"{value}"' if "'" in value else f"'{value}'"
