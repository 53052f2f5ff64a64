"""GIF: each frame's codes are unpacked to indexes and packed anew, in its place, with its time and colours (IMG-18).

Nothing is quantised again: colour tables are data, and what a frame shows stays index for index. A frame is in memory
alone; what is kept of it is its new codes.
"""

from dataclasses import dataclass, field, replace
from struct import pack
from typing import Final

from PIL import GifImagePlugin, Image

from policies.catalogue import vector
from policies.model import Policy
from policies.terms import Action, Vector
from sanitizers.budget import Budget
from sanitizers.errors import MalformedError
from sanitizers.formats.marks import spells_script, unspelled
from sanitizers.formats.palette import without_unused
from sanitizers.parsers import gif
from sanitizers.parsers.gif import (
    APPLICATION,
    COMMENT,
    CONTROL,
    EXTENSION,
    IMAGE,
    TRAILER,
    Control,
    Extension,
    Frame,
    Gif,
)
from sanitizers.sanitizer import Job

__all__ = ["GIF", "warm"]

IMG_05: Final = vector("IMG-05")
IMG_07: Final = vector("IMG-07")
IMG_09: Final = vector("IMG-09")
IMG_18: Final = vector("IMG-18")
IMG_19: Final = vector("IMG-19")
IMG_20: Final = vector("IMG-20")
IMG_39: Final = vector("IMG-39")

assert GifImagePlugin  # it registers the codec that is used below
_APPLICATIONS: Final = {b"XMP DataXMP": IMG_05, b"ICCRGBG1012": IMG_07}
_LEAST_BITS: Final = 2  # of a root code; a table of two colours has them too
_MOST_BITS: Final = 8
_END_BYTES: Final = 4  # what the code that ends a frame, and one that clears the table before it, reach into
_GRAYS: Final = bytes(value for index in range(256) for value in (index,) * 3)
_RESOLUTION: Final = 0x70  # 8 bits a colour


@dataclass(frozen=True, slots=True)
class SafeFrame:
    """A picture on the screen, with the codes that we packed."""

    x: int
    y: int
    width: int
    height: int
    is_interlaced: bool
    palette: bytes | None = field(repr=False)
    control: Control
    code_bits: int
    codes: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class SafeGif:
    """A screen and its frames. All that a file says."""

    width: int
    height: int
    background: int
    aspect: int
    palette: bytes | None = field(repr=False)
    loops: int | None
    frames: tuple[SafeFrame, ...]


class _GifSanitizer:
    @property
    def media_types(self) -> frozenset[str]:
        return frozenset({"image/gif"})

    @property
    def vectors(self) -> tuple[Vector, ...]:
        return (IMG_05, IMG_07, IMG_09, IMG_18, IMG_19, IMG_20, IMG_39)

    def parse(self, untrusted: bytes, budget: Budget) -> Gif:
        return gif.parse(untrusted, budget)

    def disarm(self, parsed: Gif, job: Job) -> SafeGif:
        """Decide about every block and frame. Raises BlockedError, MalformedError for codes that make no picture."""
        _tell(parsed, job)
        return _Disarming(parsed, job).run()

    def reconstruct(self, safe: SafeGif) -> bytes:
        data = _write(safe)
        if spells_script(data):
            raise MalformedError("sizes and colours that spell a script")
        return data


GIF: Final = _GifSanitizer()


def _tell(tree: Gif, job: Job) -> None:
    """What is left behind of the blocks."""
    for extension in tree.extensions:
        found = _APPLICATIONS.get(extension.name, IMG_18)
        job.found(found, extension.where, detail=_about(extension), at_least=Action.REMOVE)
    if any(frame.control.waits for frame in tree.frames):
        job.found(IMG_19, "frames", detail="wait for a key", at_least=Action.REWRITE)
    if tree.stuffing:
        job.found(IMG_20, "blocks", detail=f"{tree.stuffing} zeros between them", at_least=Action.REWRITE)
    if not tree.has_trailer:
        detail = "cut off" if tree.is_cut else "no trailer"
        job.found(IMG_20, f"offset {tree.end}", detail=detail, at_least=Action.REWRITE)
    behind = len(tree.data) - tree.end
    if behind:
        job.found(IMG_09, f"offset {tree.end}", detail=f"{behind} bytes", at_least=Action.REMOVE)


