"""Claims about the venue as a real process, as any Coinbase client meets it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests
import zstandard

from adapters.clocks.market import MarketClock
from adapters.processes.simulator import VenueChild, VenueNotStarted, attach
from domain.model.errors import Unreachable
from domain.model.instants import SECOND, parse_iso
from tests.builders.full import some
from tests.builders.recorded import DEMO, RAW, shared_data
from tests.builders.simulator_process import (
    API,
    ROOT,
    Api,
    RunningVenue,
    run_venue,
    venue_command,
    venue_process,
)
from tests.builders.waiting import wait_for

BTC = "BTC-USD"


@pytest.fixture(scope="module")
def venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningVenue]:
    with venue_process(tmp_path_factory.mktemp("venue")) as running:
        yield running


def far_bid(venue: RunningVenue) -> dict[str, Any]:
    """Return an order of about 10 USD at half the market's price, on the product's steps."""
    product = venue.api.get(f"/products/{BTC}")
    step = Decimal(product["price_increment"])
    price = (Decimal(product["price"]) / 2 // step) * step
    quantity = (10 / price).quantize(Decimal("0.000001"))
    return {"base_size": str(quantity), "limit_price": str(price), "post_only": True}


def rest_an_order(venue: RunningVenue, client_id: str) -> str:
    kind = far_bid(venue)
    answer = venue.api.place(client_id, BTC, "BUY", limit_limit_gtc=kind)
    assert answer["success"], answer
    return str(answer["success_response"]["order_id"])


def test_the_venue_line_names_everything_a_client_needs(venue: RunningVenue) -> None:
    assert list(venue.words) == ["rest", "rest_tls", "ws", "ca", "key", "user_key", "admin"]
    for name in ("key", "user_key", "admin"):
        assert Path(venue.words[name]).stat().st_mode & 0o777 == 0o600
    assert set(json.loads(Path(venue.words["key"]).read_text())) == {"name", "privateKey"}


def test_the_session_tells_the_same_and_the_clock(venue: RunningVenue) -> None:
    session = venue.session
    assert session.rest == venue.words["rest"]
    assert session.prices == "invented"
    assert session.history == "candles"
    assert session.speed == 1
    assert session.end_ns is None
    assert len(session.world) == 16


def test_time_is_market_time(venue: RunningVenue) -> None:
    clock = MarketClock(venue.session.clock)
    before = clock.market_ns()
    told = requests.get(venue.session.rest + API + "/time", timeout=30).json()
    after = clock.market_ns()
    assert before // 10**6 <= int(told["epochMillis"]) <= after // 10**6
    ahead_ns = after - time.time_ns()
    assert -2 * SECOND < ahead_ns <= 61 * SECOND  # a new world begins with the next minute


def test_private_paths_need_a_token_and_public_ones_do_not(venue: RunningVenue) -> None:
    url = venue.session.rest + API
    assert requests.get(url + "/market/products", timeout=30).status_code == 200
    refused = requests.get(url + "/accounts", timeout=30)
    assert (refused.status_code, refused.text) == (401, "Unauthorized")
    assert venue.api.get("/accounts")["accounts"]


def test_the_key_that_may_only_view_cannot_trade(venue: RunningVenue) -> None:
    viewer = Api(venue.session, key_file=venue.session.user_key_file)
    assert viewer.get("/accounts")["accounts"]
    refused = viewer.ask("POST", "/orders", {})
    assert refused.status_code == 403
    assert '"error_details":"Missing required scopes"' in refused.text


def test_tls_serves_the_same_with_its_own_certificate(venue: RunningVenue) -> None:
    answer = venue.api.ask("GET", "/accounts", tls=True)
    assert answer.status_code == 200
    assert answer.json()["accounts"] == venue.api.get("/accounts")["accounts"]


def test_an_order_rests_is_listed_and_is_cancelled(venue: RunningVenue) -> None:
    order_id = rest_an_order(venue, "e2e-rest")
    order = venue.api.get(f"/orders/historical/{order_id}")["order"]
    assert (order["status"], order["client_order_id"]) == ("OPEN", "e2e-rest")
    cancelled = venue.api.ask("POST", "/orders/batch_cancel", {"order_ids": [order_id]}).json()
    assert cancelled["results"][0]["success"] is True
    assert venue.api.get(f"/orders/historical/{order_id}")["order"]["status"] == "CANCELLED"


def test_a_market_order_fills_and_the_accounts_follow(venue: RunningVenue) -> None:
    answer = venue.api.place("e2e-buy", BTC, "BUY", market_market_ioc={"quote_size": "100"})
    assert answer["success"], answer
    order_id = answer["success_response"]["order_id"]
    assert venue.api.get("/orders/historical/fills", order_ids=order_id)["fills"]
    order = venue.api.get(f"/orders/historical/{order_id}")["order"]
    assert order["status"] == "FILLED"
    accounts = {
        account["currency"]: Decimal(account["available_balance"]["value"])
        for account in venue.api.get("/accounts", limit=250)["accounts"]
    }
    assert accounts["BTC"] == Decimal(order["filled_size"]) > 0
    assert Decimal(9_890) < accounts["USD"] <= Decimal(9_901)


def test_streams_count_every_frame_and_answer_orders(venue: RunningVenue) -> None:
    stream = venue.api.stream()
    for channel in ("heartbeats", "level2", "market_trades", "user"):
        message: dict[str, Any] = {"type": "subscribe", "channel": channel, "product_ids": [BTC]}
        if channel == "user":
            message["jwt"] = venue.api.token()
        stream.send(json.dumps(message))
    stream.ping("still there?")
    order_id = rest_an_order(venue, "e2e-stream")
    frames: list[dict[str, Any]] = []
    seen: set[str] = set()
    updates, beats, told = 0, 0, False
    end = time.monotonic() + 20
    while not (updates > 2 and beats > 1 and told and "market_trades" in seen):
        assert time.monotonic() < end, (seen, updates, beats, told)
        frame = json.loads(stream.recv())
        frames.append(frame)
        seen.add(frame["channel"])
        updates += frame["channel"] == "l2_data" and frame["events"][0]["type"] == "update"
        beats += frame["channel"] == "heartbeats"
        told = told or (frame["channel"] == "user" and order_id in json.dumps(frame))
    assert [frame["sequence_num"] for frame in frames] == list(range(len(frames)))
    stream.close()


def test_books_are_for_the_admin(venue: RunningVenue) -> None:
    assert requests.get(venue.session.rest + "/bulkhead/books", timeout=30).status_code == 401
    assert {"accounts", "orders", "fills"} <= set(venue.books())


def test_a_signal_ends_it_cleanly_and_the_world_goes_on(tmp_path: Path) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        with venue_process(tmp_path, "--speed", "60") as running:
            order_id = rest_an_order(running, f"before-{number}")
            world, clock = running.session.world, MarketClock(running.session.clock)
            running.process.send_signal(number)
            assert running.process.wait(60) == 0
            stopped_ns = clock.market_ns()
        with venue_process(tmp_path, "--speed", "60") as running:
            assert running.session.world == world
            assert MarketClock(running.session.clock).market_ns() >= stopped_ns
            order = running.api.get(f"/orders/historical/{order_id}")["order"]
            assert order["status"] == "OPEN"


def test_kill_9_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    with venue_process(tmp_path, "--speed", "60") as running:
        orders = [rest_an_order(running, f"kill-{number}") for number in range(5)]
        bought = running.api.place("kill-buy", BTC, "BUY", market_market_ioc={"quote_size": "50"})
        assert bought["success"], bought
        before = running.books()
        clock = MarketClock(running.session.clock)
        running.process.kill()
        running.process.wait(60)
        seen_ns = clock.market_ns()
    with venue_process(tmp_path, "--speed", "60") as running:
        after = running.books()
        assert MarketClock(running.session.clock).market_ns() >= seen_ns
        assert after["fills"] == before["fills"]
        assert after["accounts"] == before["accounts"]
        for order_id in orders:
            order = running.api.get(f"/orders/historical/{order_id}")["order"]
            assert order["status"] == "OPEN"


def test_a_second_venue_on_the_folder_ends_with_5(tmp_path: Path) -> None:
    with venue_process(tmp_path) as running:
        second = run_venue(tmp_path)
        assert second.returncode == 5
        assert str(running.process.pid) in second.stderr
        assert "Traceback" not in second.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    some(
        [
            (("--market", "no/such/file.parquet"), "no/such/file.parquet"),
            (("--from", "2023-12-12T04:00:00Z"), "--from"),
            (("--from", "noon"), "noon"),
            (("--speed", "61"), "61"),
            (("--speed", "max"), "max"),
            (("--paper-balance", "lots"), "lots"),
        ],
        2,
    ),
)
def test_refuses_what_it_cannot_play_with_2_and_one_clear_line(
    tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    with venue_process(tmp_path):
        pass
    refused = run_venue(tmp_path, *arguments)
    assert refused.returncode == 2, refused.stderr
    assert words in refused.stderr
    assert "Traceback" not in refused.stderr
    assert refused.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "words"),
    some([(("--seed", "99"), "seed 99"), (("--paper-balance", "USD=800"), "800 USD")]),
)
def test_a_given_folder_with_another_world_is_refused_with_4(
    tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    with venue_process(tmp_path):
        pass
    refused = run_venue(tmp_path, *arguments)
    assert refused.returncode == 4, refused.stderr
    assert words in refused.stderr
    assert "Traceback" not in refused.stderr
    assert refused.stdout == ""


def test_a_port_that_is_taken_is_refused_with_2(tmp_path: Path, venue: RunningVenue) -> None:
    port = venue.session.rest.rpartition(":")[2]
    refused = run_venue(tmp_path, "--port", port)
    assert refused.returncode == 2
    assert port in refused.stderr


def test_the_child_ends_with_its_parent_however_the_parent_dies(tmp_path: Path) -> None:
    script = (
        "import sys, time; from adapters.processes.simulator import VenueChild;"
        "child = VenueChild(sys.argv[1:]);"
        "print(child.process_id, child.session.rest, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script, *venue_command(tmp_path, "--parent-pipe")],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    process_id, url = parent.stdout.readline().split()
    assert attach(url).rest == url
    parent.kill()
    parent.communicate()
    wait_for(lambda: not Path(f"/proc/{process_id}").exists() or _is_gone(int(process_id)), 5)
    with venue_process(tmp_path) as running:
        assert running.session.rest


def _is_gone(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return True
    return Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


def test_the_child_is_started_and_stopped_by_the_trader(tmp_path: Path) -> None:
    child = VenueChild(venue_command(tmp_path, "--speed", "10", "--parent-pipe"))
    assert child.session.speed == 10
    assert child.exit_code() is None
    assert child.stop() == 0


def test_the_child_hands_on_why_it_did_not_start(tmp_path: Path) -> None:
    with venue_process(tmp_path), pytest.raises(VenueNotStarted, match="another venue") as caught:
        VenueChild(venue_command(tmp_path, "--parent-pipe"))
    assert caught.value.exit_code == 5


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1", "http://example.com:80", "https://127.0.0.1:1", "nonsense"]
)
def test_attaching_to_nothing_is_a_clear_error(url: str) -> None:
    with pytest.raises(Unreachable):
        attach(url)


def recorded_events(path: Path) -> dict[str, list[str]]:
    """Return each channel's recorded events as text, read independently of the venue."""
    found: dict[str, list[str]] = {}
    with zstandard.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            entry = json.loads(line)
            if entry["t"] == "recv":
                text = entry["data"]
                found.setdefault(json.loads(text)["channel"], []).append(
                    text[text.index('"events":') + len('"events":') : -1]
                )
    return found


