"""Scripted faults on real sockets: what a client of the venue's process meets."""

from __future__ import annotations

import json
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import websocket

from domain.model.instants import parse_iso
from tests.builders.full import some
from tests.builders.runs import (
    EAGER,
    call,
    ledger_accounts,
    live_orders,
    paper,
    trader,
    venue_accounts,
    verified,
    was_slow,
)
from tests.builders.simulator import fault, script_of
from tests.builders.simulator_process import API, RunningVenue, run_venue, venue_process
from tests.builders.waiting import wait_for

BTC = "BTC-USD"
PUBLIC_TIME = f"{API}/time"


@pytest.fixture(scope="module")
def venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningVenue]:
    with venue_process(tmp_path_factory.mktemp("venue"), "--speed", "10") as running:
        yield running


def admin(
    venue: RunningVenue, body: object = None, *, token: str | None = None
) -> requests.Response:
    """Ask the venue what has struck so far, or with a body for one more fault."""
    token = venue.session.admin_file.read_text().strip() if token is None else token
    return requests.request(
        "GET" if body is None else "POST",
        venue.session.rest + "/bulkhead/faults",
        data=body if body is None or isinstance(body, bytes) else json.dumps(body),
        headers={"Authorization": f"Bearer {token}"},
        timeout=30,
    )


def add(venue: RunningVenue, line: dict[str, Any]) -> int:
    """Schedule one more fault and return its number."""
    answer = admin(venue, line)
    assert answer.status_code == 200, answer.text
    return int(answer.json()["fault"]["number"])


def struck(venue: RunningVenue, number: int) -> int:
    return int(admin(venue).json()["faults"][number - 1]["struck"])


