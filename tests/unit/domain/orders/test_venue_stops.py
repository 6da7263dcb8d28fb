"""Orders that protect lots at the venue: what of them is alive, and how far."""

from __future__ import annotations

from decimal import Decimal

import pytest
from attrs import evolve

from domain.model.approval import StopLimit
from domain.model.money import Quantity
from domain.model.orders import TERMINAL, OrderState
from domain.orders.order import Order
from domain.orders.venue_stops import RESTING, VenueStops
from tests.builders.messages import NOW, a_moved, an_intent, approved_sale, approved_stop

STOP = an_intent(approved_stop("lot-1"), 4)


def stops_with(state: OrderState | None, filled: str = "0") -> VenueStops:
    stops = VenueStops()
    stops.intend(STOP)
    if state is not None:
        stops.advance(a_moved(STOP, state, filled))
    return stops


@pytest.mark.req("PROT1")
@pytest.mark.parametrize("state", list(OrderState))
def test_a_lot_is_protected_only_while_its_order_rests(state: OrderState) -> None:
    stops = stops_with(state)

    assert stops.is_protected("lot-1") is (state in RESTING)
    assert bool(stops.of("lot-1")) is (state not in TERMINAL)
    assert not stops.is_protected("lot-2")


def test_what_is_sold_of_it_is_no_longer_waiting() -> None:
    (stop,) = stops_with(OrderState.PARTIALLY_FILLED, "0.5").of("lot-1")

    kind = STOP.order.order_type
    assert isinstance(kind, StopLimit)
    assert stop.stop_price == kind.stop_price
    assert stop.quantity == 2
    assert stop.remaining == Decimal("1.5")


def test_no_other_order_protects() -> None:
    stops = VenueStops()
    sale = an_intent(approved_sale("lot-1"), 5)
    stops.intend(sale)

    assert stops.advance(a_moved(sale, OrderState.OPEN)) is None
    assert stops.lots() == ()


def test_the_end_of_one_says_which_it_was_once() -> None:
    stops, ended = stops_with(OrderState.OPEN), a_moved(STOP, OrderState.CANCELLED)

    found = stops.advance(evolve(ended, filled=Quantity(Decimal("0.5"))))

    assert found is not None
    told = (found.lot, found.state, found.filled)
    assert told == ("lot-1", OrderState.CANCELLED, Decimal("0.5"))
    assert stops.advance(ended) is None


@pytest.mark.req("PROT1", "BOOT1")
def test_after_a_start_the_journals_orders_protect_on() -> None:
    quiet = Order.intended(STOP, NOW)
    resting = evolve(quiet, state=OrderState.PARTIALLY_FILLED, filled=Quantity(Decimal("0.5")))

    stops = VenueStops([resting, evolve(quiet, state=OrderState.CANCELLED)])

    assert stops.lots() == ("lot-1",)
    assert stops.is_protected("lot-1")
    assert stops.of("lot-1")[0].remaining == Decimal("1.5")
