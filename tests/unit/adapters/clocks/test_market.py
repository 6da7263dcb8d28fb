"""Claims about the shared market clock."""

from __future__ import annotations

import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.clocks.market import ClockBroken, MarketClock, MarketClockWriter, speed_millionths
from adapters.clocks.system import SystemClock
from domain.model.instants import MILLISECOND, SECOND

START = 1_700_000_000 * SECOND
FAR = START + 10**6 * SECOND


class Machine:
    """A machine clock that the test moves."""

    def __init__(self) -> None:
        self.ns = 5 * SECOND

    def __call__(self) -> int:
        return self.ns


def pair(folder: Path, machine: Machine, speed: str) -> tuple[MarketClockWriter, MarketClock]:
    writer = MarketClockWriter(
        folder / "clock", start_ns=START, speed=Decimal(speed), monotonic=machine
    )
    return writer, MarketClock(folder / "clock", monotonic=machine)


def test_stands_at_its_start_until_the_venue_grants_time(tmp_path: Path) -> None:
    machine = Machine()
    writer, reader = pair(tmp_path, machine, "1")
    machine.ns += 3 * SECOND
    assert reader.market_ns() == writer.market_ns() == START
    writer.grant(FAR)
    machine.ns += SECOND
    assert reader.market_ns() == START + SECOND


@pytest.mark.parametrize("speed", ["1", "2.5", "60"])
def test_runs_as_many_times_faster_as_asked(tmp_path: Path, speed: str) -> None:
    machine = Machine()
    writer, reader = pair(tmp_path, machine, speed)
    writer.grant(FAR)
    machine.ns += 7 * SECOND
    assert reader.market_ns() - START == int(7 * SECOND * Decimal(speed))
    assert reader.anchor().speed == Decimal(speed)


@given(
    speed=st.integers(1_000_000, 60_000_000),
    moves=st.lists(
        st.tuples(st.integers(0, 3 * SECOND), st.integers(-SECOND, 90 * SECOND)), max_size=30
    ),
)
def test_never_goes_back_and_never_passes_what_the_venue_granted(
    tmp_path_factory: pytest.TempPathFactory, speed: int, moves: list[tuple[int, int]]
) -> None:
    machine = Machine()
    folder = tmp_path_factory.mktemp("clock")
    writer, reader = pair(folder, machine, str(Decimal(speed) / 1_000_000))
    seen, granted = reader.market_ns(), START
    for wait_ns, more_ns in moves:
        machine.ns += wait_ns
        before = reader.market_ns()
        writer.grant(before + more_ns)
        granted = max(granted, before + more_ns)
        now = reader.market_ns()
        assert seen <= before <= now <= granted
        assert now == writer.market_ns()
        seen = now


@given(waits=st.lists(st.integers(0, 2 * SECOND), min_size=1, max_size=20))
def test_accounts_for_every_nanosecond_it_slipped(
    tmp_path_factory: pytest.TempPathFactory, waits: list[int]
) -> None:
    machine = Machine()
    writer, reader = pair(tmp_path_factory.mktemp("clock"), machine, "1")
    writer.grant(START + SECOND)
    for wait_ns in waits:
        machine.ns += wait_ns
        writer.grant(reader.market_ns() + SECOND)
    assert reader.market_ns() - START + writer.slipped_ns == sum(waits)


@given(speed=st.integers(1_000_000, 60_000_000), ahead=st.integers(0, 10**15))
def test_knows_when_the_machine_reaches_a_market_time(
    tmp_path_factory: pytest.TempPathFactory, speed: int, ahead: int
) -> None:
    writer, _ = pair(tmp_path_factory.mktemp("clock"), Machine(), str(Decimal(speed) / 1_000_000))
    anchor = writer.anchor()
    reached = anchor.machine_at(START + ahead)
    assert anchor.at(reached) >= START + ahead
    assert reached == anchor.m0_ns or anchor.at(reached - 1) < START + ahead


def test_a_writer_killed_while_writing_leaves_the_last_good_numbers(tmp_path: Path) -> None:
    machine = Machine()
    writer, reader = pair(tmp_path, machine, "1")
    writer.grant(FAR)
    idle = 128 if reader.anchor().version % 2 == 0 else 64
    with writer.path.open("r+b") as file:
        file.seek(idle)
        file.write(b"\xff" * 24)
    machine.ns += SECOND
    assert reader.market_ns() == START + SECOND


def test_stands_for_good_when_told_to(tmp_path: Path) -> None:
    machine = Machine()
    writer, reader = pair(tmp_path, machine, "60")
    writer.grant(FAR)
    machine.ns += SECOND
    before = reader.market_ns()
    stopped = writer.stand()
    machine.ns += SECOND
    assert before <= reader.market_ns() == stopped <= before + 60 * MILLISECOND


def test_another_process_reads_the_same_time(tmp_path: Path) -> None:
    writer = MarketClockWriter(tmp_path / "clock", start_ns=START, speed=Decimal(60))
    writer.grant(FAR)
    script = (
        "import sys; from adapters.clocks.market import MarketClock;"
        "print(MarketClock(sys.argv[1]).market_ns())"
    )
    before = writer.market_ns()
    told = subprocess.run(
        [sys.executable, "-c", script, str(writer.path)], capture_output=True, check=True
    )
    assert before <= int(told.stdout) <= writer.market_ns()


def test_refuses_a_file_that_is_no_clock(tmp_path: Path) -> None:
    (tmp_path / "clock").write_bytes(b"x" * 500)
    with pytest.raises(ClockBroken, match="not a market clock"):
        MarketClock(tmp_path / "clock")
    with pytest.raises(ClockBroken, match="expected a market clock at"):
        MarketClock(tmp_path / "none")


@pytest.mark.parametrize("speed", ["0.5", "61", "1.0000001"])
def test_refuses_a_speed_outside_its_range(speed: str) -> None:
    with pytest.raises(ClockBroken, match="1 to 60"):
        speed_millionths(Decimal(speed))


def test_system_clock_without_a_shared_file_follows_the_wall() -> None:
    clock = SystemClock()
    assert abs(clock.market_ns() - clock.wall_ns()) < 50 * MILLISECOND
    assert abs(clock.machine_ns() - time.monotonic_ns()) < 50 * MILLISECOND


def test_system_clock_reads_market_time_from_the_shared_file(tmp_path: Path) -> None:
    writer = MarketClockWriter(tmp_path / "clock", start_ns=START, speed=Decimal(1))
    assert SystemClock(MarketClock(writer.path)).market_ns() == START
