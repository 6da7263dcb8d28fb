"""A kill while many entries rest at a venue that is slow to cancel and forgets some of it.

Three strategies see three groups of products break out, ten products at a time, and their entries
rest far below the market. Then something happens to the trader, or nothing; the signal file is
written; and what follows is timed from the file's own time.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

from attrs import frozen

from adapters.clocks.market import MarketClock
from domain.model.instants import SECOND, parse_iso
from tests.builders.runs import RESTING, Running, call, command_line, records, segments, trader
from tests.builders.simulator import fault
from tests.builders.simulator_process import RunningVenue, venue_process
from tests.builders.waiting import wait_for

ORDERS, FEW = 50, 20
"""How many entries rest at least, and in drills that do not wait for a second minute."""
BEGIN = 1_700_000_040
HISTORY_MINUTES = 70
START = "2023-11-14T23:24:20Z"
"""Forty seconds before the end of the first minute of trading: then the next ten of each break out,
and the last ten a minute later, for orders that a busy machine did not get out in time."""
GROUP, AT_ONCE = 30, 10
"""Products of each of three strategies, and how many of them break out at once: sixty orders in one
cycle are not on their way within the life of their receipts if the machine is slow."""
DETECTED_S, ALERTED_S, CONFIRMED_S, LATE_S = 3.0, 5.0, 10.0, 1.0
"""What the contract allows after the file's time: seen, told, confirmed cancelled, last order."""
DELAY = fault("delay_cancel", for_="1h", by="5s")
LOSS = fault("lose_cancel", for_="1h", probability="0.3")
STRATEGIES = {"breakout": (1, 0), "second": (10, 0), "third": (10, 3)}
"""Look-back in minutes, and how many times the usual volume: who sees which group break out."""
DIES_AFTER = "120s"
"""When an actor dies, after READY: by then the third ten of each group have broken out."""
FEW_DIE_AFTER = "60s"
FILLS_UP_S = 200.0
IDLE, LIQUIDATING, STOPPED, DEAD = "idle", "liquidation running", "trader stopped (SIGSTOP)", "dead"
LOT = "A29-USD"
"""The product of which the liquidation can't sell what is owned, so that it goes on."""
RESTS = ("OPEN", "CANCEL_QUEUED")


Then = Callable[[Path, RunningVenue, tuple[str, ...]], object]


@frozen(kw_only=True)
class Drill:
    """What came of one: seconds after the file's time, and how many entries there were."""

    case: str
    resting: int
    detected_s: float
    alerted_s: float
    confirmed_s: float
    last_order_s: float
    """When the venue took the last order; below zero: before the file."""
    delayed: int
    lost: int
    exit_code: int

    @property
    def problems(self) -> tuple[str, ...]:
        """Return what is beyond the contract."""
        limits = {
            "detected": (self.detected_s, DETECTED_S),
            "alerted": (self.alerted_s, ALERTED_S),
            "confirmed cancelled": (self.confirmed_s, CONFIRMED_S),
            "last order taken": (self.last_order_s, LATE_S),
        }
        found = [
            f"{self.case}: {what} after {took:.1f} s, limit {limit:g} s"
            for what, (took, limit) in limits.items()
            if took > limit
        ]
        return (*found, *((f"ended with {self.exit_code}",) if self.exit_code != 3 else ()))


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
    """Return the entries that have not ended, by the venue's books."""
    orders = venue.books()["orders"]
    return [each for each in orders if each["side"] == "BUY" and each["status"] in RESTS]


def drill(
    folder: Path,
    case: str,
    *,
    least: int = ORDERS,
    dies_after: str = DIES_AFTER,
    then: Then = lambda *_: None,
) -> Drill:
    """Run one: `case` is one of the above, or the name of an actor that dies first.

    `then` is called while the venue still runs, with the folder and the options of a next start.

    Raises:
        AssertionError: it did not come to the kill with that many entries, or did not end.
    """
    history = ("--from", START, "--lookback", f"{HISTORY_MINUTES}m")
    market = ("--market", str(breaking_out(folder)), *history)
    with venue_process(folder / "venue", *market) as venue:
        options = ("--venue-url", venue.session.rest, *RESTING, *settings())
        options += ("--set=policy.loop.interval_seconds=3",)
        is_dying = case not in (IDLE, LIQUIDATING, STOPPED)
        if is_dying:
            options += (f"--drill=crash:{case}@{dies_after}",)
        with trader(folder, *options) as running:
            running.ready()
            if case == LIQUIDATING:
                _adopt(running, venue)
            running.wait_until(lambda: len(resting(venue)) >= least, FILLS_UP_S)
            for line in (DELAY, LOSS):
                venue.fault(**line)
            with Prepared(running, venue, case, is_dying=is_dying) as begin:
                begin()
                done = _kill(running, venue, case, least)
        then(folder, venue, options)
        return done


