"""Fonts for documents that bring none of their own: those of a short list that this machine has, mapped into memory.

They are opened when warm() runs, in the zygote; a locked child finds them there and can open nothing. Where there is
none, PDFium draws Latin letters with fonts of its own, and Japanese ones not at all: `missing()` says so.

Source: fpdf_sysfontinfo.h of PDFium; OpenType 1.9, "Font Collections"
"""

import ctypes
import mmap
import os
from collections.abc import Callable
from typing import Any, Final

import pypdfium2.raw as pdfium

_GOTHIC, _MINCHO = "gothic", "mincho"
# Fonts with Japanese letters, the best first: where Debian, Ubuntu and RHEL put them.
_PLACES: Final = (
    (_GOTHIC, "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"),
    (_GOTHIC, "/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc"),
    (_GOTHIC, "/usr/share/fonts/google-noto-sans-cjk-vf-fonts/NotoSansCJK-VF.ttc"),
    (_GOTHIC, "/usr/share/fonts/opentype/ipaexfont-gothic/ipaexg.ttf"),
    (_MINCHO, "/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc"),
    (_MINCHO, "/usr/share/fonts/google-noto-serif-cjk-fonts/NotoSerifCJK-Regular.ttc"),
    (_MINCHO, "/usr/share/fonts/opentype/ipaexfont-mincho/ipaexm.ttf"),
)
_ASIAN: Final = frozenset({128, 129, 134, 136})  # Japanese, Korean, Chinese: FXFONT_*_CHARSET
_SERIF_FACES: Final = ("mincho", "ming", "song", "serif", "明朝")
_ROMAN: Final = 1 << 4  # FXFONT_FF_ROMAN
_TTCF: Final = 0x74746366
_TTC_TAG: Final = b"ttcf"
_FACE_OFFSET_AT: Final = 12  # of the first face, in the head of a collection; Japanese is the first of Noto's

_held: dict[str, mmap.mmap] = {}
_kept: list[Any] = []  # what PDFium holds pointers to
_missed: list[str] = []


def warm() -> None:
    """Map the fonts that there are."""
    for kind, path in _PLACES:
        if kind in _held:
            continue
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            continue
        try:
            _held[kind] = mmap.mmap(descriptor, 0, prot=mmap.PROT_READ)
        finally:
            os.close(descriptor)


def missing() -> bool:
    """Whether a document asked for letters that no font here has, since it was asked last."""
    found = bool(_missed)
    _missed.clear()
    return found


def hand_over() -> None:
    """Make PDFium take fonts from here. Called once, behind FPDF_InitLibrary."""
    info = pdfium.FPDF_SYSFONTINFO()
    info.version = 1
    for name, function in _CALLBACKS.items():
        kind = dict(pdfium.FPDF_SYSFONTINFO._fields_)[name]
        callback = kind(function)
        setattr(info, name, callback)
        _kept.append(callback)
    _kept.append(info)
    pdfium.FPDF_SetSystemFontInfo(ctypes.byref(info))


def _map_font(_: Any, _weight: int, _italic: int, charset: int, pitch: int, face: Any, _exact: Any) -> int:
    """A handle of a font for letters of this kind; nothing for Latin ones, which PDFium has."""
    if charset not in _ASIAN:
        return 0
    name = ctypes.string_at(face).decode("latin-1").lower() if face else ""
    is_serif = bool(pitch & _ROMAN) or any(word in name for word in _SERIF_FACES)
    kind = _MINCHO if is_serif and _MINCHO in _held else _GOTHIC
    if kind not in _held:
        _missed.append(name)
        return 0
    return _HANDLES[kind]


_HANDLES: Final = {_GOTHIC: 1, _MINCHO: 2}
_KINDS: Final = {handle: kind for kind, handle in _HANDLES.items()}


def _font_data(_: Any, handle: int, table: int, buffer: Any, size: int) -> int:
    """The bytes of a font from its face on, or of the whole collection: PDFium tells the face by the difference."""
    data = _held.get(_KINDS.get(handle or 0, ""))
    if data is None:
        return 0
    is_collection = data[:4] == _TTC_TAG
    if table == _TTCF:
        start = 0 if is_collection else len(data)
    elif table == 0:
        start = int.from_bytes(data[_FACE_OFFSET_AT : _FACE_OFFSET_AT + 4], "big") if is_collection else 0
    else:
        return 0
    wanted = len(data) - start
    if buffer and size >= wanted:
        ctypes.memmove(buffer, data[start:], wanted)
    return wanted


def _nothing(*_: Any) -> int:
    return 0


def _charset(_: Any, _handle: Any) -> int:
    return 128


_CALLBACKS: Final[dict[str, Callable[..., Any]]] = {
    "MapFont": _map_font,
    "GetFontData": _font_data,
    "GetFontCharset": _charset,
    "GetFaceName": _nothing,
    "GetFont": _nothing,
    "DeleteFont": lambda *_: None,
    "EnumFonts": lambda *_: None,
    "Release": lambda *_: None,
}
