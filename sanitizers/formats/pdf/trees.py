"""Name trees and number trees, walked without recursion and written as one flat node. Source: ISO 32000-2 7.9.6"""

from collections.abc import Iterator
from typing import Any, Final

from sanitizers.formats.pdf.parse import Source
from sanitizers.formats.pdf.values import Ref, Value

_MAX_ENTRIES: Final = 500_000


def leaves(source: Source, root: Value, key: str) -> Iterator[tuple[Any, Any]]:
    """Pairs of a tree, in its order; `key` is /Names or /Nums. A node that was met before is passed over."""
    stack: list[Value] = [root]
    seen: set[Ref] = set()
    count = 0
    while stack:
        node = stack.pop()
        if isinstance(node, Ref):
            if node in seen:
                continue
            seen.add(node)
        entries = source.dictionary(node)
        stack.extend(reversed(source.array(entries.get("/Kids"))))
        pairs = source.array(entries.get(key))
        for name, value in zip(pairs[::2], pairs[1::2]):
            count += 1
            if count > _MAX_ENTRIES:
                return
            yield source.get(name), value
