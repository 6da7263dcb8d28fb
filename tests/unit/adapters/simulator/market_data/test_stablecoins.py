"""A world that pays in USDC has what prices it, and a fault that moves that price."""

from __future__ import annotations

from decimal import Decimal

import pytest

from adapters.simulator.market_data.expander import CandleExpander
from adapters.simulator.market_data.generated import GeneratedMarket
from adapters.simulator.market_data.source import PlayedMarket
from adapters.simulator.market_data.stablecoins import PAIRS, WithStablecoins, prices_usdc
from domain.model.instants import MINUTE, Nanos
from domain.model.product import ProductId
from tests.builders.messages import a_quote
from tests.builders.steps import START, product
from tests.fakes.markets import Script

pytestmark = pytest.mark.req("CASH1")
USD, USDC = (pair.id for pair in PAIRS)


def generated() -> WithStablecoins:
    market = GeneratedMarket(1, START)
    return WithStablecoins(market, CandleExpander(market, 1), 1)


def market_of(*names: str) -> PlayedMarket:
    return Script(products=tuple(product(each) for each in names))


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("BTC-USD",), False),
        (("BTC-USD", "USDT-USD"), False),
        (("USDT-USD", "USDT-USDC"), True),
        (("USDC-USD",), True),
    ],
)
def test_a_market_that_prices_usdc_itself_is_left_as_it_is(
    names: tuple[str, ...], expected: bool
) -> None:
    assert prices_usdc(market_of(*names)) is expected


def test_the_two_stand_beside_what_is_played_and_change_nothing_of_it() -> None:
    alone, beside = GeneratedMarket(1, START), generated()
    btc = ProductId("BTC-USD")

    assert {each.id for each in beside.products} == {*(one.id for one in alone.products), USD, USDC}
    assert (beside.description, beside.prices) == (alone.description, alone.prices)
    assert (beside.first_ns, beside.end_ns) == (alone.first_ns, alone.end_ns)
    assert beside.steps(btc, START) == CandleExpander(alone, 1).steps(btc, START)
    assert beside.candle(btc, START) == alone.candle(btc, START)
    assert beside.last_before(btc, START) == alone.last_before(btc, START)
    assert beside.covers(btc, START)


def test_each_of_the_two_stands_at_one_with_a_narrow_book() -> None:
    market = generated()

    for name in (USD, USDC):
        (row,) = market.candles(name, START, Nanos(START + MINUTE))
        assert {row.open, row.high, row.low, row.close} == {Decimal(1)}
        assert market.candle(name, START) == row
        steps = market.steps(name, START)
        assert len(steps) == 32
        for step in steps:
            quote = a_quote(
                str(step.bids[0].price), str(step.asks[0].price), product=name, at_ns=step.at_ns
            )
            assert quote.ask - quote.bid < Decimal("0.0005")


def test_what_nobody_plays_has_no_rows() -> None:
    market, other = generated(), ProductId("ADA-USD")

    assert not market.covers(other, START)
    assert market.candle(other, START) is None
    assert market.candles(other, START, Nanos(START + MINUTE)) == []
    assert market.last_before(other, START) is None
    assert market.candle(USD, Nanos(START + 1)) is None
    assert market.candle(USD, Nanos(market.first_ns - MINUTE)) is None
