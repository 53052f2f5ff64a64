"""PDF in process: text of 20 pages, a scan of 10, and 250 and 1,000 pages, beside the least that a full rebuild does.

The floor opens the document with qpdf, walks over its objects, inflates and deflates every stream anew (ISA-L), puts
every JPEG through planes of samples, and saves: no table, no check, no record. Where SEKISHO_PEERS names the folder of
the prototype (`prototype.py`), its level *full* is measured in the same rounds. With SEKISHO_LOAD, that folder's
`text20.pdf` and `scan10.pdf` are the files of these names.
"""

import hashlib
import io
import os
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path
from typing import Final

import pikepdf
from isal import isal_zlib

from benchmarks import floors, prototype
from benchmarks.bench import Case, Figure, main, measure, repeated
from benchmarks.load import load
from policies.load import load_policy
from sanitizers.formats.pdf import warm
from sanitizers.formats.pdf.values import Link, Safe, SafePdf, SafeStream
from sanitizers.formats.pdf.write import write_pdf
from sanitizers.model import Order
from sanitizers.pipeline import sanitize
from sanitizers.verify.judge import judge

_POLICY: Final = load_policy("default")
_FONT: Final[Safe] = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Helvetica"}
_WORDS: Final = ("the", "quarterly", "report", "of", "regional", "office", "shows", "that", "sales", "new", "grew")
_PACK_LEVEL: Final = 2
_CASES: Final = ("text20", "scan10", "pages250", "pages1000")
_LOADED: Final = ("text20", "scan10")


@cache
def document(name: str) -> bytes:
    """One of the documents: `text` and `pages` hold lines of words, `scan` a photo a page."""
    kind, count = name.rstrip("0123456789"), int(name.lstrip("abcdefghijklmnopqrstuvwxyz"))
    objects: list[Safe | SafeStream] = [{"/Type": "/Catalog", "/Pages": Link(1)}, None, _FONT]
    pages: list[Safe] = []
    for number in range(count):
        pages.append(Link(len(objects)))
        resources: dict[str, Safe] = {"/Font": {"/F1": Link(2)}}
        if kind == "scan":
            resources = {"/XObject": {"/I": Link(len(objects) + 2)}}
        objects.append(
            {
                "/Type": "/Page",
                "/Parent": Link(1),
                "/MediaBox": [0, 0, 595, 842],
                "/Contents": Link(len(objects) + 1),
                "/Resources": resources,
            }
        )
        body = b"q 595 0 0 842 0 0 cm /I Do Q" if kind == "scan" else _lines(number, 400 if kind == "text" else 40)
        objects.append(SafeStream({"/Filter": "/FlateDecode"}, isal_zlib.compress(body, _PACK_LEVEL)))
        if kind == "scan":
            objects.append(_photo())
    objects[1] = {"/Type": "/Pages", "/Count": count, "/Kids": pages}
    return write_pdf(SafePdf(tuple(objects)))


def _lines(seed: int, count: int) -> bytes:
    lines = []
    for number in range(count):
        words = " ".join(_WORDS[(seed * 7 + number * 3 + place * place) % len(_WORDS)] for place in range(9))
        lines.append(f"1 0 0 1 40 {800 - number * 2}.{seed % 10} Tm ({words}) Tj")
    return ("BT /F1 9 Tf\n" + "\n".join(lines) + "\nET").encode()


def _photo() -> SafeStream:
    entries: dict[str, Safe] = {"/Type": "/XObject", "/Subtype": "/Image", "/Width": 1024, "/Height": 768}
    entries |= {"/ColorSpace": "/DeviceRGB", "/BitsPerComponent": 8, "/Filter": "/DCTDecode"}
    return SafeStream(entries, load("photo_small.jpg"))


def _floor(data: bytes) -> bytes:
    with pikepdf.open(io.BytesIO(data)) as pdf:
        for item in pdf.objects:
            if isinstance(item, pikepdf.Stream):
                filters = item.get("/Filter")
                if isinstance(filters, pikepdf.Array) and len(filters) == 1:
                    filters = filters[0]
                if filters == "/DCTDecode":
                    item.write(_jpeg(item.read_raw_bytes()), filter=pikepdf.Name.DCTDecode)
                else:
                    packed = isal_zlib.compress(item.read_bytes(), _PACK_LEVEL)
                    item.write(packed, filter=pikepdf.Name.FlateDecode)
            elif isinstance(item, pikepdf.Dictionary):
                for key in ("/JS", "/AA", "/OpenAction", "/Launch", "/EmbeddedFile"):
                    if key in item:
                        del item[key]
        out = io.BytesIO()
        mode = pikepdf.ObjectStreamMode.disable
        level = pikepdf.StreamDecodeLevel.none
        pdf.save(out, compress_streams=False, stream_decode_level=level, object_stream_mode=mode)
        return out.getvalue()


@cache
def _jpeg_floor(data: bytes):  # type: ignore[no-untyped-def]
    return floors.jpeg(data)


def _jpeg(data: bytes) -> bytes:
    coded: bytes = _jpeg_floor(data)()
    return coded


def _pipeline(data: bytes, digest: str | None = None) -> None:
    """With the file's digest at hand as the gateway asks a worker, which leaves that of the copy to it."""
    order = Order(name="a.pdf", policy=_POLICY, sha256=digest, measures_copy=digest is None)
    outcome = sanitize(data, order)
    assert outcome.data is not None, outcome.report


def _file(name: str) -> bytes:
    folder = os.environ.get("SEKISHO_LOAD")
    return (Path(folder) / f"{name}.pdf").read_bytes() if folder and name in _LOADED else document(name)


def _cases() -> Iterator[Case]:
    warm()
    least = prototype.full([])
    for name in _CASES:
        data = _file(name)
        outcome = sanitize(data, Order(name="a.pdf", policy=_POLICY))
        assert outcome.data is not None, outcome.report
        yield Case(f"floor: {name}", len(data), repeated(partial(_floor, data)))
        beside = f"floor: {name}"
        if least is not None:
            beside = f"prototype, full: {name}"
            yield Case(beside, len(data), repeated(partial(least, "a.pdf", data)))
        digest = hashlib.sha256(data).hexdigest()
        yield Case(f"pipeline: {name}", len(data), repeated(partial(_pipeline, data, digest)), beside)
        yield Case(f"pipeline, with digests: {name}", len(data), repeated(partial(_pipeline, data)), beside)
        word = partial(judge, outcome.data, "application/pdf", _POLICY)
        assert word().accepted, word()
        yield Case(f"judge: {name}", len(outcome.data), repeated(word), f"floor: {name}")


def take(rounds: int) -> list[Figure]:
    """The figures of this benchmark."""
    return measure(list(_cases()), rounds)


if __name__ == "__main__":
    main("PDF in process", take)
