"""Fifty resting orders, a venue that is slow to cancel and forgets some of it, and a kill."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import requests

from adapters.clocks.market import MarketClock
from domain.model.instants import SECOND, parse_iso
from tests.builders.full import some
from tests.builders.runs import RESTING, call, records, trader, verified
from tests.builders.simulator import fault
from tests.builders.simulator_process import RunningVenue, venue_process
from tests.builders.waiting import wait_for

ORDERS = 50
BEGIN = 1_700_000_040
HISTORY_MINUTES = 70
START = "2023-11-14T23:24:20Z"
"""Forty seconds before the end of the first minute of trading: then the next ten of each break out,
and the last ten a minute later, for orders that a busy machine did not get out in time."""
GROUP, AT_ONCE = 30, 10
"""Products of each of three strategies, and how many of them break out at once: sixty orders in one
cycle are not on their way within the life of their receipts if the machine is slow."""
ALERTED_S, CANCELLED_S = 5.0, 10.0
DELAY = fault("delay_cancel", for_="1h", by="5s")
LOSS = fault("lose_cancel", for_="1h", probability="0.3")
STRATEGIES = {"breakout": (1, 0), "second": (10, 0), "third": (10, 3)}
"""Look-back in minutes, and how many times the usual volume: who sees which group break out."""


def settings() -> Iterator[str]:
    """Return the options that enable the three."""
    shared = {"use": "breakout", "enabled": "true", "notional_pct": "0.2", "volume_minutes": "5"}
    shared |= {"stop_loss_pct": "4", "take_profit_pct": "8", "max_trades_per_cycle": str(AT_ONCE)}
    shared |= {"max_triggers_per_cycle": str(3 * GROUP)}
    for name, (minutes, ratio) in STRATEGIES.items():
        own = {"lookback_minutes": str(minutes), "volume_ratio": str(ratio)}
        for key, value in (shared | own).items():
            yield f"--set=strategies.{name}.{key}={value}"


def breaking_out(folder: Path) -> Path:
    """Write a market that breaks out around the begin of trading, ten by ten, and then stands.

    A is above the minute before it only, B and C are above all that was, C on great volume.
    """
    file = folder / "market.csv"
    lines = ["ts,symbol,open,high,low,close,volume"]
    for group, number, minute in product("ABC", range(GROUP), range(HISTORY_MINUTES + 30)):
        before = 101.0 if group == "A" and minute < HISTORY_MINUTES - 5 else 100.0
        breakout = HISTORY_MINUTES - 1 + number // AT_ONCE
        close = 100.5 if minute >= breakout else before
        begin = before if minute <= breakout else close
        volume = 50_000 if group == "C" and minute == breakout else 5_000
        prices = f"{begin:.2f},{close:.2f},{begin:.2f},{close:.2f}"
        at = BEGIN + 60 * minute
        lines.append(f"{at},{group}{number:02}-USD,{prices},{volume}")
    file.write_text("\n".join(lines))
    return file


def resting(venue: RunningVenue) -> list[dict[str, Any]]:
    return [each for each in venue.books()["orders"] if each["status"] in ("OPEN", "CANCEL_QUEUED")]


def faults(venue: RunningVenue, line: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """Return what has struck so far; with a line, schedule it first."""
    url = venue.session.rest + "/bulkhead/faults"
    headers = {"Authorization": f"Bearer {venue.session.admin_file.read_text().strip()}"}
    if line is not None:
        assert requests.post(url, json=line, headers=headers, timeout=30).status_code == 200
    return list(requests.get(url, headers=headers, timeout=30).json()["faults"])


def criticals(home: Path) -> list[dict[str, Any]]:
    file = home / "logs" / "alerts.jsonl"
    lines = file.read_text().splitlines() if file.exists() else []
    return [alert for alert in map(json.loads, lines) if alert["severity"] == "CRITICAL"]


@pytest.mark.slow
@pytest.mark.req("K1")
@pytest.mark.parametrize("is_stopped", some([False, True]), ids=str)
def test_fifty_orders_are_cancelled_in_time_though_cancels_are_late_and_lost(
    tmp_path: Path, is_stopped: bool
) -> None:
    history = ("--from", START, "--lookback", f"{HISTORY_MINUTES}m")
    market = ("--market", str(breaking_out(tmp_path)), *history)
    switch = tmp_path / "data" / "KILL_SWITCH"
    with venue_process(tmp_path / "venue", *market) as venue:
        attached = ("--venue-url", venue.session.rest, *RESTING, *settings())
        clock = MarketClock(venue.session.clock)
        with trader(tmp_path, *attached, "--set=policy.loop.interval_seconds=3") as running:
            running.ready()
            running.wait_until(lambda: len(resting(venue)) >= ORDERS, 200)
            for line in (DELAY, LOSS):
                faults(venue, line)
            if is_stopped:
                running.process.send_signal(signal.SIGSTOP)
            killed_s, killed_ns = time.monotonic(), clock.market_ns()
            switch.write_text("the venue looks wrong")
            wait_for(lambda: criticals(tmp_path), killed_s + ALERTED_S - time.monotonic())
            wait_for(
                lambda: not resting(venue),
                killed_s + CANCELLED_S - time.monotonic(),
                lambda: f"{resting(venue)} {running.log}",
            )
            running.process.send_signal(signal.SIGCONT)
            code, stopped = running.stopped()

        assert (code, stopped["reason"]) == (3, "kill")
        orders = venue.books()["orders"]
        assert len(orders) >= ORDERS
        assert {order["status"] for order in orders} == {"CANCELLED"}
        assert max(parse_iso(order["created_time"]) for order in orders) <= killed_ns + SECOND
        delayed, lost = (each["struck"] for each in faults(venue))
        assert delayed >= ORDERS
        assert lost >= ORDERS / 10

        switch.unlink()  # it is latched: in the journal, with reason and time
        told = call(tmp_path, "--env", "paper", *attached)
        assert told.returncode == 3, told.stderr
        assert len(venue.books()["orders"]) == len(orders)
    (kill, *_) = records(tmp_path, "KillSeen")
    assert "the venue looks wrong" in json.dumps(kill)
    assert verified(tmp_path)["ok"] is True
