"""Which of a PNG's chunks are said again, by their values."""

from typing import Final

from policies.terms import Action
from sanitizers.codecs.deflate import deflate_zlib, inflate_zlib
from sanitizers.errors import MalformedError
from sanitizers.formats import colour, exif
from sanitizers.formats.colour import PROFILES, Fate, Ruling
from sanitizers.formats.marks import spells_script
from sanitizers.formats.png import allow
from sanitizers.formats.png.allow import (
    BEFORE_IMAGE,
    BEFORE_PALETTE,
    CHUNK_ELSE,
    CHUNKS,
    IMG_03,
    IMG_05,
    IMG_07,
    IMG_14,
    IMG_17,
    TEXT_KEYWORDS,
    Kind,
)
from sanitizers.parsers import exif as exif_block
from sanitizers.parsers.icc import Device
from sanitizers.parsers.png import Chunk, Colour, Header, Png
from sanitizers.sanitizer import Job

_MAX_PROFILE_BYTES: Final = 4 << 20
_MAX_TEXT_BYTES: Final = 1 << 18  # twice an APP1 segment in hexadecimal
_TEXTS: Final = (b"tEXt", b"zTXt", b"iTXt")
_BACKGROUND_BYTES: Final = {Colour.PALETTE: 1, Colour.GRAY: 2, Colour.GRAY_ALPHA: 2, Colour.RGB: 6, Colour.RGBA: 6}


class Said:
    """What is carried over of a picture's chunks, by name, with the ruling on its colours."""

    def __init__(self, tree: Png, job: Job) -> None:
        self.tree, self.job = tree, job
        self.kept: dict[bytes, bytes] = {}
        self.ruling: Ruling | None = None
        self.order = Action.KEEP
        self.orientation: int | None = None
        for chunk in tree.chunks:
            self._hear(chunk)
        if self.orientation not in (None, exif.UPRIGHT):
            self.kept[b"eXIf"] = exif_block.write_orientation(self.orientation or exif.UPRIGHT)
        self._agree_on_colours()

    @property
    def source(self) -> bytes | None:
        """The profile to convert the pixels from, if that is what the policy and the profile ask for."""
        if self.ruling is None or self.ruling.fate is Fate.DROP or b"iCCP" in self.kept:
            return None
        return self.ruling.source

    def _hear(self, chunk: Chunk) -> None:
        row = CHUNKS.get(chunk.name)
        kind = row.kind if row else Kind.NOTHING
        if kind is Kind.NOTHING:
            self._drop(chunk)
        elif not chunk.is_intact:
            self._refuse(chunk, "check sum")
        elif (chunk.name in BEFORE_IMAGE and chunk.after_image) or (
            chunk.name in BEFORE_PALETTE and chunk.after_palette
        ):
            self._refuse(chunk, "out of its place")
        elif chunk.name in self.kept or (kind is Kind.PROFILE and self.ruling):
            self._refuse(chunk, "a second one")
        elif kind is Kind.PROFILE:
            self._hear_profile(chunk)
        elif kind is Kind.ORIENTATION:
            self._hear_exif(chunk)
        elif _may_pass(kind, chunk.body, self.tree.header, self.tree.palette) and not self._spells(chunk):
            self.kept[chunk.name] = chunk.body
        else:
            self._refuse(chunk, "its value")

    def _spells(self, chunk: Chunk) -> bool:
        """Whether the value is a script; alpha of a palette is not dropped for that, but changed."""
        return spells_script(chunk.body) and not (chunk.name == b"tRNS" and self.tree.palette is not None)

    def _refuse(self, chunk: Chunk, why: str) -> None:
        row = CHUNKS[chunk.name]
        self.job.found(row.otherwise, chunk.where, detail=why, at_least=Action.REMOVE)

    def _drop(self, chunk: Chunk) -> None:
        row = CHUNKS.get(chunk.name)
        vector = row.otherwise if row else CHUNK_ELSE
        if chunk.name in _TEXTS:
            vector = next((found for start, found in TEXT_KEYWORDS if chunk.body.startswith(start)), vector)
        if vector is IMG_03 and chunk.name in _TEXTS and (block := self._raw_profile(chunk)):
            self.orientation = self.orientation or exif.hear(block, chunk.where, self.job).orientation
            return
        self.job.found(vector, chunk.where, detail=f"{len(chunk.body)} bytes", at_least=Action.REMOVE)
        if vector is IMG_05 and self.orientation is None:
            self.orientation = exif.xmp_orientation(chunk.body)

    def _raw_profile(self, chunk: Chunk) -> bytes:
        """The EXIF block that ImageMagick writes as text: a name, a length, hexadecimal digits. Nothing when broken."""
        _, _, rest = chunk.body.partition(b"\0")
        try:
            text = inflate_zlib(rest[1:], _MAX_TEXT_BYTES).data if chunk.name == b"zTXt" else rest
            digits = b"".join(bytes(text[:_MAX_TEXT_BYTES]).split()[2:])
            return bytes.fromhex(digits.decode("ascii")).removeprefix(b"Exif\0\0")
        except (MalformedError, ValueError):
            return b""

    def _hear_exif(self, chunk: Chunk) -> None:
        said = exif.hear(chunk.body.removeprefix(b"Exif\0\0"), chunk.where, self.job)
        self.orientation = said.orientation or self.orientation

    def _hear_profile(self, chunk: Chunk) -> None:
        device = Device.GRAY if self.tree.header.colour in (Colour.GRAY, Colour.GRAY_ALPHA) else Device.RGB
        profile = self._inflate(chunk)
        self.ruling = colour.rule(profile, device)
        if self.ruling.fate is Fate.OURS and self.job.policy.ordered(IMG_07) <= Action.REWRITE:
            self.kept[b"iCCP"] = _PROFILE_CHUNKS[profile]
            return
        self.order = self.job.found(IMG_07, chunk.where, detail=self.ruling.detail, at_least=Action.REWRITE)
        if self.ruling.profile is not None and self.order <= Action.REWRITE:
            self.kept[b"iCCP"] = _PROFILE_CHUNKS[self.ruling.profile]

    def _inflate(self, chunk: Chunk) -> bytes:
        """The profile in a chunk; nothing when it is broken. Raises BlockedError for a bomb (IMG-14)."""
        name, _, packed = chunk.body.partition(b"\0")
        if not 0 < len(name) < 80 or packed[:1] != b"\0":
            return b""
        try:
            found = inflate_zlib(memoryview(packed)[1:], _MAX_PROFILE_BYTES)
        except MalformedError:
            return b""
        if found.has_more:
            self.job.found(IMG_14, chunk.where, detail=f"more than {_MAX_PROFILE_BYTES} bytes", at_least=Action.BLOCK)
        return bytes(found.data)

    def _agree_on_colours(self) -> None:
        """One statement about colours: the first of cICP, iCCP and sRGB that is there (11.3.2), or gAMA and cHRM."""
        names = [name for name in (b"cICP", b"iCCP", b"sRGB") if name in self.kept]
        others = names[1:] + [
            name for name in (b"gAMA", b"cHRM") if names and names[0] != b"sRGB" and name in self.kept
        ]
        if self.source is not None:
            others = [name for name in (b"cICP", b"gAMA", b"cHRM") if name in self.kept]
        for name in others:
            del self.kept[name]
            where = f"{name.decode('ascii')} beside {(names or [b'iCCP'])[0].decode('ascii')}"
            self.job.found(IMG_17, where, detail="a second statement about colours", at_least=Action.REMOVE)


