"""Regular expressions that mean what they say, on every Python that this project runs on.

Python 3.11.0 to 3.11.4 match a group that is repeated possessively, `(?:ab?c)++`, where it does not match (CPython
issue 106052), and rules all over this house are written with such groups. Atomic groups are sound there, and `(?:x)*+`
is by definition `(?>(?:x)*)`: on an interpreter that fails the probe, patterns are compiled as that.
"""

import re
from typing import Any, Final

_PROBE: Final = ("(?:ab?c)++", "(?:ab?c)*+", "(?:ab?c){1,9}+")


def are_sound() -> bool:
    """Whether this interpreter matches possessive groups as they are defined."""
    re.purge()
    return all(found is not None and found.end() == 2 for found in (re.match(p, "aca") for p in _PROBE))


def mend() -> None:
    """Compile possessive groups as atomic ones from now on, if need be. Raises RuntimeError where it does not help."""
    if are_sound():
        return
    inner: Any = re
    parser, constants = inner._parser, inner._constants
    parse = parser.parse

    def mended(*arguments: Any, **options: Any) -> Any:
        tree = parse(*arguments, **options)
        _without_possessive_groups(tree, parser, constants)
        return tree

    parser.parse = mended
    if not are_sound():
        raise RuntimeError("this Python matches regular expressions wrongly; use 3.11.5 or later")


def _without_possessive_groups(tree: Any, parser: Any, constants: Any) -> None:
    waiting = [tree]
    while waiting:
        branch = waiting.pop()
        if isinstance(branch, parser.SubPattern):
            for place, (kind, value) in enumerate(branch.data):
                if kind is constants.POSSESSIVE_REPEAT and not _is_simple(value[2], constants):
                    repeated = parser.SubPattern(branch.state, [(constants.MAX_REPEAT, value)])
                    branch.data[place] = (constants.ATOMIC_GROUP, repeated)
                waiting.append(value)
        elif isinstance(branch, (tuple, list)):
            waiting += branch


def _is_simple(item: Any, constants: Any) -> bool:
    """One character, without a group: matched by another instruction, which is sound, and faster."""
    return len(item) == 1 and item[0][0] in (constants.ANY, constants.IN, constants.LITERAL, constants.NOT_LITERAL)
