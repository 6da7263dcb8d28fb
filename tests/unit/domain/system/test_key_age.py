"""A key is replaced within 90 days: due from day 83, overdue past day 90."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.model.instants import DAY, Nanos, parse_iso
from domain.system.key_age import KeyState, key_age

pytestmark = pytest.mark.req("SEC2")

MADE = parse_iso("2026-09-01T12:00:00Z")


@pytest.mark.parametrize(
    ("age_ns", "state", "words"),
    [
        (0, KeyState.YOUNG, "the key is 0 days old"),
        (83 * DAY - 1, KeyState.YOUNG, "the key is 82 days old"),
        (83 * DAY, KeyState.DUE, "83 days old, 7 days before the limit of 90"),
        (90 * DAY, KeyState.DUE, "90 days old, 0 days before the limit of 90"),
        (90 * DAY + 1, KeyState.OVERDUE, "90 days old, past the limit of 90 days"),
        (400 * DAY, KeyState.OVERDUE, "400 days old, past the limit"),
    ],
)
def test_a_key_is_due_from_day_83_and_overdue_past_day_90(
    age_ns: int, state: KeyState, words: str
) -> None:
    age = key_age(MADE, MADE + age_ns)

    assert (age.state, words in age.words) == (state, True)
    assert ("secrets rotated" in age.words) is (state is not KeyState.YOUNG)


@pytest.mark.parametrize("created_ns", [None, Nanos(MADE + 2 * DAY)])
def test_a_key_of_unknown_age_or_of_tomorrow_is_never_young(created_ns: Nanos | None) -> None:
    age = key_age(created_ns, MADE)

    assert (age.state, age.days) == (KeyState.UNKNOWN, None)
    assert "--on DATE" in age.words


@given(st.integers(0, 10_000 * DAY), st.integers(0, 10_000 * DAY))
def test_a_key_never_gets_younger(one: int, other: int) -> None:
    order = [KeyState.YOUNG, KeyState.DUE, KeyState.OVERDUE]
    first, second = sorted((one, other))

    states = [order.index(key_age(MADE, MADE + each).state) for each in (first, second)]
    assert states == sorted(states)
