"""Delivery numbers: gaps, late ones, repetitions; held against a plain model."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.receive import sequence as module
from gateway.receive.numbers import Numbers
from gateway.receive.sequence import Arrival, OverflowingError, Sequence
from gateway.store import FolderStore, StoreError


def arrivals(*numbers: int) -> list[Arrival]:
    sequence = Sequence()
    return [sequence.announce(number, f"f{number}") for number in numbers]


def test_numbers_in_order_tell_nothing():
    assert arrivals(1, 2, 3) == [Arrival.NEXT] * 3


def test_a_gap_is_told_and_a_late_number_clears_it():
    sequence = Sequence()
    assert sequence.announce(1, "f1") is Arrival.NEXT
    assert sequence.announce(5, "f5") is Arrival.AHEAD
    assert sequence.missing == [(2, 4)]
    assert sequence.announce(3, "f3") is Arrival.LATE
    assert sequence.missing == [(2, 2), (4, 4)]
    assert sequence.announce(2, "f2") is Arrival.LATE
    assert sequence.announce(4, "f4") is Arrival.LATE
    assert sequence.missing == []


def test_a_number_is_known_until_it_is_settled_and_used_up_then():
    sequence = Sequence()
    sequence.announce(1, "f1")

    assert sequence.announce(1, "f1") is Arrival.AGAIN
    assert sequence.announce(1, "f2") is Arrival.TAKEN
    sequence.settle(1)
    sequence.settle(1)
    assert sequence.announce(1, "f1") is Arrival.SETTLED
    assert sequence.announce(1, "f2") is Arrival.SETTLED


def test_a_huge_jump_costs_no_memory():
    sequence = Sequence()
    sequence.announce(1 << 52, "far")

    assert sequence.missing == [(1, (1 << 52) - 1)]


def test_more_than_any_accident_explains_is_refused_and_changes_nothing(monkeypatch):
    monkeypatch.setattr(module, "MAX_HELD", 3)
    sequence = Sequence()
    for number in (1, 2, 3):
        sequence.announce(number, f"f{number}")

    with pytest.raises(OverflowingError):
        sequence.announce(4, "f4")
    assert sequence.highest == 3
    sequence.settle(1)
    assert sequence.announce(4, "f4") is Arrival.NEXT


@given(st.lists(st.tuples(st.integers(1, 12), st.sampled_from("ab"), st.booleans()), max_size=40))
def test_any_order_agrees_with_a_set_of_numbers(steps):
    sequence, seen, done, owner = Sequence(), set(), set(), {}
    for number, id, settles in steps:
        arrival = sequence.announce(number, id)
        if number in done:
            assert arrival is Arrival.SETTLED
        elif number in seen:
            assert arrival is (Arrival.AGAIN if owner[number] == id else Arrival.TAKEN)
        else:
            highest = max(seen, default=0)
            expected = Arrival.NEXT if number == highest + 1 else Arrival.AHEAD if number > highest else Arrival.LATE
            assert arrival is expected
            seen.add(number)
            owner[number] = id
        if settles:
            sequence.settle(number)
            done.add(number)
        holes = {n for first, last in sequence.missing for n in range(first, last + 1)}
        assert holes == set(range(1, max(seen) + 1)) - seen
        assert Sequence.from_dict(sequence.as_dict()) == sequence


def test_numbers_survive_a_restart(tmp_path):
    store = FolderStore(tmp_path)
    numbers = Numbers.load(store, "lgwan")
    numbers.sequence.announce(3, "f3")
    numbers.save(numbers.told())

    again = Numbers.load(store, "lgwan").sequence
    assert (again.highest, again.missing, again.unfinished) == (3, [(1, 2)], {3: "f3"})


def test_a_folder_of_another_consumer_is_refused(tmp_path):
    store = FolderStore(tmp_path)
    numbers = Numbers.load(store, "lgwan")
    numbers.save(numbers.told())

    with pytest.raises(StoreError, match="'lgwan'"):
        Numbers.load(store, "lgwan-2")


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b'{"consumer":"lgwan","v":1,"highest":"x","missing":[]}', b"\xff"]
)
def test_numbers_that_do_not_parse_stop_the_service(tmp_path, content):
    store = FolderStore(tmp_path)
    store.write_state("sequence.json", content)

    with pytest.raises(StoreError):
        Numbers.load(store, "lgwan")
