"""A channel is down: trading goes on, the other one gets louder, and nothing is missed or repeated.

In passing the channel is away until there was something to miss; `BULKHEAD_FULL=1` lets it be away
for ten minutes at the speed of life, and prints what it saw.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from adapters.courier.urls import URLS
from tests.builders.full import IS_FULL
from tests.builders.runs import EAGER, records, status, trader, tripped, verified
from tests.builders.simulator_process import embedded_venue
from tests.builders.waiting import wait_for
from tests.fakes.alert_sinks import MailSink, Sink, http_sink, mail_sink

pytestmark = [pytest.mark.slow, pytest.mark.supervision, pytest.mark.req("AL1")]

AWAY_S = 600.0
SPEED = "1" if IS_FULL else "10"
LOUDER_S = 120.0
LATE_S = 5.0
PATIENCE_S = 2 * AWAY_S
WAITS_AT_MOST_S = 70.0
"""Longest pause of a channel that failed for long, and what a busy machine adds."""
OWNERS = ("--set=policy.exits.max_hold=2m", "--set=strategies.breakout.notional_pct=0.5")


class Watch:
    """Notes when each mail of a code came, plain and escalated."""

    def __init__(self, mail: MailSink, code: str) -> None:
        self._mail, self._code = mail, code
        self.came: dict[bool, float] = {}

    def look(self) -> None:
        for each in tuple(self._mail.mails):
            subject = " ".join(str(each["Subject"]).split())
            if self._code in subject:
                self.came.setdefault("ESCALATED" in subject, time.monotonic())

    def has(self, *, is_louder: bool) -> bool:
        self.look()
        return is_louder in self.came


def written(home: Path) -> dict[str, str]:
    """Return the severity of every alert that the outbox of channels holds, by its text."""
    lines = (home / "logs" / "alerts.jsonl").read_text().splitlines()
    told = [json.loads(line) for line in lines]
    return {each["what"]: each["severity"] for each in told if each["severity"] != "INFO"}


def channel(home: Path) -> dict[str, Any]:
    """Return what the courier says of the channel that is away."""
    try:
        told = json.loads((home / "data" / "paper" / "courier.json").read_text())
    except (OSError, ValueError):
        return {}
    return dict(next(each for each in told["channels"] if each["label"].startswith("http")))


def texts(sink: Sink) -> Counter[tuple[str, bool]]:
    return Counter((str(each["what"]), bool(each["escalated"])) for each in sink.documents)


def stays_away(begun_s: float, look: Callable[[], object]) -> None:
    """Let the ten minutes pass; what arrives elsewhere is noted meanwhile."""
    while time.monotonic() < begun_s + AWAY_S:
        look()
        threading.Event().wait(0.2)  # the length of the outage is what is tried


@pytest.mark.timeout(PATIENCE_S + 120)
def test_a_channel_that_is_away_costs_no_trade_and_gets_each_alert_once_when_it_is_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with http_sink() as gone:
        port = gone.port
    with mail_sink() as mail:
        monkeypatch.setenv(URLS, f"{gone.url} {mail.url}")
        watch = Watch(mail, "CASH_FLOW")
        with trader(tmp_path, "--speed", SPEED, *EAGER, *OWNERS) as running:
            running.ready()
            begun_s = time.monotonic()
            embedded_venue(tmp_path).fault("balance_change", currency="USD", amount="1000")
            running.wait_until(lambda: watch.has(is_louder=False))
            running.wait_until(lambda: channel(tmp_path).get("failing_since"))
            cycles = len(records(tmp_path, "RoundJudged"))
            if IS_FULL:
                stays_away(begun_s, watch.look)
            running.wait_until(lambda: len(records(tmp_path, "RoundJudged")) > cycles)
            running.wait_until(lambda: records(tmp_path, "FillBooked"))
            away_s = time.monotonic() - begun_s
            told = status(tmp_path)
            assert not told["halted"], told["halt_reason"]
            assert tripped(tmp_path) <= {"reconcile"}, "of the money that came in"
            cycles, fills = told["cycles"], told["fills_total"]

            with http_sink(port) as back:
                back_s = time.monotonic()
                missed = set(written(tmp_path))
                running.wait_until(
                    lambda: missed <= {what for what, _ in texts(back)}, WAITS_AT_MOST_S
                )
                caught_up_s = time.monotonic() - back_s
                assert running.interrupt()[0] == 0
                wait_for(lambda: set(written(tmp_path)) <= {what for what, _ in texts(back)})
                got = texts(back)
        assert max(got.values()) == 1, "delivered twice"
        (flow,) = [what for what in missed if "came in" in what]
        louder = [is_louder for what, is_louder in got if what == flow]
        if IS_FULL:
            assert louder == [True], "late, it is told once and louder"
            after_s = watch.came[True] - watch.came[False]
            assert LOUDER_S - LATE_S <= after_s <= LOUDER_S + LATE_S
            sys.stdout.write(
                f"\naway {away_s:.0f} s: {cycles} cycles, {fills} fills; louder by mail"
                f" {after_s:.1f} s after the first; all {len(missed)} delivered once,"
                f" {caught_up_s:.1f} s after it was back\n"
            )
    assert verified(tmp_path)["ok"] is True
