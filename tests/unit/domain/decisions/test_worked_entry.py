"""An entry that rests: since when it is left, and what becomes of its rest."""

from __future__ import annotations

from decimal import Decimal

import pytest
from attrs import evolve

from domain.decisions.worked_entry import LEFT_BEHIND, Next, WorkedEntry
from domain.messages.orders import OrderAdvanced
from domain.model.instants import SECOND, Nanos
from domain.model.money import Price
from domain.model.orders import TERMINAL, OrderState
from domain.orders.order import TIME_OVER
from domain.risk.working import Working
from tests.builders.messages import NOW, a_moved, a_quote, an_intent, approved

pytestmark = pytest.mark.req("X5")
WORKING = Working(max_reprices=1, after_bps=Decimal(5), after_ns=Nanos(5 * SECOND))
TAKING = evolve(WORKING, takes_rest=True)
LEFT, NEAR = a_quote("100.10", "100.20"), a_quote("100", "100.10")
LATER = NOW + 5 * SECOND


def resting(moves: int = 0) -> WorkedEntry:
    """Return an entry that the venue has taken, at 100."""
    order = approved(highest_price=Price(Decimal("100.20")))
    entry = WorkedEntry(order, moves)
    entry.moved(news(OrderState.OPEN), WORKING)
    return entry


def news(state: OrderState, reason: str = "", filled: str = "0") -> OrderAdvanced:
    return evolve(a_moved(an_intent(), state, filled), reason=reason)


def leaving() -> WorkedEntry:
    entry = resting()
    entry.look(LEFT, NOW, WORKING)
    entry.is_leaving = True
    return entry


def test_it_may_leave_once_it_has_been_left_for_as_long_as_it_says() -> None:
    entry = resting()

    assert entry.look(LEFT, NOW, WORKING) == LATER
    assert entry.look(LEFT, NOW + SECOND, WORKING) is None, "it looks again by itself"
    assert not entry.may_leave(LATER - 1, WORKING)
    assert entry.may_leave(LATER, WORKING)


def test_a_market_that_comes_back_begins_the_wait_anew() -> None:
    entry = resting()
    entry.look(LEFT, NOW, WORKING)
    entry.look(NEAR, NOW + SECOND, WORKING)
    entry.look(LEFT, NOW + 2 * SECOND, WORKING)

    assert not entry.may_leave(LATER, WORKING)
    assert entry.may_leave(LATER + 2 * SECOND, WORKING)


def test_what_the_venue_has_not_taken_yet_stays() -> None:
    entry = WorkedEntry(approved(highest_price=Price(Decimal("100.20"))))
    entry.look(LEFT, NOW, WORKING)

    assert not entry.may_leave(LATER, WORKING)


@pytest.mark.parametrize(
    ("working", "looks"),
    [(Working(), False), (WORKING, False), (TAKING, True)],
    ids=["switched off", "used up", "taken in the end"],
)
def test_it_is_looked_at_only_if_something_may_come_of_it(working: Working, looks: bool) -> None:
    assert (resting(moves=1).look(LEFT, NOW, working) is not None) is looks


def test_what_was_stopped_or_leaves_already_stays_where_it_is() -> None:
    stopped, gone = resting(), leaving()
    stopped.look(LEFT, NOW, WORKING)
    stopped.is_over = True

    assert not stopped.may_leave(LATER, WORKING)
    assert not gone.may_leave(LATER, WORKING)


def test_a_lost_price_begins_the_wait_anew_and_ends_what_leaves() -> None:
    waiting, gone = resting(), leaving()
    waiting.look(LEFT, NOW, WORKING)
    for each in (waiting, gone):
        each.lose_price()

    assert not waiting.may_leave(LATER, WORKING)
    assert gone.moved(news(OrderState.CANCELLED, LEFT_BEHIND), WORKING) is Next.NONE


@pytest.mark.parametrize("state", [each for each in OrderState if each not in TERMINAL])
def test_nothing_becomes_of_the_rest_before_the_order_has_ended(state: OrderState) -> None:
    assert leaving().moved(news(state, LEFT_BEHIND), WORKING) is None


@pytest.mark.parametrize(
    ("state", "reason", "then"),
    [
        (OrderState.CANCELLED, LEFT_BEHIND, Next.RESTS),
        (OrderState.CANCELLED, "kill", Next.NONE),
        (OrderState.CANCELLED, TIME_OVER, Next.NONE),
        (OrderState.FILLED, LEFT_BEHIND, Next.NONE),
        (OrderState.REJECTED, LEFT_BEHIND, Next.NONE),
        (OrderState.VOID, LEFT_BEHIND, Next.NONE),
    ],
)
def test_only_what_was_cancelled_to_be_moved_rests_again(
    state: OrderState, reason: str, then: Next
) -> None:
    assert leaving().moved(news(state, reason), WORKING) is then


@pytest.mark.parametrize(
    ("state", "reason", "then"),
    [
        (OrderState.CANCELLED, TIME_OVER, Next.TAKES),
        (OrderState.EXPIRED, "", Next.TAKES),
        (OrderState.CANCELLED, LEFT_BEHIND, Next.RESTS),
        (OrderState.CANCELLED, "pause", Next.NONE),
        (OrderState.CANCELLED, "", Next.NONE),
        (OrderState.REJECTED, "", Next.NONE),
    ],
)
def test_what_has_rested_to_its_end_is_taken_where_that_is_wanted(
    state: OrderState, reason: str, then: Next
) -> None:
    assert leaving().moved(news(state, reason), TAKING) is then


def test_what_has_been_moved_often_enough_is_taken() -> None:
    entry = resting(moves=1)
    entry.is_leaving = True

    assert entry.moved(news(OrderState.CANCELLED, LEFT_BEHIND), TAKING) is Next.TAKES


def test_of_what_is_whole_nothing_is_left() -> None:
    assert leaving().moved(news(OrderState.CANCELLED, LEFT_BEHIND, "2"), TAKING) is Next.NONE
