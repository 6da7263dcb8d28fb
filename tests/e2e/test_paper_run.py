"""A day with the program: it starts, trades, is looked at, stopped, killed, and goes on."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.builders.runs import (
    EAGER,
    Running,
    call,
    ledger_accounts,
    records,
    status,
    trader,
    tripped,
    venue_accounts,
    verified,
)
from tests.builders.waiting import wait_for

A_LITTLE = Decimal("0.01")
"""Equity may move by this share between two looks: five lots of 2 % at moving prices."""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A run with shipped settings that has come through its first cycle."""
    with trader(tmp_path_factory.mktemp("paper")) as started:
        started.ready()
        started.wait_until(lambda: "cycle 1: " in started.log)
        wait_for(lambda: (started.home / "data/paper/status.json").exists())
        yield started


def test_ready_says_what_is_about_to_trade(running: Running) -> None:
    ready = running.ready()
    assert (ready["mode"], ready["venue"], ready["prices"]) == ("paper", "embedded", "invented")
    assert (ready["entries"], ready["dashboard"]) == ("on", "off")
    assert ready["round_trip_cost"] == "1.8%"
    assert all(len(ready[name]) == 16 for name in ("world", "config", "policy"))


def test_a_delisted_product_is_not_waited_for(running: Running) -> None:
    assert "starting without data" not in running.log


def test_a_cycle_without_a_trade_still_says_why_and_when_it_looks_again(running: Running) -> None:
    line = next(line for line in running.log.splitlines() if "cycle 1: " in line)
    assert "equity 10,000.00 USD" in line
    assert "next in " in line


@pytest.mark.req("X2")
def test_status_of_a_running_instance(running: Running) -> None:
    told = status(running.home)
    assert told["running"] is True
    assert told["pid"] == running.process.pid
    assert (told["mode"], told["halted"]) == ("paper", False)
    assert 9_900 < Decimal(told["equity"]) <= 10_100  # an entry may have been filled meanwhile
    assert told["config_hash"] == running.ready()["config"]
    assert {"risk_gate", "order_manager", "auditor"} <= {a["name"] for a in told["actors"]}
    text = call(running.home, "status").stdout
    assert "paper: trading" in text
    assert f"pid {running.process.pid} " in text


def test_a_second_instance_on_the_same_folder_ends_with_5(running: Running) -> None:
    second = call(running.home, "--env", "paper")
    assert second.returncode == 5
    assert second.stdout == ""
    assert f"pid {running.process.pid}" in second.stderr
    assert running.process.poll() is None


def test_resume_with_nothing_latched_ends_with_0_and_says_so(running: Running) -> None:
    done = call(running.home, "resume", "--reason", "just to be sure")
    assert done.returncode == 0, done.stderr
    assert "nothing is latched" in done.stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_with_0_within_ten_seconds(tmp_path: Path, number: int) -> None:
    with trader(tmp_path) as running:
        running.ready()
        venue = running.venue_pid()
        os.kill(running.process.pid, number)
        code, stopped = running.stopped(10.0)
        assert (code, stopped["reason"]) == (0, "signal")
        with pytest.raises(ProcessLookupError):
            os.kill(venue, 0)
    told = status(tmp_path)
    assert (told["running"], told["pid"]) == (False, None)
    assert told["equity"] == stopped["equity"]
    assert json.loads((tmp_path / "data" / "state.json").read_text())["equity"] == told["equity"]
    done = call(tmp_path, "resume", "--reason", "just to be sure")
    assert (done.returncode, "nothing is latched" in done.stdout) == (0, True)


def test_cycles_end_it_too(tmp_path: Path) -> None:
    with trader(tmp_path, "--cycles", "2", "--set", "policy.loop.interval_seconds=2") as running:
        code, stopped = running.stopped()
        assert (code, stopped["reason"], stopped["cycles"]) == (0, "cycles", "2")


@pytest.mark.req("AUD1", "X2")
def test_every_start_on_the_same_folder_goes_on_where_the_last_one_ended(tmp_path: Path) -> None:
    with trader(tmp_path, "--speed", "30", *EAGER) as first:
        first.wait_until(lambda: len(records(tmp_path, "FillBooked")) >= 2)
        code, stopped = first.interrupt()
        assert (code, stopped["reason"]) == (0, "signal")
    assert ledger_accounts(tmp_path) == venue_accounts(tmp_path)
    owned = ledger_accounts(tmp_path)
    marks = len(equity(tmp_path))

    with trader(tmp_path, "--speed", "30", *EAGER) as second:
        second.ready()
        second.wait_until(lambda: len(equity(tmp_path)) >= marks + 3)
        second.kill()
    opening = statements(tmp_path, "start")[1]
    assert opening == owned
    equities = [Decimal(stopped["equity"]), *equity(tmp_path)[marks:]]
    assert abs(equities[1] - equities[0]) < A_LITTLE * equities[0]
    marks += len(equities) - 1

    with trader(tmp_path, "--speed", "30") as third:
        third.ready()
        third.wait_until(lambda: len(equity(tmp_path)) > marks)
        third.settle()
        code, stopped = third.interrupt()
        assert (code, stopped["reason"]) == (0, "signal")
    later = equity(tmp_path)[marks]
    assert abs(later - equities[-1]) < A_LITTLE * later
    assert {Decimal(mark["opening_nlv"]) for mark in records(tmp_path, "EquityMarked")} == {
        Decimal(10_000)
    }
    assert ledger_accounts(tmp_path) == venue_accounts(tmp_path)
    boots = [done for done in records(tmp_path, "ReconcileFinished") if done["reason"] == "boot"]
    assert [boot["is_clean"] for boot in boots] == [True, True, True]
    assert records(tmp_path, "DiscrepancyFound") == []
    # The request that the kill may have cut off, and a market that moved away from an entry.
    assert tripped(tmp_path) <= {"unknown_order", "rejected_entries"}
    assert verified(tmp_path)["ok"] is True


def equity(home: Path) -> list[Decimal]:
    """Return the equity at each cycle of all runs at which it was known."""
    marks = (mark["nlv"] for mark in records(home, "EquityMarked"))
    return [Decimal(nlv) for nlv in marks if nlv is not None]


def statements(home: Path, occasion: str) -> list[dict[str, Decimal]]:
    """Return what the venue said of our account on each such occasion, without the empty."""
    return [
        {account["currency"]: total(account) for account in taken["accounts"] if total(account)}
        for taken in records(home, "StatementTaken")
        if taken["occasion"] == occasion
    ]


def total(account: dict[str, Any]) -> Decimal:
    return Decimal(account["available"]) + Decimal(account["hold"])
