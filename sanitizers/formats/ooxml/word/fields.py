"""Fields of a story: assembled over runs and paragraphs, held to the allow-list of types, kept or flattened.

A complex field is three marks in the text: begin, separate, end. Between the first two stands the instruction, split
as its author or an attacker liked, with other fields in it; between the last two its result. Flattening takes out the
marks and the instruction and leaves the result. Marks without a partner are taken out, for Word would offer a repair.

Source: ISO/IEC 29500-1:2016, 17.16.18 (fldChar), 17.16.19 (fldSimple), 17.16.23 (instrText), 17.16.13 (delInstrText).
Fields are judged from the inside out: what an inner field leaves as text is part of the instruction around it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from policies.terms import Action, Vector
from sanitizers.errors import LimitError
from sanitizers.formats.fieldtypes import BRANCHING, OOXML_60, OOXML_61, OOXML_67, Judgement, Link, Way, judge
from sanitizers.formats.ooxml.word.names import W14, W
from sanitizers.parsers.fieldcode import NESTED, evaluated, quoted, read

MAX_NESTED: Final = 40  # fields in fields; Word itself stops at 20

_COMPATIBILITY: Final = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_FIELD_CHAR: Final = W + "fldChar"
_SIMPLE: Final = W + "fldSimple"
_INSTRUCTION: Final = W + "instrText"
_DELETED: Final = W + "delInstrText"
_RUN: Final = W + "r"
_PROPERTIES: Final = W + "rPr"
_TEXT: Final = W + "t"
_DELETED_TEXT: Final = W + "delText"
_STORIES: Final = (_SIMPLE, *(W + name for name in ("txbxContent", "footnote", "endnote", "comment", "docPartBody")))
_RUBY: Final = W + "ruby"
_IN_RUNS: Final = frozenset((_FIELD_CHAR, _INSTRUCTION, _DELETED, _RUBY))
_AROUND: Final = frozenset(  # what may stand between a story and the runs of it
    (
        *(W + name for name in ("body", "p", "hyperlink", "ins", "del", "moveFrom", "moveTo", "bdo", "dir")),
        *(
            W + name
            for name in ("sdt", "sdtContent", "tbl", "tr", "tc", "ruby", "rt", "rubyBase", "smartTag", "customXml")
        ),
        *(W14 + name for name in ("conflictIns", "conflictDel")),
        *(_COMPATIBILITY + name for name in ("AlternateContent", "Choice", "Fallback")),
    )
)
_KIND: Final = W + "fldCharType"
_CODE: Final = W + "instr"
_SPACE: Final = "{http://www.w3.org/XML/1998/namespace}space"
_THINGS: Final = frozenset(  # what may stand in a branch and is no text
    (_COMPATIBILITY + "AlternateContent", *(W + name for name in ("drawing", "pict", "object", "sym")))
)
_SPACED: Final = {W + "tab": " ", W + "br": " ", W + "cr": " ", W + "noBreakHyphen": "-"}

Tell = Callable[[Vector, str, Action], Action]  # a vector, what it was, and the mildest that can be done
Decide = Callable[[Link], Link | None]  # where a link may lead; None when it may not stay a link


@dataclass(slots=True, eq=False)
class _Field:
    """A field whose marks were met. `simple` is set for one that is a single element."""

    begin: Any
    outer: "_Field | None"
    depth: int
    simple: Any = None
    separate: Any = None
    end: Any = None
    loose: list[Any] = field(default_factory=list)  # its own instruction texts
    suspect: list[str] = field(default_factory=list)  # its instruction with inner fields evaluated
    kept: str = ""  # the type, once it was judged and stays a field


class Fields:
    """Treats the fields of one part after another."""

    def __init__(self, tell: Tell, decide: Decide) -> None:
        self._tell = tell
        self._decide = decide
        self._begun: dict[Any, _Field] = {}

    def disarm(self, root: Any) -> None:
        """Keep, rewrite or flatten every field below this element, in place. Idempotent. Raises LimitError."""
        self._begun = {}
        for found in self._paired(root):
            if found.simple is not None:
                self._treat_simple(found)
            else:
                self._treat(found)
        self._begun = {}

    # --- marks --------------------------------------------------------------------------------------------------

    def _paired(self, root: Any) -> list[_Field]:
        """The whole fields, inner ones before outer ones. Marks without a partner are gone after this."""
        whole: list[_Field] = []
        stacks: dict[Any, list[_Field]] = {}
        stray: list[Any] = []
        for mark in list(root.iter(_FIELD_CHAR, _INSTRUCTION, _DELETED, _SIMPLE)):
            story = _story(mark, root)
            if story is None:
                stray.append(mark)  # no place where a reader would look, or that is carried
                continue
            stack = stacks.setdefault(story, [])
            top = stack[-1] if stack else None
            kind = mark.get(_KIND, "") if mark.tag == _FIELD_CHAR else ""
            if mark.tag == _SIMPLE:
                whole.append(_Field(mark, top, len(stack), simple=mark))
                if top is not None and top.separate is None:
                    top.suspect.append(evaluated(mark.get(_CODE, "")))
            elif kind == "begin":
                stack.append(self._opened(mark, top, len(stack)))
            elif top is None or (kind == "separate" and top.separate is not None):
                stray.append(mark)
            elif kind == "separate":
                top.separate = mark
            elif kind == "end":
                top.end = mark
                whole.append(stack.pop())
                if top.outer is not None and top.outer.separate is None:
                    top.outer.suspect.append(evaluated("".join(top.suspect)))
            elif kind or top.separate is not None:
                stray.append(mark)
            else:
                top.loose.append(mark)
                top.suspect.append(mark.text or "")
        for stack in stacks.values():
            for unclosed in stack:
                stray += [unclosed.begin, *unclosed.loose]
                stray += [] if unclosed.separate is None else [unclosed.separate]
        for mark in stray:
            self._tell(OOXML_61, "marks without a partner", Action.REMOVE)
            _take_out(mark)
        return whole

    def _opened(self, mark: Any, outer: _Field | None, depth: int) -> _Field:
        if depth >= MAX_NESTED:
            raise LimitError(f"fields in fields, more than {MAX_NESTED} deep", OOXML_61)
        found = _Field(mark, outer, depth)
        self._begun[mark] = found
        return found

    # --- decisions ----------------------------------------------------------------------------------------------

    def _treat_simple(self, found: _Field) -> None:
        element = found.simple
        judgement = judge(element.get(_CODE, ""))
        match judgement.way:
            case Way.KEEP:
                found.kept = judgement.type
            case Way.LINK:
                link = self._linked(judgement)
                if link is None:
                    _unwrap(element)
                else:
                    element.set(_CODE, instruction_of(link))
            case _:
                self._told(judgement, found)
                if judgement.way is Way.BUTTON and not len(element):
                    _put_text(element, judgement.shown)
                _unwrap(element)

    def _treat(self, found: _Field) -> None:
        pieces = list(self._pieces(found))
        text = "".join(piece.text for piece in pieces)
        nested = tuple(piece.inner.kept for piece in pieces if piece.inner is not None)
        judgement = judge(text, nested)
        has_both = len({element.tag for element in found.loose}) > 1  # part of it is a tracked deletion
        if judgement.way is Way.KEEP and has_both:
            judgement = Judgement(Way.FLATTEN, judgement.type, OOXML_61)
        if judgement.way is Way.KEEP and judgement.type in BRANCHING and any(map(_is_thing, pieces)):
            judgement = Judgement(Way.FLATTEN, judgement.type, OOXML_67)
        match judgement.way:
            case Way.KEEP:
                found.kept = judgement.type
                self._keep(pieces)
            case Way.LINK:
                link = self._linked(judgement)
                if link is None:
                    self._flatten(found)
                else:
                    self._rewrite(found, pieces, instruction_of(link))
            case Way.BUTTON if found.separate is None:
                self._told(judgement, found)
                _show(pieces, len(text) - len(judgement.shown))
                _take_out(found.begin)
                _take_out(found.end)
            case _:
                self._told(judgement, found)
                self._flatten(found)

    def _told(self, judgement: Judgement, found: _Field) -> None:
        """Name what the field is: also one that becomes DDE only when the fields inside it are evaluated."""
        assert judgement.vector is not None
        suspect = read("".join(found.suspect)).type
        if suspect.startswith("DDE") and judgement.vector is not OOXML_60:
            self._tell(OOXML_61, "DDE put together from pieces", Action.REMOVE)
            self._tell(OOXML_60, "DDE", Action.REMOVE)
        else:
            self._tell(judgement.vector, judgement.type[:24] or "no type", Action.REWRITE)

    def _linked(self, judgement: Judgement) -> Link | None:
        return self._decide(judgement.link)

    # --- the tree -----------------------------------------------------------------------------------------------

    def _pieces(self, found: _Field) -> Iterator["_Piece"]:
        """What stands in the instruction: texts, inner fields that stay fields, and things that are no text."""
        stop = found.end if found.separate is None else found.separate
        item = _after(found.begin)
        while item is not None and item is not stop:
            inner = self._begun.get(item)
            if inner is not None and inner.kept:
                yield _Piece(item, NESTED, inner)
                item = _after(inner.end)
                continue
            if item.tag == _SIMPLE:
                yield _Piece(item, NESTED, _Field(item, found, 0, simple=item, kept=read(item.get(_CODE, "")).type))
            elif item.tag in (_INSTRUCTION, _DELETED, _TEXT, _DELETED_TEXT):
                yield _Piece(item, item.text or "")
            elif item.tag != _PROPERTIES:
                yield _Piece(item, _SPACED.get(item.tag, ""))
            item = _after(item)

    def _keep(self, pieces: list["_Piece"]) -> None:
        """Leave the instruction as it is read: all of it as instruction text, with its spaces, and nothing else."""
        for piece in pieces:
            tag = piece.element.tag
            if piece.inner is not None:
                continue
            if tag in (_TEXT, _DELETED_TEXT):
                piece.element.tag = _INSTRUCTION if tag == _TEXT else _DELETED
            elif tag not in (_INSTRUCTION, _DELETED):
                _take_out(piece.element)
                continue
            if piece.text != piece.text.strip():
                piece.element.set(_SPACE, "preserve")

    def _rewrite(self, found: _Field, pieces: list["_Piece"], text: str) -> None:
        """One new instruction in the place of the old one."""
        first = next((piece.element for piece in pieces if piece.element.tag in (_INSTRUCTION, _DELETED)), None)
        if first is None:
            self._flatten(found)
            return
        first.text = text
        first.set(_SPACE, "preserve")
        for piece in pieces:
            for element in self._whole(piece):
                if element is not first:
                    _take_out(element)

    def _whole(self, piece: "_Piece") -> Iterator[Any]:
        """The elements of a piece: one, or all from the begin to the end of an inner field."""
        last = piece.inner.end if piece.inner is not None and piece.inner.end is not None else piece.element
        yield from _between(piece.element, last)

    def _flatten(self, found: _Field) -> None:
        stop = found.end if found.separate is None else found.separate
        for element in list(_between(found.begin, stop)):
            _take_out(element)
        if found.separate is not None:
            _take_out(found.end)


@dataclass(frozen=True, slots=True)
class _Piece:
    element: Any
    text: str
    inner: _Field | None = None


def _is_thing(piece: _Piece) -> bool:
    return piece.element.tag in _THINGS


def instruction_of(link: Link) -> str:
    """The instruction of a HYPERLINK field that leads there; read again, it gives the same link."""
    pieces = ["HYPERLINK"]
    if link.address:
        pieces.append(quoted(link.address))
    if link.anchor:
        pieces.append("\\l " + quoted(link.anchor))
    if link.tooltip:
        pieces.append("\\o " + quoted(link.tooltip))
    return " " + " ".join(pieces) + " "


def _story(mark: Any, root: Any) -> Any:
    """The story that a mark stands in; None for one in a place that a field cannot be in."""
    inner = mark.tag
    for around in mark.iterancestors():
        tag = around.tag
        if tag in _STORIES or around is root:
            return around
        if tag == _RUN:
            if inner not in _IN_RUNS:
                return None
        elif tag not in _AROUND or (inner in _IN_RUNS and inner != _RUBY):
            return None
        inner = tag
    return root


def _after(element: Any) -> Any:
    """The next thing in a run, or field in one element, in the order of the text; None at the end of the part."""
    item = element
    while True:
        while item.getnext() is None:
            item = item.getparent()
            if item is None:
                return None
        item = item.getnext()
        while True:
            if item.tag == _SIMPLE or (item.getparent() is not None and item.getparent().tag == _RUN):
                return item
            if not len(item) or not isinstance(item.tag, str):
                break
            item = item[0]


def _between(first: Any, last: Any) -> Iterator[Any]:
    """The things in runs from the first to the last, both included; run properties left out."""
    item = first
    while item is not None:
        if item.tag != _PROPERTIES:
            yield item
        if item is last:
            return
        item = _after(item)


def _show(pieces: list[_Piece], hidden: int) -> None:
    """Make the instruction visible text, from its `hidden`th character on."""
    for piece in pieces:
        shown = piece.text[hidden:] if hidden else piece.text
        hidden = max(0, hidden - len(piece.text))
        if piece.inner is not None or piece.element.tag not in (_INSTRUCTION, _DELETED, _TEXT, _DELETED_TEXT):
            continue
        if not shown:
            _take_out(piece.element)
            continue
        piece.element.tag = _TEXT if piece.element.tag in (_INSTRUCTION, _TEXT) else _DELETED_TEXT
        piece.element.text = shown
        piece.element.set(_SPACE, "preserve")


def _put_text(parent: Any, text: str) -> None:
    """One run with this text as the last child."""
    if text:
        run = parent.makeelement(_RUN)
        words = run.makeelement(_TEXT)
        words.text = text
        words.set(_SPACE, "preserve")
        run.append(words)
        parent.append(run)


def _take_out(element: Any) -> None:
    """Remove an element, and its run where nothing but properties is left in it."""
    parent = element.getparent()
    if parent is None:
        return
    parent.remove(element)
    if parent.tag == _RUN and all(child.tag == _PROPERTIES for child in parent):
        outer = parent.getparent()
        if outer is not None:
            outer.remove(parent)


def _unwrap(element: Any) -> None:
    """Put the children of an element in its place; what only belongs to the element goes."""
    parent = element.getparent()
    place = parent.index(element)
    parent[place : place + 1] = [child for child in element if child.tag != W + "fldData"]
