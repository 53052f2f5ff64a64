"""libmagic's second opinion. It can only lower trust: a program that our own rules did not see is refused.

The library and its database are loaded when this module is imported; a locked child opens nothing. Text is not shown
to it: our rules take as text only what has no binary structure, its guesses there are slow (2 ms and more) and often
wrong, and none of them would change what becomes of a text. Other types cost it about 0.1 ms, half of which went into
asking in which of ten encodings 64 KiB are text; bytes with a zero among them are in none.
"""

from typing import Final

import pylibmagic  # noqa: F401  # before magic: tells it where the library and the database are

# ruff: isort: split
import magic

from sanitizers.parsers.signatures import DANGEROUS_OPINIONS

_LOOKED_AT: Final = 1 << 16  # as far as its rules for programs and disk images look
_MAGIC: Final = magic.Magic(mime=True)
_NO_CHECK_ENCODING: Final = 0x0020_0000  # magic.h
magic.magic_setflags(_MAGIC.cookie, _MAGIC.flags | _NO_CHECK_ENCODING)
_WIDE: Final = (b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff")  # how text with zeros in it begins


def danger(untrusted: bytes) -> str | None:
    """The BLK row for what libmagic takes as a program or the like, or None."""
    try:
        said = opinion(untrusted, asks_encoding=may_be_text(untrusted))
    except magic.MagicException:  # it gives up on some broken files; that is no opinion
        return None
    return DANGEROUS_OPINIONS.get(said)


def may_be_text(untrusted: bytes) -> bool:
    """Whether libmagic might find an encoding for these bytes: none of its own has a zero in it but those marked so."""
    return untrusted.startswith(_WIDE) or untrusted.find(b"\0", 0, _LOOKED_AT) < 0


def opinion(untrusted: bytes, *, asks_encoding: bool) -> str:
    """The media type that libmagic sees in the first 64 KiB. Raises MagicException."""
    with _MAGIC.lock:
        if not asks_encoding:
            return _said(untrusted)
        magic.magic_setflags(_MAGIC.cookie, _MAGIC.flags)
        try:
            return _said(untrusted)
        finally:
            magic.magic_setflags(_MAGIC.cookie, _MAGIC.flags | _NO_CHECK_ENCODING)


def _said(untrusted: bytes) -> str:
    # the wrapper's own call takes all of its argument, and so would have to be given a copy
    said: bytes = magic.libmagic.magic_buffer(_MAGIC.cookie, untrusted, min(len(untrusted), _LOOKED_AT))
    return said.decode("ascii", "replace")
