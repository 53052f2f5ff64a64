"""Where a key stands in a TOML text."""

import pytest

from policies.toml_lines import line_of

TEXT = '''# a comment with spool.url = 1
[spool]
url = "sqlite:x"   # here

note = """
url = "not this one"
"""
"quoted key" = 1

[[tenants]]
name = "a"
[[tenants]]
name = "b"
limits = { bytes = 1, files = 2 }
server.port = 8080
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("spool", 2),
        ("spool.url", 3),
        ("spool.quoted key", 8),
        ("tenants[0].name", 11),
        ("tenants[1].name", 13),
        ("tenants[1].limits.files", 14),
        ("tenants[1].server.port", 15),
        ("tenants[1].absent", 12),
        ("absent", None),
    ],
)
def test_a_key_is_found_on_its_line_or_else_its_table_is(path, line):
    assert line_of(TEXT, path) == line
