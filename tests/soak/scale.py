"""How long the soak is: SEKISHO_SOAK=1 is the long form, 0.1 a tenth of it; without it, what runs with all tests."""

import os

SCALE = float(os.environ.get("SEKISHO_SOAK") or 0)
IS_LONG = SCALE > 0
FIGURES: list[str] = []  # printed when all is done


def many(full: int, short: int) -> int:
    """How many of something: `full` in the long form, never fewer than `short`."""
    return max(short, round(full * SCALE))


def one_in(short: int) -> int:
    """Of how many states one is looked at: each in the long form, one of `short` in the short one."""
    return min(short, round(1 / SCALE)) if IS_LONG else short


def tell(name: str, told: object) -> None:
    """A figure for the end."""
    FIGURES.append(f"{name}: {told}")
