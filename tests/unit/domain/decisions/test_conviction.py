"""The more convinced and the calmer the market, the larger an entry; never larger than full."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.decisions.conviction import calm_of, conviction_of, size_pct

FULL = Decimal(2)
SHARES = st.decimals("0", "1", places=4)


@pytest.mark.req("X3")
@given(SHARES, SHARES, SHARES)
def test_size_grows_with_conviction_and_calm_up_to_the_full_one(
    conviction: Decimal, more: Decimal, calm: Decimal
) -> None:
    low, high = sorted((conviction, more))

    assert 0 < size_pct(FULL, low, calm) <= size_pct(FULL, high, calm) <= FULL
    assert size_pct(FULL, low, calm) <= size_pct(FULL, low)


def test_full_conviction_buys_all_and_none_half() -> None:
    assert size_pct(FULL, Decimal(1)) == 2
    assert size_pct(FULL, Decimal(0)) == 1


def test_a_market_that_moves_twice_as_much_halves_the_size() -> None:
    assert calm_of(10.0, Decimal(5)) == Decimal("0.5")
    assert calm_of(3.0, Decimal(5)) == calm_of(0.0, Decimal(5)) == 1


@pytest.mark.parametrize(("strength", "conviction"), [(-1.0, "0"), (0.12345, "0.1235"), (7.0, "1")])
def test_conviction_is_kept_within_bounds(strength: float, conviction: str) -> None:
    assert abs(conviction_of(strength) - Decimal(conviction)) <= Decimal("0.0001")
