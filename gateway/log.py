"""The service log: one JSON object a line on stderr, for us. Apart from the audit log; without a byte of content.

Lines name ids, enums and figures; never a file's name. An error is told by its type and place, not by its message,
which may quote what a client sent. A line that repeats too often is counted instead of written.
"""

import contextlib
import logging
import os
import time
from collections.abc import Callable, MutableMapping
from typing import Any, Final

import orjson
import structlog

_MOST_IN_WINDOW: Final = 10
_WINDOW_S: Final = 10.0
_MAX_TEXT_CHARS: Final = 300
_STDERR: Final = 2

Line = MutableMapping[str, Any]


def configure(level: int = 20) -> None:
    """Set the service log up, once, before the first line."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            Flood(),
            _shorten,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(serializer=_dump),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *names: Lines(),
        cache_logger_on_first_use=False,
    )
    if not any(isinstance(handler, _Libraries) for handler in logging.root.handlers):
        logging.root.addHandler(_Libraries(logging.WARNING))


def place_of(error: BaseException) -> str:
    """Type and place of an error: "KeyError at queue.py:41"."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return type(error).__name__
    file = trace.tb_frame.f_code.co_filename.rpartition("/")[2]
    return f"{type(error).__name__} at {file}:{trace.tb_lineno}"


class _Libraries(logging.Handler):
    """What libraries have to say, without their words: those may quote what a client sent."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        said_at = f"{record.filename}:{record.lineno}"
        told = {} if error is None else {"error": place_of(error)}
        structlog.get_logger(record.name).log(record.levelno, "a library says", room=record.name, at=said_at, **told)


class Lines:
    """Writes lines to stderr. A reader that went away, or a full disk behind it, is no reason for a file to fail."""

    def msg(self, line: bytes) -> None:
        """One line, in one write, so that those of several processes do not mix."""
        with contextlib.suppress(OSError):
            os.write(_STDERR, line + b"\n")

    debug = info = warning = error = critical = log = msg


class Flood:
    """Lets the first lines of each kind through, then says once a window how many more there were."""

    def __init__(
        self, most: int = _MOST_IN_WINDOW, window_s: float = _WINDOW_S, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most, self._window_s, self._clock = most, window_s, clock
        self._seen: dict[str, tuple[float, int]] = {}  # kind: start of its window, lines in it

    def __call__(self, logger: Any, method: str, line: Line) -> Line:
        kind, now = str(line.get("event")), self._clock()
        start, count = self._seen.get(kind, (now, 0))
        if now - start >= self._window_s:
            if count > self._most:
                line["left_out"] = count - self._most
            start, count = now, 0
        self._seen[kind] = (start, count + 1)
        if count >= self._most:
            raise structlog.DropEvent
        return line


def _shorten(logger: Any, method: str, line: Line) -> Line:
    for key, value in line.items():
        if isinstance(value, str) and len(value) > _MAX_TEXT_CHARS:
            line[key] = value[:_MAX_TEXT_CHARS]
    return line


def _dump(line: Line, **ignored: Any) -> bytes:
    try:
        return orjson.dumps(line, default=str)
    except TypeError:  # a lone surrogate
        return orjson.dumps({key: str(value).encode("ascii", "replace").decode() for key, value in line.items()})
