"""Killed at random instants against a venue that lives on: nothing twice, nothing lost.

Thirty kills here; `BULKHEAD_KILLS=500 ./scripts/test tests/supervision/test_sigkill.py` for more.
"""

from __future__ import annotations

import os
import random
import signal
import threading
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path

import pytest

from tests.builders.runs import EAGER, records, status, trader, verified
from tests.builders.simulator_process import RunningVenue, venue_process
from tests.builders.waiting import wait_for

KILLS = int(os.environ.get("BULKHEAD_KILLS", "30"))
SEED = int(os.environ.get("BULKHEAD_KILL_SEED", "1"))
STARTING_S, TRADING_S = 2.5, 3.0
"""A kill falls into the start and the recovery, or into the first seconds of trading."""
SMALL = (*EAGER, "--set=strategies.breakout.notional_pct=0.2", "--set=policy.exits.max_hold=2m")


def owned_at_venue(venue: RunningVenue) -> dict[str, Decimal]:
    """Return our balances by the venue's own books, without the empty."""
    totals: defaultdict[str, Decimal] = defaultdict(Decimal)
    for account in venue.books()["accounts"]:
        if account["owner"] == "own":
            totals[account["currency"]] += Decimal(account["total"])
    return {currency: total for currency, total in totals.items() if total}


def owned_by_us(home: Path) -> dict[str, Decimal]:
    """Return cash and lots of our own books."""
    told = status(home)
    owned: defaultdict[str, Decimal] = defaultdict(Decimal, USD=Decimal(told["cash"]))
    for lot in told["positions"]:
        owned[lot["product"].partition("-")[0]] += Decimal(lot["quantity"])
    return dict(owned)


@pytest.mark.slow
@pytest.mark.supervision
@pytest.mark.timeout(60 + 15 * KILLS)
@pytest.mark.req("BOOT1", "X1", "SI1", "AUD1")
def test_random_kills_leave_no_duplicate_no_orphan_and_equal_books(tmp_path: Path) -> None:
    draw = random.Random(SEED)
    with venue_process(tmp_path / "venue", "--speed", "30") as venue:
        attached = ("--venue-url", venue.session.rest, *SMALL)
        for kill in range(KILLS):
            is_trading = kill % 2 == 1
            with trader(tmp_path, *attached) as running:
                if is_trading:
                    running.ready(60)
                # The instant itself is drawn: nothing is waited for.
                limit_s = TRADING_S if is_trading else STARTING_S
                threading.Event().wait(draw.uniform(0.2, limit_s))
                assert running.process.poll() is None, running.log
                running.process.send_signal(signal.SIGKILL)
                running.process.wait(60)

        with trader(tmp_path, *attached) as running:
            running.ready(60)
            wait_for(lambda: status(tmp_path)["reconcile"] == "clean")
            running.settle()
            code, stopped = running.interrupt(20)
        assert (code, stopped["reason"]) == (0, "signal"), running.log
        orders = venue.books()["orders"]

        ours = Counter(order["client_order_id"] for order in orders)
        intents = {each["intent"]["client_order_id"] for each in records(tmp_path, "IntentRaised")}
        assert len(orders) >= KILLS // 8, "the kills never let it trade"
        assert max(ours.values()) == 1, "two venue orders of one intent"
        assert set(ours) <= intents, "an order whose intent was not durable before"
        assert not [order for order in orders if order["status"] in ("OPEN", "PENDING", "QUEUED")]
        fills = [fill["entry_id"] for fill in venue.books()["fills"]]
        booked = [each["fill"]["entry_id"] for each in records(tmp_path, "FillBooked")]
        assert sorted(fills) == sorted(booked), "a fill is missing or booked twice"
        assert owned_by_us(tmp_path) == owned_at_venue(venue)
    assert verified(tmp_path)["ok"] is True
