"""Live market data of another venue, mirrored: over real sockets, without any key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import requests

from tests.builders.runs import call, records, trader, verified
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
def test_paper_orders_fill_by_another_venues_market_and_never_reach_it(tmp_path: Path) -> None:
    home = tmp_path / "trader"
    home.mkdir()
    with venue_process(tmp_path / "origin") as origin:
        with trader(home, "--market", f"mirror:{origin.session.rest}") as running:
            ready = running.ready()
            assert (ready["prices"], ready["venue"], ready["entries"]) == ("live", "embedded", "on")
            running.wait_until(lambda: records(home, "FillBooked"))
            code, stopped = running.interrupt()

        assert (code, stopped["reason"]) == (0, "signal")
        assert int(stopped["fills"]) >= 1
        assert origin.books()["orders"] == []
        assert origin.books()["fills"] == []
    assert verified(home)["ok"] is True


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
