"""Minute bars hold what was traded in their minute, once, and quiet minutes repeat the close."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.market.bars import BarBuilder
from domain.model.instants import MINUTE, Nanos
from domain.model.market import Bar
from tests.builders.messages import BTC, NOW, a_trade
from tests.builders.numbers import decimals

NEXT = Nanos(NOW + MINUTE)


def builder_with(*trades: tuple[str, str, int]) -> BarBuilder:
    builder = BarBuilder(BTC)
    for price, quantity, offset_ns in trades:
        builder.add(a_trade(price, quantity, at_ns=NOW + offset_ns))
    return builder


@pytest.mark.req("S1")
def test_a_bar_is_first_highest_lowest_last_and_sum() -> None:
    builder = builder_with(
        ("100", "1", 0), ("103", "0.5", 1), ("99", "0.25", 2), ("101", "2", MINUTE - 1)
    )

    bar = builder.close(NOW)

    assert bar is not None
    assert (bar.open, bar.high, bar.low, bar.close) == decimals(100, 103, 99, 101)
    assert bar.volume == Decimal("3.75")
    assert bar.start_ns == NOW


@pytest.mark.req("S1")
def test_a_trade_of_the_next_minute_waits_for_it() -> None:
    builder = builder_with(("100", "1", 0), ("200", "1", MINUTE))

    first, second = builder.close(NOW), builder.close(NEXT)

    assert first is not None
    assert second is not None
    assert (first.high, second.open) == decimals(100, 200)


@pytest.mark.req("ST1")
def test_a_minute_without_a_trade_repeats_the_close_with_volume_zero() -> None:
    builder = builder_with(("100", "1", 0), ("98", "1", 1))
    builder.close(NOW)

    bar = builder.close(NEXT)

    assert bar is not None
    assert {bar.open, bar.high, bar.low, bar.close} == {Decimal(98)}
    assert bar.volume == 0


def test_without_any_close_to_repeat_there_is_no_bar() -> None:
    assert BarBuilder(BTC).close(NOW) is None


def test_a_trade_of_a_closed_minute_is_late_and_changes_nothing() -> None:
    builder = builder_with(("100", "1", 0))
    builder.close(NOW)

    builder.add(a_trade("500", at_ns=NOW + 5))

    assert builder.late == 1
    bar = builder.close(NEXT)
    assert bar is not None
    assert bar.high == 100


def test_a_minute_that_was_not_seen_whole_is_left_to_the_venues_candles() -> None:
    builder = builder_with(("100", "1", 0))
    builder.skip(NOW)
    assert builder.close(NEXT) is None

    candle = builder_with(("97", "1", 0)).close(NOW)
    assert candle is not None
    builder.adopt(candle)

    bar = builder.close(Nanos(NEXT + MINUTE))
    assert bar is not None
    assert bar.close == 97


def test_a_late_trade_of_a_skipped_minute_does_not_open_it_again() -> None:
    builder = builder_with(("100", "1", 0))
    builder.skip(NOW)

    builder.add(a_trade("500", at_ns=NOW + 5))

    assert builder.late == 1
    assert builder.close(NEXT) is None


def test_an_older_candle_does_not_replace_a_newer_close() -> None:
    builder = builder_with(("100", "1", MINUTE))
    older = builder_with(("50", "1", 0)).close(NOW)
    builder.close(NEXT)
    assert older is not None

    builder.adopt(older)

    bar = builder.close(Nanos(NEXT + MINUTE))
    assert bar is not None
    assert bar.close == 100


@pytest.mark.req("S1")
@given(
    st.lists(
        st.tuples(st.integers(1, 10**6), st.integers(1, 10**4), st.integers(0, 3 * MINUTE - 1)),
        min_size=1,
        max_size=30,
    )
)
def test_volume_and_extremes_are_those_of_the_trades(trades: list[tuple[int, int, int]]) -> None:
    trades.sort(key=lambda each: each[2])
    builder = builder_with(*((str(price), str(amount), at) for price, amount, at in trades))

    closed: list[Bar | None] = [builder.close(Nanos(NOW + n * MINUTE)) for n in range(3)]

    for number, bar in enumerate(closed):
        mine = [each for each in trades if each[2] // MINUTE == number]
        if mine:
            assert bar is not None
            assert bar.volume == sum(amount for _, amount, _ in mine)
            prices = [price for price, _, _ in mine]
            assert (bar.high, bar.low) == decimals(max(prices), min(prices))
            assert (bar.open, bar.close) == decimals(prices[0], prices[-1])
