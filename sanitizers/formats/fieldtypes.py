"""Which fields of word processors may stay fields, by allow-list: data, and the one function that reads it.

A field that may not stay is flattened: its last result stays as text. What stays can only number, refer within its own
document, take a column of a data source that whoever prints letters must choose first, or lay out text; nothing here
takes an address, a path, a program or a person's name.

Source: ISO/IEC 29500-1:2016, 17.16.5; types of older and newer versions of Word: [MS-DOC] 2.9.90 (flt).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Final

from policies.catalogue import vector
from policies.terms import Vector
from sanitizers.parsers.fieldcode import MAX_CHARS, NESTED, Code, Part, Token, read
from sanitizers.table import Row, table

OOXML_60: Final = vector("OOXML-60")
OOXML_61: Final = vector("OOXML-61")
OOXML_62: Final = vector("OOXML-62")
OOXML_63: Final = vector("OOXML-63")
OOXML_64: Final = vector("OOXML-64")
OOXML_65: Final = vector("OOXML-65")
OOXML_66: Final = vector("OOXML-66")
OOXML_67: Final = vector("OOXML-67")
OOXML_68: Final = vector("OOXML-68")


class Word(Enum):
    """What an argument may be. Each is checked in one place: `_FORMS`."""

    NAME = "name"  # of a bookmark, a sequence, a format
    NUMBER = "number"
    RANGE = "range"
    TEXT = "text"  # that is shown, or names a style: never an address to a program
    BRANCH = "branch"  # a text, or a side of a comparison, with fields in it


_FORMS: Final[Mapping[Word, re.Pattern[str]]] = MappingProxyType(
    {
        Word.NAME: re.compile(r"[^\s\x00-\x20\x7f\\/:\"|\ufffc]{1,80}"),
        Word.NUMBER: re.compile(r"[+-]?\d{1,6}(?:\.\d{1,4})?"),
        Word.RANGE: re.compile(r"\d{1,2}(?:\s*[-–]\s*\d{1,2})?"),
        Word.TEXT: re.compile(r"[^\x00-\x08\x0b-\x1f\x7f\ufffc]{0,1000}"),
        Word.BRANCH: re.compile(r"[^\x00-\x08\x0b-\x1f\x7f]{0,8000}"),
    }
)


@dataclass(frozen=True, slots=True)
class Grammar:
    """What may follow a type. A switch is followed by what it asks for, or by nothing."""

    argument: Word | None
    switches: Mapping[str, Word | None]
    may_nest: bool  # other fields that may stay, inside the instruction
    is_free: bool  # an expression, read by the type's own rules


def _takes(
    argument: Word | None = None, switches: str = "", *, may_nest: bool = False, is_free: bool = False
) -> Grammar:
    """`switches` as "h p d:text": letters, with what they ask for."""
    pairs = (piece.partition(":") for piece in switches.split())
    asked = {letter: Word(kind) if kind else None for letter, _, kind in pairs}
    return Grammar(argument, MappingProxyType(asked), may_nest, is_free)


ANY_TYPE: Final[Mapping[str, Word | None]] = MappingProxyType(  # 17.16.4.3: formats of the result
    {"*": Word.TEXT, "#": Word.TEXT, "@": Word.TEXT, "!": None}
)

_BARCODE: Final = "b:name c:name d f:name h:number p:name q:number r:number s:number t x"

KEPT: Final = table(
    #   type             what may follow it                                                 otherwise  source
    Row("=", _takes(is_free=True, may_nest=True), OOXML_61, "17.16.3"),
    Row("ADVANCE", _takes(None, "d:number l:number r:number u:number x:number y:number"), OOXML_61, "17.16.5.2"),
    Row("AUTONUM", _takes(None, "s:text"), OOXML_61, "17.16.5.5"),
    Row("AUTONUMLGL", _takes(None, "e s:text"), OOXML_61, "17.16.5.6"),
    Row("AUTONUMOUT", _takes(), OOXML_61, "17.16.5.7"),
    Row("BIDIOUTLINE", _takes(), OOXML_61, "17.16.5.11"),
    Row("COMPARE", _takes(Word.BRANCH, may_nest=True), OOXML_67, "17.16.5"),
    Row("DATE", _takes(None, "h l s u"), OOXML_61, "17.16.5.16"),
    Row("DISPLAYBARCODE", _takes(Word.TEXT, _BARCODE), OOXML_68, "of Word 2013 and newer"),
    Row("EQ", _takes(is_free=True, may_nest=True), OOXML_61, "[MS-OI29500] 2.1.491"),
    Row("FILENAME", _takes(), OOXML_67, "17.16.5; not with its path"),
    Row("FILESIZE", _takes(None, "k m"), OOXML_67, "17.16.5"),
    Row("FORMCHECKBOX", _takes(), OOXML_61, "17.16.5.20"),
    Row("FORMDROPDOWN", _takes(), OOXML_61, "17.16.5.21"),
    Row("FORMTEXT", _takes(), OOXML_61, "17.16.5.22"),
    Row("FTNREF", _takes(Word.NAME, "f h p"), OOXML_61, "[MS-DOC] 2.9.90"),
    Row("IF", _takes(Word.BRANCH, may_nest=True), OOXML_67, "17.16.5"),
    Row(
        "INDEX",
        _takes(
            None,
            "b:name c:number d:text e:text f:text g:text h:text k:text l:text p:text r s:name y z:number",
        ),
        OOXML_61,
        "17.16.5.28",
    ),
    Row("LISTNUM", _takes(Word.NAME, "l:number s:number"), OOXML_61, "17.16.5.33"),
    Row("MERGEBARCODE", _takes(Word.TEXT, _BARCODE), OOXML_68, "of Word 2013 and newer"),
    Row("MERGEFIELD", _takes(Word.TEXT, "b:text f:text m v"), OOXML_67, "17.16.5"),
    Row("MERGEREC", _takes(), OOXML_67, "17.16.5"),
    Row("MERGESEQ", _takes(), OOXML_67, "17.16.5"),
    Row("NEXT", _takes(), OOXML_67, "17.16.5"),
    Row("NEXTIF", _takes(Word.BRANCH, may_nest=True), OOXML_67, "17.16.5"),
    Row("NOTEREF", _takes(Word.NAME, "f h p"), OOXML_61, "17.16.5.40"),
    Row("NUMCHARS", _takes(), OOXML_61, "17.16.5.41"),
    Row("NUMPAGES", _takes(), OOXML_61, "17.16.5.42"),
    Row("NUMWORDS", _takes(), OOXML_61, "17.16.5.43"),
    Row("PAGE", _takes(), OOXML_61, "17.16.5.44"),
    Row("PAGEREF", _takes(Word.NAME, "h p"), OOXML_61, "17.16.5.45"),
    Row("REF", _takes(Word.NAME, "d:text f h n p r t w"), OOXML_61, "17.16.5.51"),
    Row("SECTION", _takes(), OOXML_61, "17.16.5.54"),
    Row("SECTIONPAGES", _takes(), OOXML_61, "17.16.5.55"),
    Row("SEQ", _takes(Word.NAME, "c h n r:number s:number"), OOXML_61, "17.16.5.56"),
    Row("SET", _takes(Word.BRANCH, may_nest=True), OOXML_67, "17.16.5"),
    Row("SHAPE", _takes(), OOXML_61, "[MS-DOC] 2.9.90"),
    Row("SKIPIF", _takes(Word.BRANCH, may_nest=True), OOXML_67, "17.16.5"),
    Row("STYLEREF", _takes(Word.TEXT, "l n p r s t w"), OOXML_61, "17.16.5.59"),
    Row("SYMBOL", _takes(Word.TEXT, "a f:text h j s:number u"), OOXML_61, "17.16.5.61"),
    Row("TA", _takes(None, "b c:number i l:text r:name s:text"), OOXML_61, "17.16.5.62"),
    Row("TC", _takes(Word.TEXT, "f:text l:number n"), OOXML_61, "17.16.5.63"),
    Row("TIME", _takes(), OOXML_61, "17.16.5.65"),
    Row("TITLE", _takes(), OOXML_67, "17.16.5"),
    Row("TOA", _takes(None, "b:name c:number d:text e:text f g:text h l:text p s:name"), OOXML_61, "17.16.5.67"),
    Row(
        "TOC",
        _takes(
            None,
            "a:name b:name c:text d:text f:text h l:range n:range o:range p:text s:name t:text u w x z",
        ),
        OOXML_61,
        "17.16.5.68",
    ),
    Row("XE", _takes(Word.TEXT, "b f:text i r:name t:text y:text"), OOXML_61, "17.16.5.72"),
)

NESTABLE: Final = frozenset(  # in an instruction that may nest: they give a number or a text of the same document
    (
        *("=", "EQ", "DATE", "NUMCHARS", "NUMPAGES", "NUMWORDS", "PAGE", "PAGEREF", "REF", "SECTION", "SECTIONPAGES"),
        *(
            "SEQ",
            "STYLEREF",
            "SYMBOL",
            "TIME",
            "COMPARE",
            "FILENAME",
            "IF",
            "MERGEFIELD",
            "MERGEREC",
            "MERGESEQ",
            "TITLE",
        ),
    )
)
BRANCHING: Final = frozenset({"IF", "SET"})  # what may be shown stands in their instruction


def _each(found: Vector, names: str) -> dict[str, Vector]:
    return dict.fromkeys(names.split(), found)


FLATTENED: Final[Mapping[str, Vector]] = MappingProxyType(
    {
        **_each(OOXML_60, "DDE DDEAUTO"),
        **_each(OOXML_61, "QUOTE"),
        **_each(OOXML_62, "INCLUDEPICTURE"),
        **_each(OOXML_63, "INCLUDETEXT INCLUDE IMPORT RD"),
        **_each(OOXML_64, "LINK"),
        **_each(
            # what they show comes from a query, a question, a variable, a property, a list of sources or a
            # person's settings, all of which are gone: brought up to date, they would show an error or another's name
            OOXML_67,
            "DATABASE ASK FILLIN DOCVARIABLE AUTOTEXT AUTOTEXTLIST GLOSSARY INFO TEMPLATE USERNAME USERADDRESS"
            " USERINITIALS ADDRESSBLOCK GREETINGLINE AUTHOR LASTSAVEDBY COMMENTS KEYWORDS SUBJECT DOCPROPERTY"
            " CREATEDATE SAVEDATE PRINTDATE EDITTIME REVNUM CITATION BIBLIOGRAPHY DATA",
        ),
        **_each(
            OOXML_68,
            "PRINT ADDIN PRIVATE EMBED CONTROL HTMLCONTROL OCX BARCODE HTMLACTIVEX",
        ),
    }
)
FLATTENED_ELSE: Final = OOXML_61  # a type that no row names

_EXPRESSION: Final = re.compile(r"[\w\s+\-*/^%().,;:<>=&\"'\\#￥¥$€@!、。\ufffc]*")
_EQUATION: Final = re.compile(r"[^\x00-\x08\x0b-\x1f\x7f]*")
_FREE: Final = {"=": _EXPRESSION, "EQ": _EQUATION}


class Way(Enum):
    """What is to be done with a field."""

    KEEP = "keep"
    FLATTEN = "flatten"  # the result stays
    BUTTON = "button"  # the text that is clicked stays, from `shown` on
    LINK = "link"  # the target is decided elsewhere


@dataclass(frozen=True, slots=True)
class Link:
    """Where a HYPERLINK field leads. Empty texts where it does not say."""

    address: str = ""
    anchor: str = ""
    tooltip: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a field's instruction is, and what becomes of it. `vector` is set unless it is kept as it stands."""

    way: Way
    type: str
    vector: Vector | None = None
    shown: str = ""
    link: Link = Link()


