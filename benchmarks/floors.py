"""The least that any rebuild of the *full* class must do: the bare codecs, without a parser, a policy or a record.

Written against the libraries themselves, not against this project's wrappers, so that a slow wrapper shows.
"""

import csv
import ctypes
import ctypes.util
import importlib.metadata
import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Sequence
from functools import partial

import deflate
from isal import isal_zlib

from benchmarks.load import load
from sanitizers.codecs import hevc

_ACCURATE = 4096
_420 = 2


def jpeg(data: bytes, quality: int = 88) -> Callable[[], object]:
    """Decode to YUV planes and encode from them, on two handles that stay open."""
    library = _turbojpeg()
    decoder, encoder = ctypes.c_void_p(library.tjInitDecompress()), ctypes.c_void_p(library.tjInitCompress())
    width, height, sampling, colour = (ctypes.c_int() for _ in range(4))
    sizes = tuple(map(ctypes.byref, (width, height, sampling, colour)))
    library.tjDecompressHeader3(decoder, data, ctypes.c_ulong(len(data)), *sizes)
    planes = [
        ctypes.create_string_buffer(
            library.tjPlaneWidth(n, width, sampling) * library.tjPlaneHeight(n, height, sampling)
        )
        for n in range(1 if sampling.value == 3 else 3)
    ]
    pointers = (ctypes.c_void_p * 3)(*(ctypes.addressof(plane) for plane in planes))

    def rebuild(_kept: object = planes) -> bytes:
        library.tjDecompressToYUVPlanes(
            decoder, data, ctypes.c_ulong(len(data)), pointers, width, None, height, _ACCURATE
        )
        out, length = ctypes.c_void_p(), ctypes.c_ulong()
        library.tjCompressFromYUVPlanes(
            encoder, pointers, width, None, height, sampling, *map(ctypes.byref, (out, length)), quality, _ACCURATE
        )
        coded = ctypes.string_at(out, length.value)
        library.tjFree(out)
        return coded

    return rebuild


def heic(units: Sequence[bytes], width: int, height: int, quality: int = 88) -> Callable[[], object]:
    """Decode HEVC units of an 8-bit 4:2:0 picture, and encode the planes as they are.

    The decoder is this project's thin wrapper of libde265: four calls around the same loop that anybody must write.
    """
    library = _turbojpeg()
    encoder = ctypes.c_void_p(library.tjInitCompress())

    def rebuild() -> bytes:
        frame, warning = hevc.decode(units, width, height)
        assert not warning, warning
        planes = [ctypes.c_char_p(plane.data) for plane in frame.planes]
        strides = (ctypes.c_int * 3)(*(plane.stride for plane in frame.planes))
        pointers = (ctypes.c_char_p * 3)(*planes)
        out, length = ctypes.c_void_p(), ctypes.c_ulong()
        library.tjCompressFromYUVPlanes(
            encoder, pointers, width, strides, height, _420, *map(ctypes.byref, (out, length)), quality, _ACCURATE
        )
        coded = ctypes.string_at(out, length.value)
        library.tjFree(out)
        return coded

    return rebuild


def _turbojpeg() -> ctypes.CDLL:
    """The system's library, else the wheel's, as the product chooses."""
    name = ctypes.util.find_library("turbojpeg")
    if name is None:
        files = importlib.metadata.files("turbojpeg") or ()
        name = next(str(file.locate()) for file in files if "libturbojpeg" in file.name)
    library = ctypes.CDLL(name)
    library.tjInitDecompress.restype = library.tjInitCompress.restype = ctypes.c_void_p
    library.tjFree.argtypes = [ctypes.c_void_p]
    return library


def png(data: bytes) -> Callable[[], object]:
    """Unpack the image data to its exact size, look at the filter bytes, pack it again."""
    width, height, depth, colour = struct.unpack_from(">IIBB", data, 16)
    stride = (width * {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour] * depth + 7) // 8 + 1
    packed = b"".join(_chunks(data, b"IDAT"))

    def rebuild() -> bytes:
        raw = bytes(deflate.zlib_decompress(packed, stride * height))
        assert max(raw[::stride]) <= 4
        return isal_zlib.compress(raw, 1)  # type: ignore[no-any-return]

    return rebuild


def _chunks(data: bytes, kind: bytes) -> list[bytes]:
    at, found = 8, []
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        if data[at + 4 : at + 8] == kind:
            found.append(data[at + 8 : at + 8 + length])
        at += 12 + length
    return found


def text(data: bytes) -> Callable[[], object]:
    """Decode and encode."""
    return lambda: data.decode("cp932").encode("cp932")


def table(data: bytes) -> Callable[[], object]:
    """Decode, read every row, encode."""

    def rebuild() -> bytes:
        plain = data.decode("cp932")
        assert sum(1 for _ in csv.reader(io.StringIO(plain, newline=""))) > 0
        return plain.encode("cp932")

    return rebuild


def archive(data: bytes) -> Callable[[], object]:
    """Unpack every member and do to it what its own floor does; pack what is no picture."""
    with zipfile.ZipFile(io.BytesIO(data)) as source:
        members = [source.read(name) for name in source.namelist()]
    steps = [FLOORS[_suffix(member)](member) for member in members]
    packed = [zlib.compress(member, 1, -15) for member in members]

    def rebuild() -> None:
        for member, step, raw in zip(members, steps, packed, strict=True):
            deflate.deflate_decompress(raw, len(member))
            step()
            if not member.startswith(b"\xff\xd8"):
                isal_zlib.compress(member, 1, -15)

    return rebuild


def _suffix(member: bytes) -> str:
    return "jpg" if member.startswith(b"\xff\xd8") else "txt"


def plain(data: bytes) -> Callable[[], object]:
    """For members whose encoding is of no matter here: a scan and a copy."""
    return partial(bytes, bytearray(data))


FLOORS: dict[str, Callable[[bytes], Callable[[], object]]] = {"jpg": jpeg, "txt": plain}
OF: dict[str, Callable[[], Callable[[], object]]] = {
    "photo12.jpg": lambda: jpeg(load("photo12.jpg")),
    "photo12_prog.jpg": lambda: jpeg(load("photo12_prog.jpg")),
    "photo_small.jpg": lambda: jpeg(load("photo_small.jpg"), 75),
    "screen.png": lambda: png(load("screen.png")),
    "text37k.txt": lambda: text(load("text37k.txt")),
    "table20k.csv": lambda: table(load("table20k.csv")),
    "mixed12.zip": lambda: archive(load("mixed12.zip")),
}
