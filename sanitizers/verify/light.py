"""The light kit: the checks of pictures and plain text, with nothing loaded beside them."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from sanitizers.verify import gif, ico, jpeg, png, table, text, tiff, webp
from sanitizers.verify.court import Court
from sanitizers.verify.hearing import Hearing

CHECKS: Final[Mapping[str, Callable[[bytes, Court], None]]] = MappingProxyType(
    {
        "image/jpeg": jpeg.check,
        "image/png": png.check,
        "image/gif": gif.check,
        "image/webp": webp.check,
        "image/tiff": tiff.check,
        "image/vnd.microsoft.icon": ico.check,
        "text/plain": text.check,
        "text/csv": table.check,
        "text/tab-separated-values": table.check,
    }
)

judge: Final = Hearing(CHECKS).judge
