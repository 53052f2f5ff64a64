"""libjpeg-turbo through its TurboJPEG C interface: JPEG to planes of luma and chroma and back, and DCT transcoding.

No colour conversion and no chroma resampling takes place, which makes this the cheapest way to decode and encode
every pixel. The library is loaded once, when this module is imported: the system's `libturbojpeg.so.0`, which the
distribution keeps patched, else the one inside the `turbojpeg` wheel. Where there is neither, `is_available()` says so.

A handle that once wrote a progressive file keeps its scan script and cuts the next baseline file short without a word;
a handle here lives for one call, so that nothing carries over from file to file.

Trust: the coded bytes are hostile, as they come out of our own marker walker.
Source: libjpeg-turbo 2.0 to 3.1, turbojpeg.h
"""

import ctypes
import importlib.metadata
from collections.abc import Sequence
from ctypes import POINTER, byref, c_char_p, c_int, c_ulong, c_void_p
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Final

from sanitizers.errors import MalformedError

_SYSTEM_LIBRARY: Final = "libturbojpeg.so.0"
_WHEEL: Final = "turbojpeg"
_COPY_NONE: Final = 64  # TJXOPT_COPYNONE: no marker is taken over
_LIKELY_PIXELS_A_BYTE: Final = 3  # of a photograph at a high quality; rooms that stay empty cost nothing
_LEAST_OUTPUT_BYTES: Final = 4096
_ACCURATE_DCT: Final = 4096  # TJFLAG_ACCURATEDCT: the same pixels from every version and machine, at no measurable cost
_SIDES: Final = (*range(1, 18), 65_500)  # pixels: samples of chroma stand for one, two or four of them
_ERROR_IS_FATAL: Final = 1  # TJERR_FATAL; the other is a warning, after which there is a picture


class Sampling(IntEnum):
    """How chroma is stored beside luma. The numbers are the library's TJSAMP values."""

    FULL = 0  # 4:4:4
    HALF_WIDTH = 1  # 4:2:2
    QUARTER = 2  # 4:2:0
    GRAY = 3  # no chroma
    HALF_HEIGHT = 4  # 4:4:0
    QUARTER_WIDTH = 5  # 4:1:1

    @property
    def steps(self) -> tuple[int, int]:
        """How many samples of luma one of chroma stands for, across and down."""
        return _STEPS[self]


_STEPS: Final = {
    Sampling.FULL: (1, 1),
    Sampling.HALF_WIDTH: (2, 1),
    Sampling.QUARTER: (2, 2),
    Sampling.GRAY: (1, 1),
    Sampling.HALF_HEIGHT: (1, 2),
    Sampling.QUARTER_WIDTH: (4, 1),
}


@dataclass(frozen=True, slots=True)
class Planes:
    """Decoded samples: luma, and unless gray two planes of chroma, as wide and high as `sampling` makes them."""

    width: int
    height: int
    sampling: Sampling
    planes: tuple["ctypes.Array[ctypes.c_char]", ...] = field(repr=False)

    @classmethod
    def of(cls, width: int, height: int, sampling: Sampling, samples: Sequence[bytes]) -> "Planes":
        """A picture from the bytes of its planes, each as large as `plane_sizes` says."""
        sizes = plane_sizes(width, height, sampling)
        assert [len(plane) for plane in samples] == [across * down for across, down in sizes], sizes
        return cls(width, height, sampling, tuple(map(_copied, samples)))


class _Transform(ctypes.Structure):
    """tjtransform: no cropping, no turning, no filter."""

    _fields_ = (
        ("x", c_int),
        ("y", c_int),
        ("w", c_int),
        ("h", c_int),
        ("op", c_int),
        ("options", c_int),
        ("data", c_void_p),
        ("custom_filter", c_void_p),
    )


