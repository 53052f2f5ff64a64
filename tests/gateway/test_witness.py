"""What the LGWAN side remembers of the gateway's log, and what it says of one that was rolled back or exists twice."""

from pathlib import Path

import pytest

from gateway.audit.chain import read_checkpoints
from gateway.audit.checkpoint import NoteError, origin_of, parse, parse_many, sign
from gateway.audit.export import FilePlace, PlaceError, SyslogPlace, place
from gateway.audit.head import Head
from gateway.audit.keys import SigningKey, key_ring
from gateway.audit.log import AuditLog
from gateway.audit.recorder import Recorder
from gateway.audit.segments import read
from gateway.receive.witness import Witness


@pytest.fixture
def key(tmp_path) -> SigningKey:
    return SigningKey.create(tmp_path / "signing.pem")


def note(key: SigningKey, size: int, root: int = 0) -> str:
    return sign(origin_of(key.public), Head(size, bytes([root or size]) * 32), [key]).text()


async def seen(folder: Path, key: SigningKey, *untrusted: object) -> list[str]:
    """The alarms after the witness has seen these."""
    recorder = Recorder(AuditLog.open(folder / "audit"))
    witness = Witness(folder / "checkpoints", "lgwan", key_ring([key.public]), recorder)
    for one in untrusted:
        await witness.see(one)
    await recorder.close()
    return [line.event["reason"] for line in read(folder / "audit") if line.event["event"] == "alarm"]


async def test_checkpoints_are_kept_for_auditors(tmp_path, key):
    assert await seen(tmp_path, key, note(key, 5), note(key, 5), note(key, 9), None) == []
    assert [one.head.size for one in read_checkpoints(tmp_path / "checkpoints")] == [5, 9]


async def test_a_log_that_was_rolled_back_or_exists_twice_is_an_alarm(tmp_path, key):
    assert await seen(tmp_path, key, note(key, 5), note(key, 4)) == ["log-forked"]
    assert await seen(tmp_path, key, note(key, 5, root=7)) == ["log-forked"] * 2, "remembered over a restart"
    assert [one.head.size for one in read_checkpoints(tmp_path / "checkpoints")] == [5]


async def test_what_no_trusted_key_signed_is_an_alarm(tmp_path, key):
    stranger = SigningKey.create(tmp_path / "stranger.pem")
    other_origin = sign(origin_of(stranger.public), Head(5, bytes(32)), [key]).text()
    for untrusted in (note(stranger, 5), other_origin, "nonsense", {"a": 1}, "x" * 10_000):
        assert (await seen(tmp_path, key, untrusted))[-1] == "checkpoint-not-signed"
    assert not (tmp_path / "checkpoints").exists()


async def test_a_torn_note_does_not_spoil_the_file(tmp_path, key):
    await seen(tmp_path, key, note(key, 5))
    (file,) = (tmp_path / "checkpoints").iterdir()
    with file.open("a") as torn:
        torn.write(note(key, 6)[:70])
    assert await seen(tmp_path, key, note(key, 7)) == []
    assert [one.head.size for one in read_checkpoints(file)] == [5, 7]


def test_a_note_is_read_as_it_was_written_and_nothing_else_is(key):
    text = note(key, 5)
    assert parse(text).text() == text and parse(text).is_signed_by(key.public)
    assert [one.head.size for one in parse_many(text + "\n" + note(key, 9) + note(key, 11))] == [5, 9, 11]
    for harmed in ("", text[:-3], text.replace("5\n", "05\n", 1), text.replace("\n\n", "\nmore\n\n", 1), text[1:]):
        with pytest.raises(NoteError):
            one = parse(harmed)
            assert not one.is_signed_by(key.public)
            raise NoteError
    assert not parse(text.replace("5\n", "6\n", 1)).is_signed_by(key.public)


def test_places_are_named_as_operators_write_them(tmp_path):
    assert place("file:notes", tmp_path) == FilePlace("file:notes", tmp_path / "notes")
    assert place("syslog:/dev/log", tmp_path) == SyslogPlace("syslog:/dev/log", "/dev/log")
    assert place("syslog:udp://192.0.2.7", tmp_path) == SyslogPlace("syslog:udp://192.0.2.7", "", "192.0.2.7", 514)
    assert place("syslog:tcp://[::1]:6514", tmp_path) == SyslogPlace(
        "syslog:tcp://[::1]:6514", "", "::1", 6514, is_stream=True
    )
    for wrong in ("", "file:", "syslog:", "syslog:http://x", "mail:x", "syslog:udp://x:99999"):
        with pytest.raises(PlaceError):
            place(wrong, tmp_path)
