"""What every signal has to have, and what each of them sees."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import domain.signals
from domain.model.bars import Bars
from domain.signals.filters import Lively, OutlierGuard
from domain.signals.levels import Break, Reversal
from domain.signals.moves import PriceMove, RelativeStrength, SteadyMove, VolumeSpike
from domain.signals.reversion import FarFromMean, FromVwap, deviation
from tests.builders.bars import bars_of, some_bars
from tests.builders.paths import BASE, SEEDS, a_path, mirrored, scaled, standing

SIGNED: dict[str, Any] = {
    "PriceMove": PriceMove(rows=15, min_pct=1.0),
    "VolumeSpike": VolumeSpike(rows=3, usual_rows=12, min_ratio=1.8),
    "SteadyMove": SteadyMove(rows=24, parts=12, min_pct=0.5, min_agreeing=0.6),
    "Break": Break(rows=20),
    "Reversal": Reversal(rows=40, min_pct=0.5, near_pct=9, min_fall_pct=2, settled_rows=3),
    "FarFromMean": FarFromMean(rows=24, min_z=1.2),
    "FromVwap": FromVwap(rows=12),
    "RelativeStrength": RelativeStrength(rows=14),
}
MASKS: dict[str, Any] = {
    "Lively": Lively(rows=14, usual_rows=30, min_ratio=1.2),
    "OutlierGuard": OutlierGuard(rows=20, max_pct=1.0, min_volume=0.5),
}
ALL = {**SIGNED, **MASKS}
each_signal = pytest.mark.parametrize("signal", ALL.values(), ids=ALL)
each_signed = pytest.mark.parametrize("signal", SIGNED.values(), ids=SIGNED)
few = settings(max_examples=30)


def column(signal: Any, bars: Bars) -> Any:
    return signal.mask(bars) if hasattr(signal, "mask") else signal.column(bars)


def classes() -> Iterator[str]:
    """Yield the names of all signals that there are."""
    for module in iter_modules(domain.signals.__path__):
        path = f"domain.signals.{module.name}"
        for name, kind in vars(import_module(path)).items():
            is_signal = hasattr(kind, "column") or hasattr(kind, "mask")
            if isinstance(kind, type) and kind.__module__ == path and is_signal:
                yield name


def test_every_signal_is_tried_here() -> None:
    assert sorted(set(classes()) - {"Signal"}) == sorted(ALL)


@pytest.mark.req("S1")
@each_signal
@few
@given(seed=SEEDS)
def test_window_and_history_agree_to_the_last_bit(signal: Any, seed: int) -> None:
    bars = a_path(signal.lookback + 40, seed)
    history = column(signal, bars)

    for row in range(signal.lookback - 1, len(bars)):
        window = bars.until(row + 1).last(signal.lookback)
        assert column(signal, window)[-1].tobytes() == history[row].tobytes()


@pytest.mark.req("S1")
@each_signal
@given(seed=SEEDS, rows=st.integers(0, 120))
def test_the_future_changes_nothing(signal: Any, seed: int, rows: int) -> None:
    bars = a_path(120, seed)

    assert column(signal, bars.until(rows)).tobytes() == column(signal, bars)[:rows].tobytes()


@pytest.mark.req("S1")
@each_signal
@given(seed=SEEDS)
def test_with_too_few_rows_a_signal_says_nothing(signal: Any, seed: int) -> None:
    assert not column(signal, a_path(signal.lookback - 1, seed)).any()


@pytest.mark.req("S1")
@each_signed
@given(price=st.integers(1, 10**9), volumes=st.lists(st.integers(0, 9), min_size=90, max_size=90))
def test_constant_prices_give_none(signal: Any, price: int, volumes: list[int]) -> None:
    assert not signal.column(standing(90, price, volumes)).any()


@pytest.mark.req("S1")
@pytest.mark.parametrize("name", sorted(SIGNED.keys() - {"Reversal"}))
@few
@given(seed=SEEDS)
def test_mirrored_prices_mirror_the_signal(name: str, seed: int) -> None:
    signal, bars = SIGNED[name], a_path(160, seed)
    upright, turned = signal.column(bars), signal.column(mirrored(bars))
    # Percent of a mirrored price are a little more or less: what is near a threshold may differ.
    clear = np.abs(upright) > 1.5 * getattr(signal, "min_pct", 0.0)

    assert (np.sign(upright[clear]) == -np.sign(turned[clear])).all()


@pytest.mark.req("S1")
@given(fall=st.integers(40_000, 150_000), back=st.integers(15, 25), rest=st.integers(4, 20))
def test_a_mirrored_fall_mirrors_its_reversal(fall: int, back: int, rest: int) -> None:
    low = BASE - fall
    closes = [*np.linspace(BASE, low, 20), *np.linspace(low, low + fall * back // 100, rest)[1:]]
    whole = np.rint(closes)
    bars = bars_of([whole] * 4, np.ones(len(closes)))
    near = fall * 50 / BASE
    signal = Reversal(rows=len(closes), min_pct=0.5, near_pct=near, min_fall_pct=2, settled_rows=3)

    assert signal.column(bars)[-1] > 0 > signal.column(mirrored(bars))[-1]


@pytest.mark.req("S1")
@each_signal
@few
@given(seed=SEEDS, prices=st.sampled_from([2, 8, 1024]), volumes=st.sampled_from([2, 16]))
def test_units_of_price_and_volume_do_not_matter(
    signal: Any, seed: int, prices: int, volumes: int
) -> None:
    bars = a_path(90, seed)

    assert column(signal, bars).tolist() == column(signal, scaled(bars, prices, volumes)).tolist()


# What each of them sees.


@pytest.mark.req("S1")
def test_a_fall_is_a_fall() -> None:
    falling = PriceMove(rows=1, min_pct=1).column(some_bars([100, 93]))

    assert falling.tolist() == [0.0, -7.0]


@pytest.mark.req("S1")
def test_much_volume_points_where_the_price_went() -> None:
    signal = VolumeSpike(rows=2, usual_rows=4, min_ratio=2)
    volumes = [1, 1, 1, 1, 3, 3]

    assert signal.column(some_bars([9, 9, 9, 9, 9.5, 10], volumes))[-1] == 3.0
    assert signal.column(some_bars([9, 9, 9, 9, 8.5, 8], volumes))[-1] == -3.0
    assert signal.column(some_bars([9, 9, 9, 9, 8, 9], volumes))[-1] == 0.0
    assert signal.column(some_bars([9, 9, 9, 9, 9.5, 10], [1, 1, 1, 1, 1, 2]))[-1] == 0.0


@pytest.mark.req("S1")
def test_a_break_leaves_the_old_extremes_and_the_bar_itself_is_none_of_them() -> None:
    signal = Break(rows=3)

    assert signal.column(some_bars([10, 11, 10, 11.11], highs=[10, 11, 10, 99]))[-1] == 1.0
    assert signal.column(some_bars([10, 11, 10, 9.9], lows=[10, 10, 10, 1]))[-1] == -1.0
    assert signal.column(some_bars([10, 11, 10, 11]))[-1] == 0.0


@pytest.mark.req("S1")
def test_a_reversal_comes_back_from_an_extreme_that_has_settled() -> None:
    signal = Reversal(rows=6, min_pct=2, near_pct=10, min_fall_pct=15, settled_rows=2)

    assert signal.column(some_bars([120, 110, 100, 101, 102, 105]))[-1] == 5.0
    assert signal.column(some_bars([120, 110, 102, 101, 100, 105]))[-1] == 0.0, "not settled"
    assert signal.column(some_bars([120, 110, 100, 101, 110, 119]))[-1] == 0.0, "too far"
    assert signal.column(some_bars([104, 103, 100, 101, 102, 105]))[-1] == 0.0, "no fall before"
    assert signal.column(some_bars([100, 110, 125, 124, 123, 120]))[-1] == -4.0


@pytest.mark.req("S1")
def test_momentum_needs_a_way_that_most_parts_went() -> None:
    signal = SteadyMove(rows=4, parts=4, min_pct=3, min_agreeing=0.75)

    assert signal.column(some_bars([100, 101, 102, 101, 104]))[-1] == 4.0
    assert signal.column(some_bars([100, 99, 98, 97, 104]))[-1] == 0.0
    assert signal.column(some_bars([100, 99, 98, 97, 96]))[-1] == -4.0


@pytest.mark.req("S1")
@given(st.lists(st.integers(1, 10**7), min_size=3, max_size=40))
def test_deviations_are_those_of_the_text_book(closes: list[int]) -> None:
    values = np.array(closes, dtype=np.int64)
    spread = float(values.std())
    usual = (values[-1] - values.mean()) / spread if spread else 0.0

    assert deviation(values, len(closes))[-1] == pytest.approx(usual, rel=1e-9, abs=1e-9)


def test_differences_too_large_to_be_squared_say_nothing() -> None:
    values = np.array([1, 2**49] * 50, dtype=np.int64)

    assert not deviation(values, 100).any()


@pytest.mark.req("S1")
def test_a_far_price_silences_the_rows_that_see_it_and_changes_no_other() -> None:
    usual = np.array([100, 103, 99, 101, 104, 98, 102, 100, 97, 105] * 3, dtype=np.int64)
    with_far = np.concatenate((usual, [2**49], usual))
    rows = 5

    whole = deviation(with_far, rows)

    far = len(usual)
    assert not whole[far : far + rows].any()
    for row in (*range(rows - 1, far), *range(far + rows, len(with_far))):
        assert whole[row] == deviation(with_far[row - rows + 1 : row + 1], rows)[-1] != 0


@pytest.mark.req("S1")
def test_mean_reversion_expects_what_is_usual() -> None:
    signal = FarFromMean(rows=4, min_z=1.5)

    assert signal.column(some_bars([100, 100, 100, 90]))[-1] == pytest.approx(3**0.5)
    assert signal.column(some_bars([100, 100, 100, 110]))[-1] == pytest.approx(-(3**0.5))
    assert signal.column(some_bars([100, 90, 100, 90]))[-1] == 0.0


@pytest.mark.req("S1")
def test_the_average_price_weighs_what_was_traded() -> None:
    signal = FromVwap(rows=3)

    assert signal.column(some_bars([99, 100, 100, 110], [9, 1, 1, 2]))[-1] == pytest.approx(
        100 * (110 - 105) / 105
    )
    assert signal.column(some_bars([100, 100, 90], [1, 1, 2]))[-1] == pytest.approx(
        100 * (90 - 95) / 95
    )
    assert signal.column(some_bars([100, 110, 120], [0, 0, 0]))[-1] == 0.0, "nothing was traded"


def test_an_average_price_beyond_64_bits_says_nothing() -> None:
    closes, volumes = [1, 2**40, 1], [2**23, 2**23, 2**23]

    assert not FromVwap(rows=3).column(bars_of([closes] * 4, volumes)).any()


@pytest.mark.req("S1")
def test_relative_strength_is_the_share_of_the_ways_up() -> None:
    signal = RelativeStrength(rows=4)

    assert signal.column(some_bars([50, 100, 103, 102, 104, 103]))[-1] == pytest.approx(
        100 * 5 / 7 - 50
    )
    assert signal.column(some_bars([100, 101, 102, 103, 104]))[-1] == 50.0
    assert signal.column(some_bars([104, 103, 102, 101, 100]))[-1] == -50.0


@pytest.mark.req("S1")
def test_a_market_is_lively_when_it_moves_more_than_it_used_to() -> None:
    signal = Lively(rows=2, usual_rows=4, min_ratio=1.5)
    quiet = [100, 101, 100, 101, 100, 101]

    assert not signal.mask(some_bars(quiet))[-1]
    assert signal.mask(some_bars([*quiet[:4], 108, 100]))[-1]
    assert not signal.mask(some_bars([100] * 6))[-1]


@pytest.mark.req("O1")
def test_a_close_far_off_is_believed_only_if_it_was_traded() -> None:
    signal = OutlierGuard()
    closes = [100.0] * 20

    def believed(close: float, volume: float) -> bool:
        return bool(signal.mask(some_bars([*closes, close], [10.0] * 20 + [volume]))[-1])

    assert believed(109.99, 0)
    assert not believed(110.01, 0.99)
    assert not believed(89.99, 0.99)
    assert believed(110.01, 1)
    assert not signal.mask(bars_of([np.full(20, 5)] * 4, np.ones(20)))[-1], "too few bars"
