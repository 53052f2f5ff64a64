"""XML as a tree of plain nodes: strict, bounded, without entities of its own and without a document type.

The bytes are decoded here, not by the library, and the document type is read and taken out before it: what is handed
to lxml has neither, so that nothing is looked up, fetched or expanded in there.

Source: Extensible Markup Language 1.0 (fifth edition); Namespaces in XML 1.0 (third edition).
Trust: every byte is hostile.
"""

import codecs
import re
from dataclasses import dataclass, field
from typing import Any, Final

from lxml import etree

from policies.catalogue import vector
from sanitizers.errors import LimitError, MalformedError
from sanitizers.parsers.doctype import NO_DOCTYPE, Doctype, take_out

OOXML_53: Final = vector("OOXML-53")
XML_10: Final = vector("XML-10")
XML_11: Final = vector("XML-11")

MAX_DEPTH: Final = 250
MAX_TAGS: Final = 1_000_000  # opening, closing, comments and all
MAX_ATTRIBUTES: Final = 500  # of one element

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WIDE: Final = ((b"<\0", "utf-16-le"), (b"\0<", "utf-16-be"))
# Encodings that a declaration may name, and what is meant by them in files from Japan
ENCODINGS: Final = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "us-ascii": "ascii",
    "ascii": "ascii",
    "utf-16": "utf-16",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "ms_kanji": "cp932",
    "windows-31j": "cp932",
    "cp932": "cp932",
    "euc-jp": "euc_jp",
    "iso-2022-jp": "iso2022_jp",
    "iso-8859-1": "latin-1",
    "iso-8859-15": "iso8859-15",
    "windows-1252": "cp1252",
}
for _name in {*ENCODINGS.values(), "utf-16-le", "utf-16-be"}:
    codecs.lookup(_name)  # loads its module now: a locked child opens nothing
_DECLARATION: Final = re.compile(
    r"<\?xml\s+version\s*=\s*(?:'1\.\d'|\"1\.\d\")"
    r"(?:\s+encoding\s*=\s*(?:'([A-Za-z][\w.-]{0,40})'|\"([A-Za-z][\w.-]{0,40})\"))?"
    r"(?:\s+standalone\s*=\s*(?:'(?:yes|no)'|\"(?:yes|no)\"))?\s*\?>",
    re.ASCII,
)
_UTF8_DECLARED: Final = re.compile(
    rb"(?:\xef\xbb\xbf)?<\?xml\s+version\s*=\s*[\"']1\.\d[\"'](?:\s+encoding\s*=\s*[\"'][Uu][Tt][Ff]-?8[\"'])?"
    rb"(?:\s+standalone\s*=\s*[\"'](?:yes|no)[\"'])?\s*\?>"
)
_LIMIT_CODES: Final = (etree.ErrorTypes.ERR_INTERNAL_ERROR, 114)  # 114: XML_ERR_RESOURCE_LIMIT


@dataclass(slots=True)
class Element:
    """An element as it was read. `number` counts from 1 in the order of the file."""

    namespace: str
    name: str
    attributes: tuple[tuple[str, str, str], ...]  # namespace, name, value
    number: int
    children: "list[Element | Instruction | str]" = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Instruction:
    """A processing instruction."""

    target: str


@dataclass(frozen=True, slots=True)
class Xml:
    """A whole document."""

    root: Element
    encoding: str  # as it was read: Python's name
    doctype: Doctype
    comments: int
    outside: tuple[Instruction, ...]  # before and behind the root


