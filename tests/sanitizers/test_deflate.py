"""Inflate and deflate: the end of every stream is found, and nothing is written beyond the size asked for."""

import contextlib
import random
import subprocess
import sys
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanitizers.codecs.deflate import (
    LEVELS,
    crc32,
    deflate_raw,
    deflate_zlib,
    inflate_raw_exact,
    inflate_zlib,
    inflate_zlib_exact,
    inflate_zlib_fast,
)
from sanitizers.errors import MalformedError

CONTENTS = st.one_of(st.binary(max_size=300), st.builds(bytes, st.integers(0, 100_000)))


def raw_stream(data: bytes) -> bytes:
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


@given(CONTENTS)
def test_what_was_deflated_is_inflated(data):
    assert inflate_raw_exact(deflate_raw(data), len(data)) == data
    assert all(inflate_zlib_exact(deflate_zlib(data, level), len(data)) == data for level in LEVELS)
    assert inflate_zlib_fast(zlib.compress(data), len(data)) == data
    assert zlib.decompress(deflate_zlib(data)) == data
    assert zlib.decompress(deflate_raw(data), -15) == data


@given(CONTENTS, st.binary(min_size=1, max_size=20))
def test_bytes_behind_the_end_are_found(data, behind):
    with pytest.raises(MalformedError):
        inflate_raw_exact(raw_stream(data) + behind, len(data))
    with pytest.raises(MalformedError):
        inflate_zlib_exact(zlib.compress(data) + behind, len(data))
    assert inflate_zlib(zlib.compress(data) + behind, len(data)).bytes_behind == len(behind)
    assert inflate_zlib_fast(zlib.compress(data) + behind, len(data)) is None or behind.endswith(
        zlib.compress(data)[-4:]
    )


@given(CONTENTS.filter(len))
def test_another_size_is_refused(data):
    for size in (len(data) - 1, len(data) + 1):
        with pytest.raises(MalformedError):
            inflate_raw_exact(raw_stream(data), size)
        with pytest.raises(MalformedError):
            inflate_zlib_exact(zlib.compress(data), size)
        assert inflate_zlib_fast(zlib.compress(data), size) is None
    assert inflate_zlib(zlib.compress(data), len(data) - 1).has_more


@given(CONTENTS, st.data())
def test_a_stream_that_is_cut_off_is_refused(data, draw):
    packed = zlib.compress(data)
    cut = packed[: draw.draw(st.integers(0, len(packed) - 1))]

    with pytest.raises(MalformedError):
        inflate_zlib(cut, len(data) + 1)
    assert inflate_zlib_fast(cut, len(data)) is None


@given(st.binary(max_size=200))
def test_any_bytes_are_inflated_or_refused(packed):
    for inflate in (inflate_raw_exact, inflate_zlib_exact):
        with contextlib.suppress(MalformedError):
            assert len(inflate(packed, 50)) == 50


def test_a_bomb_is_not_unpacked():
    """No more than what was asked for is ever written."""
    packer = zlib.compressobj(9)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(64)) + packer.flush()

    found = inflate_zlib(bomb, 1000)

    assert len(found.data) == 1000 and found.has_more


@given(st.binary(), st.binary())
def test_check_sums_go_on_where_others_ended(first, second):
    assert crc32(second, crc32(first)) == zlib.crc32(first + second)


def test_every_process_packs_the_same_stream():
    """Where a stream's state lies in memory is no part of it: addresses differ from one process to the next."""
    command = [sys.executable, "-c", f"from {__name__} import digest_of_many; print(digest_of_many())"]
    digests = {subprocess.run(command, check=True, capture_output=True, text=True).stdout for _ in range(3)}

    assert digests == {f"{digest_of_many()}\n"}


def digest_of_many() -> int:
    """Of texts that repeat what stands from their third byte on."""
    chance, packed = random.Random(7), []
    rest = chance.randbytes(200)
    for _ in range(2000):
        start = chance.randbytes(24)
        text = start + rest + start[2:]
        packed += [deflate_raw(text), deflate_zlib(text)]
    return zlib.crc32(b"".join(packed))
