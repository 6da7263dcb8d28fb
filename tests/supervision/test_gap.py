"""A process that did not run for a while: it asks everything anew before it decides anything."""

from __future__ import annotations

import signal
import threading
from pathlib import Path

import pytest

from domain.model.instants import MINUTE, Nanos, parse_iso
from tests.builders.runs import (
    EAGER,
    entries,
    ledger_accounts,
    records,
    segments,
    trader,
    venue_accounts,
    verified,
)
from tests.builders.waiting import wait_for

GAP_S = 7.0
ON_THEIR_WAY = ("INTENDED", "PENDING_SUBMIT", "UNKNOWN")
SMALL = (*EAGER, "--set=strategies.breakout.notional_pct=0.2")


def times(home: Path, kind: str, name: str = "") -> list[Nanos]:
    """Return the market times of the records of one kind (and one breaker), no sales among them."""
    import json

    found = []
    for file in segments(home):
        for line in file.read_bytes().split(b"\n")[:-1]:
            record = json.loads(line)
            data = record["data"]
            named = data.get("name") or data.get("breaker", {}).get("name") or ""
            order = data.get("order") or data.get("intent", {}).get("order")
            sells = order is not None and "worst_case" not in order
            if record["type"] == kind and named == name and not sells:
                found.append(parse_iso(record["at"]))
    return found


def is_between_rounds(home: Path) -> bool:
    """Tell whether a round is over with all its orders, so that the gap cuts none in two."""
    raised = len(entries(home))
    is_over = bool(times(home, "RoundJudged")) and 0 < raised == len(times(home, "OrderApproved"))
    return is_over and is_nothing_on_its_way(home)


def is_nothing_on_its_way(home: Path) -> bool:
    """Tell whether the venue has shown or refused every order: else a stop can't confirm its end
    before the request that may still arrive is too old.
    """
    raised = {each["intent"]["client_order_id"] for each in records(home, "IntentRaised")}
    known = {
        each["client_order_id"]
        for each in records(home, "OrderAdvanced")
        if each["state"] not in ON_THEIR_WAY
    }
    return known == raised


@pytest.mark.supervision
@pytest.mark.req("TIME2")
def test_after_a_gap_nothing_is_decided_before_everything_was_asked_anew(tmp_path: Path) -> None:
    with trader(tmp_path, "--speed=4", "--set=policy.loop.interval_seconds=10", *SMALL) as running:
        running.ready()
        running.wait_until(lambda: is_between_rounds(tmp_path))

        running.process.send_signal(signal.SIGSTOP)
        threading.Event().wait(GAP_S)  # the gap itself: nothing is waited for
        running.process.send_signal(signal.SIGCONT)

        running.wait_until(lambda: times(tmp_path, "BreakerReset", "time_gap"))
        wait_for(lambda: len(times(tmp_path, "RoundJudged")) > 3)
        running.wait_until(lambda: is_nothing_on_its_way(tmp_path))
        code, stopped = running.interrupt()

    assert (code, stopped["reason"]) == (0, "signal")
    assert "cycles missed" in running.log
    (begun_ns,) = times(tmp_path, "BreakerTripped", "time_gap")
    (ended_ns,) = times(tmp_path, "BreakerReset", "time_gap")
    (gap_ns,) = times(tmp_path, "GapSeen")
    assert begun_ns <= gap_ns < ended_ns
    decided = times(tmp_path, "OrderApproved") + times(tmp_path, "IntentRaised")
    assert not [at_ns for at_ns in decided if begun_ns < at_ns < ended_ns]
    # The breaker closes with the end of the comparison, a moment before that is told.
    first_ns = min((at_ns for at_ns in decided if at_ns >= ended_ns), default=ended_ns + MINUTE)
    assert [at for at in times(tmp_path, "ReconcileFinished") if begun_ns < at <= first_ns]
    assert verified(tmp_path)["ok"] is True
    assert ledger_accounts(tmp_path) == venue_accounts(tmp_path)
