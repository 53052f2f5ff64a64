"""Script text in coded pixels (IMG-12). Pixels can be chosen so that a code of them spells a script.

Each mark is four bytes or more, which chance writes in less than one photograph of a hundred; who finds one codes the
same picture a little differently, which moves every byte. Other formats in a picture's bytes are the judge's to refuse.
"""

import re
from typing import Final

# One literal byte in front lets the engine look for it at the speed of memchr.
_SCRIPT: Final = re.compile(
    rb"<(?:(?i:script|html|iframe|svg|img|body|!doctype)[\s>/]|\?(?i:php)\s|\?=[$`_]|%[@=]\s)", re.DOTALL
)


def spells_script(coded: bytes | memoryview) -> bool:
    """Whether a web server or browser that took these bytes for text would find a script or markup in them."""
    return _SCRIPT.search(coded) is not None


def unspelled(colours: bytes) -> bytes:
    """A table of colours in which one value moved by one step wherever they spelled such a text."""
    return _SCRIPT.sub(lambda found: bytes((found[0][0] ^ 1,)) + found[0][1:], colours)
