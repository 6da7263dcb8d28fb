"""The kill switch against a venue that runs on, and an embedded one: nothing is left resting."""

from __future__ import annotations

import json
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.clocks.market import MarketClock
from domain.model.instants import SECOND, parse_iso
from tests.builders.full import some
from tests.builders.runs import RESTING, call, live_orders, records, trader, verified
from tests.builders.simulator_process import RunningVenue, venue_process
from tests.builders.waiting import wait_for

SPEED = 60


def resting(venue: RunningVenue) -> list[str]:
    return [order["order_id"] for order in venue.books()["orders"] if order["status"] == "OPEN"]


@pytest.mark.req("K1")
def test_the_signal_file_ends_it_with_nothing_left_resting(tmp_path: Path) -> None:
    switch = tmp_path / "data" / "KILL_SWITCH"
    with venue_process(tmp_path / "venue", "--speed", str(SPEED)) as venue:
        attached = ("--venue-url", venue.session.rest, *RESTING)
        clock = MarketClock(venue.session.clock)
        with trader(tmp_path, *attached) as running:
            running.ready()
            running.wait_until(lambda: len(resting(venue)) >= 4)
            killed, killed_ns = time.monotonic(), clock.market_ns()
            switch.touch()
            wait_for(lambda: not resting(venue), 10.0)
            code, stopped = running.stopped(killed + 12.0 - time.monotonic())

        assert (code, stopped["reason"]) == (3, "kill")
        orders = venue.books()["orders"]
        assert {order["status"] for order in orders} == {"CANCELLED"}
        last_ns = max(parse_iso(order["created_time"]) for order in orders)
        assert last_ns <= killed_ns + SPEED * SECOND
        told = [json.loads(line) for line in (tmp_path / "logs/alerts.jsonl").open()]
        assert "CRITICAL" in {alert["severity"] for alert in told}

        placed = len(orders)
        with trader(tmp_path, *attached) as running:
            code, stopped = running.stopped()
            assert (code, stopped["reason"]) == (3, "kill")
            assert not any(line.startswith("READY") for line in running.lines)
        switch.unlink()  # the latch is in the journal: without the file it still holds
        assert call(tmp_path, "--env", "paper", *attached).returncode == 3
        assert len(venue.books()["orders"]) == placed

        assert call(tmp_path, "resume", "--reason", "looked at it").returncode == 0
        with trader(tmp_path, *attached) as running:
            assert running.enters()
            running.wait_until(lambda: len(venue.books()["orders"]) > placed)
            assert running.interrupt()[0] == 0
        assert resting(venue) == []
    assert verified(tmp_path)["ok"] is True


@pytest.mark.way_out("kill")
@pytest.mark.req("K1")
def test_the_kill_command_ends_it_and_resume_lets_it_start_again(tmp_path: Path) -> None:
    with trader(tmp_path, "--speed", str(SPEED), *RESTING) as running:
        running.ready()
        running.wait_until(lambda: len(records(tmp_path, "IntentRaised")) >= 2)
        assert call(tmp_path, "kill", "--reason", "venue looks wrong").returncode == 0
        assert running.stopped(12.0)[0] == 3
    assert not live_orders(tmp_path)
    refused = call(tmp_path, "--env", "paper", "--speed", str(SPEED))
    assert refused.returncode == 3
    resumed = call(tmp_path, "resume", "--reason", "venue confirmed")
    assert resumed.returncode == 0, resumed.stderr
    assert not (tmp_path / "data" / "KILL_SWITCH").exists()
    with trader(tmp_path, "--speed", str(SPEED)) as running:
        running.ready()
        assert running.interrupt()[0] == 0


