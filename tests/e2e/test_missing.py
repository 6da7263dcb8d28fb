"""Coins that somebody takes from the account: known, told, frozen, and given up by command."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.builders.runs import EAGER, call, status, trader, verified
from tests.builders.simulator import fault
from tests.builders.simulator_process import RunningVenue, venue_process
from tests.builders.waiting import wait_for

SPEED = "10"

EXITS_ALONE = "--set=policy.exits.venue_stops=false"
"""What an order holds at the venue nobody can take from there."""


def strike(venue: RunningVenue, body: dict[str, Any]) -> None:
    token = venue.session.admin_file.read_text().strip()
    answer = requests.post(
        venue.session.rest + "/bulkhead/faults",
        data=json.dumps(body),
        headers={"Authorization": f"Bearer {token}"},
        timeout=30,
    )
    assert answer.status_code < 300, answer.text


def lots_of(home: Path, product: str) -> list[dict[str, Any]]:
    return [lot for lot in status(home)["positions"] if lot["product"] == product]


def gone(home: Path, product: str) -> bool:
    """Tell whether every lot of the product is known to be missing as a whole."""
    lots = lots_of(home, product)
    return bool(lots) and all(Decimal(lot["missing"]) == Decimal(lot["quantity"]) for lot in lots)


@pytest.mark.slow
@pytest.mark.req("REC1", "AL1")
@pytest.mark.way_out("missing")
def test_coins_taken_from_the_account_are_told_frozen_and_given_up_by_command(
    tmp_path: Path,
) -> None:
    with (
        venue_process(tmp_path / "venue", "--speed", SPEED) as venue,
        trader(tmp_path, "--venue-url", venue.session.rest, *EAGER, EXITS_ALONE) as running,
    ):
        running.ready()
        wait_for(lambda: status(tmp_path)["positions"])
        product = status(tmp_path)["positions"][0]["product"]
        currency = product.partition("-")[0]
        strike(venue, fault("balance_change", currency=currency, amount="-99999"))
        wait_for(lambda: gone(tmp_path, product))
        frozen = [each for each in status(tmp_path)["breakers"] if each["name"] == "missing"]
        assert [(each["scope"], each["state"]) for each in frozen] == [
            (f"product:{product}", "BLOCK")
        ]

        for lot in lots_of(tmp_path, product):
            done = call(tmp_path, "release", lot["lot"], "--reason", "sold by hand")
            assert done.returncode == 0, done.stderr
            assert lot["lot"] in done.stdout

        wait_for(lambda: not lots_of(tmp_path, product))
        running.settle()
        code, _ = running.interrupt()

    assert code == 0, running.log
    assert "CRITICAL" in running.log
    verified(tmp_path)
