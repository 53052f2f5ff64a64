"""What a power cut may leave, worked out from a trace of the real relay; each state is started again and looked at.

The model promises no more than POSIX: bytes are durable once their file was synced, names once their folder was. For
each moment of the trace: any number of the names that are not durable yet, folder by folder, and of the bytes that are
not, none, all, all but half of the last write, or zeros in their place.
Source: Pillai et al. 2014 (ALICE); strace(1).
"""

import asyncio
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from gateway.app import App
from gateway.audit.check import check_log
from gateway.log import configure
from tests.gateway.crash_scenario import receive
from tests.gateway.doubles import MARK, CopyingWorkers, new_config
from tests.soak.relay_life import BODIES

ROOT = Path(__file__).parents[2]
_CALLS = (
    "openat,write,pwrite64,sendfile,fsync,fdatasync,ftruncate,memfd_create,"
    "rename,renameat,renameat2,link,linkat,unlink,unlinkat,mkdir,mkdirat"
)
_LINE = re.compile(r"(\d+)\s+(\w+)\((.*)\)\s+= (-?\d+)")
_HALF = re.compile(r"(\d+)\s+(?:(\w+)\((.*) <unfinished \.\.\.>|<\.\.\. (\w+) resumed>(.*))$")
_TEXT = re.compile(r'^"((?:\\x[0-9a-f]{2})*)"')
_FD = re.compile(r"^(\d+|AT_FDCWD)(?:<((?:\\x[0-9a-f]{2}|[^>])*)>)?")
MODES = ("none", "all", "half", "zero")


