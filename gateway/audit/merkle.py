"""The Merkle tree over the lines of the log: its root, and proofs that a line stands in it or that it only grew.

A leaf is `record.leaf`; an inner node is SHA-256(0x01 || left || right). While leaves are added, the roots of the
whole subtrees are kept, one for each bit of the size, and nothing else. Pure: no I/O.
Source: RFC 6962 section 2.1, RFC 9162 sections 2.1.1 to 2.1.4.
"""

import hashlib
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Final

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()

Path = tuple[bytes, ...]


class Edge:
    """The right edge of a tree that grows, and the paths of those leaves that somebody wants a proof for."""

    def __init__(self) -> None:
        self._nodes: list[bytes] = []  # roots of whole subtrees, the largest first
        self._paths: dict[int, list[bytes]] = {}  # of watched leaves, up to the whole subtree each stands in
        self.size = 0

    @property
    def nodes(self) -> tuple[bytes, ...]:
        """All that is needed to go on: the roots of whole subtrees, the largest first."""
        return tuple(self._nodes)

    @classmethod
    def resumed(cls, size: int, nodes: Sequence[bytes]) -> "Edge":
        """Go on from what `nodes` answered. Raises ValueError for what cannot be of this size."""
        if size < 0 or len(nodes) != size.bit_count() or not _are_hashes(*nodes):
            raise ValueError(f"not the edge of {size} leaves")
        edge = cls()
        edge._nodes, edge.size = list(nodes), size
        return edge

    def append(self, leaf: bytes, *, is_watched: bool = False) -> int:
        """Add a leaf at the right. Answers with its index."""
        index, node, width = self.size, leaf, 1
        if is_watched:
            self._paths[index] = []
        while index & width:
            left = self._nodes.pop()
            if self._paths:
                self._lengthen(index + 1 - 2 * width, width, left, node)
            node, width = _node(left, node), width * 2
        self._nodes.append(node)
        self.size += 1
        return index

    def root(self) -> bytes:
        """The tree's root as it stands."""
        return _fold(self._nodes)

    def path(self, index: int) -> Path:
        """The inclusion proof of a watched leaf in the tree as it stands. Raises KeyError for a leaf nobody watched."""
        path = self._paths[index].copy()
        ends = accumulate(_widths(self.size))
        before = next(number for number, end in enumerate(ends) if index < end)
        if rest := self._nodes[before + 1 :]:
            path.append(_fold(rest))
        path.extend(reversed(self._nodes[:before]))
        return tuple(path)

    def _lengthen(self, start: int, width: int, left: bytes, right: bytes) -> None:
        for index, path in self._paths.items():
            if index >= start + width:
                path.append(left)
            elif index >= start:
                path.append(right)


def root(leaves: Iterable[bytes]) -> bytes:
    """The root of the tree over these leaves."""
    edge = Edge()
    for leaf in leaves:
        edge.append(leaf)
    return edge.root()


def inclusion_proof(leaves: Sequence[bytes], index: int) -> Path:
    """That the leaf at `index` stands in the tree over `leaves`. Raises IndexError for an index that is not in it."""
    if not 0 <= index < len(leaves):
        raise IndexError(index)
    edge = Edge()
    for at, leaf in enumerate(leaves):
        edge.append(leaf, is_watched=at == index)
    return edge.path(index)


def consistency_proof(leaves: Sequence[bytes], old_size: int) -> Path:
    """That the tree over `leaves` begins with the tree over the first `old_size` of them. Raises IndexError."""
    if not 0 <= old_size <= len(leaves):
        raise IndexError(old_size)
    if old_size in (0, len(leaves)):
        return ()
    proof: list[bytes] = []
    start, end, is_whole = 0, len(leaves), True  # whole: the old tree itself, whose root the checker has
    while start + old_size < end:
        middle = start + _split(end - start)
        if old_size <= middle - start:
            proof.append(root(leaves[middle:end]))
            end = middle
        else:
            proof.append(root(leaves[start:middle]))
            old_size -= middle - start
            start, is_whole = middle, False
    if not is_whole:
        proof.append(root(leaves[start:end]))
    return tuple(reversed(proof))


def is_included(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether `path` proves that `leaf` is the one at `index` of a tree with `size` leaves and this root."""
    if not 0 <= index < size or not _are_hashes(leaf, root, *path):
        return False
    node, at, last = leaf, index, size - 1
    for beside in path:
        if not last:
            return False
        if at & 1 or at == last:
            node = _node(beside, node)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            node = _node(node, beside)
        at, last = at >> 1, last >> 1
    return not last and node == root


def is_consistent(old_size: int, size: int, proof: Sequence[bytes], old_root: bytes, root: bytes) -> bool:
    """Whether `proof` shows that the tree of `size` leaves and `root` begins with the one of `old_size`."""
    if not 0 <= old_size <= size or not _are_hashes(old_root, root, *proof):
        return False
    if old_size == size:
        return not proof and old_root == root
    if not old_size:
        return not proof and old_root == EMPTY_ROOT
    path = [old_root, *proof] if old_size & (old_size - 1) == 0 else list(proof)
    if not path:
        return False
    at, last = old_size - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old_node = node = path[0]
    for beside in path[1:]:
        if not last:
            return False
        if at & 1 or at == last:
            old_node, node = _node(beside, old_node), _node(beside, node)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            node = _node(node, beside)
        at, last = at >> 1, last >> 1
    return not last and old_node == old_root and node == root


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def _fold(nodes: Sequence[bytes]) -> bytes:
    """The root over whole subtrees, the largest first."""
    if not nodes:
        return EMPTY_ROOT
    node = nodes[-1]
    for left in reversed(nodes[:-1]):
        node = _node(left, node)
    return node


def _widths(size: int) -> list[int]:
    """The whole subtrees of a tree, the largest first."""
    return [1 << bit for bit in reversed(range(size.bit_length())) if size >> bit & 1]


def _split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1


def _are_hashes(*values: bytes) -> bool:
    return all(len(value) == HASH_BYTES for value in values)
