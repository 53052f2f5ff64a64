"""A tree head: how many lines a log had, and the root over them. No I/O."""

import re
from dataclasses import dataclass

from gateway.audit.merkle import HASH_BYTES


@dataclass(frozen=True, slots=True)
class Head:
    """How many lines the log had at some time, and the root over them: noted where the log's keeper cannot write."""

    size: int
    root: bytes

    @classmethod
    def parse(cls, text: str) -> "Head":
        """Read "100000:5dc9…". Raises ValueError."""
        size, _, root = text.partition(":")
        if not re.fullmatch(r"0|[1-9][0-9]{0,15}", size) or not re.fullmatch(r"[0-9a-f]{64}", root):
            raise ValueError(f"expected SIZE:ROOT, a number and {2 * HASH_BYTES} hexadecimal digits: {text!r:.100}")
        return cls(int(size), bytes.fromhex(root))

    def __str__(self) -> str:
        return f"{self.size}:{self.root.hex()}"
