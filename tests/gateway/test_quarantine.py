"""Sealed originals: two of the operators open one, one of them does not, and no changed byte passes."""

import io
import json
import os

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from gateway.quarantine import header_of, open_sealed, seal
from gateway.shares import Keeper, SealedError, own_share, pass_on
from tests.gateway.transfers import memfd, read_fd

NAMES = ("sato", "suzuki", "takahashi")
CHUNK = 1 << 16


@pytest.fixture(scope="module")
def keys():
    return [X25519PrivateKey.generate() for _ in NAMES]


def sealed(keys, data: bytes) -> bytes:
    source, target = memfd(data), memfd(b"")
    seal("F1", [Keeper(name, key.public_key()) for name, key in zip(NAMES, keys)], source, target)
    os.close(source)
    os.lseek(target, 0, os.SEEK_SET)
    return read_fd(target)


def opened(keys, content: bytes, passed=None) -> bytes:
    out = io.BytesIO()
    assert open_sealed(keys, io.BytesIO(content).read, out.write, passed) == "F1"
    return out.getvalue()


def passed_on(content: bytes, by, to, id: str = "F1") -> dict:
    """What one operator makes on their machine, from the head of the sealed file, for another."""
    header = header_of(io.BytesIO(content).read)
    return pass_on(id, own_share("F1", header["shares"], by), Keeper("to", to.public_key()))


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK])
def test_any_two_operators_open_it(keys, size):
    data = os.urandom(size)
    content = sealed(keys, data)

    header = header_of(io.BytesIO(content).read)
    assert [share["operator"] for share in header["shares"]] == list(NAMES)
    for pair in ((0, 1), (1, 2), (2, 0)):
        assert opened([keys[at] for at in pair], content) == data


@pytest.mark.parametrize("who", [[], [0], [0, 0]])
def test_one_operator_alone_does_not(keys, who):
    with pytest.raises(SealedError, match="2 different"):
        opened([keys[at] for at in who], sealed(keys, b"x"))


def test_one_operator_opens_it_with_what_another_passed_on(keys):
    """Neither ever has the other's private key."""
    content = sealed(keys, b"secret")

    assert opened([keys[1]], content, passed_on(content, keys[0], keys[1])) == b"secret"
    assert opened([keys[0]], content, passed_on(content, keys[2], keys[0])) == b"secret"


def test_what_was_passed_on_serves_one_operator_and_one_file_alone(keys):
    """Not a third one, not the giver, not for another file, not twice the same share."""
    content, passed = (made := sealed(keys, b"secret")), passed_on(made, keys[0], keys[1])
    wrong = (
        (keys[2], passed),
        (keys[0], passed),
        (keys[1], passed_on(content, keys[0], keys[1], id="F2")),
        (keys[1], passed_on(content, keys[1], keys[1])),
        (keys[1], passed | {"at": 3}),
        (keys[1], header_of(io.BytesIO(content).read)["shares"][0]),
    )
    for key, share in wrong:
        with pytest.raises(SealedError):
            opened([key], content, share)


def test_a_stranger_s_key_does_not(keys):
    with pytest.raises(SealedError, match="not sealed to this key"):
        opened([keys[0], X25519PrivateKey.generate()], sealed(keys, b"x"))


def test_nothing_of_it_can_be_read_or_changed(keys):
    """Flipped, cut at a chunk, a chunk swapped or repeated: each is told."""
    data = b"secret" * 30_000
    content = sealed(keys, data)
    start = content.index(b"\n") + 1
    block = CHUNK + 16
    first, second, rest = (
        content[start : start + block],
        content[start + block : start + 2 * block],
        content[start + 2 * block :],
    )
    harmed = (
        content[:start] + second + first + rest,
        content[:start] + first + second,
        content[:start] + first + first + rest,
        content[: start + block],
        content[:start],
        content[:-1],
        *(bytes([*content[:at], content[at] ^ 1, *content[at + 1 :]]) for at in (start, len(content) - 1, 400)),
    )

    assert b"secret" not in content
    for one in harmed:
        with pytest.raises(SealedError):
            opened(keys[:2], one)


def test_a_share_is_of_one_file_alone(keys):
    """A header with the shares of another file does not open this one."""
    one, other = sealed(keys, b"x"), sealed(keys, b"y")
    header, other_header = (json.loads(content.split(b"\n", 1)[0]) for content in (one, other))
    mixed = json.dumps(header | {"shares": other_header["shares"]}).encode() + b"\n" + one.split(b"\n", 1)[1]
    with pytest.raises(SealedError):
        opened(keys[:2], mixed)
