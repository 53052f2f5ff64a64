"""Which policy a transfer gets."""

from policies.rules import Context, Rule, select

RULES = (
    Rule(policy="strict", room="council"),
    Rule(policy="guest", tenant="town", sender="guest"),
    Rule(policy="default", tenant="town"),
)


def test_the_first_rule_that_matches_wins():
    assert select(RULES, Context(tenant="town", sender="guest", room="council")) == "strict"
    assert select(RULES, Context(tenant="town", sender="guest")) == "guest"
    assert select(RULES, Context(tenant="town", sender="staff")) == "default"


def test_no_match_is_no_policy():
    assert select(RULES, Context(tenant="village")) is None
    assert select((), Context(tenant="town")) is None
