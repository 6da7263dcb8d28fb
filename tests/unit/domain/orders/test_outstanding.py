"""Of what our own books call alive or on its way, silence proves nothing."""

from __future__ import annotations

import pytest
from attrs import evolve

from domain.messages.orders import OrderAdvanced
from domain.model.approval import ApprovedOrder, Purpose
from domain.model.orders import TERMINAL, OrderState, VenueStatus
from domain.orders.order import Order
from domain.orders.outstanding import LEAVES_WITHIN_NS, Outstanding
from tests.builders.messages import NOW, a_moved, a_seen, an_intent, approved, approved_sale

pytestmark = pytest.mark.req("K1")

H_NS = 20
NOW_NS = 1_000
ENTRY, EXIT = an_intent(approved(), 1), an_intent(approved_sale("lot-1"), 2)


def every(_: ApprovedOrder) -> bool:
    return True


def entries(order: ApprovedOrder) -> bool:
    return order.purpose is Purpose.ENTRY


def sent(state: OrderState = OrderState.PENDING_SUBMIT) -> OrderAdvanced:
    return evolve(a_moved(ENTRY, state), order_id=None)


@pytest.fixture
def outstanding() -> Outstanding:
    return Outstanding(H_NS)


def test_nothing_is_proven_while_a_request_may_still_create_its_order(
    outstanding: Outstanding,
) -> None:
    outstanding.hear(sent(), ENTRY.order, NOW_NS)
    last_ns = NOW_NS + LEAVES_WITHIN_NS + H_NS

    assert not outstanding.is_proven(last_ns, every)
    assert outstanding.is_proven(last_ns + 1, every)


def test_a_request_in_doubt_has_left_already(outstanding: Outstanding) -> None:
    outstanding.hear(sent(OrderState.UNKNOWN), ENTRY.order, NOW_NS)

    assert not outstanding.is_proven(NOW_NS + H_NS, every)
    assert outstanding.is_proven(NOW_NS + H_NS + 1, every)


def test_an_outcome_counts_for_lists_that_are_begun_after_it(outstanding: Outstanding) -> None:
    outstanding.hear(sent(), ENTRY.order, NOW_NS)
    outstanding.hear(sent(OrderState.REJECTED), ENTRY.order, NOW_NS + 5)

    assert not outstanding.is_proven(NOW_NS + 4, every)
    assert outstanding.is_proven(NOW_NS + 5, every)


def test_an_order_that_was_only_intended_has_not_left(outstanding: Outstanding) -> None:
    outstanding.hear(sent(OrderState.INTENDED), ENTRY.order, NOW_NS)

    assert outstanding.is_proven(NOW_NS, every)


@pytest.mark.parametrize("state", sorted(TERMINAL))
def test_what_our_books_call_ended_is_not_alive(
    outstanding: Outstanding, state: OrderState
) -> None:
    outstanding.hear(a_moved(ENTRY, OrderState.OPEN), ENTRY.order, NOW_NS)
    assert outstanding.alive(every) == ("venue-1",)

    outstanding.hear(a_moved(ENTRY, state), None, NOW_NS)

    assert outstanding.alive(every) == ()
    assert len(outstanding) == 0


def test_only_what_is_meant_counts(outstanding: Outstanding) -> None:
    outstanding.hear(a_moved(EXIT, OrderState.OPEN), EXIT.order, NOW_NS)

    assert outstanding.alive(entries) == ()
    assert outstanding.alive(every) == ("venue-2",)


def test_the_venue_asked_for_an_order_ends_it_or_says_that_it_is_there(
    outstanding: Outstanding,
) -> None:
    outstanding.hear(sent(OrderState.UNKNOWN), ENTRY.order, NOW_NS)

    outstanding.see(a_seen(ENTRY, VenueStatus.OPEN))
    assert outstanding.alive(every) == ("venue-1",)
    assert outstanding.is_proven(NOW_NS, every)

    outstanding.see(a_seen(ENTRY, VenueStatus.CANCELLED))
    outstanding.see(a_seen(EXIT, VenueStatus.OPEN))
    assert len(outstanding) == 0


def test_the_journal_leaves_open_what_may_have_been_sent_and_what_was_alive(
    outstanding: Outstanding,
) -> None:
    intended = Order.intended(ENTRY, NOW)
    alive = evolve(Order.intended(EXIT, NOW), state=OrderState.OPEN, order_id="venue-2")
    over = evolve(Order.intended(an_intent(number=3), NOW), state=OrderState.VOID)

    outstanding.restore((intended, alive, over), NOW_NS)

    assert len(outstanding) == 2
    assert outstanding.alive(every) == ("venue-2",)
    assert not outstanding.is_proven(NOW_NS + H_NS, every)
    assert outstanding.is_proven(NOW_NS + H_NS + 1, every)


def test_with_nothing_on_its_way_the_first_list_of_all_proves_it(outstanding: Outstanding) -> None:
    assert outstanding.is_proven(0, every)


@pytest.mark.parametrize("state", [OrderState.OPEN, OrderState.PENDING_CANCEL])
def test_what_the_journal_knows_alive_has_left_long_ago(
    outstanding: Outstanding, state: OrderState
) -> None:
    alive = evolve(Order.intended(ENTRY, NOW), state=state, order_id="venue-1")

    outstanding.restore((alive,), NOW_NS)

    assert outstanding.is_proven(0, every)
    assert outstanding.alive(entries) == ("venue-1",)


def test_what_is_not_meant_is_not_waited_for(outstanding: Outstanding) -> None:
    outstanding.hear(sent(), EXIT.order, NOW_NS)

    assert outstanding.is_proven(NOW_NS, entries)
    assert not outstanding.is_proven(NOW_NS, every)


def test_an_order_that_moves_on_stays_what_was_approved(outstanding: Outstanding) -> None:
    """Who hears of a move may have forgotten the approval by then."""
    outstanding.hear(a_moved(ENTRY, OrderState.OPEN), ENTRY.order, NOW_NS)
    outstanding.hear(a_moved(ENTRY, OrderState.PARTIALLY_FILLED, "1"), None, NOW_NS)

    assert outstanding.alive(entries) == ("venue-1",)
    assert outstanding.is_proven(NOW_NS, entries)


def test_what_nobody_here_has_approved_is_not_outstanding(outstanding: Outstanding) -> None:
    outstanding.hear(a_moved(ENTRY, OrderState.OPEN), None, NOW_NS)

    assert len(outstanding) == 0
