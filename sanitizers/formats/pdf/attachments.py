"""Attached files: taken out and named, or where the policy keeps them each sent through the pipeline (PDF-31).

A policy keeps them by `actions.PDF-31 = "rewrite"`. What a file becomes is attached in its place, under the name that
it then has; one that is withheld is taken out, and its report says why. Files that hang on a page, on a note or on a
part of the document (PDF-32, PDF-33) are taken out in every policy. Source: ISO 32000-2 7.11.4
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from policies.names import clean_name
from policies.terms import Action, Rebuild
from sanitizers.errors import MalformedError, UnsupportedError
from sanitizers.formats.pdf.check import OMIT
from sanitizers.formats.pdf.forms import text_of
from sanitizers.formats.pdf.trees import leaves
from sanitizers.formats.pdf.values import Stream
from sanitizers.formats.pdf.vectors import PDF_31

if TYPE_CHECKING:
    from sanitizers.formats.pdf.copier import Copier

TREE: Final = "/EmbeddedFiles"
_MAX_NAMED: Final = 20
_NAMELESS: Final = "(a file)"


def are_kept(copier: "Copier") -> bool:
    """Whether the policy wants attached files back. Pages drawn to pixels have none."""
    return copier.job.policy.ordered(PDF_31) < Action.REMOVE and copier.job.rebuild is not Rebuild.FLAT


def attachments(copier: "Copier", names: Mapping[str, Any]) -> Any:
    """The name tree of the files that stay; OMIT without any."""
    found = list(_found(copier, names))
    if not are_kept(copier):
        for name, _ in found[:_MAX_NAMED]:
            copier.found(PDF_31, "attachment", name, Action.REMOVE)
        return OMIT
    kept: dict[bytes, Any] = {}
    for name, stream in found:
        safe = _sanitized(copier, name, stream)
        if safe is not None:
            said, data = safe
            said = next(said for said in _spellings(said) if text_string(said) not in kept)
            kept[text_string(said)] = _specification(copier, text_string(said), data)
    return {"/Names": [part for name in sorted(kept) for part in (name, kept[name])]} if kept else OMIT


def text_string(text: str) -> bytes:
    """A text string (7.9.2.2)."""
    return text.encode() if text.isascii() else b"\xfe\xff" + text.encode("utf-16-be", "replace")


def _found(copier: "Copier", names: Mapping[str, Any]) -> Iterator[tuple[str, Stream | None]]:
    """Name and stream of each; no stream where there is none."""
    source = copier.source
    for name, value in leaves(source, names.get(TREE), "/Names"):
        entries = source.dictionary(value)
        said = source.get(entries.get("/UF", entries.get("/F", name)))
        files = source.dictionary(entries.get("/EF"))
        target = source.get(files.get("/UF", files.get("/F")))
        yield text_of(said) if isinstance(said, bytes) else _NAMELESS, target if isinstance(target, Stream) else None


def _sanitized(copier: "Copier", name: str, stream: Stream | None) -> tuple[str, bytes] | None:
    """The name and the bytes that the file has once it went through the pipeline; None where it is withheld."""
    if stream is None or copier.source.has_sealed_files:
        copier.found(PDF_31, "attachment", f"{name}: no file, or behind a password", Action.REMOVE)
        return None
    copier.refuse_external(stream, "attachment")
    copier.source.budget.count_members(1)
    try:
        data = copier.source.decoded(stream)[0]
    except (MalformedError, UnsupportedError):
        copier.found(PDF_31, "attachment", f"{name}: cannot be read", Action.REMOVE)
        return None
    outcome = copier.job.descend(data, clean_name(name).name)
    if outcome.data is None:
        copier.found(PDF_31, "attachment", f"{name}: withheld", Action.REMOVE)
        return None
    if outcome.data != data or outcome.report.name != name:
        copier.found(PDF_31, "attachment", name, Action.REWRITE)
    return outcome.report.name, outcome.data


def _specification(copier: "Copier", name: bytes, data: bytes) -> Any:
    stream = copier.slot(copier.packed({"/Type": "/EmbeddedFile"}, data))
    return copier.slot({"/Type": "/Filespec", "/F": name, "/UF": name, "/EF": {"/F": stream}})


def _spellings(name: str) -> Iterator[str]:
    """The name, and others like it for files that came under the same one."""
    yield name
    stem, dot, extension = name.rpartition(".")
    for number in range(2, 100_000):
        yield f"{stem} ({number}){dot}{extension}" if stem else f"{name} ({number})"
