"""Prints what the soak counted, at its end."""

from typing import Any

from tests.soak.scale import FIGURES, IS_LONG


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """All figures together."""
    if IS_LONG:
        for line in FIGURES:
            terminalreporter.write_line(line)
