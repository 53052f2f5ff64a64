"""Plain text: TXT rows of the catalogue. Encoding, mark, line ends and every visible character stay as they were.

What programs obey and nobody sees is taken out; what cannot be read becomes a placeholder. Text is never normalised
(TXT-18), and never looked at before it is decoded (TXT-06). The table formats share `Characters` and what is below it.
"""

import base64
import re
from binascii import Error as Base64Error
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Final

from policies.catalogue import vector
from policies.terms import Action, Vector
from sanitizers.budget import Budget
from sanitizers.errors import BlockedError, EmptyError, LimitError, MalformedError
from sanitizers.parsers import characters, encoding
from sanitizers.parsers.encoding import Encoding, Text, Writing
from sanitizers.parsers.patterns import compiled, finder
from sanitizers.sanitizer import Job

TXT_04: Final = vector("TXT-04")
TXT_05: Final = vector("TXT-05")
TXT_06: Final = vector("TXT-06")  # treated, as TXT-18 is, by what is never done
TXT_07: Final = vector("TXT-07")
TXT_08: Final = vector("TXT-08")
TXT_09: Final = vector("TXT-09")
TXT_10: Final = vector("TXT-10")
TXT_11: Final = vector("TXT-11")
TXT_12: Final = vector("TXT-12")
TXT_13: Final = vector("TXT-13")
TXT_14: Final = vector("TXT-14")
TXT_15: Final = vector("TXT-15")
TXT_16: Final = vector("TXT-16")
TXT_17: Final = vector("TXT-17")
TXT_18: Final = vector("TXT-18")

TEXT_VECTORS: Final = (
    *(TXT_04, TXT_05, TXT_07, TXT_08, TXT_09, TXT_10, TXT_11, TXT_12, TXT_13, TXT_14, TXT_15, TXT_16, TXT_17),
)

_MAX_ROUNDS: Final = 12


@dataclass(frozen=True, slots=True)
class SafeText:
    """A text in which every character may stand where it stands, and how it is written."""

    text: str
    writing: Writing
    data: bytes | None = field(default=None, repr=False)  # so written, once that was done


@dataclass(frozen=True, slots=True)
class _Rule:
    vector: Vector
    pattern: re.Pattern[str]
    instead: Callable[[Writing], str] = lambda _: ""


def _placeholder(writing: Writing) -> str:
    return writing.placeholder


RULES: Final = (  # each finds what the ones above it have left
    _Rule(TXT_13, characters.ESCAPE),
    _Rule(TXT_09, characters.NUL),
    _Rule(TXT_13, characters.CONTROL),
    _Rule(TXT_10, characters.BIDI),
    _Rule(TXT_12, characters.INVISIBLE),
    _Rule(TXT_09, characters.NONCHARACTER, _placeholder),
)

# --- what is told and kept --------------------------------------------------------------------------------------

_SCRIPT: Final = re.compile(
    r"\A\s*(?:#!|@echo\s|<\?php|<(?:script|html|!doctype\s+html|hta:application|job|package)\b|on\s+error\s+resume\s+next)"
    r"|\b(?:wscript\.|createobject\s*\(|activexobject|powershell(?:\.exe)?\s+-|sub\s+auto_?open)",
    re.IGNORECASE,
)
_LOOK_ALIKE: Final = re.compile("[аеорсухіјѕһԁԛԝАВЕКМНОРСТХІЈЅ](?:(?<=[A-Za-z].)|(?=[A-Za-z]))")
_NAMED: Final = (
    *("file:", "smb:", "ldap:", "shell:", "search-ms:", "ms-msdt:", "ms-officecmd:", "ms-appinstaller:", "ms-its:"),
    *("ms-word:", "ms-excel:", "ms-powerpoint:", "javascript:", "vbscript:", "mhtml:"),
)
_COLON: Final = re.compile(":(?:" + "|".join(rf"(?<=\b{name})(?=\S)" for name in _NAMED) + ")", re.IGNORECASE)
_SHARE: Final = re.compile(r"\\\\(?<![\\\w]\\\\)(?=[\w.?-][\w.@$?-]*\\\w)")
_WEB: Final = re.compile(r"://(?:(?<=http://)|(?<=https://))", re.IGNORECASE)


_FLAGS: Final = (
    (TXT_15, _SCRIPT, 4096),  # and how many characters are looked at
    (TXT_11, _LOOK_ALIKE, 1 << 20),
    (TXT_16, _COLON, 1 << 20),
    (TXT_16, _SHARE, 1 << 20),
)


