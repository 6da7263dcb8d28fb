"""Claims of the expander: a minute is exactly its candle, and knows nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from adapters.simulator.market_data.candles import open_candles
from adapters.simulator.market_data.expander import CandleExpander
from adapters.simulator.market_data.source import Step
from domain.model.instants import MINUTE, SECOND, Nanos
from domain.model.market import Bar
from domain.model.money import Price, Quantity
from domain.model.product import Product, Side
from tests.builders.market import NAME, START, bar, product
from tests.builders.recorded import shared_data
from tests.fakes.markets import RowMarket

TICKS = ("0.01", "0.000001", "1")
STEPS = ("0.00000001", "0.1", "1")


def minute(subject: Product, *rows: Bar, at: int = 0, seed: int = 1) -> tuple[Step, ...]:
    market = RowMarket(subject, *rows)
    return CandleExpander(market, seed).steps(NAME, Nanos(START + at * MINUTE))


@st.composite
def candles(draw: st.DrawFn) -> tuple[Product, Bar]:
    subject = product(draw(st.sampled_from(TICKS)), draw(st.sampled_from(STEPS)))
    ticks = st.integers(1, 10**7)
    base = draw(ticks)
    width = draw(st.sampled_from([0, 1, 2, 30, 10_000]))
    opened, close, one, other = (base + draw(st.integers(0, width)) for _ in range(4))
    high, low = max(opened, close, one, other), min(opened, close, one, other)
    units = draw(st.one_of(st.integers(0, 6), st.integers(0, 10**15)))
    o, h, lo, c = (Price(tick * subject.price_increment) for tick in (opened, high, low, close))
    return subject, Bar(NAME, START, o, h, lo, c, Quantity(units * subject.base_increment))


def check_steps(steps: tuple[Step, ...], subject: Product) -> None:
    assert steps[0].at_ns % MINUTE == 0
    assert all(0 < later.at_ns - step.at_ns <= 2 * SECOND for step, later in pairwise(steps))
    assert MINUTE - steps[-1].at_ns % MINUTE <= 2 * SECOND
    for step in steps:
        check_book(step, subject)


def check_book(step: Step, subject: Product) -> None:
    bids = [level.price for level in step.bids]
    asks = [level.price for level in step.asks]
    assert bids
    assert asks
    assert bids == sorted(set(bids), reverse=True)
    assert asks == sorted(set(asks))
    assert 0 < bids[-1] <= bids[0] < asks[0]
    for level in (*step.bids, *step.asks):
        assert level.price % subject.price_increment == 0
        assert level.quantity > 0
        assert level.quantity % subject.base_increment == 0
    for trade in step.trades:
        best = asks[0] if trade.maker_side is Side.SELL else bids[0]
        assert abs(trade.price - best) <= subject.price_increment
        assert trade.at_ns == step.at_ns


def check_candle(steps: tuple[Step, ...], row: Bar, subject: Product) -> None:
    trades = [trade for step in steps for trade in step.trades]
    units = row.volume / subject.base_increment
    distinct = len({row.open, row.high, row.low, row.close}) + (row.open == row.close)
    assert sum((trade.quantity for trade in trades), Decimal(0)) == row.volume
    assert all(trade.quantity % subject.base_increment == 0 for trade in trades)
    assert all(trade.quantity > 0 for trade in trades)
    assert all(row.low <= trade.price <= row.high for trade in trades)
    if units:
        assert trades[0].price == row.open
        assert trades[0].at_ns == row.start_ns
    if units >= distinct:
        assert trades[-1].price == row.close
        assert max(trade.price for trade in trades) == row.high
        assert min(trade.price for trade in trades) == row.low


@given(candles(), st.integers(0, 2**63))
def test_a_minute_is_its_candle_to_the_last_digit(made: tuple[Product, Bar], seed: int) -> None:
    subject, row = made
    steps = minute(subject, row, seed=seed)
    assert len(steps) == 32
    check_steps(steps, subject)
    check_candle(steps, row, subject)


@given(candles())
def test_the_market_never_shows_a_price_beyond_the_extremes(made: tuple[Product, Bar]) -> None:
    subject, row = made
    for step in minute(subject, row):
        assert step.bids[0].price <= row.high
        assert step.asks[0].price >= row.low


@given(candles())
def test_ids_of_trades_rise_within_and_over_minutes(made: tuple[Product, Bar]) -> None:
    subject, row = made
    again = Bar(NAME, Nanos(START + MINUTE), row.open, row.high, row.low, row.close, row.volume)
    expander = CandleExpander(RowMarket(subject, row, again), 1)
    both = (*expander.steps(NAME, START), *expander.steps(NAME, again.start_ns))
    ids = [int(trade.trade_id) for step in both for trade in step.trades]
    assert ids == sorted(set(ids))


def test_a_minute_without_a_row_has_books_around_the_close_before_and_no_trade() -> None:
    rows = bar(0, ("10", "11", "9", "10.5"), "3"), bar(3, ("12", "12", "12", "12"), "1")
    steps = minute(product(), *rows, at=2)
    assert len(steps) == 32
    assert not any(step.trades for step in steps)
    assert all(step.bids[0].price <= Decimal("10.5") <= step.asks[0].price for step in steps)
    assert len({step.bids for step in steps}) > 1  # refreshed
    check_steps(steps, product())


def test_a_row_without_volume_has_no_trade_and_moves_the_book() -> None:
    rows = bar(0, ("10", "10", "10", "10"), "1"), bar(1, ("11", "12", "11", "12"), "0")
    steps = minute(product(), *rows, at=1)
    assert not any(step.trades for step in steps)
    assert steps[-1].bids[0].price <= 12 <= steps[-1].asks[0].price


def test_nothing_happens_before_the_first_row_and_after_the_last() -> None:
    row = bar(0, ("10", "10", "10", "10"), "1")
    assert minute(product(), row, at=-1) == ()
    assert minute(product(), row, at=1) == ()


def test_one_price_and_one_unit_are_one_trade() -> None:
    steps = minute(product(), bar(0, ("10", "10", "10", "10"), "0.00000001"))
    assert [len(step.trades) for step in steps] == [1] + [0] * 31


def test_rows_after_the_minute_change_nothing_in_it() -> None:
    past = [bar(i, ("10", "11", "9", "10"), str(i + 1)) for i in range(70)]
    for later in range(3):
        future = [bar(70 + i, ("20", "25", "15", "20"), "999") for i in range(later + 1)]
        seen = minute(product(), *past, *future, at=69)
        assert seen == minute(product(), *past, bar(70, ("1", "1", "1", "1"), "1"), at=69)


def test_a_book_does_not_show_how_its_own_minute_will_go() -> None:
    past = [bar(i, ("10", "11", "9", "10"), "5") for i in range(70)]
    quiet = minute(product(), *past, bar(70, ("10", "10", "10", "10"), "0.01"), at=70)
    wild = minute(product(), *past, bar(70, ("10", "50", "1", "1"), "90000"), at=70)
    first = {level.price: level.quantity for level in (*quiet[0].bids, *quiet[0].asks)}
    other = {level.price: level.quantity for level in (*wild[0].bids, *wild[0].asks)}
    shared = first.keys() & other.keys()
    assert len(shared) > 8
    assert all(first[price] == other[price] for price in shared)


def test_the_order_of_asking_makes_no_difference() -> None:
    rows = [bar(i, ("10", "11", "9", "10.3"), "7.5") for i in range(130)]
    market = RowMarket(product(), *rows)
    forward, backward = CandleExpander(market, 5), CandleExpander(market, 5)
    minutes = [Nanos(START + i * MINUTE) for i in range(130)]
    ahead = [forward.steps(NAME, at) for at in minutes]
    assert ahead == [backward.steps(NAME, at) for at in reversed(minutes)][::-1]


def test_another_seed_is_another_minute() -> None:
    row = bar(0, ("10", "11", "9", "10.3"), "7.5")
    assert minute(product(), row, seed=1) != minute(product(), row, seed=2)


def test_most_levels_survive_a_step_and_the_turn_of_a_minute() -> None:
    rows = [bar(i, ("100", "100.02", "99.98", "100"), "50") for i in range(130)]
    expander = CandleExpander(RowMarket(product(), *rows), 5)
    steps = [s for i in range(60, 130) for s in expander.steps(NAME, Nanos(START + i * MINUTE))]
    changes = sorted(_changes(step, later) for step, later in pairwise(steps))
    turns = sorted(_changes(steps[i - 1], steps[i]) for i in range(32, len(steps), 32))
    assert 1 <= changes[len(changes) // 2] <= 8
    assert turns[len(turns) // 2] <= 10


def _changes(step: Step, later: Step) -> int:
    return len({*step.bids, *step.asks} ^ {*later.bids, *later.asks})


PRINT_DIGEST = """
import hashlib
from adapters.simulator.market_data.expander import CandleExpander
from adapters.simulator.market_data.generated import GeneratedMarket
from domain.model.instants import MINUTE, Nanos
market = GeneratedMarket(3, Nanos(29_400_000 * MINUTE))
expander = CandleExpander(market, 3)
steps = [expander.steps(p.id, Nanos(market.first_ns + 999 * MINUTE)) for p in market.products]
print(hashlib.sha256(repr(steps).encode()).hexdigest())
"""


def test_two_processes_with_other_hash_seeds_play_the_same() -> None:
    seen = set()
    for hash_seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", PRINT_DIGEST],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            cwd=Path(__file__).parents[5],
            capture_output=True,
            text=True,
            check=True,
        )
        seen.add(done.stdout)
    assert len(seen) == 1


def test_every_product_of_the_demo_is_played_exactly() -> None:
    data = shared_data()
    market = open_candles(next((data / "demo").glob("*.parquet")))
    expander = CandleExpander(market, 7)
    for number, subject in enumerate(market.products):
        rows = market.candles(subject.id, market.first_ns, market.end_ns or market.first_ns)
        for row in rows[number :: len(rows) // 20]:
            steps = expander.steps(subject.id, row.start_ns)
            check_steps(steps, subject)
            check_candle(steps, row, subject)


@given(candles(), st.integers(0, 5))
def test_the_best_of_the_books_is_that_of_whole_ones(drawn: tuple[Product, Bar], seed: int) -> None:
    expander = CandleExpander(RowMarket(*drawn), seed)
    whole = expander.steps(NAME, START)

    assert list(expander.touches(NAME, [START])) == [
        (step.bids[0].price, step.asks[0].price, step.at_ns) for step in whole
    ]


def test_opening_bids_of_many_minutes_are_those_of_each() -> None:
    closes = (str(100 + number % 7) for number in range(200))
    rows = [bar(number, (each,) * 4, "5") for number, each in enumerate(closes)]
    market = RowMarket(product(), *rows)
    expander, tick = CandleExpander(market, 3), product().price_increment
    times = [Nanos(START + number * MINUTE) for number in range(30, 199)]
    lasts = [market.last_before(NAME, each) for each in times]
    ticks = np.array([int(each.close / tick) for each in lasts if each])
    bids, widest, is_known = expander.openings(NAME, times[0], ticks)

    assert is_known.tolist() == [each >= START + 60 * MINUTE for each in times]
    for number in np.flatnonzero(is_known).tolist():
        at_ns = times[number]
        assert int(bids[number]) * tick == expander.opening_bid(NAME, at_ns)
        assert int(widest[number]) * tick == expander.widest_spread(NAME, at_ns)


def test_a_book_is_drawn_from_the_hours_before_it_and_around_it() -> None:
    rows = [bar(number, ("100",) * 4, str(1 + number)) for number in range(200)]
    expander = CandleExpander(RowMarket(product(), *rows), 3)
    first, hour, within = (
        expander.draw(NAME, Nanos(START + number * MINUTE)) for number in (59, 120, 121)
    )

    assert first is None
    assert hour is not None
    assert within is not None
    assert hour.before != hour.now
    assert within.before == within.now == hour.now
    assert within.minute == hour.minute + 1
