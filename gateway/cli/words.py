"""Japanese or English by locale, for what the commands print."""

import locale
import os
from typing import Final

JAPANESE: Final = "ja"
ENGLISH: Final = "en"


def language() -> str:
    """The language of the environment: LC_ALL, then LC_MESSAGES, then LANG, as gettext reads them."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name, "")
        if value:
            return JAPANESE if value.lower().startswith(("ja", "japanese")) else ENGLISH
    return JAPANESE if (locale.getlocale()[0] or "").startswith("ja") else ENGLISH


def say(english: str, japanese: str) -> str:
    """The one of the two that fits the locale."""
    return japanese if language() == JAPANESE else english