def _about(extension: Extension) -> str:
    kind = {COMMENT: "comment", APPLICATION: "application", CONTROL: "behind a control block"}.get(
        extension.label, "block"
    )
    return f"{kind}, {extension.size} bytes"


class _Disarming:
    """One pass over the frames; the screen's colours are settled when all of them are known."""

    def __init__(self, tree: Gif, job: Job) -> None:
        self.tree, self.job = tree, job
        self.palette = tree.palette
        self.uses = [0] * 256
        self.cleared = 0
        self.cleared_in = 0

    def run(self) -> SafeGif:
        tree = self.tree
        frames = tuple(self._frame(frame, f"frame {number}") for number, frame in enumerate(self._whole(), 1))
        background = tree.background if self.palette and tree.background < len(self.palette) // 3 else 0
        self.uses[background] += 1  # some viewers clear frames to it
        palette = None if self.palette is None else self._settle(self.palette, self.uses, "screen")
        if self.cleared:
            detail = f"{self.cleared} unused colours"
            self.job.found(IMG_39, "colour tables", detail=detail, count=self.cleared_in, at_least=Action.REWRITE)
        return SafeGif(tree.width, tree.height, background, tree.aspect, palette, tree.loops, frames)

    def _whole(self) -> tuple[Frame, ...]:
        """The frames without a last one that came only in part: half a picture would stand still."""
        *before, last = self.tree.frames
        if not last.is_cut or not before or _decode(last, self._codes(last)) is not None:
            return self.tree.frames
        where = f"frame {len(self.tree.frames)}"
        self.job.found(IMG_20, where, detail="only its beginning is there", at_least=Action.REMOVE)
        return tuple(before)

    def _codes(self, frame: Frame) -> bytes:
        """The blocks of a frame's codes; of one that is cut off, as many as are there."""
        start, _, end = frame.codes
        return _closed(self.tree.data[start:end]) if frame.is_cut else self.tree.data[start:end]

    def _frame(self, frame: Frame, where: str) -> SafeFrame:
        self.job.budget.expand(frame.width * frame.height)
        plane = self._shown(frame, self._unpack(frame, where), where)
        if plane is None:
            blank = Control(frame.control.delay, 1, 0)
            bits, is_interlaced, codes = _pack(Image.new("P", (1, 1)))
            return SafeFrame(0, 0, 1, 1, is_interlaced, bytes(6), blank, bits, codes)
        uses = plane.histogram()
        palette = frame.palette
        highest = max(index for index in range(256) if uses[index])
        if palette is not None:
            palette = self._settle(self._widen(palette, highest, where), uses, where)
        else:
            self.palette = self._widen(self.palette, highest, where)
            self.uses = [a + b for a, b in zip(self.uses, uses)]
        bits, is_interlaced, codes = _pack(plane)
        control = replace(frame.control, waits=False)
        return SafeFrame(frame.x, frame.y, *plane.size, is_interlaced, palette, control, bits, codes)

    def _unpack(self, frame: Frame, where: str) -> Image.Image:
        """A frame's indexes. Raises MalformedError when its codes make no whole picture."""
        start, tail, end = frame.codes
        plane = _decode(frame, self._codes(frame))
        if plane is None:
            raise MalformedError(f"{where}: codes that make no whole picture")
        if frame.is_cut:
            return plane
        if _decode(frame, self.tree.data[start:tail] + _shortened(self.tree.data[tail:end])) is not None:
            self.job.found(IMG_09, where, detail="codes behind the picture", at_least=Action.REMOVE)
        return plane

    def _shown(self, frame: Frame, plane: Image.Image, where: str) -> Image.Image | None:
        """The part of a frame that is on the screen; None when nothing of it is (IMG-19)."""
        width, height = min(frame.width, self.tree.width - frame.x), min(frame.height, self.tree.height - frame.y)
        if (width, height) == plane.size:
            return plane
        self.job.found(IMG_19, where, detail="reaches beyond the screen", at_least=Action.REWRITE)
        return plane.crop((0, 0, width, height)) if width > 0 and height > 0 else None

    def _widen(self, palette: bytes | None, highest: int, where: str) -> bytes:
        """A palette with a colour for every index in use: black, as viewers draw it, or grays where there is none."""
        wanted = 2 << max(highest, 1).bit_length() - 1
        if palette is None:
            self.job.found(IMG_39, where, detail="no colours", at_least=Action.REWRITE)
            return _GRAYS[: 3 * wanted]
        if len(palette) // 3 <= highest:
            self.job.found(IMG_39, where, detail=f"{len(palette) // 3} colours", at_least=Action.REWRITE)
            return palette.ljust(3 * wanted, b"\0")
        return palette

    def _settle(self, palette: bytes, uses: list[int], where: str) -> bytes:
        """Without colours that nobody sees, and with no script spelled by those that are seen (IMG-20)."""
        palette, cleared = without_unused(palette, uses)
        self.cleared += cleared
        self.cleared_in += cleared > 0
        plain = unspelled(palette)
        if plain != palette:
            self.job.found(IMG_20, where, detail="colours that spell a script", at_least=Action.REWRITE)
        return plain


