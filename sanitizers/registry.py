"""All sanitizers, in reading order. Explicit; no globbing, no import side effects."""

from typing import Any, Final

from sanitizers.formats.bmp import BMP
from sanitizers.formats.csv import CSV
from sanitizers.formats.gif import GIF
from sanitizers.formats.heif import HEIF
from sanitizers.formats.ico import ICO
from sanitizers.formats.jp2 import JP2
from sanitizers.formats.jpeg import JPEG
from sanitizers.formats.metafile import EMF, WMF
from sanitizers.formats.ooxml import OOXML
from sanitizers.formats.ooxml.sealed import SEALED
from sanitizers.formats.pdf import PDF
from sanitizers.formats.png import PNG
from sanitizers.formats.svg import SVG
from sanitizers.formats.text import TEXT
from sanitizers.formats.tiff import TIFF
from sanitizers.formats.webp import WEBP
from sanitizers.formats.zip import ZIP
from sanitizers.sanitizer import Sanitizer

SANITIZERS: Final[tuple[Sanitizer[Any, Any], ...]] = (
    *(JPEG, PNG, GIF, WEBP, BMP, TIFF, HEIF, JP2, ICO, SVG, EMF, WMF),
    *(TEXT, CSV, ZIP, OOXML, SEALED, PDF),
)

_BY_TYPE: Final = {media_type: sanitizer for sanitizer in SANITIZERS for media_type in sanitizer.media_types}


def sanitizer_for(media_type: str) -> Sanitizer[Any, Any] | None:
    """The one sanitizer of this media type, or None when this version has none."""
    return _BY_TYPE.get(media_type)
