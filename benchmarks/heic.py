"""A 12 MP HEIC as a phone writes it, encoded by ffmpeg (libx265) where it is installed. Made once a run.

Source: ISO/IEC 14496-15, 8.3.3 (hvcC); ITU-T H.265, 7.3.1.2 and B.2 (units in a byte stream).
"""

import re
import shutil
import struct
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from PIL import Image

from tests.sanitizers import heifs

_VPS, _SPS, _PPS = 32, 33, 34
_START: Final = re.compile(rb"\x00*\x00\x00\x01")
_X265: Final = "crf=24:keyint=1:log-level=error"


def is_available() -> bool:
    """Whether there is an encoder on this machine."""
    return shutil.which("ffmpeg") is not None


def photo(picture: Image.Image) -> bytes:
    """The picture as a HEIC of one item."""
    sets, slices = _units(_encoded(picture))
    said = [(b"hvcC", _configuration(sets), True), heifs.size(*picture.size)]
    data = b"".join(struct.pack(">I", len(unit)) + unit for unit in slices)
    return heifs.heic(heifs.Item(b"hvc1", data, said))


def coded_units(picture: Image.Image) -> list[bytes]:
    """What a bare decoder is given of the same picture."""
    sets, slices = _units(_encoded(picture))
    return [unit for kind in sorted(sets) for unit in sets[kind]] + slices


def _encoded(picture: Image.Image) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        source, coded = Path(folder, "a.png"), Path(folder, "a.hevc")
        picture.save(source, compress_level=1)
        options = ["-pix_fmt", "yuvj420p", "-c:v", "libx265", "-preset", "ultrafast", "-x265-params", _X265]
        command = ["ffmpeg", "-loglevel", "error", "-i", str(source), "-frames:v", "1", *options, str(coded)]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
        return coded.read_bytes()


def _units(stream: bytes) -> tuple[dict[int, list[bytes]], list[bytes]]:
    """Parameter sets by kind, and the slices of the one picture."""
    sets: dict[int, list[bytes]] = {_VPS: [], _SPS: [], _PPS: []}
    slices = []
    for unit in filter(None, _START.split(stream)):
        kind = unit[0] >> 1 & 63
        if kind in sets:
            sets[kind].append(unit)
        elif kind < _VPS:
            slices.append(unit)
    return sets, slices


def _configuration(sets: dict[int, list[bytes]]) -> bytes:
    """hvcC: profile, tier and level as the sequence parameter set says, 4:2:0, 8 bits, lengths of four bytes."""
    plain = sets[_SPS][0].replace(b"\0\0\3", b"\0\0")
    profile_tier_level = plain[3:15]
    head = b"\x01" + profile_tier_level + bytes.fromhex("f000fcfdf8f800000f")
    arrays = b"".join(
        struct.pack(">BH", 0x80 | kind, len(units)) + b"".join(struct.pack(">H", len(unit)) + unit for unit in units)
        for kind, units in sorted(sets.items())
    )
    return head + bytes((len(sets),)) + arrays
