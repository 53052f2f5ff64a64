"""How often the log shows that it goes on, and what of its clocks it tells: for its keeper and for its checker."""

from typing import Final

CLOCK_STEP_NS: Final = 2_000_000_000  # by which wall and monotonic clock may part without a line that says so
EVERY_S: Final = 60.0  # between two checkpoints, where lines came
MOST_LINES: Final = 1000  # between two checkpoints
HEARTBEAT_S: Final = 600.0  # without any other line
SILENCE_NS: Final = 3 * int(HEARTBEAT_S) * 10**9  # longer than that the service was not at work