def test_a_raw_recording_is_served_word_for_word(tmp_path: Path) -> None:
    path = shared_data() / RAW
    wanted = recorded_events(path)
    channels = {"heartbeats": "heartbeats", "l2_data": "level2", "market_trades": "market_trades"}
    total = sum(len(wanted[name]) for name in channels)
    got: dict[str, list[str]] = {}
    with venue_process(tmp_path, "--market", str(path), "--speed", "60") as running:
        assert (running.session.history, running.session.prices) == ("none", "recorded")
        clock = MarketClock(running.session.clock)
        before = clock.market_ns()
        listed = running.api.get("/products")["products"]
        own = {
            one["product_id"] for one in listed if one["status"] == "online" and not one["alias"]
        }
        assert own == {"BTC-USD", "ETH-USD"}
        assert clock.market_ns() == before
        stream = running.api.stream()
        for channel in channels.values():
            asked = {"type": "subscribe", "channel": channel, "product_ids": [BTC, "ETH-USD"]}
            stream.send(json.dumps(asked))
        for number in range(total + len(channels)):
            text = str(stream.recv())
            frame = json.loads(text)
            assert frame["sequence_num"] == number
            events = text[text.index('"events":') + len('"events":') : -1]
            got.setdefault(frame["channel"], []).append(events)
        wait_for(lambda: clock.market_ns() == running.session.end_ns)
        bids = running.api.get("/product_book", product_id=BTC)["pricebook"]["bids"]
        assert len(bids) == 50
    assert {name: got[name] for name in channels} == {name: wanted[name] for name in channels}