def raw(venue: RunningVenue, *, tls: bool = False, wait_s: float = 5.0) -> tuple[bytes, str, float]:
    """Ask for the time on a bare socket; return what came, how it ended and after how long."""
    base = venue.session.rest_tls if tls else venue.session.rest
    host, port = base.partition("://")[2].split(":")
    plain = socket.create_connection((host, int(port)), timeout=wait_s)
    context = ssl.create_default_context(cafile=str(venue.session.ca))
    wire = (
        context.wrap_socket(plain, server_hostname=host, suppress_ragged_eofs=False)
        if tls
        else plain
    )
    begun, came, end = time.monotonic(), b"", "closed"
    with wire:
        wire.sendall(f"GET {PUBLIC_TIME} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
        try:
            while piece := wire.recv(65536):
                came += piece
                wire.settimeout(0.3 if b"epochMillis" in came else wait_s)
        except (ConnectionResetError, ssl.SSLEOFError):
            end = "reset"  # which this TLS library may call an end in violation of the protocol
        except TimeoutError:
            end = "open"
    return came, end, time.monotonic() - begun


def bid(venue: RunningVenue, key: str) -> dict[str, Any]:
    """Post an order far below the market and return the answer."""
    price = float(venue.api.get(f"/products/{BTC}")["price"])
    return venue.api.place(
        key, BTC, "BUY", limit_limit_gtc={"base_size": "0.001", "limit_price": str(price // 2)}
    )


def ours(venue: RunningVenue, key: str) -> list[dict[str, Any]]:
    return [order for order in venue.books()["orders"] if order["client_order_id"] == key]


@pytest.mark.parametrize("tls", [False, True])
def test_an_answer_that_is_lost_leaves_the_connection_open(venue: RunningVenue, tls: bool) -> None:
    number = add(venue, fault("lost_response", endpoint="time"))

    assert raw(venue, tls=tls, wait_s=0.7)[:2] == (b"", "open")
    assert struck(venue, number) == 1
    assert b"epochMillis" in raw(venue, tls=tls)[0]


@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize("kind", ["reset_before", "reset_after"])
def test_a_reset_is_one_on_the_wire(venue: RunningVenue, kind: str, tls: bool) -> None:
    add(venue, fault(kind, endpoint="time"))

    came, end, _ = raw(venue, tls=tls)

    assert (came, end) == (b"", "reset")


@pytest.mark.parametrize(
    ("kind", "orders"),
    some([("unanswered", 0), ("lost_response", 1), ("reset_before", 0), ("reset_after", 1)]),
)
def test_an_order_without_an_answer_is_there_or_not(
    venue: RunningVenue, kind: str, orders: int
) -> None:
    add(venue, fault(kind, endpoint="place"))

    with pytest.raises(requests.RequestException):
        bid(venue, f"e2e-{kind}")

    assert len(ours(venue, f"e2e-{kind}")) == orders


def test_an_answer_drips_and_another_comes_late(venue: RunningVenue) -> None:
    add(venue, fault("drip", endpoint="time", delay="1s"))
    came, _, dripped_s = raw(venue)
    assert b"epochMillis" in came
    assert dripped_s >= 1.0  # the delay that was asked for; no load makes it shorter

    add(venue, fault("slow", endpoint="time", delay="800ms"))
    asked = time.monotonic()
    told = requests.get(venue.session.rest + PUBLIC_TIME, timeout=30).json()
    assert time.monotonic() - asked >= 0.8  # as above
    assert set(told) == {"iso", "epochSeconds", "epochMillis"}


def test_an_answer_is_written_twice_and_the_next_request_gets_the_stale_one(
    venue: RunningVenue,
) -> None:
    add(venue, fault("duplicate_response", endpoint="time"))

    came, _, _ = raw(venue)

    heads = came.split(b"HTTP/1.1 200 ")
    assert len(heads) == 3
    assert heads[1].partition(b"\r\n\r\n")[2] == heads[2].partition(b"\r\n\r\n")[2]


def test_latency_is_spent_on_the_wire(venue: RunningVenue) -> None:
    add(venue, fault("latency", endpoint="time", p50="300ms", p99="300ms", for_="8s"))
    asked = time.monotonic()
    assert requests.get(venue.session.rest + PUBLIC_TIME, timeout=30).status_code == 200
    assert time.monotonic() - asked >= 0.3  # as above


@pytest.mark.parametrize(
    ("kind", "status", "content"),
    [
        ("http_401", 401, "text/plain"),
        ("http_429", 429, "application/json"),
        ("http_502_html", 502, "text/html"),
        ("http_503_html", 503, "text/html"),
    ],
)
def test_a_status_comes_with_the_body_of_whoever_answers(
    venue: RunningVenue, kind: str, status: int, content: str
) -> None:
    add(venue, fault(kind, endpoint="accounts"))
    answer = venue.api.ask("GET", "/accounts")
    assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (status, content)
    assert venue.api.get("/accounts")["accounts"]


def beating(venue: RunningVenue) -> websocket.WebSocket:
    """Return a stream on which heartbeats come."""
    stream = venue.api.stream()
    stream.send(json.dumps({"type": "subscribe", "channel": "heartbeats"}))
    while json.loads(stream.recv())["channel"] != "heartbeats":
        pass
    return stream


def test_a_connection_breaks_off_or_is_closed_with_a_code(venue: RunningVenue) -> None:
    for code in (1006, 1011):
        stream = beating(venue)
        add(venue, fault("disconnect", stream="market", code=code))
        if code == 1006:
            with pytest.raises((websocket.WebSocketConnectionClosedException, ConnectionError)):
                hear_until(stream, websocket.ABNF.OPCODE_CLOSE)
        else:
            data = hear_until(stream, websocket.ABNF.OPCODE_CLOSE)
            assert int.from_bytes(data[:2], "big") == code


def hear_until(stream: Any, wanted: int) -> bytes:
    """Return the data of the first frame with that opcode.

    Frames of a `WebSocket` as they are: an answer to a close would meet a venue that may be gone by
    then.
    """
    while True:
        frame = stream.recv_frame()
        if frame.opcode == wanted:
            return bytes(frame.data)


def test_garbage_and_a_huge_frame_arrive_as_they_are(venue: RunningVenue) -> None:
    stream = venue.api.stream()
    stream.send(json.dumps({"type": "subscribe", "channel": "level2", "product_ids": [BTC]}))
    for _ in range(2):
        stream.recv()
    add(venue, fault("garbage_frame"))
    add(venue, fault("oversize_frame", mebibytes=9))

    found, largest = b"", 0
    while largest < 8 * 2**20 or not found:
        _, data = stream.recv_data()
        largest = max(largest, len(data))
        if b"\xff" in data:
            found = data

    with pytest.raises(ValueError, match=r"utf-8"):
        json.loads(found)
    numbers = [json.loads(stream.recv())["sequence_num"] for _ in range(3)]
    assert numbers == list(range(numbers[0], numbers[0] + 3))


def test_streams_are_refused_and_then_accepted_again(venue: RunningVenue) -> None:
    add(venue, fault("refuse_stream", for_="10s"))  # a second of this venue's machine time

    def refused() -> bool:
        try:
            beating(venue).close()
        except (websocket.WebSocketException, OSError):
            return True
        return False

    assert refused()
    wait_for(lambda: not refused())


def test_maintenance_ends_streams_and_answers_all_with_503(venue: RunningVenue) -> None:
    stream = beating(venue)
    add(venue, fault("maintenance", for_="10s"))
    data = hear_until(stream, websocket.ABNF.OPCODE_CLOSE)
    assert int.from_bytes(data[:2], "big") == 1001
    assert requests.get(venue.session.rest + PUBLIC_TIME, timeout=30).status_code == 503
    wait_for(lambda: requests.get(venue.session.rest + PUBLIC_TIME, timeout=30).status_code == 200)


def test_the_admin_wants_its_token_and_says_what_is_wrong(venue: RunningVenue) -> None:
    before = admin(venue).json()["faults"]

    assert admin(venue, fault("seq_gap"), token="no").status_code == 401
    wrong = admin(venue, fault("freeze_steam"))
    assert wrong.status_code == 400
    assert "nearest: freeze_stream" in wrong.text
    for body in (b"", b"{", b"[]", b'{"kind": 7}', b"\xff"):
        assert admin(venue, body).status_code == 400
    unknown = admin(venue, fault("freeze_product", product="NO-USD"))
    assert "the market has no product NO-USD" in unknown.text
    assert admin(venue).json()["faults"] == before


def test_a_script_begins_with_the_venue(tmp_path: Path) -> None:
    script = tmp_path / "faults.jsonl"
    script.write_text(
        script_of(
            [
                fault("http_503_html", endpoint="accounts", count=1),
                fault("balance_change", at="3s", currency="USD", amount="12.34"),
            ]
        )
    )
    options = ("--speed", "10", "--faults", str(script))
    with venue_process(tmp_path / "venue", *options) as venue:
        assert venue.api.ask("GET", "/accounts").status_code == 503
        wait_for(lambda: struck(venue, 2) == 1)
        usd = [
            account["available_balance"]["value"]
            for account in venue.api.get("/accounts")["accounts"]
            if account["currency"] == "USD"
        ]
        assert usd == ["10012.34"]
        told = admin(venue).json()["faults"]
        assert [each["where"].rpartition(":")[2] for each in told] == ["1", "2"]
        assert parse_iso(told[1]["begins"]) - parse_iso(told[0]["begins"]) == 3 * 10**9


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            '{"kind": "freeze_steam"}',
            ":1: there is no kind 'freeze_steam' (nearest: freeze_stream)",
        ),
        ('\n{"kind": "slow"}', ":2: slow needs delay"),
        ('{"kind": "delisting", "product": "NO-USD"}', ":1: the market has no product NO-USD"),
        ("nonsense", ":1: expected one JSON object a line"),
        (None, "expected a fault script"),
    ],
)
def test_a_script_with_a_mistake_starts_nothing(
    tmp_path: Path, text: str | None, says: str
) -> None:
    script = tmp_path / "faults.jsonl"
    if text is not None:
        script.write_text(text)

    lone = run_venue(tmp_path / "venue", "--faults", str(script))
    threads = call(tmp_path, "--env", "paper", "--no-dashboard", "--faults", str(script))
    fast = ("--speed", "max", "--cycles", "1", "--no-dashboard")
    virtual = call(tmp_path, "--env", "paper", *fast, "--faults", str(script))

    for ended in (lone, threads, virtual):
        assert (ended.returncode, ended.stdout) == (2, ""), ended.stderr
        assert says in ended.stderr
        assert "Traceback" not in ended.stderr


