"""Sizes are scaled by what the whole market does."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.model.bars import Timeframe
from domain.model.context import Regime
from tests.builders.bars import a_context, some_bars


@pytest.mark.req("R1")
def test_the_worse_the_market_the_smaller_the_sizes_and_in_a_crash_nothing() -> None:
    scales = [regime.multiplier for regime in (Regime.BULL, Regime.CHOP, Regime.BEAR, Regime.CRASH)]

    assert scales == sorted(scales, reverse=True)
    assert (Regime.CHOP.multiplier, Regime.CRASH.multiplier) == (Decimal(1), Decimal(0))
    assert len(scales) == len(Regime)


def test_bars_are_found_by_their_length() -> None:
    minutes, hours, days = (some_bars([1.0], timeframe=each) for each in Timeframe)
    context = a_context(minutes, hours=(hours,), days=(days,))

    assert [context.bars_of(each) for each in Timeframe] == [(minutes,), (hours,), (days,)]
