"""Where a key stands in a TOML text, so that a mistake can be named with its line.

The standard library's reader gives values without positions. This finds a key by the same rules of naming (tables,
arrays of tables, dotted and quoted keys) on text that the reader has already accepted.
Source: TOML 1.0.0, sections Keys, Table, Array of Tables.
"""

import re
from typing import Final

_KEY: Final = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*')"""
_HEADER: Final = re.compile(rf"^\s*\[(\[)?\s*({_KEY}(?:\s*\.\s*{_KEY})*)\s*\]")
_ENTRY: Final = re.compile(rf"^\s*({_KEY}(?:\s*\.\s*{_KEY})*)\s*=")
_PART: Final = re.compile(_KEY)


def line_of(text: str, path: str) -> int | None:
    """The line, counted from 1, on which the entry `path` ("spool.url", "tenants[1].name") is written.

    Falls back to the line of the nearest enclosing table or inline value; None when not even that is there.
    """
    wanted = [part for part in re.split(r"\.(?![^\[]*\])", path) if part]
    for depth in range(len(wanted), 0, -1):
        line = _scan(text, ".".join(wanted[:depth]))
        if line is not None:
            return line
    return None


def _scan(text: str, path: str) -> int | None:
    table = ""
    counts: dict[str, int] = {}
    closing: str | None = None
    for number, line in enumerate(text.splitlines(), 1):
        if closing is not None:  # inside a multi-line string nothing is a key
            closing = None if closing in line else closing
            continue
        header = _HEADER.match(line)
        if header:
            table = _dotted(header[2])
            if header[1]:
                counts[table] = counts.get(table, -1) + 1
                table = f"{table}[{counts[table]}]"
            if table == path:
                return number
            continue
        entry = _ENTRY.match(line)
        if entry:
            full = f"{table}.{_dotted(entry[1])}" if table else _dotted(entry[1])
            if full == path or full.startswith(path + "."):
                return number
            inline = path.startswith(full + ".") and re.search(rf"[{{,]\s*{re.escape(path[len(full) + 1 :])}\s*=", line)
            if inline:
                return number
            closing = _opened(line[entry.end() :])
    return None


def _dotted(key: str) -> str:
    return ".".join(part.strip("\"'") for part in _PART.findall(key))


def _opened(value: str) -> str | None:
    for quotes in ('"""', "'''"):
        if value.count(quotes) == 1:
            return quotes
    return None