def judge(instruction: str, nested: tuple[str, ...] = ()) -> Judgement:
    """What is to be done with the field of this instruction; `nested` are the types of the fields inside it."""
    code = read(instruction)
    if code.type == "HYPERLINK":
        return Judgement(Way.LINK, code.type, OOXML_65, link=_link(code))
    if code.type in ("MACROBUTTON", "GOTOBUTTON"):
        return Judgement(Way.BUTTON, code.type, OOXML_66, shown=_shown(code))
    row = KEPT.get(code.type)
    if row is None:
        return Judgement(Way.FLATTEN, code.type, FLATTENED.get(code.type, FLATTENED_ELSE))
    if len(instruction) > MAX_CHARS or not _fits(code, row.kind, nested):
        return Judgement(Way.FLATTEN, code.type, row.otherwise)
    return Judgement(Way.KEEP, code.type)


def _fits(code: Code, grammar: Grammar, nested: tuple[str, ...]) -> bool:
    if nested and not (grammar.may_nest and NESTABLE.issuperset(nested)):
        return False
    if grammar.is_free:
        return _FREE[code.type].fullmatch(code.rest) is not None
    waiting: Word | None = None  # what the switch before this token asks for
    for token in code.tokens:
        if token.part is Part.SWITCH:
            if token.value not in grammar.switches and token.value not in ANY_TYPE:
                return False
            waiting = grammar.switches.get(token.value, ANY_TYPE.get(token.value))
            continue
        wanted = waiting or grammar.argument
        if wanted is None or not _FORMS[wanted].fullmatch(token.value):
            return False
        waiting = None
    return True


def _link(code: Code) -> Link:
    """Address, anchor and tip of a HYPERLINK: the last of each counts, as in Word."""
    said = {"": "", "l": "", "o": "", "t": "", "s": ""}
    switch = ""
    for token in code.tokens:
        if token.part is Part.SWITCH:
            switch = token.value if token.value in said else ""
        else:
            said[switch] = token.value
            switch = ""
    address = said[""].replace(NESTED, "")
    return Link(address, said["l"].replace(NESTED, ""), said["o"].replace(NESTED, ""))


def _shown(code: Code) -> str:
    """The text of a button: all behind the name of what it starts."""
    words: list[Token] = [token for token in code.tokens if token.part is not Part.SWITCH]
    if not words:
        return ""
    found = re.match(r"\s*(?:\"[^\"]*\"|\S+)\s?", code.rest)
    return code.rest[found.end() :] if found else ""
