"""Kits: what a zygote has loaded. A table; which kit a file is given to is a guess that costs nothing but time.

A small process is cheaper to fork, and most files are pictures and plain text. Whatever the light kit has nothing for
goes to the whole one, so that no name and no claimed type decides what becomes of a file.
"""

from enum import StrEnum
from typing import Final

from policies.media import MEDIA_TYPES


class Kit(StrEnum):
    """How much is loaded."""

    LIGHT = "light"
    WHOLE = "whole"


LIGHT_TYPES: Final = frozenset(
    {
        *("image/jpeg", "image/png", "image/gif", "image/webp", "image/bmp", "image/tiff"),
        *("image/heic", "image/avif", "image/jp2", "image/vnd.microsoft.icon"),
        *("text/plain", "text/csv", "text/tab-separated-values"),
    }
)
_LIGHT_EXTENSIONS: Final = frozenset(
    extension for media_type in LIGHT_TYPES for extension in MEDIA_TYPES[media_type].extensions
)


def kit_for_type(media_type: str) -> Kit:
    """The smallest kit that has this type."""
    return Kit.LIGHT if media_type in LIGHT_TYPES else Kit.WHOLE


def kit_for_name(untrusted_name: str) -> Kit:
    """The kit to try first."""
    extension = untrusted_name.rpartition(".")[2].lower()
    return Kit.LIGHT if extension in _LIGHT_EXTENSIONS else Kit.WHOLE