class Prepared:
    """What happens before the file is written; what it starts ends with the drill."""

    def __init__(self, running: Running, venue: RunningVenue, case: str, *, is_dying: bool) -> None:
        self._running, self._venue, self._case, self._is_dying = running, venue, case, is_dying
        self._child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Callable[[], None]:
        return self._begin

    def __exit__(self, *_: object) -> None:
        self._running.process.send_signal(signal.SIGCONT)
        if self._child is not None:
            self._child.kill()
            self._child.wait()

    def _begin(self) -> None:
        home = self._running.home
        if self._case == STOPPED:
            self._running.process.send_signal(signal.SIGSTOP)
        elif self._case == LIQUIDATING:
            self._venue.fault("product_flag", product=LOT, flag="trading_disabled")
            words = command_line(home, "liquidate", "--emergency")
            self._child = subprocess.Popen(
                words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            self._running.wait_until(lambda: _acted(home, "liquidate"))
        elif self._is_dying:
            self._running.wait_until(lambda: records(home, "DrillStarted"), FILLS_UP_S)


def _adopt(running: Running, venue: RunningVenue) -> None:
    """Own some of the product that breaks out last, before any entry of it is on its way."""
    home = running.home
    venue.fault("balance_change", currency=LOT.partition("-")[0], amount="1")
    running.wait_until(lambda: records(home, "CashFlowSeen"))
    adopted = call(home, "adopt", LOT, "1", "--cost", "100", "--stop", "1")
    assert adopted.returncode == 0, adopted.stderr


def _acted(home: Path, verb: str) -> bool:
    return any(each["verb"] == verb for each in records(home, "OperatorActed"))


def _kill(running: Running, venue: RunningVenue, case: str, least: int) -> Drill:
    home, clock = running.home, MarketClock(venue.session.clock)
    switch = home / "data" / "KILL_SWITCH"
    before = len(resting(venue))
    switch.write_text("the venue looks wrong")
    killed_market_ns = clock.market_ns()
    killed_ns = os.stat(switch).st_mtime_ns
    code: list[int] = []
    ended = threading.Thread(target=lambda: code.append(running.process.wait()), daemon=True)
    ended.start()
    wait_for(lambda: not resting(venue), 6 * CONFIRMED_S, lambda: running.log)
    confirmed_ns = time.time_ns()
    wait_for(lambda: _seen(home, killed_ns))
    running.process.send_signal(signal.SIGCONT)
    ended.join(6 * CONFIRMED_S)
    orders = [each for each in venue.books()["orders"] if each["side"] == "BUY"]
    assert before >= least, f"{before} entries rested when the file was written"
    found = _seen(home, killed_ns)
    assert found is not None
    seen_ns, told_ns = found
    last_ns = max(parse_iso(each["created_time"]) for each in venue.books()["orders"])
    struck = {each["kind"]: each["struck"] for each in venue.faults()}
    assert {each["status"] for each in orders} == {"CANCELLED"}
    return Drill(
        case=case,
        resting=before,
        detected_s=(seen_ns - killed_ns) / SECOND,
        alerted_s=(told_ns - killed_ns) / SECOND,
        confirmed_s=(confirmed_ns - killed_ns) / SECOND,
        last_order_s=(last_ns - killed_market_ns) / SECOND,
        delayed=struck[DELAY["kind"]],
        lost=struck[LOSS["kind"]],
        exit_code=code[0],
    )


def _seen(home: Path, killed_ns: int) -> tuple[int, int] | None:
    """Return when the kill was seen and when a CRITICAL alert of it was told, None: not yet.

    Seen is the earlier of the journal's record and the alert: a sentinel has no journal.
    """
    alerts = (home / "logs" / "alerts.jsonl").read_text().splitlines()
    told = [
        parse_iso(each["wall"])
        for each in map(json.loads, alerts)
        if each["severity"] == "CRITICAL" and each["code"] in ("BREAKER:kill", "SENTINEL")
    ]
    lines = [line for each in segments(home) for line in each.read_bytes().split(b"\n")[:-1]]
    seen = [parse_iso(json.loads(line)["wall"]) for line in lines if b'"KillSeen"' in line]
    after = [each for each in told if each >= killed_ns]
    if not after:
        return None
    return min(seen + after), min(after)
