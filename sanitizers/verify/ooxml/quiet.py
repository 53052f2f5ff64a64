"""An expat parser that refuses what a rebuilt package never has: DTD, entity, instruction, comment, CDATA (V-XML).

Source: XML 1.0 (5th edition); ISO/IEC 29500-2, 9.1.4.4 (no DTD in a package); threat catalogue, OOXML-53.
"""

import re
from collections.abc import Callable, Iterable
from typing import Final, NoReturn
from xml.parsers import expat

from sanitizers.model import Check
from sanitizers.verify.court import Refused, require

_BLANK: Final = re.compile(r"[ \t\r\n]*")
_UNUSED: Final = (
    ("StartDoctypeDeclHandler", "document type"),
    ("EntityDeclHandler", "entity"),
    ("SkippedEntityHandler", "entity"),
    ("UnparsedEntityDeclHandler", "entity"),
    ("NotationDeclHandler", "notation"),
    ("ExternalEntityRefHandler", "external entity"),
    ("ProcessingInstructionHandler", "processing instruction"),
    ("CommentHandler", "comment"),
    ("StartCdataSectionHandler", "CDATA section"),
)


def new_parser(where: str) -> "expat.XMLParserType":
    """A parser for UTF-8 with namespaces. Raises Refused from within for anything but elements and text."""
    parser = expat.ParserCreate("UTF-8", " ")
    parser.buffer_text = True

    def declaration(version: str, encoding: str | None, standalone: int) -> None:
        plain = version == "1.0" and (encoding or "utf-8").lower() == "utf-8" and standalone != 0
        require(plain, Check.XML, f"{where}: XML declaration")

    def refuse(what: str) -> Callable[..., NoReturn]:
        def refused(*_: object) -> NoReturn:
            raise Refused(Check.XML, f"{where}: {what} in line {parser.CurrentLineNumber}")

        return refused

    parser.XmlDeclHandler = declaration
    for handler, what in _UNUSED:
        setattr(parser, handler, refuse(what))
    return parser


def parse(parser: "expat.XMLParserType", data: bytes, where: str) -> None:
    """Raises Refused where the data is not well-formed, or a handler refuses."""
    parse_pieces(parser, (data,), where)


def parse_pieces(parser: "expat.XMLParserType", pieces: Iterable[bytes], where: str) -> None:
    """The same of data that comes in pieces, of which the first is not empty."""
    is_first = True
    try:
        for data in pieces:
            plain = data.startswith((b"<?xml ", b"<")) and b"\0" not in data[:4]
            require(plain or not is_first, Check.XML, f"{where}: no XML in UTF-8")
            is_first = False
            parser.Parse(data, False)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise Refused(Check.XML, f"{where}: not well-formed in line {error.lineno}") from error


def quiet_parser(where: str, start: Callable[[str, dict[str, str], int], None], data: bytes) -> None:
    """Walk a part that has elements only. `start` gets name, attributes and depth."""
    depth = 0

    def opened(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        start(name, attributes, depth)
        depth += 1

    def closed(_: str) -> None:
        nonlocal depth
        depth -= 1

    def text(data: str) -> None:
        require(_BLANK.fullmatch(data), Check.XML, f"{where}: text")

    parser = new_parser(where)
    parser.StartElementHandler = opened
    parser.EndElementHandler = closed
    parser.CharacterDataHandler = text
    parse(parser, data, where)
