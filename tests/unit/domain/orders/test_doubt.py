"""Who has a name at the venue is asked for by it; what may not be there is looked for in lists."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from domain.model.instants import MINUTE
from domain.model.money import Quantity
from domain.model.orders import OrderState, VenueStatus
from domain.orders.doubt import WINDOW_NS, questions, window_of
from domain.orders.effects import Cancel, FindOrders, ListFills, ListOrders, OfDoubt
from domain.orders.order import Order
from domain.orders.own_orders import OwnOrders
from tests.builders.messages import NOW, an_intent, approved

pytestmark = pytest.mark.req("X4")


def an_order(number: int, state: OrderState, **known: Any) -> Order:
    fresh = Order.intended(an_intent(approved(approval=number), number), NOW)
    shown = evolve(fresh, state=state, order_id=f"venue-{number}", venue_status=VenueStatus.OPEN)
    return evolve(shown, **known)


UNKNOWN = an_order(1, OrderState.UNKNOWN, order_id=None)
ENDING = an_order(2, OrderState.PENDING_CANCEL)
UNBOOKED = an_order(3, OrderState.OPEN, venue_filled=Quantity(approved().quantity))
RESTING = an_order(4, OrderState.OPEN)


def test_nothing_is_asked_about_what_rests_quietly() -> None:
    assert list(questions(OwnOrders([RESTING]), NOW)) == []


def test_what_may_not_be_there_is_looked_for_in_a_list_and_the_rest_by_id() -> None:
    asked = list(questions(OwnOrders([UNKNOWN, ENDING, UNBOOKED, RESTING]), NOW))

    assert asked == [
        ListOrders(window_of(OwnOrders([UNKNOWN]), NOW), OfDoubt()),
        FindOrders(("venue-2", "venue-3")),
        Cancel("venue-2"),
        ListFills("venue-3"),
    ]


def test_nobody_is_listed_who_can_be_asked_for_by_id() -> None:
    assert list(questions(OwnOrders([ENDING]), NOW)) == [
        FindOrders(("venue-2",)),
        Cancel("venue-2"),
    ]


def test_what_a_list_lacked_is_asked_for_by_id() -> None:
    orders = OwnOrders([RESTING])
    orders.missing[RESTING.intent.client_order_id] = False

    assert list(questions(orders, NOW)) == [FindOrders(("venue-4",))]


def test_the_window_holds_the_whole_life_of_the_oldest() -> None:
    assert window_of(OwnOrders([]), NOW) == NOW - WINDOW_NS
    late = NOW + 15 * MINUTE
    assert window_of(OwnOrders([UNKNOWN]), late) == NOW - MINUTE