def test_faults_are_for_a_venue_that_this_start_makes(tmp_path: Path) -> None:
    script = tmp_path / "faults.jsonl"
    script.write_text(script_of([fault("seq_gap")]))
    elsewhere = ("--venue-url", "http://127.0.0.1:9", "--faults", str(script))
    ended = call(tmp_path, "--env", "paper", *elsewhere)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "--faults" in ended.stderr


def test_the_traders_log_says_where_its_own_venue_takes_faults(tmp_path: Path) -> None:
    with trader(tmp_path) as running:
        running.ready()
        log = (running.home / "logs" / "bulkhead.jsonl").read_text(encoding="utf-8")
        (line,) = (each for each in log.splitlines() if "the embedded venue listens" in each)
        told = json.loads(line)["data"]
        answer = requests.post(
            told["rest"] + "/bulkhead/faults",
            json=fault("balance_change", currency="USD", amount="1"),
            headers={"Authorization": f"Bearer {Path(told['admin']).read_text().strip()}"},
            timeout=30,
        )
        assert answer.status_code == 200, answer.text
        assert running.interrupt()[0] == 0


def test_a_trader_on_paper_lives_through_a_script_on_threads_and_in_virtual_time(
    tmp_path: Path,
) -> None:
    script = tmp_path / "faults.jsonl"
    script.write_text(
        script_of(
            [
                fault("latency", p50="20ms", p99="80ms"),
                fault("seq_gap", at="15s"),
                fault("disconnect", at="40s"),
                fault("http_503_html", at="50s", for_="4s"),
                fault("lost_response", at="55s", for_="60s", endpoint="place", probability="0.5"),
            ]
        )
    )
    options = ("--faults", str(script), "--duration", "240s", *EAGER)

    homes = (tmp_path / "threads", tmp_path / "virtual")

    for home, speed in zip(homes, ("20", "max"), strict=True):
        home.mkdir()
        filled = int(paper(home, "--speed", speed, *options)["fills"]) > 0
        assert filled or (speed != "max" and was_slow(home))

    for home in homes:
        assert verified(home)["ok"] is True
        assert ledger_accounts(home) == venue_accounts(home)
        assert not live_orders(home)
