"""One purse for a file and all that is nested in it."""

import pytest

from policies.model import Limits
from sanitizers.budget import Budget
from sanitizers.errors import LimitError, PurseError, Reason, reason_of

LIMITS = Limits(max_expanded_bytes=100 << 20, max_members=3, max_depth=2, max_pixels=100, max_frames=2)


def test_what_a_member_spends_is_gone_for_its_container():
    purse = Budget(LIMITS)
    purse.deeper().expand(60 << 20)

    assert purse.left_to_expand() == 40 << 20
    with pytest.raises(PurseError):
        purse.deeper().deeper().expand(41 << 20)


def test_members_and_depth_run_out():
    purse = Budget(LIMITS)
    purse.count_members(3)
    with pytest.raises(PurseError):
        purse.deeper().count_members(1)
    with pytest.raises(PurseError):
        purse.deeper().deeper().deeper()


def test_a_member_packed_beyond_reason_is_a_bomb_only_when_it_is_large():
    purse = Budget(LIMITS)
    purse.expand(9 << 20, packed=10)
    with pytest.raises(PurseError):
        purse.expand(11 << 20, packed=10)


def test_a_picture_that_is_too_large_ends_itself_and_not_its_container():
    with pytest.raises(LimitError) as caught:
        Budget(LIMITS).draw(11, 10)

    assert not isinstance(caught.value, PurseError)
    with pytest.raises(LimitError):
        Budget(LIMITS).draw(1, 1, frames=3)


def test_both_are_told_as_the_same_reason():
    assert reason_of(PurseError()) is reason_of(LimitError()) is Reason.LIMIT
