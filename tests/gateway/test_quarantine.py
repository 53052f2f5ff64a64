"""Sealed originals: two of the operators open one, one of them does not, and no changed byte passes."""

import io
import json
import os

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from gateway.quarantine import Keeper, SealedError, keepers_of, open_sealed, seal
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


def opened(keys, content: bytes) -> bytes:
    out = io.BytesIO()
    assert open_sealed(keys, io.BytesIO(content).read, out.write) == "F1"
    return out.getvalue()


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK])
def test_any_two_operators_open_it(keys, size):
    data = os.urandom(size)
    content = sealed(keys, data)

    assert keepers_of(io.BytesIO(content).read) == list(NAMES)
    for pair in ((0, 1), (1, 2), (2, 0)):
        assert opened([keys[at] for at in pair], content) == data


@pytest.mark.parametrize("who", [[], [0], [0, 0]])
def test_one_operator_alone_does_not(keys, who):
    with pytest.raises(SealedError, match="2 different"):
        opened([keys[at] for at in who], sealed(keys, b"x"))


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
