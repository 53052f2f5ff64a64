"""Palette entries that no pixel uses (IMG-39): nobody sees them, so that they could hold anything."""

from collections.abc import Sequence

_ENTRY = 3  # red, green, blue


def without_unused(palette: bytes, uses: Sequence[int]) -> tuple[bytes, int]:
    """The palette with black for each entry that `uses` counts no pixel of, and how many entries that changed."""
    entries = [palette[at : at + _ENTRY] for at in range(0, len(palette), _ENTRY)]
    spare = [index for index, entry in enumerate(entries) if not uses[index] and any(entry)]
    for index in spare:
        entries[index] = bytes(_ENTRY)
    return b"".join(entries), len(spare)
