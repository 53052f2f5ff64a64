"""libmat2 in process, for the interpreter of the system that has it: `python3 mat2ing.py FILE TIMES` prints CPU seconds a time."""

import os
import sys
import tempfile

from libmat2 import parser_factory  # type: ignore[import-not-found]


def _clean(path, out):  # type: ignore[no-untyped-def]
    parser, _ = parser_factory.get_parser(path)
    parser.output_filename = out
    assert parser.remove_all()


path, times = sys.argv[1], int(sys.argv[2])
with tempfile.TemporaryDirectory() as folder:
    out = os.path.join(folder, "out" + os.path.splitext(path)[1])
    _clean(path, out)
    before = os.times()
    for _ in range(times):
        _clean(path, out)
    after = os.times()
print((sum(after[:4]) - sum(before[:4])) / times)