def _decode(frame: Frame, blocks: bytes) -> Image.Image | None:
    """Indexes from blocks of codes; None when they make no whole picture."""
    try:
        size = frame.width, frame.height
        return Image.frombytes("P", size, blocks, "gif", frame.code_bits, int(frame.is_interlaced), -1)
    except (ValueError, OSError):
        return None


def _closed(blocks: bytes) -> bytes:
    """Blocks of which the last says how long it is, not how long it was to be."""
    at = 0
    while at < len(blocks) and at + 1 + blocks[at] < len(blocks):
        at += 1 + blocks[at]
    if at == len(blocks):
        return blocks
    return blocks[:at] + bytes((len(blocks) - at - 1,)) + blocks[at + 1 :]


def _shortened(blocks: bytes) -> bytes:
    """Blocks without the bytes in which codes should end; they are at most two."""
    codes, at = b"", 0
    while at < len(blocks):
        codes += blocks[at + 1 : at + 1 + blocks[at]]
        at += 1 + blocks[at]
    codes = codes[:-_END_BYTES]
    return b"".join(bytes((len(part),)) + part for part in (codes[:255], codes[255:]) if part)


def _pack(plane: Image.Image) -> tuple[int, bool, bytes]:
    """Bits of a root code, whether rows are interlaced, and blocks of codes. Raises MalformedError."""
    highest = plane.getextrema()[1]
    assert isinstance(highest, int)
    for is_interlaced in (False, True):
        for bits in range(max(_LEAST_BITS, highest.bit_length()), _MOST_BITS + 1):
            codes = plane.tobytes("gif", "P", bits, int(is_interlaced))
            if not spells_script(codes):
                return bits, is_interlaced, codes
    raise MalformedError("pixels that spell a script")


def _write(safe: SafeGif) -> bytes:
    out = [b"GIF89a", pack("<HH", safe.width, safe.height)]
    out.append(bytes((_RESOLUTION | _size_bits(safe.palette), safe.background, safe.aspect)) + (safe.palette or b""))
    if safe.loops is not None:
        out.append(bytes((EXTENSION, APPLICATION, 11)) + b"NETSCAPE2.0\3\1" + pack("<H", safe.loops) + b"\0")
    for frame in safe.frames:
        out.append(_control(frame.control))
        flags = _size_bits(frame.palette) | frame.is_interlaced << 6
        out.append(pack("<BHHHHB", IMAGE, frame.x, frame.y, frame.width, frame.height, flags) + (frame.palette or b""))
        out += (bytes((frame.code_bits,)), frame.codes, b"\0")
    out.append(bytes((TRAILER,)))
    return b"".join(out)


def _control(control: Control) -> bytes:
    if control == Control():
        return b""
    flags = control.disposal << 2 | (control.transparent is not None)
    return pack("<BBBBHBB", EXTENSION, CONTROL, 4, flags, control.delay, control.transparent or 0, 0)


def _size_bits(palette: bytes | None) -> int:
    """The flag and the size of a colour table, which has 2, 4, 8 ... or 256 colours."""
    return 0 if palette is None else 0x80 | (len(palette) // 3).bit_length() - 2


def warm() -> None:
    """Take a small picture all the way: a confined child then finds every library loaded."""
    policy = Policy(name="warm")
    job = Job(policy, Budget(policy.limits))
    bits, is_interlaced, codes = _pack(Image.new("P", (17, 9)))
    frame = SafeFrame(0, 0, 17, 9, is_interlaced, None, Control(), bits, codes)
    untrusted = _write(SafeGif(17, 9, 0, 0, bytes(6), None, (frame,)))
    GIF.reconstruct(GIF.disarm(GIF.parse(untrusted, job.budget), job))