@dataclass(eq=False)
class Inode:
    """A file: what is durable, and what was written since."""

    durable: bytes = b""
    pending: list[tuple[int, bytes | None]] = field(default_factory=list)  # offset and bytes; None: cut there

    def content(self, mode: str) -> bytes:
        data = bytearray(self.durable)
        pending = [] if mode == "none" else self.pending
        for at, (offset, block) in enumerate(pending):
            if block is None:
                data[offset:] = bytes(max(0, offset - len(data)))
                continue
            if mode == "half" and at == len(pending) - 1:
                block = block[: len(block) // 2]
            if mode == "zero":
                block = bytes(len(block))
            data[len(data) :] = bytes(max(0, offset - len(data)))
            data[offset : offset + len(block)] = block
        return bytes(data)

    @property
    def size(self) -> int:
        return len(self.content("all"))


@dataclass
class Folder:
    """Names: those that are durable, and what happened to names since."""

    durable: "dict[str, Inode | Folder]" = field(default_factory=dict)
    pending: "list[tuple[str, Inode | Folder | None]]" = field(default_factory=list)

    def names(self, count: int) -> "dict[str, Inode | Folder]":
        names = dict(self.durable)
        for name, inode in self.pending[:count]:
            if inode is None:
                names.pop(name, None)
            else:
                names[name] = inode
        return names


@dataclass(frozen=True)
class State:
    """What a crash may leave, and what was promised and stored by then."""

    files: dict[str, bytes | None]  # relative path: content; None: a folder
    promised: tuple[str, ...]
    stored: tuple[str, ...]

    @property
    def mark(self) -> bytes:
        told = hashlib.sha256(repr((sorted(self.promised), sorted(self.stored))).encode())
        for path, content in sorted(self.files.items()):
            told.update(path.encode() + b"\0" + (b"" if content is None else hashlib.sha256(content).digest()))
        return told.digest()


class Trace:
    """A life of the relay, call by call."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.folders: dict[str, Folder] = {}
        self.by_fd: dict[int, tuple[Inode, bool]] = {}  # open file, and whether it appends
        self.offsets: dict[int, int] = defaultdict(int)
        self.promised: list[str] = []
        self.stored: list[str] = []
        self.folders[str(folder)] = Folder()
        for path in sorted(folder.rglob("*")):  # parents before what is in them
            known: Inode | Folder = Inode(path.read_bytes()) if path.is_file() else Folder()
            self.folders[str(path.parent)].durable[path.name] = known
            if isinstance(known, Folder):
                self.folders[str(path)] = known

    def states(self, text: str) -> Iterator[State]:
        """Every state that a crash may leave, each once."""
        seen: set[bytes] = set()
        for call, arguments, answer in calls(text):
            if not self.apply(call, arguments, answer):
                continue
            for counts in self._choices():
                for mode in MODES:
                    state = self._state(counts, mode)
                    if state.mark not in seen:
                        seen.add(state.mark)
                        yield state

    def apply(self, call: str, arguments: list[str], answer: int) -> bool:
        """Whether anything changed that a crash would show."""
        if answer < 0:
            return False
        match call:
            case "memfd_create":
                self._opened(answer, Inode(), appends=False)
                return False
            case "openat":
                return self._open(arguments, answer)
            case "write" if _number(arguments[0]) == 1:
                told = _text(arguments[1]).decode().split()
                self.promised += told[1:2]
                return bool(told)
            case "write" | "pwrite64":
                return self._write(call, arguments)
            case "sendfile":
                return self._sendfile(arguments, answer)
            case "ftruncate":
                return self._change(_number(arguments[0]), int(arguments[1]), None)
            case "fsync" | "fdatasync":
                return self._sync(arguments[0])
            case "rename" | "renameat" | "renameat2":
                paths = [_text(one).decode() for one in arguments if one.startswith('"')]
                return self._rename(*paths)
            case "link" | "linkat":
                return self._link(arguments)
            case "unlink" | "unlinkat" | "mkdir" | "mkdirat":
                path = next(_text(one).decode() for one in arguments if one.startswith('"'))
                return self._name(path, None) if call.startswith("unlink") else self._mkdir(path)
        raise AssertionError(call)

    def _opened(self, fd: int, inode: Inode, *, appends: bool) -> None:
        self.by_fd[fd], self.offsets[fd] = (inode, appends), 0

    def _open(self, arguments: list[str], fd: int) -> bool:
        path, flags = _text(arguments[1]).decode(), arguments[2]
        self.by_fd.pop(fd, None)
        if "O_DIRECTORY" in flags and "O_TMPFILE" not in flags:
            return False
        parent, name = os.path.split(path)
        if "O_TMPFILE" in flags:
            if path in self.folders:
                self._opened(fd, Inode(), appends=False)
            return False
        if parent not in self.folders:
            return False
        if name == "stored":
            return False
        known = self.folders[parent].names(1 << 30).get(name)
        if known is None and "O_CREAT" in flags:
            known = Inode()
            self.folders[parent].pending.append((name, known))
            self._opened(fd, known, appends="O_APPEND" in flags)
            return True
        if known is not None:
            self._opened(fd, known, appends="O_APPEND" in flags)
            if "O_TRUNC" in flags:
                known.pending.append((0, None))
        return False

    def _write(self, call: str, arguments: list[str]) -> bool:
        fd, block = _number(arguments[0]), _text(arguments[1])
        if _FD.match(arguments[0])[2] and _hex(_FD.match(arguments[0])[2]).endswith("/stored"):  # type: ignore[index]
            self.stored.append(block.decode().rstrip("\n"))
            return True
        if fd not in self.by_fd:
            return False
        inode, appends = self.by_fd[fd]
        offset = int(arguments[3]) if call == "pwrite64" else inode.size if appends else self.offsets[fd]
        if call == "write" and not appends:
            self.offsets[fd] += len(block)
        return self._change(fd, offset, block)

    def _sendfile(self, arguments: list[str], count: int) -> bool:
        target, source = _number(arguments[0]), _number(arguments[1])
        offset = int(arguments[2].partition("=>")[0].strip(" []"))
        data = self.by_fd[source][0].content("all")[offset : offset + count]
        assert len(data) == count, "a file that is not in the trace"
        self.offsets[target] += count
        return self._change(target, self.offsets[target] - count, data)

    def _change(self, fd: int, offset: int, block: bytes | None) -> bool:
        if fd not in self.by_fd:
            return False
        self.by_fd[fd][0].pending.append((offset, block))
        return True

    def _sync(self, told: str) -> bool:
        match = _FD.match(told)
        assert match is not None
        folder = self.folders.get(_hex(match[2] or ""))
        if folder is not None:
            folder.durable, folder.pending = folder.names(1 << 30), []
        elif _number(told) in self.by_fd:
            inode = self.by_fd[_number(told)][0]
            inode.durable, inode.pending = inode.content("all"), []
        return True

    def _rename(self, old: str, new: str) -> bool:
        parent, name = os.path.split(old)
        if parent not in self.folders:
            return False
        inode = self.folders[parent].names(1 << 30).get(name)
        assert inode is not None, old
        self._name(new, inode)
        return self._name(old, None)

    def _link(self, arguments: list[str]) -> bool:
        texts = [_text(one).decode() for one in arguments if one.startswith('"')]
        if not texts[0].startswith("/proc/"):
            parent, name = os.path.split(texts[0])
            return parent in self.folders and self._name(texts[1], self.folders[parent].names(1 << 30)[name])
        inode = self.by_fd[int(texts[0].rpartition("/")[2])][0]
        parent = _hex(_FD.match(arguments[2])[2] or "")  # type: ignore[index]
        return self._name(f"{parent}/{texts[1]}", inode)

    def _mkdir(self, path: str) -> bool:
        new = Folder()
        if self._name(path, new):
            self.folders[path] = new
        return path in self.folders

    def _name(self, path: str, inode: Inode | Folder | None) -> bool:
        parent, name = os.path.split(path)
        if parent not in self.folders:
            return False
        self.folders[parent].pending.append((name, inode))
        return True

    def _choices(self) -> Iterator[dict[str, int]]:
        """How many of each folder's names that are not durable are there: none, all, or some of one folder's."""
        waiting = {path: len(folder.pending) for path, folder in self.folders.items() if folder.pending}
        yield {}
        yield waiting
        for path, count in waiting.items():
            for some in range(1, count + 1):
                yield {path: some}
                yield waiting | {path: count - some}

    def _state(self, counts: dict[str, int], mode: str) -> State:
        files: dict[str, bytes | None] = {}
        waiting = [str(self.folder)]
        while waiting:
            path = waiting.pop()
            for name, inode in self.folders[path].names(counts.get(path, 0)).items():
                is_folder = isinstance(inode, Folder)
                files[os.path.relpath(f"{path}/{name}", self.folder)] = None if is_folder else inode.content(mode)
                if is_folder:
                    waiting.append(f"{path}/{name}")
        return State(files, tuple(self.promised), tuple(self.stored))


def calls(text: str) -> Iterator[tuple[str, list[str], int]]:
    """The calls of a trace, in the order in which they came back."""
    begun: dict[str, str] = {}
    for line in text.splitlines():
        if half := _HALF.match(line):
            pid, call, start, _, rest = half.groups()
            if call:
                begun[pid] = f"{pid} {call}({start}"
                continue
            line = begun.pop(pid) + rest
        if (match := _LINE.match(line)) is not None:
            yield match[2], [one.strip() for one in match[3].split(", ")], int(match[4])


def _text(told: str) -> bytes:
    match = _TEXT.match(told)
    assert match is not None, told[:80]
    return bytes.fromhex(match[1].replace("\\x", ""))


def _hex(told: str) -> str:
    return bytes.fromhex(told.replace("\\x", "")).decode() if "\\x" in told else told


def _number(told: str) -> int:
    match = _FD.match(told)
    return -1 if match is None or match[1] == "AT_FDCWD" else int(match[1])


def violations(
    bug: str = "none", *, every: int = 1, stop_at: int = 1 << 30, is_first_start: bool = False
) -> tuple[int, list[str]]:
    """How many states there are, and what does not hold in them. With `every`, one of so many is looked at.

    The life begins on the folder of an earlier one, or, at the first start, on an empty one.
    """
    configure(level=50)
    place = "/dev/shm" if Path("/dev/shm").is_dir() else None
    with tempfile.TemporaryDirectory(dir=place) as name:
        folder = Path(name) / "relay"
        folder.mkdir()
        if not is_first_start:
            command = [sys.executable, "-m", "tests.soak.relay_life", str(folder), "none", "first"]
            subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        trace = Trace(folder)
        told = folder.with_name("trace")
        strace = ["strace", "-f", "-y", "-xx", "-s", "2000000", "-e", f"trace={_CALLS}", "-o", str(told)]
        life = [sys.executable, "-m", "tests.soak.relay_life", str(folder), bug]
        subprocess.run([*strace, *life], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        found: list[str] = []
        count = 0
        for number, state in enumerate(trace.states(told.read_text())):
            if number % every:
                continue
            count += 1
            found += [f"state {number}: {what}" for what in _looked_at(state, Path(name) / "state")]
            if len(found) >= stop_at:
                break
        return count, found


def _looked_at(state: State, folder: Path) -> list[str]:
    """What does not hold after a start from this state: in a process of its own, so that nothing is left open."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for path, content in sorted(state.files.items()):  # folders before what is in them
        if content is None:
            (folder / path).mkdir()
        else:
            (folder / path).write_bytes(content)
            (folder / path).chmod(0o600)
    read, write = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            told = asyncio.run(_start(state, folder))
        except BaseException as error:
            told = [f"does not start: {error!r:.300}"]
        os.write(write, "\n".join(told).encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as file:
        answer = file.read()
    os.waitpid(pid, 0)
    return answer.splitlines()


async def _start(state: State, folder: Path) -> list[str]:
    app = App(new_config(folder), CopyingWorkers())  # type: ignore[arg-type]
    await app.start()
    assert app.hall is not None
    found = []
    for id in state.promised:
        view = await app.hall.spool.wait(id, 30)
        if view is None:
            found.append(f"lost: {id}")
    await receive(app, folder)
    for id in state.promised:
        view = await app.hall.spool.get(id)
        if view is not None and view.state not in ("delivered", "withheld"):
            found.append(f"{id} is {view.state}")
    await app.stop()
    now = (folder / "stored").read_text().splitlines() if (folder / "stored").exists() else []
    bodies = {(body + MARK).decode() for body in (b"zeroth", *BODIES)}
    for line in now:
        if line.split(" ", 2)[2] not in bodies:
            found.append(f"torn: {line[:60]}")
    owners = {tuple(line.split(" ", 2)[:2]) for line in (*state.stored, *now)}
    if len({seq for seq, _ in owners}) != len(owners) or len({id for _, id in owners}) != len(owners):
        found.append(f"numbers: {sorted(owners)}")
    faults = check_log(folder / "data/audit").faults
    found += [f"log: {one.fault} {one.detail}" for one in faults]
    return found


if __name__ == "__main__":
    for bug in sys.argv[1:] or ["none", "first"]:
        count, found = violations("none" if bug == "first" else bug, is_first_start=bug == "first")
        print(bug, count, "states", len(found), "violations", *found[:5], sep="\n  ", flush=True)
