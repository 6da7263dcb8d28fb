"""Both engines of a backtest do the same: fills, verdicts with their numbers, marks."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from attrs import evolve
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from adapters.simulator.market_data.depth import UsualBook
from app.backtest.check import EngineTrace, check, difference
from app.backtest.plan import LikeRun
from app.backtest.report import assumptions
from app.backtest.signals import ColumnSignals, Wanted
from app.backtest.trail import OrderLine
from domain.model.instants import HOUR, MILLISECOND, MINUTE, Nanos
from domain.model.market import Bar
from domain.model.money import Price, Quantity
from domain.model.orders import OrderState
from domain.model.product import Side
from tests.builders.backtests import BEGIN, LIVELY, candles, file_of, plan
from tests.builders.messages import BTC

pytestmark = pytest.mark.req("BT1", "BT4")


def test_the_engines_do_the_same_on_an_invented_market() -> None:
    outcome, found = check(plan(hours=6), lambda _: None)

    assert outcome.results.trips, "nothing was traded: nothing was compared"
    assert found is None


def test_the_engines_do_the_same_where_rows_are_missing(tmp_path: Path) -> None:
    holes = [range(BEGIN + n * HOUR, BEGIN + n * HOUR + n * 7 * MINUTE) for n in range(1, 5)]
    rows = [bar for bar in candles(6) if not any(bar.start_ns in hole for hole in holes)]

    outcome, found = check(plan(str(file_of(tmp_path / "gaps.parquet", rows))), lambda _: None)

    assert outcome.results.trips
    assert found is None


def test_an_engine_that_overlooks_a_trigger_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    at = ColumnSignals.at

    def blind_at_times(self: ColumnSignals, minute_ns: int) -> list[Wanted]:
        return [] if minute_ns // HOUR % 2 else at(self, minute_ns)

    monkeypatch.setattr(ColumnSignals, "at", blind_at_times)
    _, found = check(plan(hours=6), lambda _: None)

    assert found is not None
    assert found.columns != found.events
    assert "events: " in str(found)
    assert BEGIN < found.at_ns < BEGIN + 6 * HOUR


def test_what_is_not_marked_has_not_changed() -> None:
    columns, events = EngineTrace(), EngineTrace()
    columns.marks = {1: "10", 4: "12"}
    events.marks = {1: "10", 2: "10", 3: "10", 4: "12"}
    assert difference(columns, events) is None

    events.marks[3] = "11"
    found = difference(columns, events)

    assert found is not None
    assert (found.at_ns, found.columns, found.events) == (3 * MINUTE, "worth 10", "worth 11")


def test_the_first_difference_is_named_and_what_is_missing_is_nothing() -> None:
    columns, events = EngineTrace(), EngineTrace()
    columns.happenings = [(Nanos(1), "a"), (Nanos(5), "b")]
    events.happenings = [(Nanos(1), "a"), (Nanos(3), "c"), (Nanos(5), "b")]

    found = difference(columns, events)

    assert found is not None
    assert (found.at_ns, found.columns, found.events) == (3, "nothing", "c")


@settings(max_examples=12, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(
    begin=st.integers(0, 20),
    lookback=st.sampled_from((20, 60, 120)),
    stop=st.sampled_from(("0.5", "1", "3")),
    target=st.sampled_from(("8", "14")),
    total=st.sampled_from(("5", "8", "15")),
    daily=st.sampled_from(("0.1", "3")),
    hold=st.sampled_from(("30m", "6h")),
    ttl=st.sampled_from((15, 45, 110)),
    trailing=st.sampled_from(("0", "1")),
)
def test_no_setting_makes_the_engines_differ(
    begin: int,
    lookback: int,
    stop: str,
    target: str,
    total: str,
    daily: str,
    hold: str,
    ttl: int,
    trailing: str,
) -> None:
    sets = (
        *LIVELY[1:2],
        f"strategies.breakout.lookback_minutes={lookback}",
        f"strategies.breakout.stop_loss_pct={stop}",
        f"strategies.breakout.take_profit_pct={target}",
        f"policy.caps.total_pct={total}",
        f"policy.stops.daily_pct={daily}",
        f"policy.exits.max_hold={hold}",
        f"policy.execution.ttl_seconds={ttl}",
        f"policy.exits.trailing_stop_pct={trailing}",
    )
    made = plan(hours=3, sets=sets, begin_hours=begin)

    _, found = check(made, lambda _: None)

    assert found is None


@pytest.mark.parametrize("delay_ms", [2, 150, 1_999, 5_000])
def test_with_orders_on_the_way_both_engines_do_the_same_and_fills_are_later(
    delay_ms: int,
) -> None:
    made = plan(hours=6)
    late = evolve(made, delay_ns=Nanos(delay_ms * MILLISECOND), like=LikeRun("run 7", 1, 0))

    outcome, found = check(late, lambda _: None)

    assert found is None
    bought = [line for line in outcome.trail.orders.values() if line.ended_ns is not None]
    assert bought
    assert all(
        line.ended_ns >= line.raised_ns + late.delay_ns
        for line in bought
        if line.ended_ns is not None and line.state is OrderState.FILLED
    )
    (told,) = (each for each in assumptions(outcome) if "an order and a cancel" in each)
    assert told == f"an order and a cancel take {delay_ms} ms, the median of 1 order of run 7"
    assert "as run 7 paid" in assumptions(outcome)[0]


@pytest.mark.parametrize(("spread", "depth"), [("2", "500000"), ("55", "30")])
def test_with_books_that_a_run_has_seen_both_engines_do_the_same_and_say_so(
    spread: str, depth: str
) -> None:
    made = plan(hours=6)
    first, *others = made.products
    seen = UsualBook(Decimal(spread), Decimal(depth))
    whole = evolve(made, books=dict.fromkeys(made.products, seen), like=LikeRun("run 7", 3, 40))

    outcome, found = check(whole, lambda _: None)

    assert found is None
    (told,) = (each for each in assumptions(outcome) if each.startswith("spread and depth"))
    count = f"{len(made.products)} books"
    assert told == f"spread and depth of {count}: the median of what run 7 saw, 40 looks in all"
    part = evolve(outcome, plan=evolve(whole, books={first: seen}))
    rest = f"; of {len(others)} others as usual for what was traded in the hour before"
    assert any(each.startswith("spread and depth of 1 book: ") for each in assumptions(part))
    assert any(each.endswith(rest) for each in assumptions(part))
    none = evolve(outcome, plan=evolve(whole, books={}))
    assert any(each.startswith("run 7 kept no books") for each in assumptions(none))


def test_books_that_were_seen_count_in_what_is_traded() -> None:
    made = plan(hours=6)
    alone, _ = check(made, lambda _: None)
    seen = UsualBook(Decimal(55), Decimal(30))
    wide, _ = check(evolve(made, books=dict.fromkeys(made.products, seen)), lambda _: None)

    assert [trip.paid for trip in alone.results.trips] != [trip.paid for trip in wide.results.trips]


def a_climb(gap_at: int) -> list[Bar]:
    """Return a market that climbs from minute 60 on, ever more of it traded, and gaps up once."""
    price, rows = Decimal(100), []
    for number in range(-190, 150):
        opened = price * Decimal("1.04") if number == gap_at else price
        closed = opened * Decimal("1.004")
        if number < 60:
            closed = 100 + Decimal(number % 5) / 50
        opened, closed = (Price(each.quantize(Decimal("0.01"))) for each in (opened, closed))
        volume = 5_000 * Decimal("1.5") ** max(0, min(number - 58, 20))
        extremes = max(opened, closed), min(opened, closed)
        start_ns = Nanos(BEGIN + number * MINUTE)
        traded = Quantity(volume.quantize(Decimal(1)))
        rows.append(Bar(BTC, start_ns, opened, *extremes, closed, traded))
        price = closed
    return rows


def test_what_is_sold_before_the_decision_may_be_wanted_again_in_it(tmp_path: Path) -> None:
    made = plan(str(file_of(tmp_path / "climb.parquet", a_climb(gap_at=78))), hours=2.4)

    outcome, found = check(made, lambda _: None)

    assert found is None
    minute = range(BEGIN + 78 * MINUTE, BEGIN + 79 * MINUTE)
    (sold,) = (each.ended_ns for each in outcome.trail.orders.values() if _is_target(each))
    (refused,) = (at_ns for at_ns, _ in outcome.trail.refused if at_ns in minute)
    assert sold is not None
    assert sold in minute
    assert sold < refused


def _is_target(line: OrderLine) -> bool:
    return line.intent.order.side is Side.SELL and line.state is OrderState.FILLED
