"""Minutes that nobody is asked about are those in which a host would have said nothing."""

from __future__ import annotations

import pytest
from attrs import asdict

from adapters.simulator.bars.grid import MinuteGrid
from adapters.simulator.market_data.generated import GeneratedMarket
from app.backtest.signals import ColumnSignals, Wanted, WindowSignals
from domain.decisions.strategy import Strategy
from domain.model.bars import Bars, Timeframe
from domain.model.instants import DAY, HOUR, MINUTE
from domain.model.product import ProductId
from domain.signals.windows import Bools
from domain.strategies.breakout import Breakout
from domain.strategies.mean_reversion import MeanReversion
from domain.strategies.momentum import Momentum
from tests.builders.backtests import BEGIN, plan, played

pytestmark = pytest.mark.req("BT4")
BTC, ETH = ProductId("BTC-USD"), ProductId("ETH-USD")
NOBODY = frozenset[str]()
"""No strategy buys what it holds."""


def _breakout() -> Strategy:
    made = plan().config.strategies["breakout"].strategy
    assert isinstance(made, Breakout)
    return made


def test_what_a_column_says_is_what_the_newest_window_says() -> None:
    strategy, grid = _breakout(), MinuteGrid(GeneratedMarket(1, BEGIN))
    signals = ColumnSignals(grid, (BTC,), (strategy,), NOBODY)
    found = [bool(signals.at(BEGIN + n * MINUTE)) for n in range(600)]

    newest = []
    for n in range(600):
        end_ns = BEGIN + n * MINUTE
        window = grid.bars(BTC, end_ns - strategy.lookback * MINUTE, end_ns)
        newest.append(bool(strategy.trigger(window)[-1]))
    assert any(found)
    assert found == newest


def test_weeks_meet_without_a_seam() -> None:
    strategy, grid = _breakout(), MinuteGrid(GeneratedMarket(1, BEGIN))
    before, later = (
        ColumnSignals(grid, (BTC,), (strategy,), NOBODY),
        ColumnSignals(grid, (BTC,), (strategy,), NOBODY),
    )
    week = [BEGIN + 7 * DAY + n * MINUTE for n in range(-200, 200)]
    before.at(BEGIN)

    assert [before.at(each) for each in week] == [later.at(each) for each in week]


def test_a_wish_to_be_out_is_one_of_its_own() -> None:
    config = plan(sets=("strategies.mean_reversion.enabled=true",)).config
    strategy = config.strategies["mean_reversion"].strategy
    assert isinstance(strategy, MeanReversion)
    signals = ColumnSignals(MinuteGrid(GeneratedMarket(1, BEGIN)), (BTC,), (strategy,), NOBODY)
    found = {each for n in range(1440) for each in signals.at(BEGIN + n * MINUTE)}

    assert Wanted("mean_reversion", BTC, leaves=True) in found


def test_longer_bars_count_until_the_next_has_closed() -> None:
    class Always(Breakout):
        timeframe = Timeframe.HOUR

    made = _breakout()
    assert isinstance(made, Breakout)
    hourly = Always(
        id="hourly",
        notional_pct=made.notional_pct,
        stop_loss_pct=made.stop_loss_pct,
        take_profit_pct=made.take_profit_pct,
        lookback_minutes=2,
        volume_minutes=1,
        volume_ratio=made.volume_ratio * 0,
    )
    signals = ColumnSignals(MinuteGrid(GeneratedMarket(1, BEGIN)), (BTC,), (hourly,), NOBODY)
    by_hour = [
        {bool(signals.at(BEGIN + h * HOUR + n * MINUTE)) for n in range(0, 60, 7)}
        for h in range(24)
    ]

    assert all(len(each) == 1 for each in by_hour)
    assert {True} in by_hour
    assert {False} in by_hour


def test_a_minute_says_the_same_whether_a_later_one_was_asked_about_before() -> None:
    config = plan(sets=("strategies.momentum.enabled=true",)).config
    momentum = config.strategies["momentum"].strategy
    assert isinstance(momentum, Momentum)
    grid, both = MinuteGrid(GeneratedMarket(1, BEGIN)), (_breakout(), momentum)
    in_order, ahead = (
        ColumnSignals(grid, (BTC,), both, NOBODY),
        ColumnSignals(grid, (BTC,), both, NOBODY),
    )
    # Days in which something is wanted, and the seam between two weeks.
    minutes = [
        BEGIN + day * DAY + n * MINUTE for day in (0, 2, 6, 7) for n in range(-60 * bool(day), 600)
    ]
    told = {each: in_order.at(each) for each in minutes}

    for each in minutes:
        ahead.at(each + 59 * MINUTE)
        assert ahead.at(each) == told[each]
    assert {wanted.strategy for found in told.values() for wanted in found} == {
        "breakout",
        "momentum",
    }


