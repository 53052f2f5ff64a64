"""libmat2 in process: `python3 mat2ing.py FILE TIMES` prints CPU seconds a time.

For the interpreter of the system, which has it; needs nothing else.
"""

import os
import sys
import tempfile
from pathlib import Path

from libmat2 import parser_factory  # type: ignore[import-not-found]


def clean(path: Path, out: Path) -> None:
    """One file."""
    parser, _ = parser_factory.get_parser(str(path))
    parser.output_filename = str(out)
    assert parser.remove_all()


def main() -> None:
    """The first time is not counted."""
    path, times = Path(sys.argv[1]), int(sys.argv[2])
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, f"out{path.suffix}")
        clean(path, out)
        before = os.times()
        for _ in range(times):
            clean(path, out)
        after = os.times()
    print((sum(after[:4]) - sum(before[:4])) / times)


if __name__ == "__main__":
    main()
