"""What a hypothetical order brings: at the prices that are there, or with the primary's own."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.model.approval import ApprovedOrder
from domain.model.money import Amount, Price, Quantity
from domain.model.orders import OrderIntent
from domain.shadow.fills import Fees, Touch, Twin, rests, would_fill
from tests.builders.messages import (
    MAKER,
    NOW,
    TAKER,
    a_limit,
    a_product,
    an_intent,
    approved,
    approved_sale,
    booked,
)

FEES = Fees(MAKER, TAKER)


def touch(bid: str = "100", ask: str | None = "100.1") -> Touch:
    offered = None if ask is None else Price(Decimal(ask))
    return Touch(bid=Price(Decimal(bid)), ask=offered, at_ns=NOW)


def intent(order: ApprovedOrder) -> OrderIntent:
    return an_intent(order)


@pytest.mark.req("SH1")
def test_a_sale_brings_the_bid_less_the_taker_fee() -> None:
    found = would_fill(intent(approved_sale("lot-1")), touch(), FEES)

    assert found is not None
    assert (found.fill.price, found.fill.quantity) == (Decimal(100), Decimal(2))
    assert found.fill.fee == 200 * TAKER
    assert not found.fill.is_maker


@pytest.mark.req("SH1")
def test_a_resting_buy_waits_until_somebody_offers_at_its_price() -> None:
    resting = intent(approved(order_type=a_limit(100)))

    assert rests(resting.order)
    assert would_fill(resting, touch(ask="100.01"), FEES) is None
    assert would_fill(resting, touch(ask=None), FEES) is None
    found = would_fill(resting, touch(bid="99.8", ask="99.9"), FEES)
    assert found is not None
    assert (found.fill.price, found.fill.fee) == (Decimal(100), 200 * MAKER)
    assert found.fill.is_maker


def test_a_crossing_buy_pays_what_is_asked() -> None:
    crossing = intent(approved(order_type=a_limit(101, post_only=False, lifetime_ns=None)))

    assert not rests(crossing.order)
    found = would_fill(crossing, touch(ask="100.5"), FEES)
    assert found is not None
    assert (found.fill.price, found.fill.fee) == (Decimal("100.5"), 201 * TAKER)
    assert would_fill(crossing, touch(ask="101.5"), FEES) is None


@pytest.mark.req("SH1")
def test_the_same_order_shares_the_fills_of_the_primary() -> None:
    theirs, mine = approved(approval=7), approved(approval=3)
    twin = Twin(mine, theirs)
    fill = booked(an_intent(theirs), "1.5")

    found = twin.fill(fill, a_product())
    assert found is not None
    assert found.order is mine
    assert found.fill == fill.fill
    assert twin.fill(fill, a_product()) is found, "books that hear of it twice book it once"
    assert twin.intent(an_intent(theirs)).order is mine


@pytest.mark.req("SH1")
def test_another_size_is_filled_in_proportion_and_to_its_end() -> None:
    theirs = approved(quantity=Quantity(Decimal(3)))
    twin = Twin(approved(quantity=Quantity(Decimal(1))), theirs)
    product = a_product(base_increment=Decimal("0.01"))

    first = twin.fill(booked(an_intent(theirs), "1", fee=Amount(Decimal(3))), product)
    last = twin.fill(booked(an_intent(theirs), "2", fee=Amount(Decimal(6))), product)

    assert first is not None
    assert last is not None
    assert (first.fill.quantity, first.fill.fee) == (Decimal("0.33"), Decimal("0.99"))
    assert first.fill.quantity + last.fill.quantity == 1


def test_a_part_too_small_for_the_product_waits_for_the_next() -> None:
    theirs = approved(quantity=Quantity(Decimal(100)))
    twin = Twin(approved(quantity=Quantity(Decimal(1))), theirs)

    assert twin.fill(booked(an_intent(theirs), "1"), a_product(base_increment=Decimal(1))) is None
    rest = twin.fill(booked(an_intent(theirs), "99"), a_product(base_increment=Decimal(1)))
    assert rest is not None
    assert rest.fill.quantity == 1
