"""Sizes are scaled by what the whole market does."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.model.context import Regime
from tests.builders.messages import some_bars


@pytest.mark.req("R1")
def test_the_worse_the_market_the_smaller_the_sizes_and_in_a_crash_nothing() -> None:
    scales = [regime.multiplier for regime in (Regime.BULL, Regime.CHOP, Regime.BEAR, Regime.CRASH)]

    assert scales == sorted(scales, reverse=True)
    assert (Regime.CHOP.multiplier, Regime.CRASH.multiplier) == (Decimal(1), Decimal(0))
    assert len(scales) == len(Regime)


def test_bars_are_as_many_as_their_closes() -> None:
    assert len(some_bars([1.0, 2.0, 3.0])) == 3