def _write_profile(name: str, profile: bytes) -> bytes:
    return name.encode("ascii") + b"\0\0" + deflate_zlib(profile)


_PROFILE_CHUNKS: Final = {profile: _write_profile(name, profile) for name, profile in PROFILES.items()}


def _may_pass(kind: Kind, body: bytes, header: Header, palette: Chunk | None) -> bool:
    match kind:
        case Kind.INTENT:
            return len(body) == 1 and body[0] <= 3
        case Kind.GAMMA:
            return body == allow.SRGB_GAMMA
        case Kind.CHROMATICITIES:
            return body == allow.SRGB_CHROMATICITIES
        case Kind.CODE_POINTS:
            return body in allow.CODE_POINTS
        case Kind.SIGNIFICANT_BITS:
            samples = 3 if header.colour is Colour.PALETTE else header.colour.samples
            depth = 8 if header.colour is Colour.PALETTE else header.depth
            return len(body) == samples and all(1 <= bits <= depth for bits in body)
        case Kind.TRANSPARENCY:
            return _is_transparency(body, header, palette)
        case Kind.BACKGROUND:
            return len(body) == _BACKGROUND_BYTES[header.colour] and _fits(body, header, palette)
        case Kind.DENSITY:
            return len(body) == 9 and body[8] <= 1 and max(body[0], body[4]) < 0x80
    return False


def _is_transparency(body: bytes, header: Header, palette: Chunk | None) -> bool:
    match header.colour:
        case Colour.PALETTE:
            return palette is not None and 1 <= len(body) <= len(palette.body) // 3
        case Colour.GRAY | Colour.RGB:
            return len(body) == 2 * header.colour.samples and _fits(body, header, None)
    return False


def _fits(body: bytes, header: Header, palette: Chunk | None) -> bool:
    """Whether a colour is one that the picture can have."""
    if header.colour is Colour.PALETTE:
        return palette is not None and body[0] < len(palette.body) // 3
    return all(int.from_bytes(body[at : at + 2]) < 1 << header.depth for at in range(0, len(body), 2))
