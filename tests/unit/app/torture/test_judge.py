"""The judge of a torture knows what was lost, risked and left from the venue's books alone."""

from __future__ import annotations

from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from adapters.simulator.engine.orders import Fill, Kind, Liquidity, VenueOrder
from app.torture.judge import VenueFindings, seen_at_venue
from app.torture.market import BEGIN, TortureMarket
from domain.model.instants import MINUTE, SECOND, Nanos
from domain.model.market import Bar
from domain.model.money import Price, Quantity
from domain.model.product import ProductId, Side

BTC = ProductId("BTC-USD")
OPENING = Decimal(1000)
_numbers = count(1)


def a_market(*prices: str, falls_after: int = 99) -> TortureMarket:
    """Return a market with one flat bar a minute."""
    bars = [
        Bar(BTC, Nanos(BEGIN + n * MINUTE), *(Price(Decimal(each)),) * 4, Quantity(Decimal(1)))
        for n, each in enumerate(prices)
    ]
    return TortureMarket({BTC: bars}, BEGIN + falls_after * MINUTE)


def a_fill(side: Side, quantity: str, price: str, at_s: float, fee: str = "0") -> Fill:
    number = next(_numbers)
    return Fill(
        number=number,
        entry_id=str(number),
        trade_id=str(number),
        order_id="o",
        product=BTC,
        side=side,
        kind=Kind.LIMIT_GTC,
        price=Decimal(price),
        quantity=Decimal(quantity),
        commission=Decimal(fee),
        liquidity=Liquidity.MAKER,
        at_ns=BEGIN + int(at_s * SECOND),
        sized_in_quote=False,
    )


def an_order(side: Side, at_s: float) -> VenueOrder:
    number = next(_numbers)
    nothing: Any = None
    return VenueOrder(
        number=number,
        order_id=str(number),
        client_order_id=str(number),
        product=BTC,
        side=side,
        kind=Kind.LIMIT_GTC,
        configuration={},
        limit_price=nothing,
        base_size=nothing,
        quote_size=nothing,
        post_only=True,
        end_ns=None,
        maker_rate=Decimal(0),
        taker_rate=Decimal(0),
        created_ns=BEGIN + int(at_s * SECOND),
        updated_ns=0,
    )


def seen(*fills: Fill, prices: tuple[str, ...], falls_after: int = 99) -> VenueFindings:
    market = a_market(*prices, falls_after=falls_after)
    return seen_at_venue(OPENING, (), fills, market, len(prices) - 1)


@pytest.mark.req("E1")
def test_who_does_nothing_loses_nothing() -> None:
    found = seen(prices=("100", "50"))

    assert set(found.losses.values()) == {Decimal(0)}
    assert not any((found.at_risk, found.fees, found.left, found.fills))


@pytest.mark.req("E1")
def test_a_fall_is_lost_within_its_minute_with_the_fee_of_selling() -> None:
    found = seen(a_fill(Side.BUY, "1", "100", 30, fee="1"), prices=("100", "100", "50", "50"))

    after_the_fall = Decimal(1000 - 101) + Decimal(50) * Decimal("0.988")
    before = Decimal(1000 - 101) + Decimal(100) * Decimal("0.988")
    assert found.losses["minute"] == before - after_the_fall
    assert found.losses["hour"] == found.losses["day"] == OPENING - after_the_fall
    assert (found.at_risk, found.fees) == (Decimal(101), Decimal(1))


@pytest.mark.req("E1")
def test_a_profit_that_is_given_back_is_no_loss() -> None:
    found = seen(a_fill(Side.BUY, "1", "100", 0), prices=("100", "200", "100"))

    assert found.losses["day"] == Decimal("1.2"), "the fee of selling, no more"
    assert found.peak == Decimal(1100)


@pytest.mark.req("E1")
def test_slow_losses_add_up_over_longer_windows() -> None:
    found = seen(a_fill(Side.BUY, "1", "100", 0), prices=("100", "90", "80", "70"))

    assert found.losses["minute"] == Decimal(10) * Decimal("0.988")
    assert found.losses["hour"] == Decimal(100) - Decimal(70) * Decimal("0.988")


@pytest.mark.req("E1")
def test_what_was_owned_at_the_fall_and_not_sold_is_left() -> None:
    bought = a_fill(Side.BUY, "3", "10", 10)
    sold = a_fill(Side.SELL, "2", "5", 130)
    later = a_fill(Side.BUY, "9", "5", 140)

    found = seen(bought, sold, later, prices=("10", "10", "5", "5"), falls_after=2)

    assert found.left == Decimal(5)
    assert found.at_risk == Decimal(10 + 45)


@pytest.mark.req("PAC")
def test_purchases_are_counted_in_the_busiest_window_and_sales_are_not() -> None:
    orders = [an_order(Side.BUY, each) for each in (0, 30, 59, 61, 100)]
    orders += [an_order(Side.SELL, each) for each in (1, 2, 3, 4, 5, 6)]

    found = seen_at_venue(OPENING, orders, (), a_market("1", "1", "1"), 2)

    assert found.busiest == {"minute": 3, "hour": 5, "day": 5}
    assert found.orders == 5