def parse(untrusted: bytes) -> Xml:
    """The document. Raises MalformedError, LimitError (XML-11), or BlockedError for what a document type may not do."""
    text, encoding = _decoded(untrusted)
    doctype, text = take_out(text) if "<!DOCTYPE" in text else (NO_DOCTYPE, text)
    if text.count("<") > MAX_TAGS:
        raise LimitError(f"more than {MAX_TAGS} tags", XML_11)
    builder = _Builder()
    parser = etree.XMLParser(
        target=builder,
        encoding="utf-8",
        resolve_entities="internal",  # &amp; and its like: no other entity can be declared here
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
    )
    try:
        etree.fromstring(text.encode("utf-8", "strict"), parser)
    except etree.XMLSyntaxError as error:
        if error.code in _LIMIT_CODES:
            raise LimitError("larger or deeper than a document may be", XML_11) from error
        raise MalformedError("no well-formed XML") from error
    except ValueError as error:  # lone surrogates, and what lxml refuses to take as a name
        raise MalformedError("no XML") from error
    if any(entry.level >= etree.ErrorLevels.ERROR for entry in parser.error_log):
        raise MalformedError("a prefix without a namespace, or one attribute twice")
    if builder.root is None:
        raise MalformedError("no element")
    return Xml(builder.root, encoding, doctype, builder.comments, tuple(builder.outside))


def as_utf8(untrusted: bytes) -> bytes:
    """The same document in UTF-8, without mark and declaration. Raises MalformedError; a document type is refused."""
    found = _UTF8_DECLARED.match(untrusted)
    if found is not None:
        data = untrusted[found.end() :]
    else:
        text, encoding = _decoded(untrusted)
        try:
            data = text.encode()
        except UnicodeEncodeError as error:
            raise MalformedError(f"no {encoding}", XML_10) from error
    if b"<!DOCTYPE" in data:
        raise MalformedError("a document type", OOXML_53)
    return data


def _decoded(untrusted: bytes) -> tuple[str, str]:
    """The text without mark and declaration, and the encoding it was in. Raises MalformedError."""
    body, encoding = untrusted, ""
    for mark, name in _MARKS:
        if untrusted.startswith(mark):
            body, encoding = untrusted[len(mark) :], name
    encoding = encoding or next((name for start, name in _WIDE if untrusted.startswith(start)), "")
    if not encoding:
        encoding = _declared(body[:200].decode("latin-1")) or "utf-8"
        if encoding == "utf-16":
            raise MalformedError("declared as UTF-16, and is not", XML_10)
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError as error:
        raise MalformedError(f"no {encoding}", XML_10) from error
    declared = _declared(text[:200])
    if declared and encoding.startswith("utf") and declared.startswith("utf") and declared[:5] != encoding[:5]:
        raise MalformedError(f"{encoding} declared as {declared}", XML_10)
    found = _DECLARATION.match(text)
    return (text[found.end() :] if found else text), encoding


def _declared(start: str) -> str:
    """Python's name of the encoding that the declaration names; empty where it names none. Raises MalformedError."""
    found = _DECLARATION.match(start)
    if found is None:
        if re.match(r"<\?xml\s", start):
            raise MalformedError("XML declaration")
        return ""
    said = found[1] or found[2] or ""
    if said and said.lower() not in ENCODINGS:
        raise MalformedError("an encoding that is not read here", XML_10)
    return ENCODINGS.get(said.lower(), "")


class _Builder:
    """What lxml calls for each part of a document."""

    def __init__(self) -> None:
        self.root: Element | None = None
        self.comments = 0
        self.outside: list[Instruction] = []
        self._open: list[Element] = []
        self._count = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if len(self._open) >= MAX_DEPTH or len(attributes) > MAX_ATTRIBUTES:
            raise LimitError("nested too deep, or too many attributes", XML_11)
        self._count += 1
        pairs = tuple((*_split(name), value) for name, value in attributes.items())
        element = Element(*_split(tag), pairs, self._count)
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)

    def end(self, tag: str) -> None:
        self._open.pop()

    def data(self, text: str) -> None:
        self._open[-1].children.append(text)

    def comment(self, text: str) -> None:
        self.comments += 1

    def pi(self, target: str, data: str | None = None) -> None:
        (self._open[-1].children if self._open else self.outside).append(Instruction(target))

    def close(self) -> Any:
        return None


def _split(name: str) -> tuple[str, str]:
    """Namespace and local name of "{namespace}name"."""
    namespace, brace, local = name.rpartition("}")
    return (namespace[1:] if brace else ""), local


def warm() -> None:
    """Read a small document, so that a locked child finds everything loaded."""
    parse("<!DOCTYPE a [<!ENTITY b 'c'>]><a b='c'>あ&b;<!-- c --><?d e?></a>".encode())
