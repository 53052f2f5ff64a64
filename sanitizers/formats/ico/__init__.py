"""ICO and CUR: the directory written anew from the members, each decoded and encoded anew (IMG-30)."""

from dataclasses import dataclass, replace
from typing import Final

from policies.catalogue import vector
from policies.model import Policy
from policies.terms import Action, Vector
from sanitizers.budget import Budget
from sanitizers.formats.ico import bitmaps
from sanitizers.formats.ico.bitmaps import IMG_09, IMG_30, IMG_38, IMG_39, SafeBitmap
from sanitizers.formats.png import PNG
from sanitizers.formats.png.write import SafePng
from sanitizers.parsers import ico
from sanitizers.parsers.ico import Bitmap, Icon, Kind, Member
from sanitizers.parsers.png import Png
from sanitizers.sanitizer import Job

__all__ = ["ICO", "warm"]

IMG_16: Final = vector("IMG-16")
_PNG_DEPTH: Final = 32
_PLANES: Final = 1


@dataclass(frozen=True, slots=True)
class SafeMember:
    """One picture, and the pixel that points, of a cursor."""

    picture: SafePng | SafeBitmap
    hotspot: tuple[int, int]


@dataclass(frozen=True, slots=True)
class SafeIcon:
    """Pictures of one kind."""

    kind: Kind
    members: tuple[SafeMember, ...]


class _IcoSanitizer:
    @property
    def media_types(self) -> frozenset[str]:
        return frozenset({"image/vnd.microsoft.icon"})

    @property
    def vectors(self) -> tuple[Vector, ...]:
        return (IMG_09, IMG_16, IMG_30, IMG_38, IMG_39)

    def parse(self, untrusted: bytes, budget: Budget) -> Icon:
        return ico.parse(untrusted, budget)

    def disarm(self, parsed: Icon, job: Job) -> SafeIcon:
        """Decide about every member. Raises BlockedError where the policy says so, MalformedError for broken pixels."""
        for number, why in parsed.faults:
            job.found(IMG_30, f"member {number}", detail=why, at_least=Action.REMOVE)
        for start, end in parsed.gaps:
            if any(parsed.data[start:end]):
                job.found(IMG_30, f"offset {start}", detail=f"{end - start} bytes of no member", at_least=Action.REMOVE)
        if any(parsed.data[parsed.end :]):
            detail = f"{len(parsed.data) - parsed.end} bytes"
            job.found(IMG_09, f"offset {parsed.end}", detail=detail, at_least=Action.REMOVE)
        return SafeIcon(parsed.kind, tuple(_member(member, job) for member in parsed.members))

    def reconstruct(self, safe: SafeIcon) -> bytes:
        bodies = [_body(member.picture) for member in safe.members]
        entries = []
        for member, body in zip(safe.members, bodies):
            colours, depth = _colours(member.picture)
            words = member.hotspot if safe.kind is Kind.CURSOR else (_PLANES, depth)
            entries.append((_size(member.picture), colours, words, len(body)))
        return b"".join((ico.directory(safe.kind, entries), *bodies))


ICO: Final = _IcoSanitizer()


def _member(member: Member, job: Job) -> SafeMember:
    where = f"member {member.number}"
    picture = member.picture
    safe: SafePng | SafeBitmap
    if isinstance(picture, Bitmap):
        safe = bitmaps.disarm(picture, where, job)
    else:
        safe = _disarm_png(picture, where, job)
        if safe.frames:
            job.found(IMG_16, where, detail=f"{len(safe.frames)} frames", at_least=Action.REMOVE)
            safe = replace(safe, plays=0, frames=())
    width, height = size = _size(safe)
    if tuple(min(side, 256) for side in size) != member.size:
        job.found(IMG_30, where, detail=f"{width} x {height} pixels, not as listed", at_least=Action.REWRITE)
    x, y = member.hotspot
    if x >= width or y >= height:
        job.found(IMG_30, where, detail="points beyond itself", at_least=Action.REWRITE)
        x, y = min(x, width - 1), min(y, height - 1)
    return SafeMember(safe, (x, y))


def _disarm_png(picture: Png, where: str, job: Job) -> SafePng:
    """As any PNG file; what is found says in which member."""
    inner = Job(job.policy, job.budget)
    try:
        return PNG.disarm(picture, inner)
    finally:
        for found in inner.told():
            place = f"{where}: {found.where}"
            job.found(vector(found.vector), place, detail=found.detail, count=found.count, at_least=found.action)


def _size(picture: SafePng | SafeBitmap) -> tuple[int, int]:
    shape = picture if isinstance(picture, SafeBitmap) else picture.header
    return shape.width, shape.height


def _colours(picture: SafePng | SafeBitmap) -> tuple[int, int]:
    """Colours as the directory counts them, 0 for 256 and more, and bits a pixel."""
    if isinstance(picture, SafeBitmap):
        return (1 << picture.depth if picture.depth < 8 else 0), picture.depth
    return 0, _PNG_DEPTH


def _body(picture: SafePng | SafeBitmap) -> bytes:
    return picture.written() if isinstance(picture, SafeBitmap) else PNG.reconstruct(picture)


def warm() -> None:
    """Take small pictures all the way: a confined child then finds every library loaded."""
    policy = Policy(name="warm")
    small = SafeBitmap(1, 1, 32, b"", b"\1\2\3\0", bytes(4))
    large = SafeBitmap(257, 256, 1, bytes(6), bytes(36 * 256), bytes(36 * 256))
    for picture in (small, large):
        job = Job(policy, Budget(policy.limits))
        untrusted = ICO.reconstruct(SafeIcon(Kind.ICON, (SafeMember(picture, (0, 0)),)))
        ICO.reconstruct(ICO.disarm(ICO.parse(untrusted, job.budget), job))
