"""Rows of minutes that are passed end where something is said, and go on beyond looks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from actors.kernel.envelope import Envelope
from actors.kernel.topology import UNIVERSE
from app.backtest import passing
from app.backtest.instants import is_look, next_look
from app.backtest.outcome import BacktestOutcome
from app.backtest.record import BacktestRecorder
from app.backtest.system import BacktestSystem
from app.backtest.timeline import BacktestTimeline
from domain.messages.universe import StandingsChanged
from domain.model.instants import HOUR, MINUTE, Nanos
from tests.builders.backtests import BEGIN, LIVELY, plan, played

pytestmark = pytest.mark.req("BT1", "BT4")
STAYS = (*LIVELY, "policy.exits.max_hold=720h", "strategies.breakout.take_profit_pct=14")


def minutes_of(monkeypatch: pytest.MonkeyPatch, name: str) -> list[Nanos]:
    """Return in which minutes the timeline does this, as it goes on."""
    found: list[Nanos] = []
    real: Callable[..., None] = getattr(BacktestTimeline, name)

    def call(timeline: BacktestTimeline, now_ns: Nanos, *rest: Any, **more: Any) -> None:
        found.append(now_ns)
        real(timeline, now_ns, *rest, **more)

    monkeypatch.setattr(BacktestTimeline, name, call)
    return found


def said(made: BacktestOutcome) -> tuple[object, ...]:
    return made.results, made.exposure, made.trail.orders, made.trail.refused, made.halts


def test_looks_fall_twice_into_an_hour() -> None:
    looks = [minute for minute in range(120) if is_look(BEGIN + minute * MINUTE)]

    assert looks == [0, 4, 60, 64]
    for minute in range(61):
        expected = next(each for each in looks if each >= minute)
        assert next_look(BEGIN + minute * MINUTE) == BEGIN + expected * MINUTE


def test_what_is_owned_hears_nothing_of_most_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    valued, looked = minutes_of(monkeypatch, "_value"), minutes_of(monkeypatch, "_hour")
    by_columns = played(plan(hours=24, sets=STAYS))

    assert looked == [BEGIN + h * HOUR + into for h in range(24) for into in (0, 4 * MINUTE)]
    by_messages = {*looked} & {*valued}
    assert len(by_messages) < len(looked) / 2
    monkeypatch.setattr(passing, "LEAST_PASSED", 10**6)
    assert said(played(plan(hours=24, sets=STAYS))) == said(by_columns)


def test_where_a_look_brings_news_its_minute_and_the_next_are_told_by_messages(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = BacktestRecorder.hear

    def hear(recorder: BacktestRecorder, envelope: Envelope) -> None:
        real(recorder, envelope)
        recorder.news += isinstance(envelope.body, StandingsChanged)

    monkeypatch.setattr(BacktestRecorder, "hear", hear)
    valued, played_out = minutes_of(monkeypatch, "_value"), minutes_of(monkeypatch, "_play")
    looked = minutes_of(monkeypatch, "_hour")
    with_news = played(plan(hours=24, sets=STAYS))

    told, second = {*valued, *played_out}, {each for each in looked if each % HOUR}
    assert len(second & {*valued}) > 12
    assert {each + MINUTE for each in second & {*valued}} <= told
    monkeypatch.undo()
    assert said(with_news) == said(played(plan(hours=24, sets=STAYS)))


def test_no_minute_is_passed_while_a_stop_may_follow_the_market(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A day is looked at ahead with stops and targets as they stand: nobody may move one unsaid."""
    passed: list[Nanos] = []
    real = passing.Passing.over

    def over(self: passing.Passing, begin_ns: Nanos) -> Nanos:
        passed.append(begin_ns)
        return real(self, begin_ns)

    monkeypatch.setattr(passing.Passing, "over", over)
    played(plan(hours=24, sets=STAYS))
    assert passed
    passed.clear()
    trailed = played(plan(hours=24, sets=(*STAYS, "policy.exits.trailing_stop_pct=2")))

    assert trailed.trail.orders
    assert not passed


def test_timers_of_who_judges_products_ring_in_their_own_minute(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rung: list[int] = []
    real: Callable[..., None] = BacktestSystem.check

    def check(system: BacktestSystem) -> None:
        late = [due for due, actor in system.runtime.dues() if actor == UNIVERSE]
        rung.append(system.clock.now_ns - min(late, default=2**62))
        real(system)

    monkeypatch.setattr(BacktestSystem, "check", check)
    played(plan(hours=24, sets=STAYS))

    assert rung
    assert max(rung) < MINUTE
