"""Office Open XML: Word, Excel and PowerPoint packages, taken apart and written anew part by part.

How it goes: `parsers/opc` reads the package; `assembly` walks it from its root and queues each part that a row of
`parts` names; `carry` takes a part's elements over, one by one, as `schema` allows, while `edits` of the rooms judge
what a table cannot: fields, formulas, objects, links. Pictures and embedded documents go through the whole pipeline
(`members`). Everything else is left behind, and told.

A room (`word`, `sheet`, `slides`; `drawing` serves all three) has a `RULES` of `rules.Rules`: edits by element,
preparations by kind of part, writers for parts too large for the engine. An edit changes the source tree and says what
should become of its element; whatever it leaves is still held to the schema, so that no edit can let anything through.
"""

from collections.abc import Sequence
from typing import Final

from policies.terms import Action, Vector
from sanitizers.budget import Budget
from sanitizers.formats.ooxml import binary, drawing, sheet, slides, word
from sanitizers.formats.ooxml.assembly import Assembly
from sanitizers.formats.ooxml.parts import BINARY, MAINS, SHEET, SLIDES, WORD
from sanitizers.formats.ooxml.vectors import VECTORS
from sanitizers.formats.zip.reconstruct import Entry, write_zip
from sanitizers.formats.zip.vectors import ODDITIES
from sanitizers.parsers.opc import Package, read_package
from sanitizers.sanitizer import Job

__all__ = ["OOXML", "OoxmlSanitizer"]

_RULES: Final = {
    WORD: drawing.RULES | word.RULES,
    SHEET: drawing.RULES | sheet.RULES,
    SLIDES: drawing.RULES | slides.RULES,
    BINARY: drawing.RULES | sheet.RULES | binary.RULES,
}


class OoxmlSanitizer:
    """Word, Excel and PowerPoint packages. Types with macros become their twins without."""

    @property
    def media_types(self) -> frozenset[str]:
        return frozenset(MAINS)

    @property
    def vectors(self) -> tuple[Vector, ...]:
        return VECTORS

    def parse(self, untrusted: bytes, budget: Budget) -> Package:
        return read_package(untrusted, budget)

    def disarm(self, parsed: Package, job: Job) -> Sequence[Entry]:
        _tell_oddities(parsed, job)
        main = MAINS[job.media_type]
        if main.copy_type != main.media_type:
            job.copy_type = main.copy_type
        return Assembly(parsed, main, _RULES[main.part.room], job).assemble()

    def reconstruct(self, safe: Sequence[Entry]) -> bytes:
        return write_zip(safe)


OOXML: Final = OoxmlSanitizer()


def _tell_oddities(package: Package, job: Job) -> None:
    for strange in package.archive.odd:
        vector, at_least = ODDITIES[strange.kind]
        where = "(archive)" if strange.member is None else f"member {strange.member + 1}"
        job.found(vector, where, detail=strange.detail, count=strange.count, at_least=max(at_least, Action.REWRITE))