def told(text: str, job: Job) -> None:
    """Record what a text says that a reader should know of (TXT-11, TXT-15, TXT-16). Only addresses can be changed."""
    for about, pattern, most in _FLAGS:
        places = [found.start() for found in pattern.finditer(text, 0, most)]
        if places:
            is_unwanted = about is not TXT_16 and job.policy.ordered(about) > Action.KEEP
            able = Action.BLOCK if is_unwanted else Action.KEEP
            job.found(about, line_of(text, places[0]), count=len(places), at_least=able)


def _defanged(text: str, job: Job) -> str:
    """Addresses and shares that no program turns into a link, where the policy wants that (TXT-16)."""
    if job.policy.ordered(TXT_16) is Action.KEEP:
        return text
    for pattern, instead in ((_COLON, "[:]"), (_SHARE, r"\\ \\"), (_WEB, "[://]")):
        text = _replaced(text, _Rule(TXT_16, pattern), instead, job)
    return text


# --- what is taken out ------------------------------------------------------------------------------------------


def carry_characters(parsed: Text, job: Job, *, breaks_lines: bool = True) -> str:
    """The text without what no text needs. `breaks_lines`: separators other than CR become a new line, not a space."""
    text, writing = parsed.text, parsed.writing
    _require_lines(text, job)
    if parsed.recast:
        job.found(TXT_05, "line 1", detail=parsed.recast, at_least=Action.REWRITE)
    if parsed.broken:
        broken = "\ufffd"
        action = job.found(TXT_09, line_of(text, text.find(broken)), count=parsed.broken, at_least=Action.REWRITE)
        text = text.replace(broken, "" if action is Action.REMOVE else writing.placeholder)
    is_suspect = characters.is_suspect(text)
    if is_suspect:
        for rule in RULES:
            text = _replaced(text, rule, rule.instead(writing), job)
    if is_suspect or ("\r" in text and text.count("\r") != text.count("\r\n")):
        text = _with_one_newline(text, writing.newline, job, breaks_lines)
    if text.isascii() and "+" in text:
        text = _without_utf7(text, job)
    return _defanged(text, job)


def line_of(text: str, at: int) -> str:
    """Where that is, for people: "line 12"."""
    return f"line {text.count(chr(10), 0, max(0, at)) + 1}"


def _require_lines(text: str, job: Job) -> None:
    most = job.policy.limits.max_line_chars
    start = 0
    while len(text) - start > most:
        end = text.rfind("\n", start, start + most + 1)
        if end < 0:
            with suppress(BlockedError):
                job.found(TXT_17, line_of(text, start), at_least=Action.BLOCK)
            raise LimitError(f"a line of more than {most} characters")
        start = end + 1


def _replaced(text: str, rule: _Rule, instead: str, job: Job) -> str:
    first = rule.pattern.search(text)
    if first is None:
        return text
    changed, count = rule.pattern.subn(instead, text)
    detail = f"U+{ord(first[0][0]):04X}"
    action = job.found(rule.vector, line_of(text, first.start()), detail=detail, count=count, at_least=Action.REWRITE)
    return rule.pattern.sub("", text) if instead and action is Action.REMOVE else changed


def _with_one_newline(text: str, newline: str, job: Job, breaks_lines: bool) -> str:
    pattern = characters.LINE_SEPARATOR
    first = pattern.search(text)
    if first is None:
        return text
    changed, count = pattern.subn(lambda found: newline if breaks_lines or found[0] == "\r" else " ", text)
    detail = f"U+{ord(first[0]):04X}"
    action = job.found(TXT_14, line_of(text, first.start()), detail=detail, count=count, at_least=Action.REWRITE)
    return pattern.sub("", text) if action is Action.REMOVE else changed


# --- UTF-7 ------------------------------------------------------------------------------------------------------

_UTF7_RUN: Final = re.compile(r"\+([A-Za-z0-9+/]*+)(-?)")
_UTF7_MARK: Final = re.compile(r"\A\+/v[89+/]")
_UTF7_SAYS: Final = re.compile("[<>\"'&=@]")  # what a filter of ASCII would have looked for


def _without_utf7(text: str, job: Job) -> str:
    """ASCII in which nobody reads anything else: a plus sign that would shift into UTF-7 is told to be one (TXT-08)."""
    runs = [found for found in _UTF7_RUN.finditer(text) if found[2] and _UTF7_SAYS.search(_utf7(found[1]))]
    if (mark := _UTF7_MARK.match(text)) and (not runs or runs[0].start()):
        runs.insert(0, mark)
    if not runs:
        return text
    action = job.found(TXT_08, line_of(text, runs[0].start()), count=len(runs), at_least=Action.REWRITE)
    pieces, done = [], 0
    for run in runs:
        pieces += [text[done : run.start()], "" if action is Action.REMOVE else "+-"]
        done = run.end() if action is Action.REMOVE else run.start() + 1
    return "".join([*pieces, text[done:]])


