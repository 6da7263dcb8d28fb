"""Paper by the live prices of Coinbase, which a second venue plays: all of it over real sockets."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.builders.full import only_whole
from tests.builders.runs import (
    EAGER,
    RUN_S,
    Running,
    call,
    records,
    status,
    trader,
    verified,
)
from tests.builders.simulator_process import API, RunningVenue, playing_coinbase

PRODUCTS = ("BTC-USD", "DOGE-USD", "ETH-USD", "LINK-USD", "SOL-USD")
NO_SERVERS = "--set=app.time.ntp_servers=[]"
"""The venue alone says what time it is: servers on the net would contradict one that is wrong."""
ONE_AT_A_TIME = (
    *EAGER,
    "--set=strategies.breakout.max_trades_per_cycle=1",
    "--set=policy.loop.interval_seconds=600",
)
"""Something is bought at once, and most products are left alone."""


def live(real: RunningVenue) -> tuple[str, ...]:
    """Return the options that trade by the prices of `real` as if it were Coinbase."""
    return ("--venue", "coinbase", "--venue-url", real.session.rest, NO_SERVERS)


def shown(rest: str, product: str) -> tuple[Any, Any]:
    """Return both sides of a book that a venue shows to everybody."""
    asked = {"product_id": product}
    answer = requests.get(f"{rest}{API}/market/product_book", asked, timeout=30)
    book = answer.json()["pricebook"]
    return book["bids"], book["asks"]


def own_venue(home: Path) -> str:
    """Return where the trader's own venue is, by its log."""
    lines = (home / "logs" / "bulkhead.jsonl").read_text().splitlines()
    told = [json.loads(line) for line in lines if "the_embedded_venue_listens" in line]
    return str(told[-1]["data"]["rest"])


def alerts(home: Path, code: str) -> list[dict[str, Any]]:
    """Return the alerts of that code."""
    file = home / "logs" / "alerts.jsonl"
    lines = file.read_text().splitlines() if file.exists() else []
    return [each for each in map(json.loads, lines) if each["code"] == code]


def picture(home: Path) -> dict[str, Any]:
    """Return the newest picture of the trader, an empty one before there is any."""
    file = home / "data" / "state.json"
    nothing: dict[str, Any] = {"clock": None, "stalled": {}, "breakers": []}
    return dict(json.loads(file.read_text())) if file.exists() else nothing


def is_open(home: Path, breaker: str) -> bool:
    """Tell whether a breaker of that name keeps entries out."""
    return any(
        (each["name"], each["state"]) == (breaker, "BLOCK") for each in picture(home)["breakers"]
    )


def see_the_same(running: Running, real: RunningVenue) -> None:
    """Wait until the standing books of the real venue are those that our orders meet."""
    ours = own_venue(running.home)
    bought = {each["intent"]["order"]["product"] for each in records(running.home, "IntentRaised")}
    others = sorted(set(PRODUCTS) - bought)

    def is_same(name: str) -> bool:
        return shown(ours, name) == shown(real.session.rest, name)

    assert others, "what we have eaten of a book is not there any more"
    real.fault("freeze_product", **{"for": "3s"})
    for name in others:
        bids, asks = shown(real.session.rest, name)
        assert bids, name
        assert asks, name
        running.wait_until(partial(is_same, name))


@pytest.mark.slow
@pytest.mark.req("ST1", "M1")
def test_prices_are_the_real_venues_and_its_loss_blocks_until_it_is_back(tmp_path: Path) -> None:
    home = tmp_path / "trader"
    home.mkdir()
    with playing_coinbase(tmp_path / "coinbase") as real:
        with trader(home, *live(real), *ONE_AT_A_TIME) as running:
            ready = running.ready()
            assert (ready["venue"], ready["prices"]) == ("coinbase", "live")
            running.wait_until(lambda: "live prices of Coinbase" in running.log)
            running.wait_until(lambda: (picture(home)["clock"] or {}).get("source") == "the venue")
            running.wait_until(lambda: records(home, "FillBooked"), RUN_S)
            see_the_same(running, real)

            real.fault("refuse_stream", **{"for": "8s"})
            real.fault("disconnect")
            running.wait_until(lambda: set(PRODUCTS) <= set(picture(home)["stalled"]))
            running.wait_until(lambda: alerts(home, "STALENESS"))
            running.wait_until(lambda: not picture(home)["stalled"])
            running.wait_until(lambda: shown(own_venue(home), "BTC-USD")[0])
            code, stopped = running.interrupt()

        assert (code, stopped["reason"]) == (0, "signal")
        assert int(stopped["fills"]) >= 1
        assert f"the stream of {real.session.rest} broke" in running.log
        assert (real.books()["orders"], real.books()["fills"]) == ([], [])
    assert verified(home)["ok"] is True


@only_whole
@pytest.mark.req("TIME1")
def test_a_clock_that_the_real_venue_contradicts_is_warned_of_and_then_blocks(
    tmp_path: Path,
) -> None:
    with playing_coinbase(tmp_path / "coinbase") as real:
        real.fault("clock_skew", by="-5s")
        with trader(tmp_path, *live(real)) as running:
            running.ready()

            def warned() -> list[dict[str, Any]]:
                told = "ms ahead by the venue (limit 150 ms)"
                return [each for each in alerts(tmp_path, "CLOCK") if told in each["what"]]

            running.wait_until(warned)
            assert not is_open(tmp_path, "clock")
            running.wait_until(lambda: (picture(tmp_path)["clock"] or {}).get("source"))
            checked = status(tmp_path)["clock"]

            assert warned()[0]["severity"] == "WARNING"
            assert checked["source"] == "the venue"
            assert 4_000 < float(checked["drift_ms"]) < 8_000
            assert "ahead by the venue (limit 150 ms), found" in call(tmp_path, "status").stdout
            assert "WARNING CLOCK: " in running.log
            running.wait_until(lambda: is_open(tmp_path, "clock"))
            real.set_clock()
            running.wait_until(lambda: not is_open(tmp_path, "clock"))
            assert running.interrupt()[0] == 0


@pytest.mark.req("SEC1")
@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1.evil.example",
        "http://127.0.0.1:80@evil.example",
    ],
)
def test_nobody_elsewhere_is_taken_for_coinbase(url: str, tmp_path: Path) -> None:
    done = call(tmp_path, "--env", "paper", "--venue", "coinbase", "--venue-url", url)

    assert (done.returncode, done.stdout) == (2, "")
    assert "--venue-url: " in done.stderr
    assert not (tmp_path / "data").exists()