_PROTOTYPES: Final[dict[str, tuple[Any, tuple[Any, ...]]]] = {
    "tjInitCompress": (c_void_p, ()),
    "tjInitDecompress": (c_void_p, ()),
    "tjInitTransform": (c_void_p, ()),
    "tjDestroy": (c_int, (c_void_p,)),
    "tjAlloc": (c_void_p, (c_int,)),
    "tjFree": (None, (c_void_p,)),
    "tjGetErrorStr2": (c_char_p, (c_void_p,)),
    "tjGetErrorCode": (c_int, (c_void_p,)),
    "tjPlaneWidth": (c_int, (c_int, c_int, c_int)),
    "tjPlaneHeight": (c_int, (c_int, c_int, c_int)),
    "tjDecompressHeader3": (c_int, (c_void_p, c_char_p, c_ulong, *(POINTER(c_int),) * 4)),
    "tjDecompressToYUVPlanes": (
        c_int,
        (c_void_p, c_char_p, c_ulong, POINTER(c_void_p), c_int, POINTER(c_int), c_int, c_int),
    ),
    "tjCompressFromYUVPlanes": (
        c_int,
        (
            *(c_void_p, POINTER(c_void_p), c_int, POINTER(c_int), c_int, c_int),
            *(POINTER(c_void_p), POINTER(c_ulong), c_int, c_int),
        ),
    ),
    "tjTransform": (
        c_int,
        (c_void_p, c_char_p, c_ulong, c_int, POINTER(c_void_p), POINTER(c_ulong), POINTER(_Transform), c_int),
    ),
}


_ThreePlanes: Final = c_void_p * 3


def _load() -> tuple[ctypes.CDLL | None, str]:
    for name in (_SYSTEM_LIBRARY, *_in_wheel()):
        try:
            library = ctypes.CDLL(name)
            for function, (result, arguments) in _PROTOTYPES.items():
                entry = getattr(library, function)
                entry.restype, entry.argtypes = result, arguments
        except (OSError, AttributeError):  # not there, or a version without these functions
            continue
        if not _measures_planes_as_we_do(library):
            continue
        return library, "system" if name == _SYSTEM_LIBRARY else "wheel"
    return None, ""


def _in_wheel() -> list[str]:
    """Where the wheel keeps the library. Its extension module is of no use here and is not imported."""
    try:
        files = importlib.metadata.files(_WHEEL) or []
    except importlib.metadata.PackageNotFoundError:
        return []
    return [str(file.locate()) for file in files if "libturbojpeg" in file.name]


_uncleared: Final = ctypes.pythonapi.PyByteArray_FromStringAndSize
_uncleared.restype, _uncleared.argtypes = ctypes.py_object, (c_char_p, ctypes.c_ssize_t)


