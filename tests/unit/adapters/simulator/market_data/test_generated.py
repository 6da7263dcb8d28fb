"""Invented markets: legal candles, the same whatever was asked before, and an edge for nobody."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tracemalloc
from decimal import Decimal
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from adapters.simulator.market_data.generated import STYLES, GeneratedMarket
from adapters.simulator.market_data.paths import DAY_MINUTES, CommonPath, ProductPath
from adapters.simulator.market_data.source import MarketError
from domain.model.instants import DAY, HOUR, MINUTE, Nanos, parse_iso
from domain.model.market import Bar
from domain.model.product import ProductId

Floats = NDArray[np.float64]
ORIGIN = parse_iso("2026-01-05T00:00:00Z")
BTC, SOL = ProductId("BTC-USD"), ProductId("SOL-USD")
SEEDS = range(20)
DAYS = 8
SOME_DAYS = (-9, -2, 0, 1, 12)


def numbers(bar: Bar) -> tuple[Decimal, ...]:
    return bar.open, bar.high, bar.low, bar.close, bar.volume


def day_of(market: GeneratedMarket, product: ProductId, day: int) -> list[Bar]:
    return market.candles(product, Nanos(ORIGIN + day * DAY), Nanos(ORIGIN + (day + 1) * DAY))


# What it looks like from outside.


def test_five_products_with_nine_days_of_history_and_no_end() -> None:
    market = GeneratedMarket(1, ORIGIN)
    names = [product.id for product in market.products]
    assert names == ["BTC-USD", "DOGE-USD", "ETH-USD", "LINK-USD", "SOL-USD"]
    assert market.first_ns <= ORIGIN - 8 * DAY
    assert market.end_ns is None
    assert market.prices == "invented"
    assert not market.covers(BTC, Nanos(market.first_ns - MINUTE))
    assert market.candle(BTC, Nanos(market.first_ns - MINUTE)) is None
    assert market.last_before(BTC, market.first_ns) is None
    assert market.covers(BTC, Nanos(ORIGIN + 1_000 * DAY))
    assert not market.covers(ProductId("XRP-USD"), ORIGIN)


def test_a_candle_starts_at_a_whole_minute_only() -> None:
    market = GeneratedMarket(1, ORIGIN)
    assert market.candle(BTC, Nanos(ORIGIN + 1)) is None
    before = market.last_before(BTC, Nanos(ORIGIN + 1))
    assert before is not None
    assert before.start_ns == ORIGIN
    starts = [bar.start_ns for bar in market.candles(BTC, Nanos(ORIGIN + 1), ORIGIN)]
    assert starts == []
    starts = [
        b.start_ns for b in market.candles(BTC, Nanos(ORIGIN + 1), Nanos(ORIGIN + 2 * MINUTE))
    ]
    assert starts == [ORIGIN + MINUTE]


@pytest.mark.parametrize(("origin", "offset"), [(ORIGIN + 1, 0), (ORIGIN, -1)])
def test_refuses_a_beginning_that_cannot_be(origin: int, offset: int) -> None:
    with pytest.raises(MarketError, match="expected an o"):
        GeneratedMarket(1, Nanos(origin), offset)


@pytest.mark.parametrize("seed", [1, 7, 2**63])
def test_every_candle_is_legal_and_opens_where_the_one_before_closed(seed: int) -> None:
    market = GeneratedMarket(seed, ORIGIN)
    for product in market.products:
        bars = market.candles(product.id, market.first_ns, Nanos(market.first_ns + 3 * DAY))
        assert len(bars) == 3 * DAY_MINUTES
        for bar in bars:
            assert 0 < bar.low <= min(bar.open, bar.close)
            assert max(bar.open, bar.close) <= bar.high
            assert bar.volume > 0
            assert all(product.price_down(price) == price for price in numbers(bar)[:4])
            assert product.quantity_down(bar.volume) == bar.volume
        for earlier, later in pairwise(bars):
            assert later.open == earlier.close
            assert later.start_ns == earlier.start_ns + MINUTE


# The same whatever was asked before.


def fingerprint(market: GeneratedMarket, days: tuple[int, ...] = SOME_DAYS) -> dict[int, str]:
    found = {}
    for day in days:
        text = repr([numbers(bar) for p in market.products for bar in day_of(market, p.id, day)])
        found[day] = hashlib.sha256(text.encode()).hexdigest()
    return found


def test_the_order_of_asking_changes_no_candle() -> None:
    forwards = fingerprint(GeneratedMarket(3, ORIGIN))
    backwards = fingerprint(GeneratedMarket(3, ORIGIN), tuple(reversed(SOME_DAYS)))
    assert forwards == backwards
    again = GeneratedMarket(3, ORIGIN)
    assert fingerprint(again) == fingerprint(again) == forwards


def test_one_product_asked_far_ahead_changes_no_other() -> None:
    market = GeneratedMarket(3, ORIGIN)
    market.candle(SOL, Nanos(ORIGIN + 90 * DAY))
    assert day_of(market, BTC, 0) == day_of(GeneratedMarket(3, ORIGIN), BTC, 0)


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(-9 * 1_440, 30 * 1_440)), min_size=2))
def test_single_minutes_in_any_order_are_those_of_the_day(asked: list[tuple[int, int]]) -> None:
    market, fresh = GeneratedMarket(5, ORIGIN), GeneratedMarket(5, ORIGIN)
    names = [product.id for product in market.products]
    first = {key: market.candle(names[key[0]], Nanos(ORIGIN + key[1] * MINUTE)) for key in asked}
    for (number, minute), bar in sorted(first.items(), reverse=True):
        at = Nanos(ORIGIN + minute * MINUTE)
        assert fresh.candles(names[number], at, Nanos(at + MINUTE)) == [bar]
        assert fresh.last_before(names[number], Nanos(at + MINUTE)) == bar


def test_another_seed_is_another_market() -> None:
    assert fingerprint(GeneratedMarket(1, ORIGIN), (0,)) != fingerprint(
        GeneratedMarket(2, ORIGIN), (0,)
    )


@pytest.mark.parametrize("offset", [1, 59, 1_440, 2_874])
def test_an_offset_begins_that_many_minutes_into_the_path(offset: int) -> None:
    plain, moved = GeneratedMarket(1, ORIGIN), GeneratedMarket(1, ORIGIN, offset)
    for minute in (-100, 0, 77):
        at = Nanos(ORIGIN + minute * MINUTE)
        here, there = moved.candle(BTC, at), plain.candle(BTC, Nanos(at + offset * MINUTE))
        assert here is not None
        assert there is not None
        assert numbers(here) == numbers(there)
    assert moved.description != plain.description
    assert moved.covers(BTC, Nanos(ORIGIN - 9 * DAY - offset * MINUTE))


@pytest.mark.parametrize("later", [MINUTE, 7 * HOUR + 13 * MINUTE, 400 * DAY])
def test_a_world_that_begins_later_has_the_same_candles(later: int) -> None:
    one, other = GeneratedMarket(1, ORIGIN), GeneratedMarket(1, Nanos(ORIGIN + later))
    assert one.description == other.description
    for bar, moved in zip(
        one.candles(SOL, ORIGIN, Nanos(ORIGIN + 2 * HOUR)),
        other.candles(SOL, Nanos(ORIGIN + later), Nanos(ORIGIN + later + 2 * HOUR)),
        strict=True,
    ):
        assert numbers(bar) == numbers(moved)


PROGRAM = """
import hashlib
from domain.model.money import install_context
install_context()
from adapters.simulator.market_data.expander import CandleExpander
from adapters.simulator.market_data.generated import GeneratedMarket
from domain.model.instants import DAY, MINUTE, Nanos, parse_iso
origin = parse_iso("2026-01-05T00:00:00Z")
market = GeneratedMarket(4, origin)
expander = CandleExpander(market, 4)
found = hashlib.sha256()
for at in (origin + 12 * DAY, origin, origin + MINUTE):
    for product in market.products:
        found.update(repr(market.candle(product.id, Nanos(at))).encode())
        found.update(repr(expander.steps(product.id, Nanos(at))).encode())
