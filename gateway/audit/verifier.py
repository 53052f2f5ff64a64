"""Checks what Sekisho certified and logged. One file, for auditors: Python 3.9 or newer and the package `cryptography`.

    python3 verifier.py LOGFOLDER --key signing.pub --checkpoint FILE...    a whole log
    python3 verifier.py CERT FILE --key signing.pub                         a copy and its certificate
    python3 verifier.py [CERT FILE] --proof PROOF --key signing.pub         one file's lines, without the log

Exit 0: it holds (問題なし). 1: it does not, and each fault is named (問題あり). 2: usage, or something cannot be read.
Nothing of Sekisho is imported, no network is used, nothing is written. The forms are those of docs/audit.md.
Source: RFC 6962 section 2.1, C2SP tlog-checkpoint and signed-note, RFC 8032.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import re
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

MAX_LINE = 65_536
CLOCK_STEP_NS = 2_001_000_000  # wall and monotonic clock may part by less without a line that says so
SILENCE_NS = 1_800_000_000_000
STAMPED = {"v", "seq", "time", "boot", "mono_ns", "event"}
REMOVED = re.compile(rb"[0-9a-f]{64}")
AFTER_A_PAUSE = ("started", "torn", "clock", "epoch")


class WrongError(ValueError):
    """Something that does not hold."""


# What is signed


def canonical(value: Any) -> bytes:
    """The one form of a value."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def parsed(raw: bytes) -> dict[str, Any]:
    """An object in canonical form. A key that stands twice, another number or a blank has another form."""
    value = json.loads(raw)
    if not isinstance(value, dict) or canonical(value) != raw:
        raise WrongError("not canonical JSON / 正規形の JSON ではありません")
    return value


def key_id(key: Ed25519PublicKey) -> str:
    """How records name a key."""
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()[:16]


def is_signed(key: Ed25519PublicKey, signature: bytes, message: bytes) -> bool:
    """Whether the key's owner signed this."""
    try:
        key.verify(signature, message)
    except InvalidSignature:
        return False
    return True


def unsealed(sealed: Any, kind: str, keys: dict[str, Ed25519PublicKey]) -> dict[str, Any]:
    """What a trusted key sealed."""
    if not isinstance(sealed, dict) or set(sealed) != {kind, "key", "signature"} or sealed["key"] not in keys:
        raise WrongError("not signed by a trusted key / 信頼する鍵の署名がありません")
    message = f"sekisho/{kind}/v1\n".encode() + canonical(sealed[kind])
    if not is_signed(keys[sealed["key"]], base64.b64decode(sealed["signature"], validate=True), message):
        raise WrongError("the signature does not fit / 署名が一致しません")
    payload: dict[str, Any] = sealed[kind]
    return payload


# The tree


class Tree:
    """The right edge of a Merkle tree."""

    def __init__(self) -> None:
        self.nodes: list[bytes] = []
        self.size = 0

    def add(self, leaf: bytes) -> None:
        """One more leaf."""
        node, width = leaf, 1
        while self.size & width:
            node, width = parent(self.nodes.pop(), node), width * 2
        self.nodes.append(node)
        self.size += 1

    def root(self) -> bytes:
        """As it stands."""
        if not self.nodes:
            return hashlib.sha256(b"").digest()
        node = self.nodes[-1]
        for left in reversed(self.nodes[:-1]):
            node = parent(left, node)
        return node


def leaf_of(line: bytes) -> bytes:
    """The leaf of a line, without its newline. After its retention, a line's leaf may stand in its place."""
    return bytes.fromhex(line.decode()) if REMOVED.fullmatch(line) else hashlib.sha256(b"\x00" + line).digest()


