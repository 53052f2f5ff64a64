"""Does the name, or the sender, claim another kind of content than the bytes are (GEN-01)?"""

import re
from typing import Final

from policies.catalogue import vector
from policies.media import MEDIA_TYPES, fits
from policies.terms import Vector
from sanitizers.errors import DisguisedError
from sanitizers.parsers.signatures import EXTENSIONS, FAMILIES, OWN_EXTENSIONS, Family, Known

GEN_01: Final = vector("GEN-01")

SVG: Final = "image/svg+xml"

# Content that is taken as what it is, under any name: it is drawn or played, and gets its own extension.
_HARMLESS_UNDER_ANY_NAME: Final = frozenset({Family.PICTURE, Family.MEDIA})
# Kinds of text between which a wrong extension is an everyday mistake.
_LETTERS: Final = frozenset({Family.TEXT, Family.MARKUP, Family.MAIL, Family.DRAWING})
_NO_PICTURE: Final = frozenset({Family.TEXT, Family.MARKUP, Family.MAIL, Family.ARCHIVE, Family.OFFICE, Family.DATA})


# Documents made of XML: they may be called that.
_XML_DOCUMENTS: Final = frozenset(
    {"application/vnd.ms-wordml", "application/vnd.ms-spreadsheetml"}
    | {known for known in FAMILIES if known.endswith(("-flat-xml", "flat-opc+xml"))}
)
# Documents that are ZIPs: a plain ZIP under such a name is rebuilt as the archive that it is, and called one.
_ZIP: Final = "application/zip"
_ZIPPED_DOCUMENTS: Final = re.compile("openxmlformats|opendocument|macroenabled|binary", re.IGNORECASE)
_EXTENSION: Final = re.compile("(?=.*[a-z])[a-z0-9]{1,8}")


def check_claims(media_type: str, extension: str, claimed_type: str | None) -> list[tuple[Vector, str, str]]:
    """A finding for an extension that is to change. Raises DisguisedError where the kinds contradict one another.

    Browsers send application/octet-stream or what the name suggests, so the sender's type counts only where it
    promises a picture and the bytes are none.
    """
    family = FAMILIES.get(media_type)
    if claimed_type is not None and claimed_type.lower().startswith("image/") and family in _NO_PICTURE:
        raise DisguisedError(f"{media_type} sent as {claimed_type[:40]!r}", GEN_01)
    claim = EXTENSIONS.get(extension)
    if claim is not None and not _may_be_called(media_type, family, claim):
        raise DisguisedError(f"{media_type} named .{extension}", GEN_01)
    if _keeps(media_type, extension) or not (claim or _EXTENSION.fullmatch(extension)):
        return []
    return [(GEN_01, "(name)", f"{media_type} under another extension")]


def _may_be_called(media_type: str, family: Family | None, claim: Known) -> bool:
    if media_type == SVG:  # a picture, but one made of markup
        return claim.media_type == SVG or claim.family in _LETTERS
    if family == claim.family:
        return True
    if media_type == _ZIP and _ZIPPED_DOCUMENTS.search(claim.media_type):
        return True
    if media_type in _XML_DOCUMENTS:
        return claim.family in _LETTERS
    return family in _HARMLESS_UNDER_ANY_NAME or (family in _LETTERS and claim.family in _LETTERS)


def _keeps(media_type: str, extension: str) -> bool:
    """Whether the extension is one of the type's own; a type without any keeps what it has."""
    if media_type in MEDIA_TYPES:
        return fits(media_type, extension)
    own = OWN_EXTENSIONS.get(media_type, ())
    return not own or extension in own
