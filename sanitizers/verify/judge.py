"""judge(): the hearing with all checks in it."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from sanitizers.verify import emf, light, ooxml, pdf, svg, wmf
from sanitizers.verify import zip as archive
from sanitizers.verify.court import Court
from sanitizers.verify.hearing import Hearing

CHECKS: Final[Mapping[str, Callable[[bytes, Court], None]]] = MappingProxyType(
    {
        **light.CHECKS,
        "image/svg+xml": svg.check,
        "image/emf": emf.check,
        "image/wmf": wmf.check,
        "application/pdf": pdf.check,
        "application/zip": archive.check,
        **{media_type: ooxml.check_as(media_type) for media_type in ooxml.MAIN_TYPES},
    }
)

judge: Final = Hearing(CHECKS).judge
