"""Claims about a real venue process that is sent nonsense over its sockets."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
import requests
import websocket
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.simulator.engine.auth import create_key
from tests.builders.simulator_process import API, RunningVenue, venue_process
from tests.builders.waiting import wait_for

PATHS = ["/orders", "/orders/preview", "/orders/edit", "/orders/batch_cancel", "/accounts"]
ENVELOPE = {"error", "error_details", "message"}


@pytest.fixture(scope="module")
def venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningVenue]:
    folder = tmp_path_factory.mktemp("venue")
    quick = ("--manner", "subscribe-within=1s", "--manner", "idle-close=1s")
    with venue_process(folder, *quick, "--manner", "public-rate=10") as running:
        yield running


def money(venue: RunningVenue) -> Any:
    books = venue.books()
    return books["accounts"], books["holds"]


def signed(venue: RunningVenue, method: str, path: str, body: bytes) -> requests.Response:
    host = venue.session.rest.partition("://")[2]
    token = venue.api.token(f"{method} {host}{API}{path}")
    return requests.request(
        method,
        venue.session.rest + API + path,
        data=body,
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        timeout=30,
    )


@settings(max_examples=30)
@given(path=st.sampled_from(PATHS), body=st.binary(max_size=300))
def test_bytes_that_are_no_request_are_refused_and_change_nothing(
    venue: RunningVenue, path: str, body: bytes
) -> None:
    before = money(venue)
    answer = signed(venue, "POST", path, body)
    assert 400 <= answer.status_code < 500
    assert answer.json().keys() == ENVELOPE
    assert money(venue) == before


def test_a_body_beyond_all_measure_is_refused_in_the_venues_form(venue: RunningVenue) -> None:
    before = money(venue)
    answer = signed(venue, "POST", "/orders", b"x" * 3_000_000)
    assert answer.status_code == 413
    assert answer.json().keys() == ENVELOPE
    assert money(venue) == before


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "Bearer", "é".encode().decode("latin-1")])
def test_a_token_without_sense_is_unauthorized(venue: RunningVenue, token: str) -> None:
    answer = requests.get(
        venue.session.rest + API + "/accounts",
        headers={"Authorization": f"Bearer {token}".encode("latin-1")},
        timeout=30,
    )
    assert (answer.status_code, answer.text) == (401, "Unauthorized")


def test_a_token_of_another_key_or_of_no_algorithm_is_unauthorized(venue: RunningVenue) -> None:
    name = json.loads(venue.session.key_file.read_text())["name"]
    host, now = venue.session.rest.partition("://")[2], int(time.time())
    claims = {"sub": name, "iss": "cdp", "nbf": now, "exp": now + 60}
    claims["uri"] = f"GET {host}{API}/accounts"
    foreign = create_key()[0].private_key
    for token in (
        jwt.encode(claims, foreign, algorithm="ES256", headers={"kid": name}),
        jwt.encode(claims, "", algorithm="none", headers={"kid": name}),
        jwt.encode(claims, "0" * 64, algorithm="HS256", headers={"kid": name}),
    ):
        answer = requests.get(
            venue.session.rest + API + "/accounts",
            headers={"Authorization": f"Bearer {token}"},
            timeout=30,
        )
        assert (answer.status_code, answer.text) == (401, "Unauthorized")


@settings(max_examples=20)
@given(texts=st.lists(st.text(max_size=40) | st.binary(max_size=20), max_size=4))
def test_a_stream_outlives_messages_without_sense(
    venue: RunningVenue, texts: list[str | bytes]
) -> None:
    stream = venue.api.stream()
    for text in texts:
        if isinstance(text, bytes):
            stream.send_binary(text)
        else:
            stream.send(text)
    stream.send(json.dumps({"type": "subscribe", "channel": "heartbeats"}))
    heard = [json.loads(stream.recv())]
    while "channel" not in heard[-1]:
        heard.append(json.loads(stream.recv()))
    assert all(frame["type"] == "error" for frame in heard[:-1])
    assert heard[-1]["channel"] == "subscriptions"
    stream.close()


def test_a_stream_without_a_subscription_is_closed(venue: RunningVenue) -> None:
    stream = venue.api.stream()
    begun = time.monotonic()
    assert stream.recv() == ""
    # Coinbase's own patience of a second, shortened by nothing: no load makes this shorter.
    assert time.monotonic() - begun >= 0.9


def test_a_quiet_stream_is_closed_unless_it_has_heartbeats(venue: RunningVenue) -> None:
    quiet, alive = venue.api.stream(), venue.api.stream()
    quiet.send(json.dumps({"type": "subscribe", "channel": "level2", "product_ids": ["NO-USD"]}))
    alive.send(json.dumps({"type": "subscribe", "channel": "heartbeats"}))
    assert json.loads(quiet.recv())["channel"] == "subscriptions"
    assert quiet.recv() == ""
    for _ in range(4):
        assert json.loads(alive.recv())["channel"] in ("subscriptions", "heartbeats")
    alive.close()


def test_too_many_requests_are_refused_and_the_venue_recovers(venue: RunningVenue) -> None:
    url = venue.session.rest + API + "/time"
    codes = [requests.get(url, timeout=30).status_code for _ in range(60)]
    assert set(codes) <= {200, 429}
    assert 429 in codes
    wait_for(lambda: requests.get(url, timeout=30).status_code == 200)


def test_a_message_beyond_all_measure_ends_only_its_own_stream(venue: RunningVenue) -> None:
    stream = venue.api.stream()
    with contextlib.suppress(websocket.WebSocketException, OSError):
        stream.send("x" * 8_000_000)
        while stream.recv():
            pass
    assert not _lives(stream)
    assert venue.api.get("/accounts")["accounts"]


def _lives(stream: websocket.WebSocket) -> bool:
    try:
        stream.send(json.dumps({"type": "subscribe", "channel": "heartbeats"}))
        return bool(stream.recv())
    except (websocket.WebSocketException, OSError):
        return False
