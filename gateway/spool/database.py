"""The rows of the embedded spool: one SQLite database, one thread that writes in group commits, one that reads.

Source: https://www.sqlite.org/wal.html; docs/adr/0002-spool.md.
"""

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, TypeVar

from gateway.spool.base import SpoolBrokenError, SpoolFullError
from gateway.spool.failure import Failure
from gateway.spool.group_commit import GroupCommit
from gateway.spool.rows import SCHEMA, UPGRADES, VERSION

_T = TypeVar("_T")
_Operation = Callable[[sqlite3.Connection], Any]
SETTINGS: Final = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA secure_delete=ON",  # passwords do not outlive their row's need in free pages
    "PRAGMA temp_store=MEMORY",
    "PRAGMA foreign_keys=ON",
)


class Database:
    """`open`, then `ask` to change something and `look` to read, then `close`."""

    def __init__(self, folder: Path, failure: Failure) -> None:
        self._folder, self._failure = folder, failure
        self._writer: GroupCommit[_Operation, Any] = GroupCommit(self._commit, name="spool-writer")
        self._readers = ThreadPoolExecutor(1, "spool-reader")

    async def open(self) -> None:
        """Bring it up to this version; refuse one that is damaged. Raises SpoolBrokenError."""
        self._write = self._connect()
        self._read = self._connect()
        await asyncio.to_thread(self._check)

    def start(self) -> None:
        """From here on `ask` is answered."""
        self._writer.start()

    async def ask(self, operation: Callable[[sqlite3.Connection], _T]) -> _T:
        """What the operation answers, once its transaction is durable."""
        answer: _T = await self._writer.ask(operation)
        return answer

    async def look(self, operation: Callable[[sqlite3.Connection], _T]) -> _T:
        """What the operation reads."""
        self._failure.refuse()
        return await asyncio.get_running_loop().run_in_executor(self._readers, operation, self._read)

    async def close(self) -> None:
        """Finish what was asked."""
        await self._writer.close()
        await asyncio.to_thread(self._shut_down)

    def _connect(self) -> sqlite3.Connection:
        try:
            db = sqlite3.connect(self._folder / "spool.db", isolation_level=None, check_same_thread=False)
            db.row_factory = sqlite3.Row
            for setting in SETTINGS:
                db.execute(setting)
            version = db.execute("PRAGMA user_version").fetchone()[0]
            if version == 0:
                db.executescript(f"BEGIN IMMEDIATE; {SCHEMA} PRAGMA user_version = {VERSION}; COMMIT;")
                version = VERSION
            while version in UPGRADES:
                db.executescript(f"BEGIN IMMEDIATE; {UPGRADES[version]} PRAGMA user_version = {version + 1}; COMMIT;")
                version += 1
            if version != VERSION:
                raise SpoolBrokenError(f"{self._folder}: of version {version}; this program reads version {VERSION}")
        except sqlite3.Error as error:
            raise SpoolBrokenError(f"{self._folder}: {error}") from error
        return db

    def _check(self) -> None:
        """A database that a disk has changed is not worked with."""
        try:
            told = self._read.execute("PRAGMA quick_check(1)").fetchone()[0]
        except sqlite3.Error as error:
            raise SpoolBrokenError(f"{self._folder}: {error}") from error
        if told != "ok":
            raise SpoolBrokenError(f"{self._folder}: the database is damaged: {told}")

    def _commit(self, operations: Sequence[_Operation]) -> list[Any]:
        """All that wait in one transaction. Runs in the writer's thread."""
        self._failure.refuse()
        try:
            self._write.execute("BEGIN IMMEDIATE")
            answers = [self._carry_out(operation) for operation in operations]
            self._write.execute("COMMIT")
        except sqlite3.Error as error:
            self._roll_back()
            if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL:
                raise SpoolFullError("no space left for a row") from error
            raise self._failure.tell(f"the database: {error}") from error
        return answers

    def _carry_out(self, operation: _Operation) -> Any:
        """One operation of a batch. Where it fails by our own mistake, it alone is undone and told so."""
        self._write.execute("SAVEPOINT operation")
        try:
            answer = operation(self._write)
        except sqlite3.Error:
            raise
        except Exception as error:
            self._write.execute("ROLLBACK TO operation")
            answer = error
        self._write.execute("RELEASE operation")
        return answer

    def _roll_back(self) -> None:
        with contextlib.suppress(sqlite3.Error):
            if self._write.in_transaction:
                self._write.execute("ROLLBACK")

    def _shut_down(self) -> None:
        self._readers.shutdown()
        self._read.close()
        self._write.close()
