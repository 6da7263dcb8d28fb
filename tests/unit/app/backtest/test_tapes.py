"""What a candle alone says of a minute: the low first, then stops, then targets, never too good."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from adapters.simulator.market_data.expander import CandleExpander
from adapters.simulator.market_data.generated import GeneratedMarket
from adapters.simulator.market_data.source import Step
from app.backtest.check import check
from app.backtest.outcome import with_kindest
from app.backtest.plan import FillRule
from app.backtest.report import report
from app.backtest.report_schema import checked
from app.backtest.summary import facts
from app.backtest.tapes import PARTS, BarTape, ExpandedTape
from domain.model.instants import MINUTE, SECOND, Nanos
from domain.model.market import Bar
from domain.model.money import Price, Quantity
from domain.model.portfolio import Lot
from tests.builders.backtests import BEGIN, candles, file_of, plan, played
from tests.builders.messages import BTC, ETH, a_lot

pytestmark = pytest.mark.req("BT1", "BT4")

MARKET = GeneratedMarket(1, BEGIN)
EXPANDER = CandleExpander(MARKET, 1)
BASE = Decimal(72_000)


class Watch:
    """Shows one candle of one product, and hides nothing."""

    def __init__(self, row: Bar | None) -> None:
        self._row = row

    def row(self, *_: object) -> Bar | None:
        return self._row

    def lit_from(self, *_: object) -> int:
        return 0

    def tape(self, *_: object) -> list[Step]:
        return []


def a_row(low: int, high: int, *, opened: int = 0, closed: int = 0, volume: int = 8) -> Bar:
    opens, highs, lows, closes = (Price(BASE + each) for each in (opened, high, low, closed))
    return Bar(BTC, Nanos(BEGIN), opens, highs, lows, closes, Quantity(Decimal(volume)))


def lot_of(stop: int, target: int | None = None, *, age: int = 60) -> Lot:
    return evolve(
        a_lot(),
        product=BTC,
        stop_price=Price(BASE + stop),
        target_price=None if target is None else Price(BASE + target),
        opened_ns=Nanos(BEGIN - age * 10**9),
    )


def steps_of(row: Bar | None, *lots: Lot, is_kind: bool = False) -> list[Step]:
    watch: Any = Watch(row)
    tape = BarTape(watch, EXPANDER, lambda: lots, is_kind=is_kind)
    groups = list(tape.minute([BTC], Nanos(BEGIN)).until(Nanos(BEGIN + MINUTE), {BTC}))
    assert [at for at, _ in groups] == sorted({at for at, _ in groups})
    return [step for _, group in groups for step in group]


def bids(steps: Sequence[Step]) -> list[Decimal]:
    return [step.bids[0].price - BASE for step in steps]


def test_the_low_prints_a_quarter_of_the_volume_and_takes_no_level_of_the_book() -> None:
    opened, low, closed = steps_of(a_row(-500, 100))

    assert [trade.price for trade in low.trades] == [BASE - 500]
    assert low.trades[0].quantity == Decimal(8) / PARTS
    assert (low.bids, low.asks) == (opened.bids, opened.asks) or low.asks[0].price == BASE
    assert opened.at_ns + 2 * 10**9 < low.at_ns < opened.at_ns + 10 * 10**9, "after the decision"
    assert closed.trades[0].price == BASE


def test_a_stop_is_reached_at_its_price_less_the_spread() -> None:
    spread = EXPANDER.widest_spread(BTC, Nanos(BEGIN))
    assert spread

    steps = steps_of(a_row(-500, 100), lot_of(-300))

    assert bids(steps)[2] == -300 - spread


def test_a_stop_behind_a_gap_is_sold_at_the_open() -> None:
    steps = steps_of(a_row(-500, 100, opened=-400), lot_of(-300))

    assert len(steps) == 3
    assert bids(steps)[0] < -400


def test_the_stop_comes_before_the_target_and_alone() -> None:
    lot = lot_of(-300, 90)

    assert max(bids(steps_of(a_row(-500, 500), lot))) < 90
    assert max(bids(steps_of(a_row(-100, 500), lot))) == 90


def test_no_target_is_reached_in_the_minute_of_the_fill() -> None:
    assert max(bids(steps_of(a_row(-100, 500), lot_of(-300, 90, age=-5)))) < 90


def test_the_kindest_reading_has_all_of_the_volume_go_through_a_limit_at_the_low() -> None:
    _, low, _ = steps_of(a_row(-500, 100), is_kind=True)

    assert low.trades[0].price == BASE - 500 - EXPANDER.tick(BTC)
    assert low.trades[0].quantity == 8


def test_the_kindest_reading_sells_at_the_target_first_and_at_the_stop_without_a_spread() -> None:
    lot = lot_of(-300, 90, age=-5)

    assert bids(steps_of(a_row(-500, 500), lot, is_kind=True))[2:4] == [90, -300]
    assert bids(steps_of(a_row(-500, 50), lot, is_kind=True))[2] == -300
    assert len(steps_of(a_row(-500, 500, opened=-400), lot, is_kind=True)) == 4, "the target alone"


@pytest.mark.parametrize("rule", [FillRule.TAPE, FillRule.BAR])
def test_what_candles_leave_open_is_told_where_they_decide(rule: FillRule) -> None:
    outcome = with_kindest(played(evolve(plan(hours=12), fills=rule)), lambda _: None)

    if rule is FillRule.TAPE:
        assert outcome.kindest is None
    else:
        assert outcome.kindest is not None
        assert outcome.kindest.total_pnl_pct != outcome.metrics.total_pnl_pct
        assert "Kind fills" in {fact.name for fact in facts(outcome)}
        assert checked(report(outcome)).kindest is not None


def test_a_minute_without_a_candle_has_a_book_and_no_trade() -> None:
    steps = steps_of(None, lot_of(-300))

    assert [step.trades for step in steps] == [()]


@given(low=st.integers(-900, 0), high=st.integers(0, 900), stop=st.integers(-900, 900))
def test_nothing_is_ever_bid_above_the_high_or_printed_outside_the_candle(
    low: int, high: int, stop: int
) -> None:
    row = a_row(low, high, opened=(low + high) // 2, closed=low)

    for step in steps_of(row, lot_of(stop, stop + 300)):
        assert step.bids[0].price <= row.high
        assert step.bids[0].price < step.asks[0].price


def test_the_whole_tape_is_every_step_of_every_product_in_order() -> None:
    watch: Any = Watch(None)
    minute = ExpandedTape(watch, EXPANDER).minute([BTC], Nanos(BEGIN))
    groups = list(minute.until(Nanos(BEGIN + MINUTE), {BTC}))

    assert [step for _, group in groups for step in group] == list(
        EXPANDER.steps(BTC, Nanos(BEGIN))
    )


def test_by_candles_alone_both_engines_do_the_same_and_trade(tmp_path: Path) -> None:
    rows = [bar for bar in candles(5) if bar.start_ns // MINUTE % 53]
    made = evolve(plan(str(file_of(tmp_path / "c.parquet", rows)), hours=5), fills=FillRule.BAR)

    outcome, found = check(made, lambda _: None)

    assert outcome.results.closed
    assert found is None


def test_the_two_rules_are_not_the_same() -> None:
    made = plan(hours=5)

    tape, bar = (played(evolve(made, fills=each)).results for each in (FillRule.TAPE, FillRule.BAR))

    assert tape.trips
    assert bar.trips
    assert tape.cash != bar.cash


def test_a_minute_is_shown_in_parts_and_what_is_not_played_is_left_out() -> None:
    watch: Any = Watch(None)
    playing = {BTC, ETH}
    minute = ExpandedTape(watch, EXPANDER).minute([BTC, ETH], Nanos(BEGIN))

    first = list(minute.until(Nanos(BEGIN + 2 * SECOND), playing))
    playing.discard(ETH)
    rest = list(minute.until(Nanos(BEGIN + MINUTE), playing))

    assert [[s.product for s in steps] for _, steps in first] == [[BTC, ETH]] * 2
    shown = [step for _, steps in (*first, *rest) for step in steps if step.product == BTC]
    assert tuple(shown) == EXPANDER.steps(BTC, Nanos(BEGIN))
    assert {s.product for _, steps in rest for s in steps} == {BTC}
    playing.clear()
    left = ExpandedTape(watch, EXPANDER).minute([BTC], Nanos(BEGIN))
    assert not list(left.until(Nanos(BEGIN + MINUTE), playing))


def test_the_instants_of_a_candle_wait_for_their_time_and_all_of_them_are_shown() -> None:
    watch: Any = Watch(a_row(-5, 5))
    minute = BarTape(watch, EXPANDER, tuple).minute([BTC], Nanos(BEGIN))

    first = list(minute.until(Nanos(BEGIN + 2 * SECOND), set()))
    rest = list(minute.until(Nanos(BEGIN + MINUTE), set()))

    assert [at for at, _ in first] == [BEGIN]
    assert [at for at, _ in rest] == sorted(at for at, _ in rest)
    assert len(rest) == 2
