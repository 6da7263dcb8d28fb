"""Decisions are made after the bar, and all products are looked at twice an hour."""

from __future__ import annotations

import pytest
from attrs import evolve

from app.backtest.instants import CYCLE_AFTER_NS, decides_ns, is_look, looks_of_day, next_look
from domain.model.instants import DAY, HOUR, MINUTE, SECOND, Nanos
from tests.builders.backtests import BEGIN, plan

pytestmark = pytest.mark.req("BT1")


def test_a_decision_comes_two_seconds_after_the_bar_unless_the_plan_says_when() -> None:
    late_ns = Nanos(BEGIN + 7 * SECOND)
    made = evolve(plan(hours=1), decided={BEGIN: late_ns})
    assert decides_ns(made, BEGIN) == late_ns
    assert decides_ns(made, BEGIN + MINUTE) == BEGIN + MINUTE + CYCLE_AFTER_NS


@pytest.mark.parametrize(("minute", "look"), [(0, 0), (1, 4), (4, 4), (5, 60), (59, 60)])
def test_the_next_look_is_at_the_hour_or_four_minutes_after_it(minute: int, look: int) -> None:
    hour_ns = 1_000 * HOUR
    assert next_look(hour_ns + minute * MINUTE) == hour_ns + look * MINUTE


def test_a_day_has_the_looks_of_its_hours() -> None:
    looks = looks_of_day(BEGIN + 13 * HOUR + MINUTE)

    assert len(looks) == 48
    assert looks == [at for at in range(looks[0], looks[0] + DAY, MINUTE) if is_look(at)]
    assert looks[0] % DAY == 0
