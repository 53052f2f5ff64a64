"""The Merkle tree: the published vectors, and proofs that hold exactly for what they prove."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.audit.merkle import (
    EMPTY_ROOT,
    Edge,
    consistency_proof,
    inclusion_proof,
    is_consistent,
    is_included,
    root,
)
from gateway.audit.record import leaf

# The eight entries of certificate-transparency's own tests (merkletree/merkle_tree_test.cc), and what it expects.
ENTRIES = [
    b"",
    bytes.fromhex("00"),
    bytes.fromhex("10"),
    bytes.fromhex("2021"),
    bytes.fromhex("3031"),
    bytes.fromhex("40414243"),
    bytes.fromhex("5051525354555657"),
    bytes.fromhex("606162636465666768696a6b6c6d6e6f"),
]
LEAVES = [leaf(entry) for entry in ENTRIES]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LEFT_OF_FOUR = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
RIGHT_HALF = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
SECOND = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
FIFTH = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
FIFTH_AND_SIXTH = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
LAST_TWO = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"


def hexes(path):
    return [node.hex() for node in path]


def leaves_of(size: int) -> list[bytes]:
    return [leaf(str(number).encode()) for number in range(size)]


def flipped(node: bytes) -> bytes:
    return node[:-1] + bytes([node[-1] ^ 1])


def test_the_empty_tree_is_the_digest_of_nothing():
    assert root([]) == Edge().root() == EMPTY_ROOT == hashlib.sha256().digest()


@pytest.mark.parametrize(("size", "expected"), list(enumerate(ROOTS, 1)))
def test_the_published_roots(size, expected):
    assert root(LEAVES[:size]).hex() == expected


@pytest.mark.parametrize(
    ("index", "size", "expected"),
    [
        (0, 1, []),
        (0, 8, [SECOND, LEFT_OF_FOUR, RIGHT_HALF]),
        (5, 8, [FIFTH, LAST_TWO, ROOTS[3]]),
        (2, 3, [ROOTS[1]]),
    ],
)
def test_the_published_inclusion_proofs(index, size, expected):
    assert hexes(inclusion_proof(LEAVES[:size], index)) == expected


@pytest.mark.parametrize(
    ("old", "size", "expected"),
    [
        (1, 1, []),
        (1, 8, [SECOND, LEFT_OF_FOUR, RIGHT_HALF]),
        (6, 8, [FIFTH_AND_SIXTH, LAST_TWO, ROOTS[3]]),
        (2, 5, [LEFT_OF_FOUR, FIFTH]),
    ],
)
def test_the_published_consistency_proofs(old, size, expected):
    assert hexes(consistency_proof(LEAVES[:size], old)) == expected


def test_every_proof_of_every_small_tree_holds():
    for size in range(1, 34):
        leaves = leaves_of(size)
        top = root(leaves)
        for index in range(size):
            assert is_included(leaves[index], index, size, inclusion_proof(leaves, index), top)
        for old in range(size + 1):
            assert is_consistent(old, size, consistency_proof(leaves, old), root(leaves[:old]), top)


@given(st.data(), st.integers(1, 200))
def test_a_changed_inclusion_proof_does_not_hold(data, size):
    leaves = leaves_of(size)
    index = data.draw(st.integers(0, size - 1))
    path, top = list(inclusion_proof(leaves, index)), root(leaves)
    assert is_included(leaves[index], index, size, path, top)

    other = data.draw(st.integers(-1, size + 1).filter(lambda at: at != index))
    assert not is_included(leaves[index], other, size, path, top)
    assert not is_included(flipped(leaves[index]), index, size, path, top)
    assert not is_included(leaves[index], index, size, path, flipped(top))
    assert not is_included(leaves[index], index, size, [*path, top], top)
    assert not is_included(leaves[index][:-1], index, size, path, top)
    for at in range(len(path)):
        assert not is_included(leaves[index], index, size, [*path[:at], flipped(path[at]), *path[at + 1 :]], top)
        assert not is_included(leaves[index], index, size, path[:at] + path[at + 1 :], top)


@given(st.data(), st.integers(2, 200))
def test_a_changed_consistency_proof_does_not_hold(data, size):
    leaves = leaves_of(size)
    old = data.draw(st.integers(1, size - 1))
    proof, before, top = list(consistency_proof(leaves, old)), root(leaves[:old]), root(leaves)
    assert is_consistent(old, size, proof, before, top)

    assert not is_consistent(old, size, proof, flipped(before), top)
    assert not is_consistent(old, size, proof, before, flipped(top))
    assert not is_consistent(old, size, [*proof, top], before, top)
    assert not is_consistent(size + 1, size, proof, before, top)
    for at in range(len(proof)):
        assert not is_consistent(old, size, [*proof[:at], flipped(proof[at]), *proof[at + 1 :]], before, top)
        assert not is_consistent(old, size, proof[:at] + proof[at + 1 :], before, top)


@given(st.data(), st.integers(2, 100))
def test_no_tree_that_was_rewritten_is_consistent(data, size):
    """Whoever changes a line that an old root covers cannot make a proof from the new tree."""
    leaves = leaves_of(size)
    old = data.draw(st.integers(1, size - 1))
    index = data.draw(st.integers(0, old - 1))
    rewritten = [*leaves[:index], flipped(leaves[index]), *leaves[index + 1 :]]

    assert not is_consistent(old, size, consistency_proof(rewritten, old), root(leaves[:old]), root(rewritten))


@given(st.integers(1, 150), st.sets(st.integers(0, 149), max_size=5))
def test_paths_kept_while_appending_are_those_of_the_whole_tree(size, watched):
    leaves, edge = leaves_of(size), Edge()
    for index, one in enumerate(leaves):
        assert edge.append(one, is_watched=index in watched) == index
    for index in watched & set(range(size)):
        assert is_included(leaves[index], index, size, edge.path(index), edge.root())


@pytest.mark.parametrize("index", [-1, 8])
def test_a_leaf_that_is_not_there_has_no_proof(index):
    with pytest.raises(IndexError):
        inclusion_proof(LEAVES, index)
    with pytest.raises(IndexError):
        consistency_proof(LEAVES, index if index < 0 else 9)
