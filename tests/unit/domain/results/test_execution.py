"""What selling cost beyond fees."""

from __future__ import annotations

from decimal import Decimal

import pytest
from attrs import evolve

from domain.messages.decisions import ExitProposed
from domain.messages.orders import FillBooked, IntentRaised
from domain.model.approval import ExitReason
from domain.model.money import Amount, Price, Quantity
from domain.results.execution import SalesFold, SalesQuality
from tests.builders.messages import BTC, an_intent, approved_sale, booked

SALE = an_intent(approved_sale("lot-1", "2", reason=ExitReason.STOP), 2)
STOP = Price(Decimal(98))


def due(bid: str) -> ExitProposed:
    return ExitProposed("lot-1", BTC, Quantity(Decimal(2)), ExitReason.STOP, Price(Decimal(bid)))


def sold(price: str, quantity: str = "2") -> FillBooked:
    return booked(SALE, quantity, price=Price(Decimal(price)))


def sums(bid: str, *fills: FillBooked, stop: Price | None = STOP) -> SalesQuality:
    fold = SalesFold()
    fold.take(due(bid))
    fold.take(IntentRaised(SALE))
    for fill in fills:
        fold.fill(fill, stop)
    return fold.result()


@pytest.mark.req("X2")
def test_slippage_is_from_the_bid_that_was_seen_to_the_price_that_came() -> None:
    told = sums("97.5", sold("97"))

    assert told.sold == 194
    assert told.slipped == 1
    assert told.past_stop == 2


def test_a_better_price_than_seen_is_a_gain() -> None:
    assert sums("97", sold("97.5")).slipped == -1


def test_parts_of_one_sale_add_up() -> None:
    told = sums("97.5", sold("97.5", "0.5"), sold("97", "1.5"))

    assert told.sold == Decimal("194.25")
    assert told.slipped == Decimal("0.75")


def test_only_what_a_stop_made_due_can_lie_beyond_it() -> None:
    target = evolve(SALE.order, reason=ExitReason.TARGET)
    fold = SalesFold()

    fold.fill(evolve(sold("97"), order=target), STOP)

    assert fold.result().past_stop == 0


def test_a_sale_without_a_known_bid_has_slipped_by_nothing() -> None:
    fold = SalesFold()

    fold.fill(sold("97"), None)

    assert fold.result() == SalesQuality(sold=Amount(Decimal(194)))


def test_buys_are_no_sales() -> None:
    fold = SalesFold()

    fold.take(IntentRaised(an_intent()))
    fold.fill(booked(an_intent()), None)

    assert fold.result() == SalesQuality()
