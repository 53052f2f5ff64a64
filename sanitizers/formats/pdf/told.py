"""What the bytes of the file say beside its objects: revisions, junk, encryption, and what qpdf had to mend.

These are findings about things that a new file cannot have. Source: ISO 32000-2 7.5
"""

import re
from collections.abc import Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from policies.terms import Action, Vector
from sanitizers.formats.pdf import vectors as v
from sanitizers.formats.pdf.write import identifier_of, is_ours
from sanitizers.parsers.patterns import compiled

if TYPE_CHECKING:
    from sanitizers.formats.pdf.copier import Copier

_END: Final = compiled(rb"%%EOF[\r\n]")
_IN_STREAMS: Final = compiled(rb"/ObjStm")
_MAYBE_ESCAPED: Final = compiled(rb"/[A-Za-z0-9]*#[4-7][0-9A-Fa-f]")
_MAYBE_MAIL: Final = compiled(rb"-(?i:version:[ \t]*1|type:[ \t]*multipart/)")  # RE2 leaps from hyphen to hyphen
_MAIL: Final = re.compile(rb"(?:mime-version|content-type):", re.IGNORECASE)
_ESCAPED: Final = re.compile(rb"/[A-Za-z0-9]*#[4-7][0-9A-Fa-f][A-Za-z0-9#]*(?=[\0\t\n\f\r ()<>\[\]/%])")
_NAME_OF_FILE: Final = re.compile(r"\A[^:(]*<[^>]*>")  # which says "stream", whatever is wrong
_SPACE: Final = b"\0\t\n\f\r "
_TRAILER: Final = frozenset(
    {"/Size", "/Root", "/Info", "/ID", "/Prev", "/Encrypt", "/XRefStm", "/Type", "/W", "/Index", "/Length", "/Filter"}
    | {"/DecodeParms", "/Encrypu"}  # parse.py: of attached files
)
_WARNINGS: Final[tuple[tuple[str, Vector], ...]] = (
    ("duplicate", v.PDF_61),
    ("xref stream", v.PDF_63),  # mended; PDF-99 is for what cannot be
    ("stream", v.PDF_62),
    ("xref", v.PDF_63),
    ("reconstruct", v.PDF_63),
    ("page", v.PDF_64),
)


def tell_file(copier: "Copier", trailer: Mapping[str, Any]) -> None:
    """Findings about the file's frame: header, end, revisions, trailer."""
    source, data = copier.source, copier.source.data
    start = data.find(b"%PDF-", 0, 2048)
    if start > 0:
        copier.found(v.PDF_57, "(start)", f"{start} bytes before the header", Action.REMOVE)
    if not re.match(rb"%PDF-[12]\.\d", data[max(start, 0) : max(start, 0) + 9]):
        copier.found(v.PDF_98, "(start)", "an unusual header", Action.REWRITE)
    last = data.rfind(b"%%EOF")
    if last >= 0 and data[last + 5 :].strip(_SPACE):
        copier.found(v.PDF_57, "(end)", "bytes behind the end", Action.REMOVE)
    if _is_mail(data):
        copier.found(v.PDF_96, "(file)", "the head of a message")
    if _MAYBE_ESCAPED.search(data) and any(_is_word(name[0]) for name in _ESCAPED.finditer(data)):
        copier.found(v.PDF_59, "(file)", "letters of names written as numbers", Action.REWRITE)
    is_linear = b"/Linearized" in data[:2048]
    if is_linear or "/XRefStm" in trailer:
        copier.found(v.PDF_65, "(file)", "linearised" if is_linear else "hybrid", Action.REWRITE)
    if len(list(islice(_END.finditer(data), 2 + is_linear))) > 1 + is_linear:
        copier.found(v.PDF_55, "(file)", "earlier revisions", Action.REMOVE)
    if _IN_STREAMS.search(data):
        copier.found(v.PDF_58, "(file)", "objects in streams", Action.REWRITE)
    if source.has_sealed_files:
        copier.found(v.PDF_66, "trailer /Encrypt", "only attached files are behind a password", Action.REWRITE)
    if source.pdf.is_encrypted:
        copier.found(v.PDF_66, "trailer /Encrypt", _rights(copier), Action.REWRITE)
    if "/Info" in trailer:
        copier.found(v.PDF_52, "trailer /Info")
    if "/ID" in trailer and not (is_ours(data) and _has_our_identifier(copier, trailer)):
        copier.found(v.PDF_53, "trailer /ID", at_least=Action.REWRITE)
    for key in sorted(trailer.keys() - _TRAILER):
        copier.found(v.PDF_54, f"trailer {key[1:33]}", at_least=Action.REMOVE)


def _is_mail(data: bytes) -> bool:
    """Whether the head of a message stands in the file, in letters of any case."""
    hyphens = (found.start() for found in _MAYBE_MAIL.finditer(data))
    return any(
        at >= len(word) and _MAIL.match(data, at - len(word)) for at in hyphens for word in (b"mime", b"content")
    )


def _has_our_identifier(copier: "Copier", trailer: Mapping[str, Any]) -> bool:
    said = copier.source.array(trailer["/ID"])
    return said == [bytes.fromhex(identifier_of(copier.source.data))] * 2


def _is_word(name: bytes) -> bool:
    """Whether a name with escapes stands for letters alone, which need none (7.3.5)."""
    plain = re.sub(rb"#([0-9A-Fa-f]{2})", lambda found: bytes.fromhex(found[1].decode()), name[1:])
    return len(plain) > 1 and plain.isalpha()


def _rights(copier: "Copier") -> str:
    allow = copier.source.pdf.allow
    denied = [name for name in allow._fields if not getattr(allow, name)]
    return f"opened; the owner forbade: {', '.join(denied)}" if denied else "opened"


def tell_profiles(copier: "Copier", intents: Any) -> None:
    """Profiles for a press that stand in other files (PDF-81)."""
    for intent in map(copier.source.dictionary, copier.source.array(intents)):
        if "/DestOutputProfileRef" in intent:
            copier.found(v.PDF_81, "/Root/OutputIntents", at_least=Action.REMOVE)


def tell_warnings(copier: "Copier") -> None:
    """What qpdf had to mend, by kind; its words stay here."""
    for said in copier.source.warnings():
        warning = _NAME_OF_FILE.sub("", said)
        vector = next((vector for word, vector in _WARNINGS if word in warning), v.PDF_63)
        copier.found(vector, "(file)", "mended while it was read", Action.REWRITE)
