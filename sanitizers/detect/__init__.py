"""Media type from the bytes themselves; names and claimed types are hints to be checked.

Own signature and structure rules decide. libmagic gives a second opinion that can only lower trust. What nothing
identifies positively is refused (BLK-40).
"""

from dataclasses import dataclass
from typing import Final

from policies.catalogue import CATALOGUE, vector
from policies.forbidden import forbidden_by_name
from policies.names import extensions
from policies.terms import Vector
from sanitizers.detect import containers, opinion, polyglot, text
from sanitizers.detect.claims import SVG, check_claims
from sanitizers.errors import EmptyError, ForbiddenTypeError, UnsupportedError
from sanitizers.parsers.signatures import FAMILIES, KNOWN_EXTENSIONS, MADE_OF_TEXT, Family

BLK_40: Final = vector("BLK-40")
GEN_34: Final = vector("GEN-34")

__all__ = ["Detection", "detect", "warm"]

_PACKED_DRAWINGS: Final = ("svgz", "svg")
_WITH_SECOND_FORMATS = (Family.PICTURE, Family.MEDIA)


@dataclass(frozen=True, slots=True)
class Detection:
    """What a file is, and what in its bytes or name speaks against taking it as that alone."""

    media_type: str
    findings: tuple[tuple[Vector, str, str], ...] = ()  # vector, where, detail


def detect(untrusted: bytes, name: str, claimed_type: str | None) -> Detection:
    """The media type of `untrusted`, decided from its bytes.

    `name` has been cleaned (policies.names). Raises EmptyError, ForbiddenTypeError (a BLK row, by content or by name),
    DisguisedError (the name or the sender claims another kind of content), MalformedError (a container without a
    readable directory) or UnsupportedError (nothing known).
    """
    if not untrusted:
        raise EmptyError("no bytes", GEN_34)
    endings = extensions(name)
    if row := forbidden_by_name(endings, name, KNOWN_EXTENSIONS):
        raise ForbiddenTypeError(f"{row.id} by name: {row.title}", row)
    extension = endings[0] if endings else ""
    media_type, findings = _identify(untrusted, extension)
    if containers.is_split_volume(media_type, extension):
        _refuse("ARC-18")
    findings += check_claims(media_type, extension, claimed_type)
    if FAMILIES.get(media_type) in _WITH_SECOND_FORMATS and media_type not in MADE_OF_TEXT:
        findings += polyglot.second_formats(untrusted)
    if media_type not in MADE_OF_TEXT:
        _refuse(opinion.danger(untrusted))
    return Detection(media_type, tuple(findings))


def warm() -> None:
    """Use everything once, so that a locked child opens nothing."""
    opinion.danger(b"\xff\xd8\xff\xe0")


def _identify(untrusted: bytes, extension: str) -> tuple[str, list[tuple[Vector, str, str]]]:
    findings: list[tuple[Vector, str, str]] = []
    kind = containers.by_signature(untrusted)
    if kind is None and (late := containers.behind_other_bytes(untrusted)):
        kind, findings = late
    if kind is None:
        kind = text.kind_of(untrusted, extension)
    if kind is None:
        kind = containers.by_name_alone(extension)
    if kind is None:
        raise UnsupportedError("nothing that is known", BLK_40)
    if kind == "application/gzip" and extension in _PACKED_DRAWINGS and containers.is_packed_drawing(untrusted):
        kind = SVG
    _refuse(kind)
    return kind, findings


def _refuse(kind: str | None) -> None:
    """Rows of the catalogue stand in the tables where a media type would: such a type is refused on sight."""
    if kind is not None and kind in CATALOGUE:
        raise ForbiddenTypeError(f"{kind} by content: {CATALOGUE[kind].title}", CATALOGUE[kind])
