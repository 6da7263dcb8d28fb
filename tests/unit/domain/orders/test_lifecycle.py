"""Every state meets every event, and each cell is decided on purpose."""

from __future__ import annotations

from itertools import product

import pytest

from domain.model.orders import TERMINAL, OrderState
from domain.orders.lifecycle import IMPOSSIBLE, TABLE, Event, IllegalTransition, next_state

CELLS = list(product(OrderState, Event))
ENDINGS = (Event.ENDED_CANCELLED, Event.ENDED_EXPIRED, Event.ENDED_FAILED)


@pytest.mark.req("X4")
@pytest.mark.parametrize(("state", "event"), CELLS)
def test_each_cell_is_decided_exactly_once(state: OrderState, event: Event) -> None:
    assert (event in TABLE[state]) != ((state, event) in IMPOSSIBLE)


@pytest.mark.req("X4")
@pytest.mark.parametrize(("state", "event"), sorted(IMPOSSIBLE))
def test_an_impossible_cell_says_why(state: OrderState, event: Event) -> None:
    with pytest.raises(IllegalTransition, match=IMPOSSIBLE[(state, event)]):
        next_state(state, event)


@pytest.mark.req("X4")
@pytest.mark.parametrize("state", sorted(TERMINAL - {OrderState.VOID, OrderState.REJECTED}))
def test_what_has_ended_takes_nothing_but_late_fills(state: OrderState) -> None:
    for event, after in TABLE[state].items():
        if event is Event.FILL_COMPLETE:
            assert after is OrderState.FILLED
        else:
            assert after is state


@pytest.mark.req("X4")
@pytest.mark.parametrize("state", [OrderState.VOID, OrderState.REJECTED])
def test_what_lives_at_the_venue_after_all_is_adopted(state: OrderState) -> None:
    assert next_state(state, Event.SEEN_LIVE) is OrderState.OPEN
    assert next_state(state, Event.SEEN_CANCEL_QUEUED) is OrderState.PENDING_CANCEL
    assert next_state(state, Event.FILL_COMPLETE) is OrderState.FILLED


@pytest.mark.req("X4")
@pytest.mark.parametrize("state", [s for s in OrderState if s is not OrderState.FILLED])
def test_a_fill_counts_in_every_state(state: OrderState) -> None:
    assert next_state(state, Event.FILL_COMPLETE) is OrderState.FILLED
    assert Event.FILL in TABLE[state]


@pytest.mark.req("X1")
def test_only_what_has_surely_not_left_may_be_sent() -> None:
    sendable = {state for state in OrderState if Event.SENT in TABLE[state]}

    assert sendable == {OrderState.INTENDED, OrderState.PENDING_SUBMIT}


@pytest.mark.req("X4")
def test_only_an_unknown_order_is_voided_by_its_absence() -> None:
    voided = {s for s in OrderState if TABLE[s].get(Event.PROVEN_ABSENT) is OrderState.VOID}

    assert voided == {OrderState.UNKNOWN, OrderState.VOID}


@pytest.mark.req("X4")
def test_a_cancel_that_was_asked_ends_nothing() -> None:
    for state in OrderState:
        for event in (Event.CANCEL_ASKED, Event.CANCEL_REFUSED):
            after = TABLE[state].get(event)
            assert after is None or (after in TERMINAL) == (state in TERMINAL)


@pytest.mark.parametrize("state", [OrderState.OPEN, OrderState.FILLED, OrderState.CANCELLED])
def test_a_picture_of_the_venue_wins_over_a_rejecting_answer(state: OrderState) -> None:
    assert next_state(state, Event.REJECTED) is state


@pytest.mark.parametrize("event", ENDINGS)
def test_a_living_order_ends_when_the_venue_shows_its_end(event: Event) -> None:
    for state in set(OrderState) - TERMINAL:
        assert next_state(state, event) in TERMINAL