@pytest.mark.req("K1")
def test_the_signal_file_ends_a_run_in_virtual_time(tmp_path: Path) -> None:
    with trader(tmp_path, "--speed", "max", "--duration", "48h") as running:
        running.ready()
        (tmp_path / "data" / "KILL_SWITCH").touch()
        code, stopped = running.stopped(12.0)
        assert (code, stopped["reason"]) == (3, "kill")
    assert call(tmp_path, "resume", "--reason", "a test").returncode == 0
    with trader(tmp_path, "--speed", "max", "--duration", "48h") as running:
        running.ready()
        code, stopped = running.interrupt()
        assert (code, stopped["reason"]) == (0, "signal")
    assert verified(tmp_path)["ok"] is True


@pytest.mark.req("K1")
def test_a_signal_file_that_is_there_before_the_first_start_lets_nothing_begin(
    tmp_path: Path,
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "KILL_SWITCH").write_text("not today")
    with trader(tmp_path) as running:
        code, stopped = running.stopped(12.0)
        assert (code, stopped["reason"], stopped["orders"]) == (3, "kill", "0")
        assert len(running.lines) == 1


@pytest.mark.req("K1")
def test_the_kill_of_a_trader_that_stands_still_is_no_success_and_says_what_is_known(
    tmp_path: Path,
) -> None:
    with venue_process(tmp_path / "venue", "--speed", str(SPEED)) as venue:
        attached = ("--venue-url", venue.session.rest, *RESTING)
        with trader(tmp_path, *attached) as running:
            running.ready()
            running.wait_until(lambda: len(resting(venue)) >= 2)
            running.process.send_signal(signal.SIGSTOP)
            done = call(tmp_path, "kill", "--reason", "it hangs")
            assert done.returncode == 1
            assert f"pid {running.process.pid}, which is stopped" in done.stderr
            assert "its sentinel says: clear" in done.stderr
            assert resting(venue) == []


@pytest.mark.req("K1")
def test_a_closed_terminal_is_an_orderly_stop(tmp_path: Path) -> None:
    with trader(tmp_path, "--speed", str(SPEED), *RESTING) as running:
        running.ready()
        running.wait_until(lambda: len(records(tmp_path, "IntentRaised")) >= 2)
        running.process.send_signal(signal.SIGHUP)
        code, stopped = running.stopped(12.0)
        assert (code, stopped["reason"]) == (0, "signal")
    assert not live_orders(tmp_path)


def replace(data: Path) -> None:
    """Put a copy in the place of the folder, as the restoring of a backup would."""
    data.rename(data.with_name("moved"))
    shutil.copytree(data.with_name("moved"), data)


LOSSES: dict[str, Callable[[Path], object]] = {
    "moved": lambda data: data.rename(data.with_name("moved")),
    "deleted": shutil.rmtree,
    "replaced": replace,
}


@pytest.mark.req("AUD1", "SI1", "K1")
@pytest.mark.parametrize("loss", some(list(LOSSES)))
def test_a_data_folder_that_is_lost_while_trading_halts_and_its_path_stays_taken(
    loss: str, tmp_path: Path
) -> None:
    with venue_process(tmp_path / "venue", "--speed", str(SPEED)) as venue:
        attached = ("--venue-url", venue.session.rest)
        with trader(tmp_path, *attached, *RESTING) as running:
            running.ready()
            running.wait_until(lambda: len(resting(venue)) >= 2)
            lost = time.monotonic()
            LOSSES[loss](tmp_path / "data")
            running.wait_until(lambda: "data folder lost" in running.log, 10.0)
            wait_for(lambda: not resting(venue), lost + 10.0 - time.monotonic())

            second = call(tmp_path, "--env", "paper", *attached)
            assert second.returncode == 5
            assert f"still runs as pid {running.process.pid}" in second.stderr
            killed = call(tmp_path, "kill", "--reason", "its files are lost")
            assert killed.returncode == 1
            assert f"kill -TERM {running.process.pid}" in killed.stderr

            running.process.send_signal(signal.SIGTERM)
            assert running.stopped(20.0)[0] == 3
        assert resting(venue) == []
    told = [json.loads(line) for line in (tmp_path / "logs/alerts.jsonl").open()]
    assert ("CRITICAL", "BREAKER:data_folder") in {(t["severity"], t["code"]) for t in told}
