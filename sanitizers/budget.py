"""One purse of bytes, members and depth for a file and all that is nested in it."""

from dataclasses import dataclass, field

from policies.model import Limits
from sanitizers.errors import LimitError, PurseError

_RATIO_FREE_BYTES = 10 << 20  # ZIP-20: small members may be packed as tightly as they like


@dataclass(slots=True)
class Budget:
    """Counted work. Spending more than there is raises PurseError; wall-clock time belongs to the sandbox."""

    limits: Limits
    expanded_bytes: int = 0
    members: int = 0
    depth: int = 0
    _parent: "Budget | None" = field(default=None, repr=False)

    def expand(self, size: int, packed: int | None = None) -> None:
        """Pay for `size` bytes about to be unpacked from `packed` bytes. Call before unpacking."""
        if packed is not None and size > _RATIO_FREE_BYTES and size > packed * self.limits.max_ratio:
            raise PurseError(f"{size} bytes packed in {packed}")
        purse = self._root()
        purse.expanded_bytes += size
        if purse.expanded_bytes > self.limits.max_expanded_bytes:
            raise PurseError(f"more than {self.limits.max_expanded_bytes} bytes unpacked")

    def left_to_expand(self) -> int:
        """Bytes that may still be unpacked."""
        return max(0, self.limits.max_expanded_bytes - self._root().expanded_bytes)

    def count_members(self, count: int) -> None:
        """Pay for members of an archive, or parts of a package."""
        purse = self._root()
        purse.members += count
        if purse.members > self.limits.max_members:
            raise PurseError(f"more than {self.limits.max_members} members")

    def draw(self, width: int, height: int, frames: int = 1) -> None:
        """Ask before a picture is decoded, from the sizes in its header. Raises LimitError for this one."""
        if width * height > self.limits.max_pixels:
            raise LimitError(f"{width} x {height} pixels")
        if frames > self.limits.max_frames:
            raise LimitError(f"{frames} frames")

    def deeper(self) -> "Budget":
        """The same purse one level further in."""
        if self.depth + 1 > self.limits.max_depth:
            raise PurseError(f"nested deeper than {self.limits.max_depth}")
        return Budget(self.limits, depth=self.depth + 1, _parent=self._root())

    def _root(self) -> "Budget":
        return self._parent or self
