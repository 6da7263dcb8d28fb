"""A stop while place requests are on their way: what they create later is cancelled as well.

Requests take `LATENCY_S` there and back, so an order appears half of that after its request left.
By the venue's own books nothing of ours may be open once the stop is confirmed: by the trader's
end, or by the sentinel, which stays where the trader may not wait so long.
"""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from domain.model.instants import parse_iso
from tests.builders.runs import RESTING, Running, records, trader, verified
from tests.builders.simulator import fault
from tests.builders.simulator_process import RunningVenue, venue_process
from tests.builders.waiting import wait_for

SPEED = 60
REQUESTS = 5
CONFIRMED_S = 60.0
SURELY_UNDER_WAY_S = 5
"""Every minute of the market has entries, a second of this clock: a request that takes five times
as long is on its way whenever the drill comes; one that takes a second may be between two."""
HALT_CODE = "BREAKER:kill_switch"
HALTS_AT = ("15m", "10m", "20m")
"""A drill comes at a time of the market: if nothing is on its way then, another is tried."""

ALL = os.environ.get("BULKHEAD_STOPS") == "all"
"""Every way to stop at every latency takes ten minutes; here are an end by the trader itself and
one that it leaves to the sentinel."""
WAYS = ("kill", "interrupt", "terminate", "kill -9", "halt")
FEW = ((5, "kill"), (10, "interrupt"))
MATRIX = [(seconds, way) for seconds in (1, 5, 10) for way in WAYS] if ALL else FEW


def struck(venue: RunningVenue) -> int:
    """Return how many place requests have reached the venue."""
    token = venue.session.admin_file.read_text().strip()
    headers = {"Authorization": f"Bearer {token}"}
    answer = requests.get(venue.session.rest + "/bulkhead/faults", headers=headers, timeout=30)
    return sum(each["struck"] for each in answer.json()["faults"])


def orders(venue: RunningVenue) -> list[dict[str, Any]]:
    return list(venue.books()["orders"])


def alerted(home: Path, code: str) -> bool:
    file = home / "logs" / "alerts.jsonl"
    lines = file.read_text().splitlines() if file.exists() else []
    return any(json.loads(line)["code"] == code for line in lines)


def sentinel_says(home: Path) -> str:
    try:
        return str(json.loads((home / "data/paper/sentinel.json").read_text())["state"])
    except (OSError, ValueError):
        return ""


def stop(running: Running, way: str) -> None:
    """Stop the trader in that way."""
    ways: dict[str, Callable[[], object]] = {
        "kill": (running.home / "data" / "KILL_SWITCH").touch,
        "interrupt": lambda: running.process.send_signal(signal.SIGINT),
        "terminate": running.process.terminate,
        "kill -9": running.process.kill,
        "halt": running.process.terminate,
    }
    ways[way]()


def codes(way: str) -> tuple[int, ...]:
    """Return the exit codes that such an end may have: 1 says that it is not confirmed yet."""
    return {"kill": (3,), "halt": (3,), "kill -9": (-signal.SIGKILL,)}.get(way, (0, 1))


def came_after_the_halt(home: Path, venue: RunningVenue) -> list[str]:
    """Return the orders of requests that were on their way at the halt: none leaves after it."""
    told = map(json.loads, (home / "logs" / "alerts.jsonl").read_text().splitlines())
    halted_ns = parse_iso(next(each["at"] for each in told if each["code"] == HALT_CODE))
    created = ((each["order_id"], parse_iso(each["created_time"])) for each in orders(venue))
    return [order_id for order_id, at_ns in created if at_ns > halted_ns]


@pytest.mark.req("K1")
@pytest.mark.parametrize(("latency_s", "way"), MATRIX)
def test_what_a_request_on_its_way_creates_after_the_stop_is_cancelled(
    tmp_path: Path, latency_s: int, way: str
) -> None:
    if way != "halt":
        stopped_under_way(tmp_path, latency_s, way)
        return
    tries = (stopped_under_way(tmp_path / at, latency_s, way, at) for at in HALTS_AT)
    was_under_way = any(tries)
    assert was_under_way or latency_s < SURELY_UNDER_WAY_S, "nothing was on its way at any halt"


def stopped_under_way(home: Path, latency_s: int, way: str, halt_at: str = "") -> bool:
    """Stop a trader in that way; tell whether an order came into being after it halted."""
    home.mkdir(exist_ok=True)
    slow, took = home / "slow.jsonl", f"{latency_s}s"
    slow.write_text(json.dumps(fault("latency", for_="9h", endpoint="place", p50=took, p99=took)))
    drills = (f"--drill=crash:kill_switch@{halt_at}",) if halt_at else ()
    with venue_process(home / "venue", "--speed", str(SPEED), "--faults", str(slow)) as venue:
        attached = ("--venue-url", venue.session.rest, *RESTING, *drills)
        with trader(home, *attached) as running:
            running.ready()
            wait_for_requests(running, venue, halt_at)
            stopped_s = time.monotonic()
            stop(running, way)
            code = running.process.wait(60)
            ended_s = time.monotonic() - stopped_s
            wait_for(lambda: sentinel_says(home) in ("ended", "done"), CONFIRMED_S)
            confirmed_s = time.monotonic() - stopped_s
            left = [order for order in orders(venue) if order["status"] != "CANCELLED"]

            print(  # noqa: T201 - the figures are what the whole matrix is run for
                f"latency {latency_s} s, {way}: ended with {code} after {ended_s:.1f} s,"
                f" confirmed after {confirmed_s:.1f} s by the sentinel's"
                f" {sentinel_says(home)!r}, {len(orders(venue))} orders, {len(left)} left"
            )
            assert left == []
            came = came_after_the_halt(home, venue) if halt_at else []
            assert len(orders(venue)) >= struck(venue)  # each request has come to its order
            assert code in codes(way)
    assert verified(home)["ok"] is True
    return bool(came)


def wait_for_requests(running: Running, venue: RunningVenue, halt_at: str) -> None:
    """Wait until a request is on its way; where a halt is to come, for the halt."""
    if halt_at:
        running.wait_until(lambda: alerted(running.home, HALT_CODE))
        return
    running.wait_until(lambda: len(records(running.home, "IntentRaised")) >= REQUESTS)
    before = struck(venue)
    running.wait_until(lambda: struck(venue) > before)
