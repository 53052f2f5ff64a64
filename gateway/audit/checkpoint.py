"""Signed tree heads as the rest of the world writes them: three lines of text, signed as a note. No I/O.

    sekisho/0123456789abcdef            origin: which log
    100000                              its number of lines
    XcnM…=                              the tree's root
                                        (an empty line)
    — sekisho/0123456789abcdef AbCd…=   one line a signature

Each is signed twice: by the gateway's own key, which auditors and receivers hold, and by the key of the day, whose
private half is erased afterwards, so that a later intruder cannot sign the past again.
Source: C2SP tlog-checkpoint, C2SP signed-note.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from gateway.audit.head import Head
from gateway.audit.keys import SIGNATURE_BYTES, PublicKey, SigningKey
from gateway.audit.merkle import HASH_BYTES

MAX_NOTE_BYTES: Final = 4096
_ED25519: Final = b"\x01"
_HASH_BYTES: Final = 4
_MARK: Final = "\u2014 "
_ORIGIN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@/-]{0,127}")
_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,15}")
_SIGNATURE: Final = re.compile(rf"{_MARK}([^\s+]+) ([A-Za-z0-9+/]+=*)")


class NoteError(ValueError):
    """A text that is no signed checkpoint."""


@dataclass(frozen=True, slots=True)
class Signature:
    """One line under a note."""

    name: str
    key_hash: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Note:
    """A checkpoint with its signatures, none of them checked yet."""

    origin: str
    head: Head
    signatures: tuple[Signature, ...]

    @property
    def body(self) -> bytes:
        """What is signed."""
        return f"{self.origin}\n{self.head.size}\n{base64.b64encode(self.head.root).decode()}\n".encode()

    def is_signed_by(self, key: PublicKey) -> bool:
        """Whether one of the signatures is this key's."""
        known = key_hash(self.origin, key)
        return any(
            one.name == self.origin and one.key_hash == known and key.verify(one.signature, self.body)
            for one in self.signatures
        )

    def text(self) -> str:
        """The note as it is written to a file."""
        lines = (
            f"{_MARK}{one.name} {base64.b64encode(one.key_hash + one.signature).decode()}\n" for one in self.signatures
        )
        return f"{self.body.decode()}\n{''.join(lines)}"


def origin_of(key: PublicKey) -> str:
    """The name of the log that this key's owner keeps."""
    return f"sekisho/{key.id}"


def key_hash(name: str, key: PublicKey) -> bytes:
    """The four bytes by which a note calls a key."""
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + key.raw).digest()[:_HASH_BYTES]


def sign(origin: str, head: Head, keys: Sequence[SigningKey]) -> Note:
    """The head, signed by each key."""
    bare = Note(origin, head, ())
    signatures = (Signature(origin, key_hash(origin, key.public), key.sign(bare.body)) for key in keys)
    return Note(origin, head, tuple(signatures))


def parse(text: str) -> Note:
    """Read one note. Raises NoteError."""
    body, separator, below = text.partition("\n\n")
    lines = body.split("\n")
    if not separator or len(lines) < 3 or len(text) > MAX_NOTE_BYTES or not _ORIGIN.fullmatch(lines[0]):
        raise NoteError("not a signed checkpoint")
    if not _SIZE.fullmatch(lines[1]) or len(lines) != 3:
        raise NoteError("a checkpoint of another form")
    root = _decoded(lines[2])
    if len(root) != HASH_BYTES:
        raise NoteError("a root of another length")
    found = [_SIGNATURE.fullmatch(line) for line in below.removesuffix("\n").split("\n")]
    signatures = [_signature(match[1], _decoded(match[2])) for match in found if match]
    if len(signatures) != len(found):
        raise NoteError("a line that is no signature")
    return Note(lines[0], Head(int(lines[1]), root), tuple(signatures))


def parse_many(text: str) -> Iterator[Note]:
    """Read a file of notes, one behind the other, with or without empty lines between. Raises NoteError."""
    note: list[str] = []
    for line in [*text.replace("\r\n", "\n").split("\n"), ""]:
        is_below = "" in note
        if note and is_below and not line.startswith(_MARK):
            yield parse("\n".join(note) + "\n")
            note = []
        if line or note:
            note.append(line)
    if note:
        raise NoteError("a note without its signatures")


def signed_by(note: Note, keys: Iterable[PublicKey]) -> set[str]:
    """The ids of those of `keys` whose signature the note bears."""
    return {key.id for key in keys if note.is_signed_by(key)}


def _signature(name: str, raw: bytes) -> Signature:
    if len(raw) != _HASH_BYTES + SIGNATURE_BYTES:
        return Signature(name, raw[:_HASH_BYTES], b"")  # of an algorithm that is not ours
    return Signature(name, raw[:_HASH_BYTES], raw[_HASH_BYTES:])


def _decoded(text: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise NoteError("not base64") from error
    if base64.b64encode(raw).decode() != text:
        raise NoteError("not base64 in its one form")
    return raw