print(found.hexdigest())
"""


def test_processes_with_other_hash_seeds_invent_the_same() -> None:
    found = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("0", "1", "4242")
    }
    assert len(found) == 1


def test_memory_does_not_grow_with_the_path() -> None:
    """All columns of these days would take 20 MB, those of a year 105 MB."""
    market = GeneratedMarket(1, ORIGIN)
    tracemalloc.start()
    try:
        for day in range(0, 61, 15):
            for product in market.products:
                market.candle(product.id, Nanos(ORIGIN + day * DAY))
        held, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 4_000_000
    assert peak < 8_000_000


# What the prices are like: 20 seeds of eight days.


@pytest.fixture(scope="module")
def closes() -> dict[str, list[Floats]]:
    """Return the closes of each product, one column of prices for each seed."""
    found: dict[str, list[Floats]] = {style.base: [] for style in STYLES}
    for seed in SEEDS:
        common = CommonPath(seed)
        for number, style in enumerate(STYLES, start=1):
            path = ProductPath(style, seed, number, common)
            days = [path.day(day).closes for day in range(DAYS)]
            ticks = np.concatenate(days).astype(np.float64)
            found[style.base].append(ticks / 10.0**style.decimals)
    return found


def returns(prices: Floats) -> Floats:
    return np.asarray(prices[1:] / prices[:-1] - 1.0, np.float64)


def t_value(values: Floats) -> float:
    return float(values.mean() / (values.std(ddof=1) / np.sqrt(len(values))))


BASES = [style.base for style in STYLES]


@pytest.mark.parametrize("base", BASES)
def test_minutes_are_as_volatile_as_those_of_crypto(
    closes: dict[str, list[Floats]], base: str
) -> None:
    moved = np.concatenate([returns(prices) for prices in closes[base]])
    assert 4.0 < moved.std() * 10_000 < 18.0  # 5.9 to 15.5 at the end of 2023
    kurtosis = float(np.mean((moved - moved.mean()) ** 4) / moved.var() ** 2)
    assert 15.0 < kurtosis < 800.0


@pytest.mark.parametrize("base", BASES)
def test_volatility_comes_in_clusters_and_returns_do_not(
    closes: dict[str, list[Floats]], base: str
) -> None:
    calm, signed = [], []
    for prices in closes[base]:
        moved = returns(prices)
        calm.append(np.corrcoef(abs(moved[1:]), abs(moved[:-1]))[0, 1])
        signed.append(np.corrcoef(moved[1:], moved[:-1])[0, 1])
    assert np.mean(calm) > 0.1
    # DOGE's tick is wide enough that rounding shows as a small reversal.
    assert abs(np.mean(signed)) < 0.04


def test_products_move_together_but_are_not_one(closes: dict[str, list[Floats]]) -> None:
    for base in ("DOGE", "ETH", "LINK", "SOL"):
        found = [
            np.corrcoef(returns(one), returns(other))[0, 1]
            for one, other in zip(closes["BTC"], closes[base], strict=True)
        ]
        assert 0.3 < np.mean(found) < 0.95


@pytest.mark.parametrize("base", BASES)
def test_to_hold_has_no_edge(closes: dict[str, list[Floats]], base: str) -> None:
    ends = np.array([prices[-1] / prices[0] - 1.0 for prices in closes[base]])
    assert abs(t_value(ends)) < 3.0
    assert abs(t_value(np.concatenate([returns(prices) for prices in closes[base]]))) < 3.0


@pytest.mark.parametrize("lookback", [20, 240, 1_440])
@pytest.mark.parametrize("hold", [1, 60])
def test_to_buy_breakouts_has_no_edge(
    closes: dict[str, list[Floats]], lookback: int, hold: int
) -> None:
    gains = []
    for columns in zip(*closes.values(), strict=True):
        won = 0.0
        for prices in columns:
            highs = np.lib.stride_tricks.sliding_window_view(prices, lookback).max(axis=1)
            at = np.flatnonzero(prices[lookback:] > highs[:-1]) + lookback
            at = at[at + hold < len(prices)]
            won += float((prices[at + hold] / prices[at] - 1.0).sum())
        gains.append(won)  # one value a seed: products and holdings overlap
    assert abs(t_value(np.array(gains))) < 3.0


def test_trading_is_busier_in_minutes_that_move() -> None:
    bars = day_of(GeneratedMarket(1, ORIGIN), BTC, 0)
    moved = np.array([abs(float(bar.close / bar.open) - 1.0) for bar in bars])
    volume = np.array([float(bar.volume) for bar in bars])
    assert np.corrcoef(moved, np.log(volume))[0, 1] > 0.2
