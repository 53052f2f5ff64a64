"""libmagic's second opinion is the same whether or not it is asked for the encoding of bytes that are no text."""

from pathlib import Path

import pytest

from sanitizers.detect.opinion import danger, may_be_text, opinion

CORPUS = Path(__file__).parents[1] / "corpus"
PROGRAM = b"MZ" + bytes(58) + (64).to_bytes(4, "little") + b"PE\0\0" + bytes(400)


def test_bytes_with_a_zero_are_told_the_same_without_their_encoding():
    files = [path for path in sorted(CORPUS.rglob("*")) if path.is_file()]
    heads = [head for path in files if (head := path.read_bytes()[: 1 << 16]) and not may_be_text(head)]

    assert len(heads) > 100
    for head in heads:
        assert opinion(head, asks_encoding=False) == opinion(head, asks_encoding=True)


def test_a_program_is_seen():
    assert not may_be_text(PROGRAM)
    assert danger(PROGRAM) is not None


@pytest.mark.parametrize("start", ["utf-8", "utf-16", "utf-32"])
def test_what_may_be_text_is_asked_for_its_encoding(start):
    assert may_be_text("#!/bin/sh\necho 関所\n".encode(start))
