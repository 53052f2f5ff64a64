"""What stands beside the pages only where the policy lets it: attached files, and the names of notes' authors.

A file must have a name that is safe on every system and says what it is; it is judged as a file of its own. A stand-in
for a name is one that says nothing about anybody.

Source: ISO 32000-2:2020, 7.11; threat catalogue, PDF-31 and PDF-45; docs/adr/0011.
"""

import re
from collections.abc import Iterator
from typing import Final

from sanitizers.model import Check
from sanitizers.verify import names
from sanitizers.verify import zip as archive
from sanitizers.verify.court import require
from sanitizers.verify.evidence import FILES, NAMES, STAND_INS
from sanitizers.verify.pdf_syntax import Text, Value
from sanitizers.verify.pdf_walk import Document

_STAND_IN: Final = re.compile(rb"Author [1-9][0-9]{0,5}")
_UTF_16: Final = b"\xfe\xff"


def check(document: Document) -> None:
    """Raises Refused for a file or an author that the policy does not let through."""
    may_keep = document.court.may_keep
    trees = [number for number in document.under("Catalog") if _has_files(document.resolved(number), document)]
    require(not trees or FILES in may_keep, Check.PDF, "attached files")
    keys = {names.key(_name(document.resolved(number))) for number in document.under("AttachedFile")}
    count = sum(1 for _ in document.under("AttachedFile"))
    require(len(keys) == count == sum(1 for _ in document.under("EmbeddedFile")), Check.NAME, "attached files")
    for page in document.under("Page") if NAMES not in may_keep else ():
        for author in _authors(page, document):
            is_stand_in = STAND_INS in may_keep and isinstance(author, Text) and _STAND_IN.fullmatch(author)
            require(is_stand_in, Check.PDF, f"object {page}: name of an author")


def file_of(number: int, document: Document) -> tuple[str, str]:
    """Name and media type of the attached file whose stream this is. Raises Refused."""
    owners = [owner for owner in document.under("AttachedFile") if _stream(owner, document) == number]
    require(len(owners) == 1, Check.PDF, f"object {number}: file of several names")
    name = _name(document.resolved(owners[0]))
    media_type = archive.TYPES.get(names.extension(name))
    require(media_type, Check.TYPE, f"{name}: no check for such a file")
    assert media_type is not None
    return name, media_type


def _authors(page: int, document: Document) -> Iterator[Value]:
    """What notes of a page say in the place of a name, those that stand directly in it too. A field's /T is its own."""
    notes = document.value(document.entries(page).get("Annots"))
    for note in notes if isinstance(notes, list) else ():
        entries = document.value(note)
        if isinstance(entries, dict) and "T" in entries and document.value(entries.get("Subtype")) != "Widget":
            yield document.value(entries["T"])


def _has_files(catalog: dict[str, Value], document: Document) -> bool:
    trees = document.value(catalog.get("Names"))
    return isinstance(trees, dict) and "EmbeddedFiles" in trees


def _stream(owner: int, document: Document) -> Value:
    files = document.resolved(owner)["EF"]
    assert isinstance(files, dict)
    return files["F"]


def _name(entries: dict[str, Value]) -> str:
    raw = entries["UF"]
    require(isinstance(raw, Text) and raw == entries["F"], Check.NAME, "a file of two names")
    assert isinstance(raw, Text)
    wide = raw.startswith(_UTF_16)
    require(wide or raw.isascii(), Check.NAME, "a name in no known characters")
    name = raw[2:].decode("utf-16-be", "replace") if wide else raw.decode()
    complaint = names.complaint(name) or ("a path" if "/" in name else "")
    require(not complaint, Check.NAME, complaint)
    return name
