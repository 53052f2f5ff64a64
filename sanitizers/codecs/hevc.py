"""libde265: one HEVC picture to its planes of luma and chroma, without the container code of libheif around it.

libheif starts a thread for every picture, which a locked child may not; this library alone decodes in the thread that
calls it. It is loaded once, when this module is imported, from where the `pi_heif` wheel keeps it, or from the system
when that is a version with limits on what it will draw. Where there is neither, `is_available()` says so.

Trust: the coded units are hostile, as they come out of our own container walker.
Source: libde265 1.1, de265.h
"""

import ctypes
import importlib.metadata
from collections.abc import Sequence
from ctypes import POINTER, byref, c_char_p, c_int, c_int64, c_uint8, c_uint32, c_void_p
from dataclasses import dataclass, field
from typing import Any, Final

from sanitizers.errors import MalformedError, UnsupportedError

_WHEEL: Final = "pi_heif"
_SYSTEM_LIBRARY: Final = "libde265.so.0"
_LARGEST_BLOCK: Final = 64  # a coded picture is padded to whole blocks


class _Limits(ctypes.Structure):
    """de265_security_limits, version 1."""

    _fields_ = (
        ("version", c_uint8),
        ("max_image_size_pixels", c_uint32),
        ("max_NAL_size_bytes", c_uint32),
        ("max_SEI_messages", c_uint32),
    )


_PROTOTYPES: Final[dict[str, tuple[Any, tuple[Any, ...]]]] = {
    "de265_new_decoder": (c_void_p, ()),
    "de265_free_decoder": (c_int, (c_void_p,)),
    "de265_get_security_limits": (POINTER(_Limits), (c_void_p,)),
    "de265_push_NAL": (c_int, (c_void_p, c_char_p, c_int, c_int64, c_void_p)),
    "de265_flush_data": (c_int, (c_void_p,)),
    "de265_decode": (c_int, (c_void_p, POINTER(c_int))),
    "de265_get_next_picture": (c_void_p, (c_void_p,)),
    "de265_get_warning": (c_int, (c_void_p,)),
    "de265_get_error_text": (c_char_p, (c_int,)),
    "de265_get_image_width": (c_int, (c_void_p, c_int)),
    "de265_get_image_height": (c_int, (c_void_p, c_int)),
    "de265_get_chroma_format": (c_int, (c_void_p,)),
    "de265_get_bits_per_pixel": (c_int, (c_void_p, c_int)),
    "de265_get_image_plane": (c_void_p, (c_void_p, c_int, POINTER(c_int))),
    "de265_get_image_full_range_flag": (c_int, (c_void_p,)),
    "de265_get_image_colour_primaries": (c_int, (c_void_p,)),
    "de265_get_image_transfer_characteristics": (c_int, (c_void_p,)),
    "de265_get_image_matrix_coefficients": (c_int, (c_void_p,)),
}


@dataclass(frozen=True, slots=True)
class Plane:
    """Samples of one kind: rows of `stride` bytes, the picture on their left; above 8 bits, two bytes a sample."""

    width: int
    height: int
    stride: int
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Frame:
    """A decoded picture: luma, and unless it is gray two planes of chroma; and what the stream says of its colours."""

    planes: tuple[Plane, ...]
    depth: int
    is_full_range: bool
    primaries: int  # these three as in ITU-T H.273; 2: not said
    transfer: int
    matrix: int


def _load() -> ctypes.CDLL | None:
    for name in (*_in_wheel(), _SYSTEM_LIBRARY):
        try:
            library = ctypes.CDLL(name)
            for function, (result, arguments) in _PROTOTYPES.items():
                entry = getattr(library, function)
                entry.restype, entry.argtypes = result, arguments
        except (OSError, AttributeError):  # not there, or a version without these functions
            continue
        return library
    return None


def _in_wheel() -> list[str]:
    """Where the wheel keeps the library. Its extension module is of no use here and is not imported."""
    try:
        files = importlib.metadata.files(_WHEEL) or []
    except importlib.metadata.PackageNotFoundError:
        return []
    return [str(file.locate()) for file in files if "libde265" in file.name]


_LIBRARY: Final = _load()


def is_available() -> bool:
    """Whether a library was found when this process started."""
    return _LIBRARY is not None


def decode(units: Sequence[bytes], width: int, height: int) -> tuple[Frame, str]:
    """A picture of at most about this size, and the library's warning about damage, which is empty when whole.

    Raises MalformedError when it cannot be decoded or is larger, UnsupportedError for samples of several depths.
    """
    assert _LIBRARY is not None, "ask is_available() first"
    decoder = _LIBRARY.de265_new_decoder()
    if not decoder:
        raise MemoryError("de265_new_decoder")
    try:
        limits = _LIBRARY.de265_get_security_limits(decoder).contents
        limits.max_image_size_pixels = (width + _LARGEST_BLOCK) * (height + _LARGEST_BLOCK)
        for unit in units:
            _check(_LIBRARY.de265_push_NAL(decoder, unit, len(unit), 0, None))
        _check(_LIBRARY.de265_flush_data(decoder))
        frame = _copied(_first_picture(decoder, 4 * len(units) + 64))
        warning = _LIBRARY.de265_get_warning(decoder)
        return frame, _words(warning) if warning else ""
    finally:
        _LIBRARY.de265_free_decoder(decoder)


def _first_picture(decoder: int, most_steps: int) -> int:
    assert _LIBRARY is not None
    more = c_int(1)
    for _ in range(most_steps):
        done = _LIBRARY.de265_decode(decoder, byref(more))
        picture: int | None = _LIBRARY.de265_get_next_picture(decoder)
        if picture:
            return picture
        _check(done)
        if not more.value:
            break
    raise MalformedError("no picture in it")


def _check(done: int) -> None:
    if done:
        raise MalformedError(_words(done))


def _words(code: int) -> str:
    assert _LIBRARY is not None
    return (_LIBRARY.de265_get_error_text(code) or b"").decode("ascii", "replace") or f"code {code}"


def _copied(picture: int) -> Frame:
    assert _LIBRARY is not None
    channels = range(1 if _LIBRARY.de265_get_chroma_format(picture) == 0 else 3)
    depths = {_LIBRARY.de265_get_bits_per_pixel(picture, channel) for channel in channels}
    if len(depths) != 1:
        raise UnsupportedError("luma and chroma of several depths")
    depth = depths.pop()
    planes = []
    for channel in channels:
        stride = c_int()
        start = _LIBRARY.de265_get_image_plane(picture, channel, byref(stride))
        width = _LIBRARY.de265_get_image_width(picture, channel)
        height = _LIBRARY.de265_get_image_height(picture, channel)
        if not start or width <= 0 or height <= 0:
            raise MalformedError("a picture without samples")
        size = stride.value * (height - 1) + width * (1 if depth == 8 else 2)
        planes.append(Plane(width, height, stride.value, ctypes.string_at(start, size)))
    return Frame(
        tuple(planes), depth, bool(_LIBRARY.de265_get_image_full_range_flag(picture)),
        _LIBRARY.de265_get_image_colour_primaries(picture), _LIBRARY.de265_get_image_transfer_characteristics(picture),
        _LIBRARY.de265_get_image_matrix_coefficients(picture),
    )  # fmt: skip
