"""Three clocks: only the market's may be another's, and no step of the wall moves it."""

from __future__ import annotations

import time
from decimal import Decimal
from pathlib import Path

import pytest

from adapters.clocks.market import MarketClock, MarketClockWriter
from adapters.clocks.system import SystemClock
from domain.model.instants import HOUR, SECOND, Nanos

START = Nanos(1_700_000_000 * SECOND)


@pytest.mark.req("TIME1")
def test_market_time_is_that_of_the_file_where_there_is_one(tmp_path: Path) -> None:
    writer = MarketClockWriter(tmp_path / "clock", start_ns=START, speed=Decimal(60))

    assert SystemClock(MarketClock(writer.path)).market_ns() == START


@pytest.mark.req("TIME1")
def test_without_a_file_market_time_begins_at_the_wall_and_ignores_its_steps(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wall_ns, machine_ns = [int(START)], [5 * SECOND]
    monkeypatch.setattr(time, "time_ns", lambda: wall_ns[0])
    monkeypatch.setattr(time, "monotonic_ns", lambda: machine_ns[0])
    clock = SystemClock()
    first = (clock.market_ns(), clock.machine_ns(), clock.wall_ns())

    wall_ns[0] -= HOUR
    machine_ns[0] += SECOND

    assert first == (START, 5 * SECOND, START)
    assert clock.market_ns() == START + SECOND
    assert clock.machine_ns() == 6 * SECOND
    assert clock.wall_ns() == START - HOUR