def plane_sizes(width: int, height: int, sampling: Sampling) -> tuple[tuple[int, int], ...]:
    """Width and height of each plane. Luma is padded to what whole samples of chroma stand for."""
    across, down = sampling.steps
    columns, rows = -(-width // across), -(-height // down)
    luma = columns * across, rows * down
    return (luma,) if sampling is Sampling.GRAY else (luma, (columns, rows), (columns, rows))


def _measures_planes_as_we_do(library: ctypes.CDLL) -> bool:
    """What we make room for must be what the library writes, for every remainder that a side may leave."""
    return all(
        (library.tjPlaneWidth(number, side, kind), library.tjPlaneHeight(number, side, kind)) == size
        for kind in Sampling
        for side in _SIDES
        for number, size in enumerate(plane_sizes(side, side, kind))
    )


_LIBRARY, _ORIGIN = _load()


def is_available() -> bool:
    """Whether a library was found when this process started."""
    return _LIBRARY is not None


def origin() -> str:
    """Where the library comes from: "system", "wheel", or nothing when there is none."""
    return _ORIGIN


def decode(coded: bytes, width: int, height: int, sampling: Sampling) -> tuple[Planes, str]:
    """The samples of a JPEG of exactly this shape, and the library's warning about damage, which is empty when whole.

    Raises MalformedError when it cannot be decoded, or when the library reads another shape than the caller did.
    """
    planes = Planes(width, height, sampling, _room_for(width, height, sampling))
    return planes, decode_into(planes, coded)


def decode_into(planes: Planes, coded: bytes) -> str:
    """The same into planes that there are already: every byte of them is written. Answers with the warning."""
    library = _library()
    width, height, sampling, space = c_int(), c_int(), c_int(), c_int()
    handle = _opened(library.tjInitDecompress())
    try:
        seen = library.tjDecompressHeader3(
            handle, coded, len(coded), byref(width), byref(height), byref(sampling), byref(space)
        )
        warning = _check(handle, seen)
        if (width.value, height.value, sampling.value) != (planes.width, planes.height, planes.sampling):
            raise MalformedError("the decoder reads another shape")  # the planes would not hold it
        done = library.tjDecompressToYUVPlanes(
            handle, coded, len(coded), _pointers(planes), planes.width, None, planes.height, _ACCURATE_DCT
        )
        return _check(handle, done) or warning
    finally:
        library.tjDestroy(handle)


def encode(planes: Planes, quality: int) -> bytes:
    """A baseline JPEG with the library's own markers, standard Huffman tables and the tables of this quality."""
    library = _library()
    size = c_ulong(max(planes.width * planes.height // _LIKELY_PIXELS_A_BYTE, _LEAST_OUTPUT_BYTES))
    buffer = c_void_p(_opened(library.tjAlloc(size.value)))  # doubled by the library when it is less than needed
    handle = library.tjInitCompress()
    try:
        done = library.tjCompressFromYUVPlanes(
            _opened(handle), _pointers(planes), planes.width, None, planes.height, planes.sampling,
            byref(buffer), byref(size), quality, _ACCURATE_DCT,
        )  # fmt: skip
        warning = _check(handle, done)
        assert not warning, warning
        return ctypes.string_at(buffer, size.value)
    finally:
        library.tjFree(buffer)
        if handle:
            library.tjDestroy(handle)


def transcode(coded: bytes) -> tuple[bytes, str]:
    """The same DCT coefficients coded anew as baseline with standard Huffman tables, and a warning as of `decode`.

    Every symbol is decoded and encoded; no marker is taken over. Raises MalformedError when it cannot be decoded.
    """
    library = _library()
    order, buffer, size = _Transform(options=_COPY_NONE), c_void_p(), c_ulong()
    handle = _opened(library.tjInitTransform())
    try:
        done = library.tjTransform(handle, coded, len(coded), 1, byref(buffer), byref(size), byref(order), 0)
        warning = _check(handle, done)
        if not buffer or not size.value:
            raise MalformedError(warning or "nothing was transcoded")
        return ctypes.string_at(buffer, size.value), warning
    finally:
        library.tjFree(buffer)
        library.tjDestroy(handle)


def _library() -> ctypes.CDLL:
    assert _LIBRARY is not None, "ask is_available() first"
    return _LIBRARY


def _opened(address: int | None) -> int:
    """A handle or memory of the library's, which its caller gives back."""
    if not address:
        raise MemoryError("libturbojpeg")
    return address


def _check(handle: int, done: int) -> str:
    if done == 0:
        return ""
    library = _library()
    message = (library.tjGetErrorStr2(handle) or b"").decode("ascii", "replace")
    if library.tjGetErrorCode(handle) == _ERROR_IS_FATAL:
        raise MalformedError(message)
    return message or "a warning without words"


def _room_for(width: int, height: int, sampling: Sampling) -> tuple["ctypes.Array[ctypes.c_char]", ...]:
    """Memory that the decoder is going to fill to the last byte: to clear it first costs as much as a digest of it."""
    sizes = [across * down for across, down in plane_sizes(width, height, sampling)]
    return tuple([(ctypes.c_char * size).from_buffer(_uncleared(None, size)) for size in sizes])


def _copied(samples: bytes) -> "ctypes.Array[ctypes.c_char]":
    return (ctypes.c_char * len(samples)).from_buffer_copy(samples)


def _pointers(planes: Planes) -> "ctypes.Array[c_void_p]":
    return _ThreePlanes(*map(ctypes.addressof, planes.planes))
