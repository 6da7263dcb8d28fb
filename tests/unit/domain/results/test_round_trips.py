"""Round trips earn what the ledger realised, whatever is bought and sold in whatever parts."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given

from domain.messages.orders import FillBooked
from domain.messages.portfolio import LotReleased
from domain.model.approval import ExitReason
from domain.model.money import ZERO, Amount, Price, Quantity
from domain.portfolio.ledger import Ledger, book, open_ledger
from domain.results.round_trips import RoundTrip, RoundTrips
from tests.builders.deals import DEALS, Deal, fill_of
from tests.builders.messages import BTC, NOW, a_product, an_intent, approved_sale, booked
from tests.builders.numbers import decimals

CASH = Amount(Decimal(10_000))
ENTRY = an_intent()
SECOND_LOT = an_intent(number=2)


def sale(quantity: str, price: str, number: int, **changes: object) -> FillBooked:
    order = approved_sale(ENTRY.client_order_id, quantity, **changes)
    fee = Amount(Decimal("0.5"))
    return booked(an_intent(order, number), quantity, price=Price(Decimal(price)), fee=fee)


def trips_of(*fills: FillBooked) -> tuple[tuple[RoundTrip, ...], Ledger]:
    ledger, trips = open_ledger("USD", CASH), RoundTrips()
    for each in fills:
        after = book(ledger, each, a_product())
        trips.take(each, ledger, after)
        ledger = after
    return trips.all(), ledger


def test_a_lot_sold_whole_earned_its_proceeds_less_its_cost() -> None:
    (trip,), _ = trips_of(booked(ENTRY, "2"), sale("2", "110", 50))

    assert trip.is_closed
    assert (trip.entry_price, trip.exit_price) == decimals(100, 110)
    assert (trip.gross, trip.fees, trip.profit) == decimals(20, "1.7", "18.3")
    assert trip.profit_pct == Decimal("9.15")
    assert (trip.why, trip.exits) == ("signal", (ExitReason.STOP,))
    assert (trip.stop_price, trip.target_price) == decimals(97, 108)


def test_a_lot_sold_in_parts_is_open_until_the_last_one() -> None:
    first, second = sale("0.5", "110", 50), sale("1.5", "90", 51, reason=ExitReason.TARGET)

    (before,), _ = trips_of(booked(ENTRY, "2"), first)
    (after,), ledger = trips_of(booked(ENTRY, "2"), first, second)

    assert (before.is_closed, before.held_ns) == (False, None)
    assert before.profit == Decimal("4.2")  # 55 - 50, less a quarter of 1.2 and 0.5
    assert (after.is_closed, after.held_ns) == (True, 0)
    assert after.exits == (ExitReason.STOP, ExitReason.TARGET)
    assert after.profit == ledger.realised


def test_nothing_sold_has_no_price_and_no_percent() -> None:
    (trip,), _ = trips_of(booked(ENTRY, "2"))

    assert (trip.exit_price, trip.profit_pct, trip.closed_ns) == (None, None, None)
    assert trip.profit == 0


def test_one_sale_over_two_lots_is_shared_out_exactly() -> None:
    bought = (booked(ENTRY, "2"), booked(SECOND_LOT, "1", price=Price(Decimal(90))))
    trips, ledger = trips_of(*bought, sale("2.5", "101.01", 50))

    assert [trip.is_closed for trip in trips] == [True, False]
    assert sum((trip.received for trip in trips), ZERO) == Decimal("252.525")
    assert sum((trip.profit for trip in trips), ZERO) == ledger.realised


def test_the_same_fill_again_changes_nothing() -> None:
    once, _ = trips_of(booked(ENTRY, "2"))
    twice, _ = trips_of(booked(ENTRY, "2"), booked(ENTRY, "2"))

    assert once == twice


@pytest.mark.req("REC1")
def test_a_trip_whose_rest_was_released_is_closed_by_what_was_sold() -> None:
    ledger, trips = open_ledger("USD", CASH), RoundTrips()
    for each in (booked(ENTRY, "2"), sale("0.5", "110", 50)):
        after = book(ledger, each, None)
        trips.take(each, ledger, after)
        ledger = after
    assert not trips.all()[0].is_closed

    trips.release(LotReleased(ENTRY.client_order_id, BTC, Quantity(Decimal("1.5")), "by hand"))

    (trip,) = trips.all()
    assert trip.is_closed
    assert trip.profit == ledger.realised


def test_another_account_begins_anew() -> None:
    ledger, trips = open_ledger("USD", CASH), RoundTrips()
    bought = booked(ENTRY, "2")
    trips.take(bought, ledger, book(ledger, bought, None))

    trips.forget()

    assert trips.all() == ()


@pytest.mark.req("X2", "AUD1")
@given(DEALS)
def test_all_profits_together_are_what_the_ledger_realised(deals: list[Deal]) -> None:
    ledger, trips = open_ledger("USD", CASH), RoundTrips()
    for number, deal in enumerate(deals):
        each = fill_of(deal, number, ledger)
        if each is None:
            continue
        after = book(ledger, each, a_product(deal.product))
        trips.take(each, ledger, after)
        ledger = after

        assert sum((trip.profit for trip in trips.all()), ZERO) == ledger.realised
        left = sum((trip.bought - trip.sold for trip in trips.all()), ZERO)
        assert left == sum((lot.quantity for lot in ledger.lots), ZERO)
        assert all(trip.closed_ns in (None, NOW) for trip in trips.all())