def _utf7(run: str) -> str:
    try:
        packed = base64.b64decode(run + "=" * (-len(run) % 4))
        return packed[: len(packed) // 2 * 2].decode("utf-16-be")
    except (Base64Error, UnicodeDecodeError):
        return ""


# --- a fixed point ----------------------------------------------------------------------------------------------

# UTF-8 controls in a text of another encoding, for a reader that takes it for UTF-8: U+2028-202E, U+2066-2069, tags
_HIDDEN_UTF8: Final = (rb"\xe2\x80[\xa8-\xae]", rb"\xe2\x81[\xa6-\xa9]", rb"\xf3\xa0[\x80\x81][\x80-\xbf]")
_HIDDEN: Final[Any] = compiled(b"|".join(_HIDDEN_UTF8))
_HIDES: Final = tuple(map(finder, _HIDDEN_UTF8))  # one by one they are found by what they begin with


def settle(parsed: Text, job: Job, carry: Callable[[Text, Job], SafeText]) -> SafeText:
    """What `carry` makes of a text, once reading it again changes nothing more. Raises MalformedError if it never does.

    Taking characters out can join others to something new, or make another encoding the likelier one.
    """
    for _ in range(_MAX_ROUNDS):
        findings = sum(job.findings.values())
        safe = carry(parsed, job)
        data = encoding.write(safe.text, safe.writing)
        if not safe.writing.encoding.is_unicode:
            data = _without_hidden_utf8(data, job)
        if data == parsed.untrusted:
            return replace(safe, data=data)
        if not data:
            raise EmptyError("nothing is left of the text")
        if findings == sum(job.findings.values()):
            is_jis = safe.writing.encoding is Encoding.ISO_2022_JP  # escapes put in order
            job.found(TXT_07 if is_jis else TXT_05, "line 1", at_least=Action.REWRITE)
        parsed = encoding.read(data)
    raise MalformedError("a text that every reading changes")


def _without_hidden_utf8(data: bytes, job: Job) -> bytes:
    if all(hides(data, 0, len(data)) < 0 for hides in _HIDES):
        return data
    first = _HIDDEN.search(data)
    data, count = _HIDDEN.subn(b"", data)
    job.found(TXT_10, f"line {data.count(10, 0, first.start()) + 1}", detail="in another encoding", count=count)
    return data


# --- the sanitizer ----------------------------------------------------------------------------------------------

_SYLK: Final = re.compile(r"\A\s*(?=ID;)")
_SYLK_RECORD: Final = re.compile(r"^(?:O;|NN;|C;[^\n]*;E)|\A\s*ID;P", re.MULTILINE)


def carry_sheet_start(text: str, at: int, job: Job) -> str:
    """A text that no spreadsheet takes for a symbolic link sheet: an apostrophe goes before its ID (TXT-04)."""
    action = job.found(TXT_04, line_of(text, at), at_least=Action.REWRITE)
    return text[:at] + ("" if action is Action.REMOVE else "'") + text[at + (3 if action is Action.REMOVE else 0) :]


@dataclass(frozen=True, slots=True)
class Characters:
    """The sanitizer of a format that is nothing but characters; `carry` is what becomes of one reading of them."""

    media_types: frozenset[str]
    vectors: tuple[Vector, ...]
    carry: Callable[[Text, Job], SafeText]

    def parse(self, untrusted: bytes, budget: Budget) -> Text:
        budget.expand(len(untrusted))
        return encoding.read(untrusted)

    def disarm(self, parsed: Text, job: Job) -> SafeText:
        safe = settle(parsed, job, self.carry)
        told(safe.text, job)
        return safe

    def reconstruct(self, safe: SafeText) -> bytes:
        return encoding.write(safe.text, safe.writing) if safe.data is None else safe.data


def _carry(parsed: Text, job: Job) -> SafeText:
    text = carry_characters(parsed, job)
    found = _SYLK.match(text)
    if found and _SYLK_RECORD.search(text):
        text = carry_sheet_start(text, found.end(), job)
    return SafeText(text, parsed.writing)


TEXT: Final = Characters(frozenset({"text/plain"}), TEXT_VECTORS, _carry)


def warm() -> None:
    """A sample through everything that is loaded or compiled at its first use."""
    encoding.warm()
    _utf7("ADw")