def test_whatever_is_wanted_is_wanted_in_the_minutes_that_are_named() -> None:
    grid = MinuteGrid(GeneratedMarket(1, BEGIN))
    asked, named = (ColumnSignals(grid, (BTC,), (_breakout(),), NOBODY) for _ in range(2))
    begin, end = BEGIN + 6 * DAY, BEGIN + 7 * DAY + 12 * HOUR  # over the seam between two weeks
    for each in (asked, named):
        each.at(BEGIN)
    wanted = [at for at in range(begin, end, MINUTE) if asked.at(at)]
    minutes = []
    for at in named.minutes(begin, end):
        minutes.append(at)
        named.at(at)

    assert {*wanted} <= {*minutes} <= {*range(begin, end, MINUTE)}
    assert len(minutes) <= len(wanted) + 2
    assert list(WindowSignals(grid, (BTC,), (), NOBODY).minutes(begin, begin + HOUR)) == [
        *range(begin, begin + HOUR, MINUTE)
    ]


@pytest.mark.parametrize("pyramids", [(), ("breakout", "mean_reversion")])
def test_both_ways_to_look_find_the_same_wanted(pyramids: tuple[str, ...]) -> None:
    config = plan(
        sets=(
            "strategies.breakout.lookback_minutes=20",
            "strategies.mean_reversion.enabled=true",
            "strategies.mean_reversion.min_deviations=0.5",
        )
    ).config
    names = ("breakout", "mean_reversion")
    both = tuple(config.strategies[name].strategy for name in names)
    grid = MinuteGrid(GeneratedMarket(1, BEGIN))
    columns, windows = (
        kind(grid, (BTC, ETH), both, frozenset(pyramids)) for kind in (ColumnSignals, WindowSignals)
    )
    nothing, all_of_it = frozenset[tuple[str, ProductId]](), {(name, BTC) for name in names}
    found = [
        (signals.wanted(BEGIN + n * MINUTE, held), held)
        for n in range(300)
        for held in (nothing, all_of_it)
        for signals in (columns, windows)
    ]

    assert found[::2] == found[1::2]
    wanted = {(each, bool(held)) for told, held in found for each in told}
    assert (Wanted("mean_reversion", BTC, leaves=True), True) in wanted
    assert (Wanted("mean_reversion", BTC, leaves=True), False) not in wanted
    assert (Wanted("mean_reversion", BTC), False) in wanted
    assert ((Wanted("mean_reversion", BTC), True) in wanted) is bool(pyramids)
    assert windows.fired(BEGIN) is None
    assert columns.fired(BEGIN) is not None


def test_a_window_is_asked_about_once() -> None:
    asked: list[int] = []

    class Counting(Breakout):
        def trigger(self, bars: Bars) -> Bools:
            asked.append(int(bars.start_ns[-1]))
            return super().trigger(bars)

        def leave(self, bars: Bars) -> Bools | None:
            raise AssertionError("nothing is held")

    made = _breakout()
    assert isinstance(made, Breakout)
    counting = Counting(**asdict(made, recurse=False))
    signals = WindowSignals(MinuteGrid(GeneratedMarket(1, BEGIN)), (BTC,), (counting,), NOBODY)
    for minute_ns in (BEGIN, BEGIN, BEGIN + MINUTE, BEGIN + MINUTE, BEGIN):
        signals.wanted(minute_ns, frozenset())

    assert asked == [BEGIN - MINUTE, BEGIN, BEGIN - MINUTE]


def test_asking_about_every_product_in_every_minute_buys_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = plan(hours=4)
    asleep = played(made)
    everything = [Wanted("breakout", each) for each in made.products]
    monkeypatch.setattr(ColumnSignals, "at", lambda *_: list(everything))

    awake = played(plan(hours=4))

    bought = [(t.product, t.opened_ns, t.entry_price) for t in asleep.results.trips]
    assert bought
    assert bought == [(t.product, t.opened_ns, t.entry_price) for t in awake.results.trips]
