"""Writes tests/corpus/ooxml: one folder for each row of the catalogue, with what the forge makes of it.

python -m tests.sanitizers.ooxml.corpus
"""

from collections.abc import Iterator
from pathlib import Path

from tests.sanitizers.ooxml.forge import docx
from tests.sanitizers.ooxml.vector import BASES
from tests.sanitizers.ooxml.vectors import VECTORS
from tests.sanitizers.ooxml.vectors_zip import CONTAINERS

FOLDER = Path(__file__).resolve().parents[2] / "corpus" / "ooxml"
_LARGEST = 1 << 16  # what is large by its nature is made when it is needed


def files() -> Iterator[tuple[str, bytes]]:
    """Name below the folder, and content."""
    for vector in VECTORS:
        yield f"{vector.id}/{vector.file_name}", vector.put_in(BASES[vector.base]())
    for container in CONTAINERS:
        data = container.put_in(docx())
        if len(data) < _LARGEST:
            yield f"{container.id}/{container.file_name}", data


def main() -> None:
    """Write what is not there or differs."""
    for name, data in files():
        path = FOLDER / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


if __name__ == "__main__":
    main()
