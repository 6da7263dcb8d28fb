"""What a chart shows at first: all candles, and the limits that leave them legible."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.results.charts import _reach
from tests.builders.market import bar

BARS = [bar(0, ("100", "102", "99", "101"), "1"), bar(1, ("101", "104", "101", "103"), "1")]


@given(st.sets(st.floats(1, 10_000), max_size=8))
def test_every_candle_is_shown_and_none_is_pressed_flat(limits: set[float]) -> None:
    low, high = _reach(BARS, limits)

    assert low < 99
    assert high > 104
    assert high - low < 4 * (104 - 99)


def test_a_near_stop_is_shown() -> None:
    low, _ = _reach(BARS, {96.0})

    assert low < 96


def test_a_price_that_never_moved_has_a_chart_with_a_height() -> None:
    still = [bar(0, ("100", "100", "100", "100"), "0")]

    low, high = _reach(still, set())

    assert low < 100 < high