def parent(left: bytes, right: bytes) -> bytes:
    """An inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of_path(line: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """The root to which a path leads."""
    node, last = hashlib.sha256(b"\x00" + line).digest(), size - 1
    if not 0 <= index < size:
        raise WrongError("outside the tree")
    for beside in path:
        if not last:
            raise WrongError("a path that is too long")
        if index & 1 or index == last:
            node = parent(beside, node)
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            node = parent(node, beside)
        index, last = index >> 1, last >> 1
    if last:
        raise WrongError("a path that is too short")
    return node


# Checkpoints


class Note:
    """A signed tree head."""

    def __init__(self, text: str) -> None:
        body, _, below = text.partition("\n\n")
        self.body = body.encode() + b"\n"
        lines = body.split("\n")
        if len(lines) != 3 or not re.fullmatch("0|[1-9][0-9]{0,15}", lines[1]):
            raise WrongError("not a checkpoint / チェックポイントではありません")
        self.origin, self.size, self.root = lines[0], int(lines[1]), base64.b64decode(lines[2], validate=True)
        self.signatures = re.findall("^\u2014 ([^ \n]+) ([A-Za-z0-9+/=]+)$", below, re.MULTILINE)

    def is_signed_by(self, key: Ed25519PublicKey) -> bool:
        """Whether one of the signatures is this key's."""
        short = hashlib.sha256(self.origin.encode() + b"\n\x01" + key.public_bytes_raw()).digest()[:4]
        for name, told in self.signatures:
            raw = base64.b64decode(told)
            if name == self.origin and raw[:4] == short and is_signed(key, raw[4:], self.body):
                return True
        return False

    def is_of(self, keys: dict[str, Ed25519PublicKey]) -> bool:
        """Whether a trusted key signed it, for its own log."""
        return any(self.origin == f"sekisho/{id}" and self.is_signed_by(key) for id, key in keys.items())


def notes_in(path: Path) -> list[Note]:
    """All notes of a file, or of the files in a folder."""
    if path.is_dir():
        files = sorted(one for one in path.rglob("*") if one.suffix in (".note", ".notes"))
        return [note for file in files for note in notes_in(file)]
    text = path.read_text(encoding="utf-8").replace("\r\n", "\n")
    found = re.findall("(?:[^\n\u2014][^\n]*\n){3}\n(?:\u2014 [^\n]*\n)+", text)
    if not found or "".join("".join(found).split()) != "".join(text.split()):
        raise WrongError(f"{path}: not a file of checkpoints / チェックポイントのファイルではありません")
    return [Note(one) for one in found]


# A log


