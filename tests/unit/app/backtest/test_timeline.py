"""A backtest depends on nothing that comes after what it decides, and on nothing but its inputs."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from actors.kernel.envelope import Envelope
from actors.trading.exits import Exits
from adapters.simulator.market_data.open import expander_of
from app.backtest.instants import CYCLE_AFTER_NS
from app.backtest.market_watch import MarketWatch
from app.backtest.outcome import BacktestOutcome, run
from app.backtest.plan import BacktestEngine
from app.backtest.report import report
from app.backtest.system import BacktestFailed, BacktestSystem
from app.backtest.timeline import BacktestTimeline
from app.run import settings
from domain.decisions.worked_entry import LEFT_BEHIND
from domain.messages.decisions import OrderApproved, RoundJudged
from domain.messages.orders import OrderAdvanced
from domain.model.errors import InvariantBroken
from domain.model.instants import HOUR, MINUTE, SECOND, Nanos
from domain.model.market import Bar
from domain.model.money import Price, Quantity
from domain.model.orders import OrderState
from domain.orders.order import TIME_OVER
from domain.strategies.breakout import Breakout
from tests.builders.backtests import BEGIN, LIVELY, candles, file_of, plan, played
from tests.builders.messages import BTC

pytestmark = pytest.mark.req("BT1", "BT4")


def trips(outcome: BacktestOutcome, until_ns: int = 2**62) -> list[Any]:
    """Return what was traded up to an instant, without names that hold the market's fingerprint."""
    return [
        (t.product, t.opened_ns, t.bought, t.bought_for, t.closed_ns, t.received, t.fees)
        for t in outcome.results.trips
        if t.opened_ns < until_ns and (t.closed_ns or 0) < until_ns
    ]


def test_the_same_plan_gives_the_same_bytes() -> None:
    first, second = (json.dumps(report(played(plan(hours=5)))) for _ in range(2))

    assert first == second
    assert json.loads(first)["metrics"]["total_trades"] != "0"


def test_what_comes_later_changes_nothing_before_it(tmp_path: Path) -> None:
    whole = file_of(tmp_path / "whole.parquet", candles(7))
    cut = file_of(tmp_path / "cut.parquet", candles(5))
    cut_ns = Nanos(BEGIN + 5 * HOUR)

    long, short = played(plan(str(whole), hours=7)), played(plan(str(cut), hours=7))

    before = trips(long, cut_ns - MINUTE)
    assert before
    assert before == trips(short, cut_ns - MINUTE)


def test_books_add_up_to_the_venues_own_account() -> None:
    made = plan(hours=5)
    results = played(made).results

    profit = sum((trip.profit for trip in results.trips if trip.is_closed), Decimal(0))
    if not results.lots:
        assert results.cash == results.opening_cash + profit
    assert results.cash <= results.opening_cash + profit
    assert results.fees > 0


def test_a_quiet_product_may_be_bought_in_the_minute_after_the_hour_was_read(
    tmp_path: Path,
) -> None:
    first, break_ns = Nanos(BEGIN - 2 * HOUR), Nanos(BEGIN + HOUR)
    low, high, broken = (Price(Decimal(each)) for each in ("100.00", "100.01", "100.05"))
    bars = [
        Bar(BTC, Nanos(at), low, top, low, top, Quantity(Decimal(volume)))
        for at in range(first, BEGIN + 2 * HOUR, MINUTE)
        for top, volume in [(broken, "9000.5") if at == break_ns else (high, "3000.5")]
    ]
    decided: list[Nanos] = []

    def hear(envelope: Envelope) -> None:
        if isinstance(envelope.body, OrderApproved):
            decided.append(envelope.at_ns)

    market = str(file_of(tmp_path / "quiet.parquet", bars))
    run(plan(market, hours=1.2), lambda _: None, hear)

    assert decided[:1] == [break_ns + MINUTE + 2 * SECOND]


@pytest.mark.parametrize("engine", list(BacktestEngine))
def test_an_entry_is_placed_anew_when_its_time_is_over_not_at_the_next_price(
    engine: BacktestEngine,
) -> None:
    eager = ("reprice_after_bps=1", "reprice_after_seconds=2")
    sets = (*LIVELY, *(f"policy.execution.{each}" for each in eager))
    made = evolve(plan(hours=5, sets=sets), engine=engine)
    left: list[int] = []

    def hear(envelope: Envelope) -> None:
        body = envelope.body
        if isinstance(body, OrderAdvanced) and body.state is OrderState.PENDING_CANCEL:
            assert body.reason == LEFT_BEHIND
            left.append(envelope.at_ns)

    BacktestTimeline(BacktestSystem(made, hear), lambda _: None).run()

    after_ns = settings.working_of(made.config).after_ns
    step_ns = MINUTE // 32
    assert left
    for at_ns in left:
        since_ns = at_ns - after_ns
        is_decision = since_ns % MINUTE == CYCLE_AFTER_NS
        assert is_decision or since_ns % step_ns == 0 or since_ns in left
    assert all(at_ns % step_ns for at_ns in left), "between two steps of the tape"


