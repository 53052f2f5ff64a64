"""The life of a transfer: one way out, and an end for each."""

from itertools import product

import pytest

from gateway.transfer import TABLE, Event, State, TransferError, after


def ways(start: State, goal: State) -> list[list[tuple[State, Event]]]:
    """Every path from start to goal that visits no state twice."""
    found, paths = [], [[(start, event)] for (state, event) in TABLE if state is start]
    while paths:
        path = paths.pop()
        reached = TABLE[path[-1]]
        if reached is goal:
            found.append(path)
        elif reached not in {state for state, _ in path}:
            paths += [[*path, step] for step in TABLE if step[0] is reached]
    return found


def test_the_only_way_to_released_is_a_judged_copy_and_then_its_record():
    """Each path into RELEASED holds the judge's word, then the audit line, in this order."""
    paths = ways(State.RECEIVED, State.RELEASED)

    assert paths
    for path in paths:
        events = [event for _, event in path]
        assert events[-3:] == [Event.COPY_JUDGED, Event.AUDIT_WRITTEN, Event.SENT]


def test_nothing_leads_back_from_withheld_to_a_release():
    """A withheld file stays withheld."""
    assert not ways(State.WITHHELD, State.RELEASED)
    assert not ways(State.REFUSED, State.RELEASED)


@pytest.mark.parametrize("state", State)
def test_every_state_reaches_an_end(state: State):
    """No transfer is ever stuck: EXPIRED can be reached from anywhere, and nothing follows it."""
    assert state is State.EXPIRED or ways(state, State.EXPIRED)
    assert not [step for step in TABLE if step[0] is State.EXPIRED]


def test_nobody_is_withheld_unrecorded():
    """Into WITHHELD leads the audit line, or a release that was recorded before."""
    into = {step for step, reached in TABLE.items() if reached is State.WITHHELD}

    assert into == {(State.REFUSED, Event.AUDIT_WRITTEN), (State.RELEASED, Event.RETURNED)}


def test_what_the_table_does_not_name_is_refused():
    """Every other pair of state and event raises."""
    for state, event in set(product(State, Event)) - set(TABLE):
        with pytest.raises(TransferError, match=event.value):
            after(state, event)