class Log:
    """One walk over the segments of a log."""

    def __init__(self, keys: dict[str, Ed25519PublicKey], notes: list[Note]) -> None:
        self.keys, self.notes, self.tree = keys, notes, Tree()
        self.faults: list[str] = []
        self.days: list[tuple[Ed25519PublicKey, int]] = []  # key of the day, its first line
        self.before: dict[str, Any] | None = None
        self.monotonic: dict[str, int] = {}
        self.roots: dict[int, bytes] = {}
        self.removed: list[int] = []  # lines of which the hash alone is left
        self.pruned: list[range] = []  # and of which a line says so
        self.wanted = {note.size for note in notes}

    def check(self, folder: Path, max_age_min: float | None) -> None:
        """All of it."""
        beside = [Note((folder / "checkpoint").read_text("utf-8"))] if (folder / "checkpoint").exists() else []
        ended = [Note(one.read_text("utf-8")) for one in sorted((folder / "checkpoints").glob("*.note"))]
        self.wanted |= {note.size for note in (*beside, *ended)}
        self._note_root()
        segments = sorted(folder.glob("*.jsonl"))
        if not segments:
            raise WrongError(f"{folder}: no log / ログがありません")
        for segment in segments:
            self._segment(segment, is_last=segment == segments[-1])
        for note in (*self.notes, *beside, *ended):
            self._hold_to(note)
        self._days_ended(ended)
        said = sorted(self.pruned, key=lambda one: one.start)
        for seq in self.removed:
            while said and seq >= said[0].stop:
                del said[0]
            if not any(seq in one for one in said[:1]):
                self._fault(f"{seq}: removed, and no line says so / 取り除いた記録のない行です")
        if self.days and not beside and self.tree.size > self.days[0][1]:
            self._fault("the checkpoint is missing / チェックポイントがありません")
        for note in beside:
            day_keys = [key for key, start in self.days if start <= note.size][-2:]
            if day_keys and not any(note.is_signed_by(key) for key in day_keys):
                self._fault("checkpoint: not by the key of its day / その日の鍵の署名がありません")
        if max_age_min is not None and self.before is not None:
            age_s = time.time() - nanoseconds(self.before["time"]) / 1e9
            if age_s > max_age_min * 60:
                self._fault(f"the last line is {age_s / 60:.0f} min old / 最後の行が古すぎます")

    def _fault(self, told: str) -> None:
        self.faults.append(told)

    def _note_root(self) -> None:
        if self.tree.size in self.wanted:
            self.roots[self.tree.size] = self.tree.root()

    def _segment(self, path: Path, *, is_last: bool) -> None:
        if not re.fullmatch(r"\d{16}\.jsonl", path.name) or int(path.stem) != self.tree.size + 1:
            self._fault(f"{path.name}: a segment is missing or has no place here / セグメントが続いていません")
        with path.open("rb") as file:
            while raw := file.readline(MAX_LINE + 1):
                rest = raw  # what is longer than any line is hashed as far as it may be, and told
                while not rest.endswith(b"\n") and (rest := file.readline(MAX_LINE)):
                    pass
                if not raw.endswith(b"\n") and len(raw) <= MAX_LINE:
                    self._fault(f"{path.name}: a line without end / 行が途中で切れています")
                    if is_last:
                        return
                self._line(raw.rstrip(b"\n") if raw.endswith(b"\n") else raw)

    def _line(self, raw: bytes) -> None:
        self.tree.add(leaf_of(raw))
        self._note_root()
        seq = self.tree.size
        if REMOVED.fullmatch(raw):
            self.removed.append(seq)
            self.before = None
            return
        try:
            if len(raw) >= MAX_LINE:
                raise WrongError("too long / 長すぎます")
            line = parsed(raw)
            if not set(line) >= STAMPED or line["v"] != 1:
                raise WrongError("another form / 書式が違います")
            if type(line["seq"]) is not int or line["seq"] != seq:
                raise WrongError(f"number {line['seq']!r:.20} in place of {seq} / 連番が続いていません")
            self._clocks(line)
            if line["event"] == "epoch":
                self._epoch(line)
            if line["event"] == "pruned" and line["last"] < seq:
                self.pruned.append(range(line["first"], line["last"] + 1))
            if line["event"] == "decided" and line["key"] not in self.keys:
                raise WrongError("a certificate by an unknown key / 知らない鍵の証明書です")
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            self._fault(f"{seq}: {error!s:.200}")
        else:
            self.before = line

    def _clocks(self, line: dict[str, Any]) -> None:
        boot, mono, wall = str(line["boot"]), line["mono_ns"], nanoseconds(line["time"])
        is_back = mono < self.monotonic.get(boot, 0)
        self.monotonic[boot] = mono
        if is_back:
            raise WrongError("before an earlier line of the same boot / 同じ起動中の前の行より前です")
        before = self.before
        if before is None or not self.days:
            return
        is_same = before["boot"] == boot
        passed = mono - before["mono_ns"] if is_same else 0
        apart = wall - nanoseconds(before["time"]) - passed
        if line["event"] not in ("clock", "torn") and (apart < -CLOCK_STEP_NS or (is_same and apart > CLOCK_STEP_NS)):
            raise WrongError("its time does not fit the clock / 時刻が時計と合いません")
        if is_same and passed > SILENCE_NS and line["event"] not in AFTER_A_PAUSE:
            raise WrongError("a long silence without a restart / 再起動なしに記録が途絶えています")

    def _epoch(self, line: dict[str, Any]) -> None:
        """The key of the day: vouched for by the one before; the first by a trusted one, or trusted itself."""
        told = {name: line[name] for name in ("key", "public", "signed_by", "origin")}
        message = b"sekisho/epoch/v1\n" + canonical(told)
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(line["public"], validate=True))
        signature = base64.b64decode(line["signature"], validate=True)
        by = {key_id(one): one for one in ([self.days[-1][0]] if self.days else [])}
        is_next = bool(by)
        if line["signed_by"] not in by:
            by, is_next = self.keys, not self.days
        voucher = by.get(line["signed_by"])
        is_vouched = voucher is not None and is_signed(voucher, signature, message)
        if line["key"] != key_id(key) or not (is_vouched or (not self.days and line["key"] in self.keys)):
            raise WrongError("a day key that nobody vouches for / 保証されていない日ごとの鍵です")
        is_known = any(key_id(one) == line["key"] for one, _ in self.days)
        self.days.append((key, self.tree.size))
        if not is_next or is_known:
            raise WrongError("the chain of day keys begins anew / 日ごとの鍵の連鎖が切れています")

    def _hold_to(self, note: Note) -> None:
        if not note.is_of(self.keys):
            self._fault(f"checkpoint of {note.size}: not by a trusted key / 信頼する鍵の署名がありません")
        if note.size not in self.roots:
            self._fault(f"checkpoint of {note.size}: the log is shorter / ログが短くなっています")
        elif self.roots[note.size] != note.root:
            self._fault(f"checkpoint of {note.size}: another log up to there / ここまでのログが別物です")

    def _days_ended(self, ended: list[Note]) -> None:
        for (key, _), (_, end) in zip(self.days, self.days[1:]):
            if not any(note.size >= end and note.is_signed_by(key) for note in ended):
                self._fault(f"the day before line {end} was not signed off by its key / 日の終わりの署名がありません")


