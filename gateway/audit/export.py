"""Second places for checkpoints, where the log's keeper should not be able to write twice: a file, or syslog.

    file:/mnt/worm/checkpoints      one file a log; notes one behind the other
    syslog:/dev/log                 this machine's own syslog
    syslog:udp://192.0.2.7:514      RFC 5424 over UDP; tcp:// likewise, one line a message

Source: RFC 5424 (syslog), RFC 6587 section 3.4.2 (lines over TCP).
"""

import json
import os
import re
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import urlsplit

from gateway.audit.checkpoint import MAX_NOTE_BYTES
from gateway.durable import make_folder

_END: Final = re.compile("\n\u2014 [^\n]+\n\n".encode())
_UNSAFE: Final = re.compile("[^A-Za-z0-9._-]")
_NOTICE_OF_AUDIT: Final = 13 * 8 + 5
_TIMEOUT_S: Final = 5.0


class PlaceError(ValueError):
    """A place that is none, or did not take a checkpoint."""


class Place(Protocol):
    """Somewhere else."""

    @property
    def name(self) -> str:
        """As the operator wrote it."""

    def take(self, origin: str, text: str) -> None:
        """Keep this checkpoint. May block. Raises PlaceError, OSError."""


@dataclass(frozen=True, slots=True)
class FilePlace:
    """Appends to one file, durably."""

    name: str
    folder: Path

    def take(self, origin: str, text: str) -> None:
        """Behind the ones before, with an empty line between."""
        make_folder(self.folder, 0o750)
        path = self.folder / f"{_UNSAFE.sub('_', origin)}.notes"
        mend(path)
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o640)
        with os.fdopen(descriptor, "wb") as file:
            file.write(text.encode() + b"\n")
            file.flush()
            os.fsync(descriptor)


@dataclass(frozen=True, slots=True)
class SyslogPlace:
    """Sends one message; the note as a JSON text, so that it is one line."""

    name: str
    address: str  # of a socket file; "" for another machine
    host: str = ""
    port: int = 514
    is_stream: bool = False

    def take(self, origin: str, text: str) -> None:
        """Sent, which is not kept: syslog over UDP answers nothing."""
        message = (
            f"<{_NOTICE_OF_AUDIT}>1 {_now()} {socket.gethostname() or '-'} sekisho - checkpoint - {json.dumps(text)}"
        )
        kind = socket.SOCK_STREAM if self.is_stream else socket.SOCK_DGRAM
        if self.address:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as link:
                link.settimeout(_TIMEOUT_S)
                link.sendto(message.encode(), self.address)
            return
        family, kind, protocol, _, address = socket.getaddrinfo(self.host, self.port, type=kind)[0]
        with socket.socket(family, kind, protocol) as link:
            link.settimeout(_TIMEOUT_S)
            link.connect(address)
            link.sendall(message.encode() + (b"\n" if self.is_stream else b""))


def mend(path: Path) -> None:
    """Cut what a power cut tore off behind the last whole note."""
    if not path.exists():
        return
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        start = file.seek(max(0, size - 4 * MAX_NOTE_BYTES))
        tail = file.read()
    ends = [match.end() for match in _END.finditer(tail)]
    if ends and start + ends[-1] < size:
        os.truncate(path, start + ends[-1])


def place(told: str, base: Path) -> Place:
    """The place that is meant; paths are relative to `base`. Raises PlaceError with what was expected."""
    scheme, _, rest = told.partition(":")
    if scheme == "file" and rest:
        return FilePlace(told, base / rest)
    if scheme == "syslog" and rest.startswith("/"):
        return SyslogPlace(told, rest)
    if scheme == "syslog":
        parts = urlsplit(rest)
        try:
            port = parts.port or 514
        except ValueError:
            port = 0
        if parts.scheme in ("udp", "tcp") and parts.hostname and port:
            return SyslogPlace(told, "", parts.hostname, port, parts.scheme == "tcp")
    raise PlaceError('expected "file:FOLDER", "syslog:/dev/log" or "syslog:udp://HOST:PORT"')


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