@pytest.mark.parametrize("engine", list(BacktestEngine))
def test_an_entry_ends_when_its_time_is_over_and_nothing_fills_after_that(
    engine: BacktestEngine,
) -> None:
    rests = ("policy.execution.max_reprices=0", "policy.execution.entry_offset_bps=100")
    made = evolve(plan(hours=5, sets=(*LIVELY, *rests)), engine=engine)
    ended: list[int] = []

    def hear(envelope: Envelope) -> None:
        body = envelope.body
        if isinstance(body, OrderAdvanced) and body.reason == TIME_OVER:
            ended.append(envelope.at_ns)

    BacktestTimeline(BacktestSystem(made, hear), lambda _: None).run()

    ttl_ns = made.config.policy.execution.ttl_seconds * SECOND
    assert ended
    assert {at_ns % MINUTE for at_ns in ended} == {CYCLE_AFTER_NS + ttl_ns}


def test_a_decision_is_made_at_the_instant_that_the_plan_says() -> None:
    first, late_ns = Nanos(BEGIN), Nanos(BEGIN + 7 * SECOND)
    made = evolve(plan(hours=0.05), engine=BacktestEngine.EVENTS, decided={first: late_ns})
    decided: list[int] = []

    def hear(envelope: Envelope) -> None:
        if isinstance(envelope.body, RoundJudged):
            decided.append(envelope.at_ns)

    BacktestTimeline(BacktestSystem(made, hear), lambda _: None).run()

    assert decided[:2] == [late_ns, first + MINUTE + CYCLE_AFTER_NS]


def test_what_prices_are_judged_by_is_the_same_whenever_it_was_read_before(tmp_path: Path) -> None:
    hole = range(BEGIN + 40 * MINUTE, BEGIN + 52 * MINUTE)
    rows = [bar for bar in candles(6) if bar.start_ns not in hole]
    made = plan(str(file_of(tmp_path / "gap.parquet", rows)))
    system = BacktestSystem(made)
    again, product = MarketWatch(system, expander_of(made.market, 1)), made.products[0]

    for minute in (0, 1, 2, 2, 41, 45, 60, 200, 150, 151, 340):
        now_ns = Nanos(BEGIN + minute * MINUTE)
        fresh = MarketWatch(system, expander_of(made.market, 1))
        found = again.past(product, now_ns)
        assert found == fresh.past(product, now_ns)
        assert [bar.start_ns for bar in found[1:]] == [bar.start_ns + MINUTE for bar in found[:-1]]
        assert found[-1].start_ns == now_ns - MINUTE


def test_a_minute_without_a_row_is_not_traded_through(tmp_path: Path) -> None:
    begin, end = BEGIN + 2 * HOUR, BEGIN + 4 * HOUR
    rows = [bar for bar in candles(6) if not begin <= bar.start_ns < end]
    outcome = played(plan(str(file_of(tmp_path / "gap.parquet", rows)), hours=6))

    inside = range(begin + 5 * MINUTE, end)
    times = [t for trip in outcome.results.trips for t in (trip.opened_ns, trip.closed_ns)]
    assert any(t is not None and t >= end for t in times)
    assert not [t for t in times if t is not None and t in inside]


def test_a_strategy_that_fails_ends_it_with_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ValueError("no such level")

    monkeypatch.setattr(Breakout, "decide", fail)

    with pytest.raises(BacktestFailed, match=r"strategy\.breakout failed at 2026-.*no such level"):
        played(plan(hours=5))


def test_an_actor_of_ours_that_fails_is_a_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ValueError("no such lot")

    monkeypatch.setattr(Exits, "receive", fail)

    with pytest.raises(InvariantBroken, match=r"exits failed at 2026-.*no such lot"):
        played(plan(hours=1))


def test_a_loss_limit_halts_for_good_and_it_is_said() -> None:
    sets = (
        "strategies.breakout.lookback_minutes=60",
        "strategies.breakout.volume_minutes=10",
        "policy.stops.daily_pct=0.1",
    )
    outcome = played(plan(hours=8, sets=sets))

    halt = outcome.halts[0]
    assert halt.name == "daily_loss"
    assert any(line.startswith("daily_loss halted trading") for line in outcome.warnings)
    assert not [t for t in outcome.results.trips if t.opened_ns > halt.at_ns + MINUTE]
