"""Addresses that people may follow, and texts in which none may hide (V-URL; GEN-22 to GEN-26, OOXML-19, OOXML-20).

Source: RFC 3986, RFC 3987, RFC 6068; threat catalogue, GEN-24.
"""

import re
from typing import Final

_WEB: Final = re.compile(
    r"(?i:https?)://[^\x00-\x20/\\?#\x7f\ufeff\u200b-\u200f\u2028-\u202e]++[^\x00-\x1f\x7f\\<>\"\u2028-\u202e]*+"
)
_MAIL: Final = re.compile(r"(?i:mailto):[^\x00-\x1f\x7f\\<>\u2028-\u202e]*+")
_ANCHOR: Final = re.compile(r"#[^\x00-\x1f\x7f\\]*+")
_LOUD: Final = re.compile(
    r"(?i)^\s*(?:\\\\|//|[/\\]\\|[a-z]:[\\/])|:[/\\]{2}|\\\\[^\\\s]"
    r"|\b(?:file|javascript|vbscript|data|mhtml|mk|its|ms-[a-z-]+|res|ldap|smb|ftp|jar|search|shell|view-source|onenote"
    r"|vnd\.[a-z.]+|macro|service|about|script|ppaction)\s*:(?!\s|$)|\.uno:|slot:"
)


def is_web(address: str) -> bool:
    """Whether this leads to a web page or starts a mail, and nowhere else."""
    return bool(_WEB.fullmatch(address) or _MAIL.fullmatch(address))


def is_anchor(address: str) -> bool:
    """Whether this is a place in the same document."""
    return bool(_ANCHOR.fullmatch(address))


def is_quiet(text: str) -> bool:
    """Whether no program could take (a part of) this for an address. Not for what people read."""
    return not _LOUD.search(text)
