"""The one process that reads a file from outside, and ends with it.

Trust: everything it reads is hostile, and it may be taken over at any instruction. It holds the input, a sheet for its
report and, in the sanitizer's role, an empty output; nothing else. It answers once, or it does not answer.
"""

import mmap
import os
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, NoReturn

from sanitizers.errors import ElsewhereError
from sanitizers.wire import Exit
from sanitizers.worker import locks

NOTE_BYTES: Final = 512
_OUR_ROOMS: Final = ("sanitizers.", "policies.")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a program makes of one input: the frame of its report, and the copy unless there is none."""

    frame: bytes
    data: bytes | None = None


Program = Callable[[bytes, Any], Answer]  # the input, untrusted, and what the gateway asks for


@dataclass(frozen=True, slots=True)
class Note:
    """A few words for the service log on a page shared with the zygote. Whoever reads it believes nothing."""

    page: mmap.mmap
    offset: int

    def clear(self) -> None:
        """Before each child."""
        self.page[self.offset : self.offset + NOTE_BYTES] = bytes(NOTE_BYTES)

    def write(self, text: str) -> None:
        """As much of it as there is room for."""
        words = text.encode("ascii", "replace")[:NOTE_BYTES]
        self.page[self.offset : self.offset + len(words)] = words

    def read(self) -> str:
        """What stands there, in ASCII."""
        words = self.page[self.offset : self.offset + NOTE_BYTES]
        return words.rstrip(b"\0").decode("ascii", "replace")


def run(program: Program, request: object, bounds: locks.Bounds, note: Note) -> NoReturn:
    """Lock this process, do the one task, and end without running a handler. The status tells of a crash."""
    try:
        locks.close_all(bounds)
        _give(program(_input(), request))
    except ElsewhereError:
        os._exit(Exit.ELSEWHERE)
    except MemoryError:
        os._exit(Exit.OUT_OF_MEMORY)
    except BaseException as error:  # the only place that catches everything: a file may not bring a traceback out
        note.write(told(error))
        os._exit(Exit.CRASHED)
    os._exit(Exit.ANSWERED)


def _input() -> bytes:
    size = os.fstat(locks.INPUT_FD).st_size
    data = os.pread(locks.INPUT_FD, size, 0)
    if len(data) == size:
        return data
    parts = [data]  # beyond 2 GiB one call does not give all
    while part := os.pread(locks.INPUT_FD, size, sum(map(len, parts))):
        parts.append(part)
    return b"".join(parts)


def _give(answer: Answer) -> None:
    if answer.data is not None:
        _write(locks.OUTPUT_FD, answer.data)
    _write(locks.REPORT_FD, answer.frame)
    os.ftruncate(locks.REPORT_FD, len(answer.frame))  # nothing may stand beside the frame


def _write(fd: int, data: bytes) -> None:
    rest, offset = memoryview(data), 0
    while rest:
        written = os.pwrite(fd, rest, offset)
        rest, offset = rest[written:], offset + written


def told(error: BaseException) -> str:
    """The class and where in our own code; never the message, which a file may have written."""
    return " ".join((type(error).__name__, *_own_lines(error.__traceback__)))


def _own_lines(traceback: TracebackType | None) -> list[str]:
    lines = []
    while traceback is not None:
        room = str(traceback.tb_frame.f_globals.get("__name__", ""))
        if room.startswith(_OUR_ROOMS) and room != __name__:
            lines.append(f"{room}:{traceback.tb_lineno}")
        traceback = traceback.tb_next
    return lines[-8:]
