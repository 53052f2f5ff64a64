"""Policies: what an operator writes, and how each mistake is named."""

import pytest

from policies.catalogue import CATALOGUE, vector
from policies.load import PRESETS, PolicyError, load_policy, read_policy
from policies.model import Policy
from policies.terms import Action

HEAD = 'name = "room"\nadmit = ["image/*"]\n'


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_loads_and_is_never_milder_than_a_floor(name):
    policy = load_policy(name)

    assert policy.name == name
    assert all(policy.ordered(each) >= each.least for each in CATALOGUE.values())


def test_a_preset_survives_the_wire_unchanged():
    policy = load_policy("strict")

    again = Policy.from_dict(policy.as_dict())

    assert again == policy
    assert again.digest == policy.digest


def test_another_action_is_another_digest():
    assert read_policy(HEAD, "a").digest != read_policy(HEAD + 'actions.GEN-03 = "block"', "a").digest


def test_a_pattern_admits_the_types_it_matches_and_no_other():
    policy = read_policy(HEAD, "a.toml")

    assert policy.admits("image/png")
    assert not policy.admits("text/plain")
    assert not policy.admits("image/unheard-of")


def test_one_vectors_own_entry_wins_over_its_familys():
    policy = read_policy(HEAD + 'actions.TXT-10 = "remove"\nactions.TXT = "block"', "a.toml")

    assert policy.ordered(vector("TXT-01")) is Action.BLOCK
    assert policy.ordered(vector("TXT-10")) is Action.REMOVE


def test_a_floor_holds_even_for_a_policy_that_never_went_through_the_loader():
    policy = Policy(name="by hand", actions={"GEN-03": Action.KEEP})

    assert policy.ordered(vector("GEN-03")) is Action.REMOVE


@pytest.mark.parametrize(
    ("text", "line", "key"),
    [
        ('nam = "x"', 1, "nam"),
        ('admit = ["image/*"]', None, "name"),
        ('name = "x"', None, "admit"),
        ('name = "x"\nadmit = ["image/unheard-of"]', 2, "admit"),
        (HEAD + "[limits]\n\nmax_dept = 3", 5, "limits.max_dept"),
        (HEAD + "limits = { max_depth = 0 }", 3, "limits.max_depth"),
        (HEAD + "limits = { max_depth = true }", 3, "limits.max_depth"),
        (HEAD + "limits = { max_dots_per_inch = 71 }", 3, "limits.max_dots_per_inch"),
        (HEAD + "limits = { max_dots_per_inch = 601 }", 3, "limits.max_dots_per_inch"),
        (HEAD + 'actions.GEN-03 = "keep"', 3, "actions.GEN-03"),
        (HEAD + '[actions]\nGEN-03 = "erase"', 4, "actions.GEN-03"),
        (HEAD + 'actions.XXX-99 = "block"', 3, "actions.XXX-99"),
        (HEAD + 'rebuild = "deep"', 3, "rebuild"),
        (HEAD + 'authors = "nobody"', 3, "authors"),
    ],
)
def test_each_mistake_is_named_with_file_line_and_key(text, line, key):
    with pytest.raises(PolicyError) as caught:
        read_policy(text, "room.toml")

    assert (caught.value.file, caught.value.line, caught.value.key) == ("room.toml", line, key)
    assert "expected" in str(caught.value) or "no such" in str(caught.value)


def test_text_that_is_no_toml_is_said_to_be_none():
    with pytest.raises(PolicyError, match="is not TOML"):
        read_policy("name = ", "room.toml")


def test_a_policy_that_is_not_there_is_told_with_the_presets():
    with pytest.raises(PolicyError, match="default, strict, guest, outbound"):
        load_policy("no-such-policy")
