"""Prints what the soak counted, and what it could not do, at its end."""

from typing import Any

from tests.soak.scale import FIGURES, IS_LONG


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """All figures together; a test that this machine cannot run is named, so that nobody takes it for run."""
    for report in terminalreporter.stats.get("skipped", ()):
        if "tests/soak" in report.nodeid and "make soak" not in str(report.longrepr):
            terminalreporter.write_line(f"SKIPPED {report.nodeid}: {report.longrepr[-1]}")
    if IS_LONG:
        for line in FIGURES:
            terminalreporter.write_line(line)
