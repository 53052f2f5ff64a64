"""The zygote's heap before the first fork, and the files that it practises on."""

import subprocess
import sys
import textwrap

import pytest

from gateway.zygotes import ENVIRONMENT
from policies.load import load_policy
from sanitizers.light import sanitize
from sanitizers.model import Order
from sanitizers.verify.light import CHECKS, judge
from sanitizers.worker import samples

# A megabyte and a half that was used and is free, as a warm-up leaves it.
USED = """
    import ctypes, gc, os
    from sanitizers.worker import heap

    libc = ctypes.CDLL(None)
    libc.malloc.restype = ctypes.c_void_p
    pieces = [ctypes.c_void_p(libc.malloc(ctypes.c_size_t(100_000))) for _ in range(15)]
    for piece in pieces:
        ctypes.memset(piece, 1, 100_000)
    for piece in pieces:
        libc.free(piece)
    heap.settle()
    libc.mallinfo2.restype = heap._Mallinfo2
    left = libc.mallinfo2().keepcost
    heap.settle()
    assert libc.mallinfo2().keepcost == left, "settled twice"
    assert gc.get_freeze_count() > 1000
    print(left)
"""


def test_what_was_used_and_is_free_is_not_inherited():
    words = [sys.executable, "-I", "-c", textwrap.dedent(USED)]
    answer = subprocess.run(words, capture_output=True, text=True, check=True, env=dict(ENVIRONMENT))
    assert int(answer.stdout) <= 1 << 16


@pytest.mark.parametrize(("name", "data"), samples.SENT)
def test_a_sanitizer_practises_on_files_that_go_all_the_way(name: str, data: bytes):
    outcome = sanitize(data, Order(name=name, policy=load_policy("default")))
    assert outcome.data is not None


@pytest.mark.parametrize(("media_type", "data"), samples.COPIES)
def test_a_judge_practises_on_copies_that_are_accepted(media_type: str, data: bytes):
    assert media_type in CHECKS
    assert judge(data, media_type, load_policy("default")).accepted
