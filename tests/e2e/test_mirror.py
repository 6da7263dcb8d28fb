"""Live market data of another venue, mirrored: over real sockets, without any key."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests

from domain.model.instants import MINUTE, bucket_start, iso
from tests.builders.runs import RUN_S, call, records, trader, verified
from tests.builders.simulator_process import API, RunningVenue, run_venue, venue_process
from tests.builders.waiting import wait_for


def book(venue: RunningVenue, name: str = "BTC-USD") -> Any:
    answer = requests.get(
        f"{venue.session.rest}{API}/market/product_book", {"product_id": name}, timeout=5
    )
    return answer.json()["pricebook"]


def port_of(venue: RunningVenue) -> str:
    return venue.session.rest.rpartition(":")[2]


@pytest.mark.slow
@pytest.mark.req("BT4")
def test_paper_orders_fill_by_another_venues_market_never_reach_it_and_are_played_again(
    tmp_path: Path,
) -> None:
    home = tmp_path / "trader"
    home.mkdir()
    with venue_process(tmp_path / "origin") as origin:
        with trader(home, "--market", f"mirror:{origin.session.rest}") as running:
            ready = running.ready()
            assert (ready["prices"], ready["venue"], ready["entries"]) == ("live", "embedded", "on")
            running.wait_until(lambda: records(home, "FillBooked"))
            running.wait_until(lambda: has_closed(home), RUN_S)
            code, stopped = running.interrupt()

        assert (code, stopped["reason"]) == (0, "signal")
        assert int(stopped["fills"]) >= 1
        assert origin.books()["orders"] == []
        assert origin.books()["fills"] == []
    assert verified(home)["ok"] is True
    found = replayed(home)
    assert found["is_explained"]
    assert all(each["part"] for each in found["verdicts"]["differences"]), found
    assert found["verdicts"]["same"] >= 1
    assert any(each["run"]["fills"] for each in found["trades"])
    assert not found["is_own_market"], "how its prices moved within a minute is not kept"
    assert abs(Decimal(found["residual"])) <= Decimal(found["bound"])


def has_closed(home: Path) -> bool:
    """Tell whether the minute in which it bought first is over, and kept."""
    fill = records(home, "FillBooked")[0]
    name = fill["order"]["product"]
    minute = iso(bucket_start(int(fill["fill"]["at_ns"]), MINUTE))
    kept = home / "data" / "paper" / "bars" / f"{name}.csv"
    return kept.is_file() and f"{name},{minute}" in kept.read_text(encoding="utf-8")


def replayed(home: Path) -> dict[str, Any]:
    """Return what `replay --json` says of the run, which must be that all is explained."""
    done = call(home, "replay", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    return dict(json.loads(done.stdout))


def test_a_mirror_whose_venue_is_gone_shows_no_book_until_it_is_back(tmp_path: Path) -> None:
    with venue_process(tmp_path / "origin") as origin:
        port, rest = port_of(origin), origin.session.rest
        mirror = venue_process(tmp_path / "mirror", "--market", f"mirror:{rest}?products=BTC-USD")
        with mirror as mirrored:
            wait_for(lambda: book(mirrored)["bids"])
            assert {level["price"] for level in book(mirrored)["bids"]}
            origin.process.kill()
            origin.process.wait(60)
            wait_for(lambda: not book(mirrored)["bids"])

            with venue_process(tmp_path / "origin", "--port", port):
                wait_for(lambda: book(mirrored)["bids"])
                assert mirrored.process.poll() is None


def test_what_cannot_be_mirrored_ends_with_a_sentence(tmp_path: Path) -> None:
    done = run_venue(tmp_path, "--market", "mirror:http://127.0.0.1:9")
    assert done.returncode == 1
    assert "expected market data at http://127.0.0.1:9/" in done.stderr
    done = run_venue(tmp_path, "--market", "mirror:nowhere")
    assert done.returncode == 2
    assert "expected an address like mirror:http://" in done.stderr
    done = call(tmp_path, "--env", "paper", "--market", "mirror:http://127.0.0.1:9")
    assert done.returncode == 1
    assert "is it a Coinbase venue?" in done.stderr
