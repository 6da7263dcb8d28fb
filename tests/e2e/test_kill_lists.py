"""A kill in real processes while the venue's lists show nothing, with an odd stranger in them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.builders.runs import RESTING, trader, verified
from tests.builders.simulator import fault
from tests.builders.simulator_process import RunningVenue, venue_process
from tests.builders.waiting import wait_for

SPEED = 20
RESTING_ORDERS = 2
DONE_S = 90.0
LIES_FOR = f"{SPEED * 20}s"
"""Longer than the trader waits for its entries to be gone; after it the venue tells the truth."""
LYING = (
    fault("foreign_order", product="BTC-USD", side="BUY", quantity="1", price="1"),
    fault("odd_content", for_=LIES_FOR, endpoint="orders", member="orders.*.side", value=""),
    fault("odd_content", for_=LIES_FOR, endpoint="orders", member="orders", value=[]),
)
LOST = fault("lose_cancel", for_=LIES_FOR)


def strike(venue: RunningVenue, line: dict[str, Any]) -> None:
    headers = {"Authorization": f"Bearer {venue.session.admin_file.read_text().strip()}"}
    url = venue.session.rest + "/bulkhead/faults"
    assert requests.post(url, json=line, headers=headers, timeout=30).status_code == 200


def ours_open(venue: RunningVenue) -> list[str]:
    return [
        order["order_id"]
        for order in venue.books()["orders"]
        if order["status"] not in ("CANCELLED", "FILLED", "EXPIRED")
        and not order["client_order_id"].startswith("foreign")
    ]


def sentinel_says(home: Path) -> str:
    try:
        return str(json.loads((home / "data/paper/sentinel.json").read_text())["state"])
    except (OSError, ValueError):
        return ""


def alerts(home: Path, code: str) -> list[str]:
    lines = map(json.loads, (home / "logs/alerts.jsonl").read_text().splitlines())
    return [alert["what"] for alert in lines if alert["code"] == code]


@pytest.mark.slow
@pytest.mark.req("K1", "REC1")
@pytest.mark.parametrize("is_lost", [False, True], ids=["cancels work", "cancels are lost"])
def test_a_kill_ends_confirmed_by_the_venues_books_or_says_that_it_is_not(
    tmp_path: Path, *, is_lost: bool
) -> None:
    with venue_process(tmp_path / "venue", "--speed", str(SPEED)) as venue:
        with trader(tmp_path, "--venue-url", venue.session.rest, *RESTING) as running:
            running.ready()
            running.wait_until(lambda: len(ours_open(venue)) >= RESTING_ORDERS, 60.0)
            for line in (*LYING, *((LOST,) if is_lost else ())):
                strike(venue, line)
            (tmp_path / "data" / "KILL_SWITCH").touch()

            code, stopped = running.stopped()

        assert (code, stopped["reason"]) == (3, "kill")
        left = ours_open(venue)
        is_confirmed = not alerts(tmp_path, "STOP_UNCONFIRMED")
        assert not (is_confirmed and left)
        assert bool(left) is is_lost
        if not is_confirmed:
            assert "entries are not confirmed cancelled" in running.log
            wait_for(lambda: alerts(tmp_path, "SENTINEL"), 10.0)
            assert "the trader has ended, and" in alerts(tmp_path, "SENTINEL")[-1]
            assert "not confirmed cancelled" in alerts(tmp_path, "SENTINEL")[-1]
        wait_for(lambda: sentinel_says(tmp_path) in ("ended", "done"), DONE_S)
        assert ours_open(venue) == []
        strangers = [o for o in venue.books()["orders"] if o["client_order_id"].startswith("for")]
        assert [order["status"] for order in strangers] == ["OPEN"]
    assert verified(tmp_path)["ok"] is True
