"""The prototype of a rebuild that does the least it must, measured where its folder is named in SEKISHO_PEERS.

Its level *full* scans the XML natively, deflates every part anew and encodes pictures from their planes; nothing is
judged. The folder has `prototype_rebuild.py` and `xmlscan.c`; a compiler is needed for the latter.
"""

import ctypes
import importlib
import importlib.metadata
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

_PARTS = (".xml", ".rels", ".vml")


def full(files: Sequence[bytes]) -> Callable[[str, bytes], bytes] | None:
    """The rebuild of a file by name and bytes, taught the names in `files` beforehand; None without the folder."""
    folder = os.environ.get("SEKISHO_PEERS")
    if not folder:
        return None
    sys.path.append(folder)
    prototype: Any = importlib.import_module("prototype_rebuild")
    codec: Any = importlib.import_module("limits_codec")
    scan = _scanner(Path(folder) / "xmlscan.c", prototype, files)
    rebuild: Callable[[str, bytes], bytes] = prototype.Rebuild("full", codec.TJ(_turbojpeg()), scan).file
    return rebuild


def _turbojpeg() -> str | None:
    files = importlib.metadata.files("turbojpeg") or ()
    return next((str(file.locate()) for file in files if "libturbojpeg" in file.name), None)


def _scanner(source: Path, prototype: Any, files: Sequence[bytes]) -> Callable[[bytes], None]:
    with tempfile.TemporaryDirectory() as folder:
        built = Path(folder) / "xmlscan.so"
        subprocess.run(["cc", "-O3", "-march=native", "-shared", "-fPIC", "-o", built, source], check=True)
        library = ctypes.CDLL(str(built))
    library.xs_new.restype, library.xs_scan.restype = ctypes.c_void_p, ctypes.c_long
    library.xs_scan.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int]
    names, out = library.xs_new(), ctypes.create_string_buffer(64 << 20)
    for data in files:
        for member in prototype.members(data):
            if member[0].endswith(_PARTS):
                part = prototype.inflate(data, member)[0]
                library.xs_scan(part, len(part), out, names, 1)

    def scan(part: bytes) -> None:
        if library.xs_scan(part, len(part), out, names, 0) < 0:
            raise ValueError("no XML of known names")

    return scan
