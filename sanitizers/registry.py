"""All sanitizers, in reading order. Explicit; no globbing, no import side effects."""

from typing import Any, Final

from sanitizers.formats.metafile import EMF, WMF
from sanitizers.formats.ooxml import OOXML
from sanitizers.formats.ooxml.sealed import SEALED
from sanitizers.formats.pdf import PDF
from sanitizers.formats.svg import SVG
from sanitizers.formats.zip import ZIP
from sanitizers.light import PICTURES, TEXTS
from sanitizers.sanitizer import Sanitizer

SANITIZERS: Final[tuple[Sanitizer[Any, Any], ...]] = (
    *PICTURES,
    *(SVG, EMF, WMF),
    *TEXTS,
    *(ZIP, OOXML, SEALED, PDF),
)
