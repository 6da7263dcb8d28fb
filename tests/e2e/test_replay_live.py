"""`run.py replay` after a live run at a venue that plays Coinbase, in which its owner interfered.

Real processes and sockets. The trades were those of the venue's market, which a replay can't ask
again: it plays the minutes that the run saw.
"""

from __future__ import annotations

import json
import uuid
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.builders.full import only_whole
from tests.builders.live import CONFIRMED, LiveHome
from tests.builders.runs import RUN_S, Running, call
from tests.builders.simulator_process import RunningVenue, playing_coinbase

pytestmark = [pytest.mark.slow, pytest.mark.req("BT4")]


@only_whole
def test_what_a_person_did_in_a_live_run_is_told_apart_and_nothing_is_left_over(
    tmp_path: Path,
) -> None:
    with playing_coinbase(tmp_path / "coinbase") as real:
        live = LiveHome(tmp_path / "home", real)
        live.certify()
        running = live.running(CONFIRMED)
        try:
            running.ready(RUN_S)
            product = bought(real, running)
            assert call(live.home, "close", product, "--reason", "news").returncode == 0
            assert call(live.home, "pause", "--reason", "lunch").returncode == 0
            buys_by_hand(real)
            running.wait_until(lambda: has_closed(live, product), RUN_S)
            running.interrupt()
        finally:
            running.process.kill()
            running.process.communicate()
    found = replayed(live)

    assert found["mode"] == "live"
    assert not found["is_own_market"]
    assert found["is_explained"]
    assert abs(Decimal(found["residual"])) <= Decimal(found["bound"])
    differences = [*found["verdicts"]["differences"], *found["exits"]["differences"]]
    assert all(each["part"] for each in (*differences, *found["pieces"])), found
    by_you = {each["why"] for each in found["pieces"] if each["part"] == "human_action"}
    assert "you sold it" in by_you, found["pieces"]
    deeds = [each["told"] for each in found["deeds"]]
    assert any("news" in each for each in deeds), deeds
    assert any("lunch" in each for each in deeds), deeds
    parts = sum(map(Decimal, found["parts"].values()))
    assert parts + Decimal(found["residual"]) == Decimal(found["pnl"]["difference"])


def bought(real: RunningVenue, running: Running) -> str:
    """Let the price of what is bid for fall to the bid; return what was bought."""
    running.wait_until(lambda: bids(real), RUN_S)
    product = str(bids(real)[0]["product_id"])
    real.fault("price_jump", product=product, percent="-0.3")
    running.wait_until(lambda: real.books()["fills"], RUN_S)
    return str(real.books()["fills"][0]["product_id"])


def bids(real: RunningVenue) -> list[dict[str, Any]]:
    """Return the orders to buy that the venue has had."""
    return [each for each in real.books()["orders"] if each["side"] == "BUY"]


def buys_by_hand(real: RunningVenue) -> None:
    """Buy a coin beside the trader, as the owner of the account may."""
    told = real.api.place(
        str(uuid.uuid4()), "ETH-USD", "BUY", market_market_ioc={"base_size": "0.01"}
    )
    assert told["success"], told


def has_closed(live: LiveHome, product: str) -> bool:
    """Tell whether the minute in which it was bought is over, and kept."""
    fills = live.real.books()["fills"]
    minute = str(fills[0]["trade_time"])[:16]
    kept = (live.folder / "bars" / f"{product}.csv").read_text(encoding="utf-8")
    return f"{product},{minute}" in kept


def replayed(live: LiveHome) -> dict[str, Any]:
    """Return what `replay --json` says of the run, which must be that all is explained."""
    done = call(live.home, "replay", "--env", "live", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    return dict(json.loads(done.stdout))
