"""Does the name, or the sender, claim another kind of content than the bytes are (GEN-01)?"""

from typing import Final

from policies.catalogue import vector
from policies.terms import Vector
from sanitizers.errors import DisguisedError
from sanitizers.parsers.signatures import EXTENSIONS, FAMILIES, Family

GEN_01: Final = vector("GEN-01")

# Content that is taken as what it is, under any name: it is drawn or played, and gets its own extension.
_HARMLESS_UNDER_ANY_NAME: Final = frozenset({Family.PICTURE, Family.MEDIA})
# Kinds of text between which a wrong extension is an everyday mistake.
_LETTERS: Final = frozenset({Family.TEXT, Family.MARKUP, Family.MAIL, Family.DRAWING})
_NO_PICTURE: Final = frozenset({Family.TEXT, Family.MARKUP, Family.MAIL, Family.ARCHIVE, Family.OFFICE, Family.DATA})


def check_claims(
    media_type: str, extension: str, claimed_type: str | None, *, is_empty_archive: bool = False
) -> list[tuple[Vector, str, str]]:
    """Findings for an extension that is to change. Raises DisguisedError where the kinds contradict one another."""
    family = FAMILIES.get(media_type)
    if claimed_type is not None and claimed_type.lower().startswith("image/") and family in _NO_PICTURE:
        raise DisguisedError(f"{media_type} sent as {claimed_type[:40]!r}")
    claim = EXTENSIONS.get(extension)
    if claim is not None and claim.media_type != media_type and not is_empty_archive:
        _refuse_disguise(media_type, family, claim.family, extension)
    if claim is None or media_type in (claim.media_type, _TWINS.get(claim.media_type)):
        return []
    return [(GEN_01, "(name)", f"{media_type} under another extension")]


_TWINS: Final = {"video/mp4": "audio/mp4", "audio/mp4": "video/mp4", "multipart/related": "message/rfc822"}


def _refuse_disguise(media_type: str, family: Family | None, claimed: Family, extension: str) -> None:
    if family == claimed or (media_type != "image/svg+xml" and family in _HARMLESS_UNDER_ANY_NAME):
        return
    if claimed in _LETTERS and (family in _LETTERS or media_type == "image/svg+xml"):
        return
    raise DisguisedError(f"{media_type} named .{extension}")
