"""What is at work is the same, counted minute by minute or in a row."""

from __future__ import annotations

from decimal import Decimal

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as some

from app.backtest.exposure import NOTHING, ExposureShares, Share
from domain.model.bids import BidColumn
from domain.model.instants import HOUR, MINUTE, Nanos
from domain.model.money import Amount, Price, Rate
from domain.model.portfolio import PortfolioView
from domain.model.product import ProductId
from domain.portfolio.valuation import value
from tests.builders.messages import BTC, NOW
from tests.unit.domain.portfolio.test_valuation import owning

pytestmark = pytest.mark.req("BT1")
THEMES = {"large": ("BTC", "ETH"), "none": ("DOGE",)}
TICK = Price(Decimal("0.01"))


def a_view(*quantities: Decimal) -> PortfolioView:
    ledger = owning(*quantities)
    return value(ledger, {BTC: Price(Decimal(100))}, Rate(Decimal(0)), None)


@given(
    some.lists(some.decimals("0.0001", "9", places=4), max_size=3),
    some.lists(some.tuples(some.integers(1, 10**6), some.integers(0, 10**6)), min_size=1),
    some.integers(0, 59),
)
def test_a_row_counts_what_its_minutes_count_one_by_one(
    quantities: list[Decimal], minutes: list[tuple[int, int]], into: int
) -> None:
    view, at_once, one_by_one = a_view(*quantities), ExposureShares(THEMES), ExposureShares(THEMES)
    first_ns = NOW // HOUR * HOUR + into * MINUTE
    times = [Nanos(first_ns + number * MINUTE) for number in range(len(minutes))]
    ticks = tuple(tick for tick, _ in minutes)
    worths = [Amount(Decimal(worth)) for _, worth in minutes]
    for each in (at_once, one_by_one):  # what is counted of one minute before counts no more
        each.take(view, times[0], Amount(Decimal(77)), {BTC: Price(Decimal(5))})
    at_once.take_row(view, times, worths, {BTC: BidColumn(TICK, ticks)})
    for at_ns, worth, tick in zip(times, worths, ticks, strict=True):
        one_by_one.take(view, at_ns, worth, {BTC: Price(tick * TICK)})

    assert at_once == one_by_one


def test_a_theme_has_the_sum_of_its_assets_and_nothing_is_nothing() -> None:
    shares, view = ExposureShares(THEMES), a_view(Decimal(2))
    (lot,) = view.lots
    both = evolve(view, lots=(lot, evolve(lot, id="other", product=ProductId("ETH-USD"))))
    marks = {BTC: Price(Decimal(100)), both.lots[1].product: Price(Decimal(50))}
    shares.take(both, NOW, Amount(Decimal(1000)), marks)

    assert shares.themes["large"].most == 30
    assert shares.assets["ETH"].most == 10
    assert "none" not in shares.themes
    shares.take(None, Nanos(NOW + HOUR), None, {})
    assert shares.hours[(NOW + HOUR) // HOUR] == NOTHING


def test_the_newest_share_of_a_minute_counts() -> None:
    share = Share()
    share.take(7, Decimal(40))
    share.take_row(7, [Decimal(10), Decimal(20)])

    assert share == Share(Decimal(30), Decimal(40), Decimal(20), 8)
