"""Books of a market: as is usual for what is traded, or as somebody has seen them."""

from __future__ import annotations

from decimal import Decimal
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.simulator.market_data.book_sums import sums_near
from adapters.simulator.market_data.depth import Climate, UsualBook, climate
from adapters.simulator.market_data.expander import CandleExpander
from domain.model.instants import HOUR, MINUTE, Nanos
from domain.model.product import ProductId
from domain.model.universe import DEPTH_WITHIN_BPS
from tests.builders.market import NAME, START, bar, product
from tests.fakes.markets import RowMarket

pytestmark = pytest.mark.req("BT1")
PRICE = "20000"


def usual(spread_bps: str, depth: str) -> UsualBook:
    return UsualBook(Decimal(spread_bps), Decimal(depth))


@pytest.mark.parametrize(
    ("spread_bps", "depth"), [("0.5", "2000"), ("3", "150000"), ("18", "40000"), ("90", "900")]
)
def test_books_that_were_seen_come_back_about_as_wide_and_deep(spread_bps: str, depth: str) -> None:
    rows = [bar(number, (PRICE,) * 4, "5") for number in range(40 * 60)]
    books = {NAME: usual(spread_bps, depth)}
    expander = CandleExpander(RowMarket(product(), *rows), 1, books)

    drawn = [expander.draw(NAME, Nanos(START + hour * HOUR)) for hour in range(2, 40)]
    asked, close = [each for each in drawn if each], int(Decimal(PRICE) / product().price_increment)
    sums = sums_near(asked, [close] * len(asked), DEPTH_WITHIN_BPS)
    found, unit = (
        [each for each in sums if each],
        product().price_increment * product().base_increment,
    )

    assert len(found) == 38
    wide = median(Decimal(each.ask - each.bid) / each.bid * 10_000 for each in found)
    deep = median(min(each.bids, each.asks) * unit for each in found)
    assert abs(wide / Decimal(spread_bps) - 1) < Decimal("0.1")
    assert Decimal("0.6") < deep / Decimal(depth) < Decimal("1.4")


def test_without_a_book_that_was_seen_what_is_traded_says_how_wide_it_is() -> None:
    busy, quiet = (climate(product(), Decimal(PRICE), value) for value in (400_000.0, 400.0))
    assert busy.spread < quiet.spread
    assert busy.best > quiet.best
    seen = usual("5", "10000")
    alike = {climate(product(), Decimal(PRICE), value, seen).spread for value in (400_000.0, 400.0)}
    assert alike == {int(Decimal(PRICE) * 5 / 10_000 / product().price_increment)}


@given(
    st.decimals("1e-6", "9999", allow_nan=False),
    st.decimals("0.01", "1e12", allow_nan=False),
    st.decimals("1e-4", "1e6", allow_nan=False),
    st.floats(0, 1e9),
)
def test_no_book_that_was_seen_makes_one_that_can_not_be(
    spread: Decimal, depth: Decimal, price: Decimal, turnover: float
) -> None:
    found: Climate = climate(product(), price, turnover, UsualBook(spread, depth))
    assert min(found.best, found.line, found.gap, found.spread) >= 1
    assert found.gap & (found.gap - 1) == 0


def test_books_of_another_product_change_nothing() -> None:
    market = RowMarket(product(), *(bar(number, (PRICE,) * 4, "5") for number in range(200)))
    plain, other = (
        CandleExpander(market, 1),
        CandleExpander(market, 1, {ProductId("X-USD"): usual("9", "1")}),
    )
    at_ns = Nanos(START + 150 * MINUTE)
    assert plain.steps(NAME, at_ns) == other.steps(NAME, at_ns)
