"""Script text in coded pixels (IMG-12). Pixels can be chosen so that a code of them spells a script.

Each mark is four bytes or more, which chance writes in less than one photograph of a hundred; who finds one codes the
same picture a little differently, which moves every byte. Other formats in a picture's bytes are the judge's to refuse.
"""

from typing import Any, Final

from sanitizers.parsers.patterns import SPACE, compiled, finder

_CALLS: Final = rb"(?i:eval|exec|include|passthru|phpinfo|print|readfile|require|shell_exec|system|var_dump)"
_SCRIPT: Final = (
    rb"<(?:(?i:script|html|iframe|svg|img|body|!doctype)(?:[>/]|" + SPACE + rb")"
    rb"|\?(?i:php)|\?=" + SPACE + rb"*(?:[$`_]|" + _CALLS + rb"\b)"  # where PHP has short tags, nothing need follow
    rb"|%@" + SPACE + rb"*(?i:import|include|language|page|taglib)|%[@=]" + SPACE + rb")"
)
_find: Final = finder(_SCRIPT)
_EVERY: Final[Any] = compiled(_SCRIPT)


def spells_script(coded: bytes | memoryview) -> bool:
    """Whether a web server or browser that took these bytes for text would find a script or markup in them."""
    return _find(coded, 0, len(coded)) >= 0


def unspelled(colours: bytes) -> bytes:
    """A table of colours in which one value moved by one step wherever they spelled such a text."""
    moved = bytearray(colours)
    for found in _EVERY.finditer(colours):
        moved[found.start()] ^= 1
    return bytes(moved)
