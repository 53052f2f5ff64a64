"""Addresses that a document may lead to: the web and mail, by a click; everything else is cut (OOXML-19, OOXML-20)."""

import re
from typing import Final
from urllib.parse import quote

MAX_CHARS: Final = 2083  # what Office itself takes

# RFC 3986, 2.2 and 2.3, and what browsers leave alone; anything else is percent-encoded
_PLAIN: Final = "!#$%&'()*+,-./:;=?@[]_~"
_WEB: Final = re.compile(
    r"https?://(?:[^/?#@\\]*@)?(\[[0-9A-Fa-f:.]+\]|[^\s/?#@:\\\[\]<>\"'`{}|^]+)(?::\d{0,5})?(?:[/?#].*)?\Z",
    re.IGNORECASE,
)
_MAIL: Final = re.compile(r"mailto:[^\s<>\"\\]*\Z", re.IGNORECASE)
_ANCHOR: Final = re.compile(r"#[^\x00-\x1f\x7f\\]*\Z")
_INVISIBLE: Final = re.compile(r"[\x00-\x20\x7f-\xa0\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


def web_link(address: str) -> str | None:
    """The address as it may stand in a copy, or None: http, https, mailto, and "#place" in the document itself.

    Idempotent. Scheme and percent-escapes are brought to one form, so that two readers see one address (GEN-26).
    """
    text = address.strip()
    if not text or len(text) > MAX_CHARS or _INVISIBLE.search(text.replace(" ", "")):
        return None
    if _ANCHOR.match(text):
        return text
    text = text.replace(" ", "%20")
    if not (_WEB.match(text) or _MAIL.match(text)):
        return None
    scheme, _, rest = text.partition(":")
    return f"{scheme.lower()}:{quote(rest, safe=_PLAIN)}"
