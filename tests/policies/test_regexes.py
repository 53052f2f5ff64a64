"""Possessive groups, on whatever Python this is."""

import re

import pytest

from policies.regexes import are_sound


def test_this_interpreter_matches_possessive_groups_as_they_are_defined():
    """Python 3.11.0 to 3.11.4 do not by themselves (CPython issue 106052)."""
    assert are_sound()


@pytest.mark.parametrize("times", ["*+", "++", "{1,9}+"])
@pytest.mark.parametrize("group", ["(?:ab?c)", "(ab?c)", "(?:ab?c|x(?:ab?c)*+)"])
def test_a_possessive_group_is_an_atomic_one(group, times):
    possessive = re.compile(f"{group}{times}")
    atomic = re.compile(f"(?>{group}{times[:-1]})")

    for text in ("aca", "acabc", "acxacab", "xaca", "acb", ""):
        found, expected = possessive.match(text), atomic.match(text)
        assert (found and found.span()) == (expected and expected.span()), text


def test_nothing_is_given_back():
    assert re.match('"(?:[^"]++|"")*+"', '"a""') is None
