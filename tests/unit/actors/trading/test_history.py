from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from actors.trading.bar_unit import LARGEST
from actors.trading.history import BarHistory, BarUnfit, ProductBars
from domain.model.bar_run import BarRun
from domain.model.bars import COLUMNS, Timeframe
from domain.model.instants import DAY, HOUR, MINUTE, Nanos
from domain.model.market import Bar
from domain.model.money import Price, Quantity
from tests.builders.bars import columns_of
from tests.builders.messages import BTC, NOW

DEPTH = 4


def a_bar(minute: int, close: int = 100) -> Bar:
    low, high = Price(Decimal(close - 1)), Price(Decimal(close + 1))
    start = Nanos(NOW + minute * MINUTE)
    return Bar(BTC, start, low, high, low, Price(Decimal(close)), Quantity(Decimal(5)))


def history_of(*minutes: int, depth: int = DEPTH) -> BarHistory:
    history = BarHistory(BTC, Timeframe.MINUTE, depth)
    for minute in minutes:
        history.append(a_bar(minute, 100 + minute))
    return history


def minutes_of(history: BarHistory) -> list[int]:
    return [(int(start) - NOW) // MINUTE for start in history.view().start_ns]


def test_an_empty_history_has_an_empty_view() -> None:
    history = BarHistory(BTC, Timeframe.MINUTE, DEPTH)

    assert len(history.view()) == 0


def test_a_bar_stands_in_its_columns() -> None:
    view = history_of(0).view()

    assert view.product == BTC
    row = (view.open[0], view.high[0], view.low[0], view.close[0], view.volume[0])
    assert row == (99, 101, 99, 100, 5)


def test_a_missing_minute_repeats_the_close_without_volume() -> None:
    history = history_of(0)

    history.append(a_bar(3, 200))

    view = history.view()
    assert minutes_of(history) == [0, 1, 2, 3]
    for column in (view.open, view.high, view.low, view.close):
        assert list(column[1:3]) == [100, 100]
    assert list(view.volume) == [5, 0, 0, 5]


@pytest.mark.parametrize("minute", [0, 1])
def test_a_bar_that_is_not_newer_is_ignored(minute: int) -> None:
    history = history_of(0, 1)

    history.append(a_bar(minute, 999))

    assert list(history.view().close) == [100, 101]


def test_the_view_holds_the_newest_minutes_only() -> None:
    assert minutes_of(history_of(*range(11))) == [7, 8, 9, 10]


def test_a_view_is_the_same_one_until_there_is_another_bar() -> None:
    history = history_of(0, 1)
    view = history.view()

    history.append(a_bar(1, 999))  # not newer
    assert history.view() is view
    history.append(a_bar(2))
    assert history.view() is not view
    assert minutes_of(history) == [0, 1, 2]
    view = history.view()
    assert history.extend(columns_of([a_bar(3), a_bar(4)], "1", "1"))
    assert history.view() is not view
    assert minutes_of(history) == [1, 2, 3, 4]


def test_a_view_cannot_be_written() -> None:
    view = history_of(0, 1).view()

    for column in (view.start_ns, view.open, view.high, view.low, view.close, view.volume):
        with pytest.raises(ValueError, match="read-only"):
            column[0] = 1


@given(some.lists(some.integers(1, 4), max_size=30), some.integers(1, 6))
def test_a_view_never_changes_afterwards_and_has_no_holes(gaps: list[int], depth: int) -> None:
    history = BarHistory(BTC, Timeframe.MINUTE, depth)
    kept, minute = [], 0
    for gap in gaps:
        minute += gap
        history.append(a_bar(minute, 100 + minute))
        view = history.view()
        kept.append((view, view.start_ns.copy(), view.close.copy()))

    for view, starts, closes in kept:
        assert np.array_equal(view.start_ns, starts)
        assert np.array_equal(view.close, closes)
        assert len(view) <= depth
        assert all(np.diff(view.start_ns) == MINUTE)
    if gaps:
        assert history.view().start_ns[-1] == NOW + minute * MINUTE


def precise(minute: int, price: str, volume: str = "1") -> Bar:
    worth = Price(Decimal(price))
    start = Nanos(NOW + minute * MINUTE)
    return Bar(BTC, start, worth, worth, worth, worth, Quantity(Decimal(volume)))


PRICES = some.decimals("0.00000001", "900000", places=8)


@pytest.mark.req("S1")
@given(some.lists(some.tuples(PRICES, PRICES), min_size=1, max_size=8))
def test_prices_and_volumes_are_kept_to_the_last_digit(rows: list[tuple[Decimal, Decimal]]) -> None:
    history = BarHistory(BTC, Timeframe.MINUTE, 8)
    for minute, (price, volume) in enumerate(rows):
        history.append(precise(minute, str(price), str(volume)))
    view = history.view()

    assert [view.price(int(ticks)) for ticks in view.close] == [price for price, _ in rows]
    assert [int(steps) * view.step for steps in view.volume] == [volume for _, volume in rows]


def test_a_finer_price_changes_no_view_that_was_handed_out() -> None:
    history = BarHistory(BTC, Timeframe.MINUTE, 8)
    history.append(precise(0, "100"))
    before = history.view()
    history.append(precise(1, "100.25"))
    after = history.view()

    assert (before.tick, before.close.tolist()) == (Decimal(1), [100])
    assert (after.tick, after.close.tolist()) == (Decimal("0.01"), [10_000, 10_025])


@pytest.mark.parametrize("price", ["1e-16", "1e16", "1e300", f"1.{'1' * 40}", "100000.0000000001"])
def test_a_price_that_no_column_can_hold_is_refused_and_changes_nothing(price: str) -> None:
    history = BarHistory(BTC, Timeframe.MINUTE, 8)
    history.append(precise(0, "700000.01"))

    with pytest.raises(BarUnfit):
        history.append(precise(1, price))

    assert list(history.view().close) == [70_000_001]


@pytest.mark.parametrize("volume", ["123456789.123456789012345", f"{LARGEST}.5", "1e12"])
def test_a_volume_with_too_many_digits_is_cut(volume: str) -> None:
    history = BarHistory(BTC, Timeframe.MINUTE, 8)
    history.append(precise(0, "1", volume))
    view = history.view()

    assert 0 < int(view.volume[0]) <= LARGEST
    assert float(view.volume[0]) * float(view.step) == pytest.approx(float(volume), rel=1e-6)


MIDNIGHT = -(-NOW // DAY) * DAY
WIDE = {Timeframe.MINUTE: 5, Timeframe.HOUR: 4, Timeframe.DAY: 2}


def at(start_ns: int, close: int, volume: int = 1) -> Bar:
    opened, high, low, closed = (
        Price(Decimal(each)) for each in (close - 1, close + 2, close - 3, close)
    )
    return Bar(BTC, Nanos(start_ns), opened, high, low, closed, Quantity(Decimal(volume)))


def minutes_from(start_ns: int, count: int) -> list[Bar]:
    return [at(start_ns + number * MINUTE, 100 + number) for number in range(count)]


def made(*bars: Bar, depths: dict[Timeframe, int] | None = None) -> ProductBars:
    product = ProductBars(BTC, depths or {**WIDE, Timeframe.MINUTE: 1440})
    for bar in bars:
        product.append(bar)
    return product


@pytest.mark.req("S1")
def test_an_hour_is_made_of_its_sixty_minutes_and_closes_with_the_last() -> None:
    hour = minutes_from(MIDNIGHT, 60)
    open_hour = made(*hour[:59]).view(Timeframe.HOUR)
    closed = made(*hour).view(Timeframe.HOUR)

    assert open_hour is not None
    assert len(open_hour) == 0
    assert closed is not None
    assert list(closed.start_ns) == [MIDNIGHT]
    row = (closed.open[0], closed.high[0], closed.low[0], closed.close[0], closed.volume[0])
    assert row == (99, 161, 97, 159, 60)


def test_an_hour_of_which_a_part_was_not_seen_is_no_hour() -> None:
    view = made(*minutes_from(MIDNIGHT + MINUTE, 119)).view(Timeframe.HOUR)

    assert view is not None
    assert list(view.start_ns) == [MIDNIGHT + HOUR]


def test_a_day_closes_with_its_last_minute() -> None:
    view = made(*minutes_from(MIDNIGHT, 1440)).view(Timeframe.DAY)

    assert view is not None
    assert (list(view.start_ns), list(view.close)) == ([MIDNIGHT], [1539])


def test_loaded_hours_come_before_those_made_of_minutes() -> None:
    product = made(*minutes_from(MIDNIGHT, 60))
    past = [at(MIDNIGHT - hour * HOUR, 50 + hour) for hour in (2, 1)]
    product.load(Nanos(HOUR), past)
    view = product.view(Timeframe.HOUR)

    assert view is not None
    assert list(view.start_ns) == [MIDNIGHT - 2 * HOUR, MIDNIGHT - HOUR, MIDNIGHT]
    assert list(view.close) == [52, 51, 159]


def test_after_a_hole_hours_begin_anew() -> None:
    product = made()
    product.load(Nanos(HOUR), [at(MIDNIGHT - 3 * HOUR, 50)])
    for bar in minutes_from(MIDNIGHT, 60):
        product.append(bar)
    view = product.view(Timeframe.HOUR)

    assert view is not None
    assert list(view.start_ns) == [MIDNIGHT]


def test_what_nobody_needs_is_not_kept() -> None:
    product = made(*minutes_from(MIDNIGHT, 60), depths={Timeframe.MINUTE: 3})

    assert product.view(Timeframe.HOUR) is None
    product.load(Nanos(HOUR), [at(MIDNIGHT, 50)])
    assert product.view(Timeframe.DAY) is None


def shown(product: ProductBars) -> list[object]:
    found: list[object] = []
    for timeframe in Timeframe:
        view = product.view(timeframe)
        if view is not None:
            columns = (getattr(view, name).tolist() for name in COLUMNS)
            found.append((timeframe, view.product, view.tick, view.step, *columns))
    return found


COUNTS = some.one_of(some.just(1), some.integers(1, 150))
"""Most minutes come alone."""
SCALES = some.sampled_from(["1", "0.1", "0.01", "0.00000001"])


@pytest.mark.req("S1")
@given(
    some.lists(
        some.tuples(some.integers(0, 3), COUNTS, SCALES, SCALES, some.booleans()),
        min_size=1,
        max_size=8,
    ),
    some.integers(1, 90),
    some.integers(0, 59),
)
def test_columns_are_taken_as_their_bars_are_one_by_one(
    parts: list[tuple[int, int, str, str, bool]], depth: int, begin: int
) -> None:
    depths = {Timeframe.MINUTE: depth, Timeframe.HOUR: 3, Timeframe.DAY: 2}
    by_columns, one_by_one = ProductBars(BTC, depths), ProductBars(BTC, depths)
    minute = begin
    for gap, count, price, volume, is_fine in parts:
        minute += gap
        # Multiples of ten are counted in coarser units than those that they come in.
        unit = Decimal(price) * (1 if is_fine else 10)
        bars = []
        for number in range(minute, minute + count):
            low, high = Price(unit * (number % 13 + 1)), Price(unit * (number % 13 + 20))
            units = Quantity(Decimal(volume) * (number % 5) * (1 if is_fine else 10))
            bars.append(Bar(BTC, Nanos(MIDNIGHT + number * MINUTE), low, high, low, high, units))
        minute += count
        by_columns.load(Nanos(MINUTE), BarRun(columns_of(bars, price, volume)))
        one_by_one.load(Nanos(MINUTE), bars)

    assert shown(by_columns) == shown(one_by_one)


def test_columns_change_no_view_that_was_handed_out() -> None:
    product = ProductBars(BTC, {Timeframe.MINUTE: 4})
    product.load(Nanos(MINUTE), BarRun(columns_of(minutes_from(MIDNIGHT, 6), "1", "1")))
    before = product.view(Timeframe.MINUTE)
    assert before is not None
    kept = before.close.tolist()
    product.load(
        Nanos(MINUTE), BarRun(columns_of(minutes_from(MIDNIGHT + 6 * MINUTE, 9), "1", "1"))
    )

    assert before.close.tolist() == kept


def test_a_column_beyond_measure_is_refused_as_its_bar_is() -> None:
    product = made(*minutes_from(MIDNIGHT, 1))
    beyond = at(MIDNIGHT + MINUTE, 2**55)

    with pytest.raises(BarUnfit):
        product.append(beyond)
    with pytest.raises(BarUnfit):
        product.load(Nanos(MINUTE), BarRun(columns_of([beyond], "1", "1")))
