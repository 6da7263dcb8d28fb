"""A grid that all numbers share is found through noise; where there is none, nothing is guessed."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.simulator.market_data.digits import quoted, shared_digits
from adapters.simulator.market_data.source import MarketError


@given(
    st.lists(st.integers(1, 10**9), min_size=1, max_size=20),
    st.integers(0, 8),
    st.integers(-4, 4),
)
def test_noise_of_a_few_ulps_is_no_digit(ticks: list[int], places: int, ulps: int) -> None:
    clean = np.array([float(Decimal(each).scaleb(-places)) for each in ticks])
    noisy = clean + ulps * np.spacing(clean)

    found = shared_digits([noisy])

    assert found is not None
    assert found.places <= places
    assert found.columns[0].tolist() == clean.tolist()
    assert found.rounded == (len(ticks) if ulps else 0)


def test_one_row_with_digits_of_its_own_is_enough_to_refuse() -> None:
    prices = np.array([2000.5, 2000.25, 2000.1234567891234, 1999.9876543219877])

    with pytest.raises(MarketError, match=r"m\.csv: ETH-USD: expected prices that share"):
        quoted("m.csv: ETH-USD", [prices])
