"""The same document in the ways that hide it from those who only look at bytes.

Source: ISO 32000-2:2020, 7.3.5, 7.5.6 to 7.5.8 and 7.6.
"""

import io
import re
import warnings
import zlib
from collections.abc import Callable, Mapping
from typing import Final

import pikepdf

from tests.sanitizers.pdf.papers import write

_NAME_OR_STRING: Final = re.compile(rb"\((?:\\[\s\S]|[^()\\])*\)|/([A-Za-z0-9.]+)")


def plain(objects: Mapping[int, bytes], before: Mapping[int, bytes]) -> bytes:
    """One table, every object in the open."""
    return write(objects)


def escaped(objects: Mapping[int, bytes], before: Mapping[int, bytes]) -> bytes:
    """Every letter of every name as its number."""
    return write({number: _escaped(body) for number, body in objects.items()})


def _escaped(body: bytes) -> bytes:
    head, stream, rest = body.partition(b"\nstream\n")
    return _NAME_OR_STRING.sub(_escape, head) + stream + rest


def _escape(found: "re.Match[bytes]") -> bytes:
    return found[0] if found[1] is None else b"/" + b"".join(b"#%02x" % letter for letter in found[1])


def in_streams(objects: Mapping[int, bytes], before: Mapping[int, bytes]) -> bytes:
    """All that is no stream in one object stream, and a table that is a stream itself."""
    packed = {number: body for number, body in objects.items() if b"\nstream\n" not in body}
    streams = {number: body for number, body in objects.items() if number not in packed}
    holder, table = max(objects) + 1, max(objects) + 2
    heads, bodies = b"", b""
    for number, body in packed.items():
        heads += b"%d %d " % (number, len(bodies))
        bodies += body + b"\n"
    data = zlib.compress(heads + bodies)
    streams[holder] = b"<</Type/ObjStm/N %d/First %d/Filter/FlateDecode/Length %d>>\nstream\n%b\nendstream" % (
        *(len(packed), len(heads), len(data)),
        data,
    )
    out, rows = b"%PDF-1.7\n", {0: (0, 0, 65535)}
    for number, body in streams.items():
        rows[number] = (1, len(out), 0)
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    rows |= {number: (2, holder, index) for index, number in enumerate(packed)}
    rows[table] = (1, len(out), 0)
    lines = [rows.get(number, (0, 0, 0)) for number in range(table + 1)]
    data = b"".join(bytes([kind]) + place.to_bytes(4, "big") + last.to_bytes(2, "big") for kind, place, last in lines)
    entries = b"/Type/XRef/Size %d/W[1 4 2]/Root 1 0 R/Length %d" % (table + 1, len(data))
    return out + b"%d 0 obj\n<<%b>>\nstream\n%b\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % (
        *(table, entries, data),
        len(out),
    )


def incremental(objects: Mapping[int, bytes], before: Mapping[int, bytes]) -> bytes:
    """A harmless document, and behind it a revision that is not."""
    first = write(before)
    out, table = first, b""
    for number, body in objects.items():
        if before.get(number) != body:
            table += b"%d 1\n%010d 00000 n \n" % (number, len(out))
            out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    end = b"xref\n%btrailer\n<</Root 1 0 R/Size %d/Prev %d>>\nstartxref\n%d\n%%%%EOF\n"
    return out + end % (table, max(objects) + 1, first.rfind(b"\nxref\n") + 1, len(out))


def encrypted(objects: Mapping[int, bytes], before: Mapping[int, bytes]) -> bytes:
    """Behind a password that is empty, so that every viewer opens it."""
    out = io.BytesIO()
    with warnings.catch_warnings(action="ignore"), pikepdf.open(io.BytesIO(write(objects))) as document:
        document.save(out, encryption=pikepdf.Encryption(owner="owner", user="", R=4))
    return out.getvalue()


Form = Callable[[Mapping[int, bytes], Mapping[int, bytes]], bytes]
FORMS: Final[dict[str, Form]] = {
    "plain": plain,
    "escaped": escaped,
    "in object streams": in_streams,
    "in a later revision": incremental,
    "encrypted": encrypted,
}
