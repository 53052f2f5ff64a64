"""libmagic's second opinion. It can only lower trust: a program that our own rules did not see is refused.

The library and its database are loaded when this module is imported; a locked child opens nothing. Text is not shown
to it: our rules take as text only what has no binary structure, its guesses there are slow (2 ms and more) and often
wrong, and none of them would change what becomes of a text. Other types cost it about 0.1 ms.
"""

from typing import Final

import pylibmagic  # noqa: F401  # before magic: tells it where the library and the database are

# ruff: isort: split
import magic

from sanitizers.parsers.signatures import DANGEROUS_OPINIONS

_LOOKED_AT: Final = 1 << 16  # as far as its rules for programs and disk images look
_MAGIC: Final = magic.Magic(mime=True)


def danger(untrusted: bytes) -> str | None:
    """The BLK row for what libmagic takes as a program or the like, or None."""
    try:
        said = _MAGIC.from_buffer(untrusted[:_LOOKED_AT])
    except magic.MagicException:  # it gives up on some broken files; that is no opinion
        return None
    return DANGEROUS_OPINIONS.get(said)
