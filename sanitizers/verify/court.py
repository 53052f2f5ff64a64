"""Refused and Court: how a check says no, and what a hearing may cost."""

from collections.abc import Callable
from dataclasses import dataclass, field

from policies.model import Limits
from sanitizers.model import MAX_WHERE_CHARS, Check

DEEPEST = 16  # however deep a policy allows: the judge hears members by recursion
_SMALL_BYTES = 10 << 20  # ZIP-20: up to here a member may be packed as tightly as it likes


class Refused(Exception):  # noqa: N818 - an answer of the court, no mistake of anybody
    """The file must not be released. Told as an Opinion in one place, judge.py."""

    def __init__(self, check: Check, where: str, path: tuple[str, ...] = ()) -> None:
        super().__init__(check, where, path)
        self.check, self.where, self.path = check, where, path

    def told(self) -> str:
        """The place in words, printable whatever the file says: "a.zip!/b.png: chunk tEXt at 33"."""
        text = ": ".join(filter(None, ("!/".join(self.path), self.where)))
        return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text[:MAX_WHERE_CHARS])


def require(true: object, check: Check, where: str) -> None:
    """Raises Refused unless the first argument is true."""
    if not true:
        raise Refused(check, where)


@dataclass(slots=True)
class _Spent:
    """One purse for a file and all that is nested in it."""

    expanded_bytes: int = 0
    members: int = 0


@dataclass(slots=True)
class Court:
    """One hearing: the limits in force, what was spent of them, and how members are heard (V-RES)."""

    limits: Limits
    _hear: Callable[[bytes, str, "Court"], None]
    depth: int = 0
    _spent: _Spent = field(default_factory=_Spent)
    may_keep: frozenset[str] = frozenset()  # what the policy lets through in part: evidence.py

    def draw(self, width: int, height: int) -> None:
        """Raises Refused for a picture of more pixels than may be drawn."""
        require(width * height <= self.limits.max_pixels, Check.LIMITS, f"{width} x {height} pixels")

    def count_members(self, count: int) -> None:
        """Raises Refused once there are too many members in all."""
        self._spent.members += count
        require(self._spent.members <= self.limits.max_members, Check.LIMITS, f"{self._spent.members} members")

    def expand(self, size: int, packed: int) -> None:
        """Pay for `size` bytes about to be unpacked from `packed`. Raises Refused when they are too many."""
        tight = size > _SMALL_BYTES and size > packed * self.limits.max_ratio
        require(not tight, Check.LIMITS, f"{size} bytes packed in {packed}")
        self._spent.expanded_bytes += size
        require(self._spent.expanded_bytes <= self.limits.max_expanded_bytes, Check.LIMITS, "too much to unpack")

    def hear(self, member: bytes, media_type: str, name: str) -> None:
        """Judge a member as a file of its own, on the same purse. Raises Refused, with the member's name in it."""
        try:
            require(self.depth < min(self.limits.max_depth, DEEPEST), Check.LIMITS, "nested too deep")
            self._hear(member, media_type, Court(self.limits, self._hear, self.depth + 1, self._spent, self.may_keep))
        except Refused as refusal:
            raise Refused(refusal.check, refusal.where, (name, *refusal.path)) from refusal