def test_recorded_candles_are_served_from_the_row_asked_for(tmp_path: Path) -> None:
    path = shared_data() / DEMO
    begin = "2023-12-12T04:00:00Z"
    with venue_process(tmp_path, "--market", str(path), "--from", begin) as running:
        assert running.session.from_ns == parse_iso(begin)
        now_ns = MarketClock(running.session.clock).market_ns()
        assert parse_iso(begin) <= now_ns < parse_iso(begin) + 10 * SECOND
        end = parse_iso(begin) // SECOND
        candles = running.api.get(
            f"/products/{BTC}/candles",
            start=str(end - 600),
            end=str(end - 60),
            granularity="ONE_MINUTE",
        )["candles"]
        assert len(candles) == 10
        world = running.session.world
    with venue_process(tmp_path, "--market", str(path)) as running:
        assert running.session.world == world
        assert MarketClock(running.session.clock).market_ns() >= now_ns
    refused = run_venue(tmp_path, "--market", str(path), "--from", "2023-12-12T05:00:00Z")
    assert refused.returncode == 4
    assert "04:00:00Z" in refused.stderr
    assert "05:00:00Z" in refused.stderr


def test_a_log_has_every_request_and_frame_without_a_token_and_can_be_played(
    tmp_path: Path,
) -> None:
    log = tmp_path / "wire.jsonl"
    with venue_process(tmp_path / "first", "--speed", "10", "--record", str(log)) as venue:
        venue.api.get("/products")
        venue.api.place("e2e-log", BTC, "BUY", market_market_ioc={"quote_size": "25"})
        stream = venue.api.stream()
        tokens = [venue.api.token() for _ in range(3)]
        for channel, token in zip(("level2", "market_trades", "user"), tokens, strict=True):
            message = {"type": "subscribe", "channel": channel, "product_ids": [BTC], "jwt": token}
            stream.send(json.dumps(message))
        seen = [stream.recv() for _ in range(60)]
        venue.process.send_signal(signal.SIGTERM)
        venue.process.wait(10)

    text = log.read_text()
    entries = [json.loads(line) for line in text.splitlines()]
    kinds = {entry["t"] for entry in entries}
    assert kinds == {"header", "http", "request", "connect", "send", "recv", "closed"}
    assert not any(token in text for token in tokens)
    assert "Bearer" not in text
    heard = [entry["data"] for entry in entries if entry["t"] == "recv"]
    assert heard[: len(seen)] == seen
    (order,) = (
        entry for entry in entries if entry["url" if "url" in entry else "t"] == API + "/orders"
    )
    assert json.loads(order["body"])["client_order_id"] == "e2e-log"
    assert json.loads(order["data"])["success"] is True
    stamps = [entry["ts"] for entry in entries]
    assert stamps == sorted(stamps)

    with venue_process(tmp_path / "second", "--market", str(log)) as replay:
        assert {each["product_id"] for each in replay.api.get("/products")["products"]} >= {BTC}
        again = replay.api.stream()
        again.send(json.dumps({"type": "subscribe", "channel": "level2", "product_ids": [BTC]}))
        events = json.loads(again.recv())["events"]
    assert any(json.loads(frame)["events"] == events for frame in seen)


def test_a_log_that_cannot_be_written_starts_nothing(tmp_path: Path) -> None:
    ended = run_venue(tmp_path, "--record", str(tmp_path / "nowhere" / "wire.jsonl"))
    assert ended.returncode in (1, 2)
    assert "--record: " in ended.stderr
    assert ended.stdout == ""
