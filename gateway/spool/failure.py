"""Whether the spool still keeps what it promises. After a failed sync, trying again would only seem to work."""

from collections.abc import Callable

from gateway.spool.base import SpoolBrokenError


class Failure:
    """Told once, by whoever meets it first; from then on nobody promises anything."""

    def __init__(self) -> None:
        self.why: str | None = None
        self.on_failure: Callable[[str], None] = lambda why: None  # called in any thread, once

    def refuse(self) -> None:
        """Raise SpoolBrokenError when something failed before."""
        if self.why is not None:
            raise SpoolBrokenError(self.why)

    def tell(self, why: str) -> SpoolBrokenError:
        """Nothing is promised any more; the answer is to be raised."""
        if self.why is None:
            self.why = why
            self.on_failure(why)
        return SpoolBrokenError(why)