def nanoseconds(text: str) -> int:
    """An RFC 3339 time in UTC with microseconds."""
    moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc)  # noqa: UP017, Python 3.9
    return int(moment.replace(microsecond=0).timestamp()) * 10**9 + moment.microsecond * 1000


# A copy, a proof


def check_copy(certificate_file: Path, file: Path, keys: dict[str, Ed25519PublicKey]) -> dict[str, Any]:
    """The certificate, once it is shown to be of this copy. A store's record has one too."""
    sealed = parsed(certificate_file.read_bytes())
    if "manifest" in sealed:
        sealed = sealed["certificate"]
    told = unsealed(sealed, "certificate", keys)
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    if sha256 != told["sha256_out"]:
        is_original = sha256 == told["sha256_in"]
        raise WrongError("the original, not the copy / 原本です" if is_original else "other bytes / 中身が違います")
    return told


def check_proof(file: Path, keys: dict[str, Ed25519PublicKey], notes: list[Note]) -> list[dict[str, Any]]:
    """The lines of a proof, once they are shown to stand in a signed tree."""
    told = parsed(file.read_bytes().rstrip(b"\n"))
    given = [Note(told["checkpoint"])] if "checkpoint" in told else []
    root = bytes.fromhex(told["root"])
    if not any(note.is_of(keys) and (note.size, note.root) == (told["size"], root) for note in (*given, *notes)):
        raise WrongError("no signed checkpoint for this tree / この木に署名したチェックポイントがありません")
    lines = []
    for one in told["lines"]:
        line = parsed(one["line"].encode())
        path = [bytes.fromhex(node) for node in one["path"]]
        if root_of_path(one["line"].encode(), line["seq"] - 1, told["size"], path) != root or line["id"] != told["id"]:
            raise WrongError("a line that does not stand in the tree / 木にない行です")
        lines.append(line)
    return lines


def report(paths: list[Path], keys: dict[str, Ed25519PublicKey], options: argparse.Namespace) -> Iterator[str]:
    """Check what was asked for, print what is so, answer with what is wrong."""
    notes = [note for path in options.checkpoint for note in notes_in(path)]
    if len(paths) == 1 and paths[0].is_dir():
        log = Log(keys, notes)
        log.check(paths[0], options.max_age)
        if log.removed:
            print(f"{len(log.removed)} lines removed after their retention / 保存期間を過ぎて取り除いた行")
        print(f"{log.tree.size} lines, {len(log.days)} day keys, head {log.tree.size}:{log.tree.root().hex()}")
        if not notes:
            print("no exported checkpoint was given / 書き出し済みチェックポイントの指定がありません")
        yield from log.faults
        return
    certificate = check_copy(paths[0], paths[1], keys) if paths else None
    if certificate:
        print(f"{certificate['id']}: {certificate['verdict']}, {certificate['name']} -> {certificate['name_out']}")
    lines = check_proof(options.proof, keys, notes) if options.proof else []
    for line in lines:
        print(f"{line['seq']:>10}  {line['time']}  {line['event']}")
    if certificate and lines:
        digest = hashlib.sha256(canonical(certificate)).hexdigest()
        if not any(line.get("certificate_sha256") == digest for line in lines):
            yield "no line is about this certificate / この証明書を記した行がありません"


def main() -> int:
    """Run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="*", type=Path, metavar="LOGFOLDER | CERT FILE")
    parser.add_argument("--key", type=Path, action="append", required=True, metavar="PUB")
    parser.add_argument("--checkpoint", type=Path, action="append", default=[], metavar="FILE")
    parser.add_argument("--proof", type=Path, metavar="FILE")
    parser.add_argument("--max-age", type=float, metavar="MINUTES")
    options = parser.parse_args()
    try:
        keys = {}
        for path in options.key:
            key = load_pem_public_key(path.read_bytes())
            if not isinstance(key, Ed25519PublicKey):
                raise OSError(f"{path}: not an Ed25519 key")
            keys[key_id(key)] = key
        if len(options.paths) not in (1, 2) and options.proof is None:
            parser.error("LOGFOLDER, or CERT FILE, or --proof")
        faults = list(report(options.paths, keys, options))
    except OSError as error:
        print(error, file=sys.stderr)
        return 2
    except (ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
        faults = [str(error)]
    for fault in faults[:1000]:
        print("".join(char if char.isprintable() else "?" for char in fault))
    print("does NOT hold / 問題があります" if faults else "holds / 問題ありません")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
