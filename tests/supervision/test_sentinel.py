"""The sentinel: a trader that is stopped, hangs or dies leaves no entry at the venue."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.builders.runs import RESTING, is_alive, status, trader, verified
from tests.builders.simulator_process import RunningVenue, venue_process
from tests.builders.waiting import wait_for

pytestmark = pytest.mark.supervision

SPEED = "60"
WITHIN_S = 10.0


def resting(venue: RunningVenue, side: str = "BUY") -> list[dict[str, Any]]:
    orders = venue.books()["orders"]
    return [each for each in orders if each["status"] == "OPEN" and each["side"] == side]


def sentinel_says(home: Path) -> dict[str, Any]:
    try:
        return dict(json.loads((home / "data" / "paper" / "sentinel.json").read_text()))
    except (OSError, ValueError):
        return {}


def alerts(home: Path) -> list[dict[str, Any]]:
    lines = (home / "logs" / "alerts.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


@pytest.mark.req("K1", "SUP1")
@pytest.mark.parametrize("kill", [True, False], ids=["kill-file", "silent"])
def test_a_stopped_trader_leaves_no_entry_at_the_venue(kill: bool, tmp_path: Path) -> None:
    with venue_process(tmp_path / "venue", "--speed", SPEED) as venue:
        with trader(tmp_path, "--venue-url", venue.session.rest, *RESTING) as running:
            running.ready()
            running.wait_until(lambda: len(resting(venue)) >= 4)

            running.process.send_signal(signal.SIGSTOP)
            if kill:
                (tmp_path / "data" / "KILL_SWITCH").touch()

            wait_for(lambda: not resting(venue), WITHIN_S, lambda: str(sentinel_says(tmp_path)))
            wait_for(lambda: sentinel_says(tmp_path)["state"] == "clear")
            told = [each for each in alerts(tmp_path) if each["code"] == "SENTINEL"]
            assert [each["severity"] for each in told] == ["CRITICAL"]

            running.process.send_signal(signal.SIGCONT)
            if kill:
                code, words = running.stopped(20)
                assert (code, words["reason"]) == (3, "kill")
            else:
                running.wait_until(lambda: sentinel_says(tmp_path)["state"] == "watching")
                running.wait_until(lambda: status(tmp_path)["reconcile"] == "clean")
                running.settle()
                code, words = running.interrupt(20)
                assert (code, words["reason"]) == (0, "signal")
        assert verified(tmp_path)["ok"] is True
        assert sentinel_says(tmp_path)["state"] == "ended"


@pytest.mark.req("K1", "SUP1")
def test_a_dead_trader_leaves_no_entry_and_a_foreign_order_stays(tmp_path: Path) -> None:
    with venue_process(tmp_path / "venue", "--speed", SPEED) as venue:
        limit = {"base_size": "0.1", "limit_price": "100", "post_only": True}
        answer = venue.api.place("not-ours", "BTC-USD", "BUY", limit_limit_gtc=limit)
        foreign = answer["success_response"]["order_id"]
        with trader(tmp_path, "--venue-url", venue.session.rest, *RESTING) as running:
            running.ready()
            running.wait_until(lambda: len(resting(venue)) >= 4)
            sentinel = running.sentinel_pid()
            running.process.send_signal(signal.SIGKILL)
            running.process.wait(60)

            wait_for(
                lambda: [each["order_id"] for each in resting(venue)] == [foreign],
                WITHIN_S,
                lambda: str(sentinel_says(tmp_path)),
            )
            wait_for(lambda: not is_alive(sentinel))
        assert sentinel_says(tmp_path)["state"] == "done"
        assert [each["order_id"] for each in resting(venue)] == [foreign]


@pytest.mark.req("SUP1")
def test_a_new_trader_relieves_the_sentinel_of_a_dead_one(tmp_path: Path) -> None:
    with venue_process(tmp_path / "venue", "--speed", SPEED) as venue:
        attached = ("--venue-url", venue.session.rest, *RESTING)
        with trader(tmp_path, *attached) as running:
            running.ready()
            running.wait_until(lambda: resting(venue))
            old = running.sentinel_pid()
            running.process.send_signal(signal.SIGKILL)
            running.process.wait(60)
        with trader(tmp_path, *attached) as running:
            running.ready()
            wait_for(lambda: not is_alive(old))
            running.wait_until(lambda: len(resting(venue)) >= 4)
            assert sentinel_says(tmp_path)["state"] != "duty"
            running.settle()
            code, _ = running.interrupt(20)
        assert code == 0, running.log


@pytest.mark.req("SUP1")
def test_without_a_sentinel_entries_are_blocked_until_a_new_one_watches(tmp_path: Path) -> None:
    with trader(tmp_path, "--speed=10", *RESTING) as running:
        running.ready()
        running.wait_until(lambda: sentinel_says(tmp_path).get("state") == "watching")
        old = running.sentinel_pid()
        os.kill(old, signal.SIGKILL)

        def states() -> list[str]:
            file = tmp_path / "data" / "paper" / "status.json"
            rows = json.loads(file.read_text())["breakers"] if file.exists() else []
            return [each["state"] for each in rows if each["name"] == "sentinel"]

        # The breaker stands at OK from the start: only beside another process it says something.
        running.wait_until(
            lambda: running.sentinel_pids() not in ([], [old]) and states() == ["OK"], 30
        )
        new = running.sentinel_pid()
        code, _ = running.interrupt(20)
        wait_for(lambda: not is_alive(new))
    assert code == 0
    tripped = [each for each in alerts(tmp_path) if each["code"] == "BREAKER:sentinel"]
    assert len(tripped) == 1
