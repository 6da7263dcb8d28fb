"""The venue's time by real requests: the best of eight, and nothing of an answer that is none."""

from __future__ import annotations

import json
import socket
import time

import pytest

from adapters.venues.coinbase.server_time import ROUND_TRIPS, WHERE, ask_venue_time
from domain.model.errors import Unreachable
from domain.model.instants import MILLISECOND, SECOND
from domain.system.drift import best_of
from tests.fakes.misbehaving_server import (
    MisbehavingServer,
    http,
    misbehaving,
    reset,
)

pytestmark = pytest.mark.req("TIME1")

PATIENCE_S = 10.0


def told(ahead_s: float) -> bytes:
    millis = int((time.time() + ahead_s) * 1000)
    return json.dumps({"iso": "", "epochSeconds": "1", "epochMillis": str(millis)}).encode()


class Venue:
    """Tells a time `ahead_s` of ours; what `odd` has, it answers first."""

    def __init__(self, ahead_s: float = 0.0, odd: tuple[bytes | None, ...] = ()) -> None:
        self._ahead_s = ahead_s
        self._odd = list(odd)

    def __call__(self, server: MisbehavingServer, connection: socket.socket) -> None:
        while server.read(connection):
            answer = self._odd.pop(0) if self._odd else http(200, told(self._ahead_s))
            if answer is None:
                reset(connection)
                return
            connection.sendall(answer)


@pytest.mark.parametrize("ahead_s", [0.0, 2.0, -2.0])
def test_the_shortest_of_eight_round_trips_says_how_far_its_time_is_from_ours(
    ahead_s: float,
) -> None:
    with misbehaving(Venue(ahead_s)) as server:
        trips = ask_venue_time(server.url, PATIENCE_S)

    best = best_of(trips, SECOND)
    assert (len(trips), best) == (ROUND_TRIPS, min(trips, key=lambda each: each.trip_ns))
    assert best is not None
    assert abs(best.offset_ns - int(ahead_s * SECOND)) <= best.trip_ns // 2 + 2 * MILLISECOND


def test_it_is_asked_for_a_fresh_time_without_a_key() -> None:
    with misbehaving(Venue()) as server:
        ask_venue_time(server.url, PATIENCE_S)
        request = server.requests[0].decode().lower()

    assert request.startswith(f"get {WHERE} ")
    assert "cache-control: no-cache" in request
    assert "authorization" not in request


ODD = {
    "an error": http(503, b"<html>"),
    "a redirect": http(302, told(0)),
    "a page": http(200, b"<html>"),
    "no time": http(200, b"{}"),
    "a number": http(200, b'{"epochMillis": 1795350565123}'),
    "words": http(200, b'{"epochMillis": "soon"}'),
    "nothing": http(200, b'{"epochMillis": ""}'),
    "null": http(200, b'{"epochMillis": null}'),
    "huge": http(200, b'{"epochMillis": "' + b"9" * 5000 + b'"}'),
    "a reset": None,
}


@pytest.mark.parametrize("odd", ODD)
def test_an_answer_that_is_no_time_is_none(odd: str) -> None:
    with (
        misbehaving(Venue(odd=(ODD[odd],) * ROUND_TRIPS)) as server,
        pytest.raises(Unreachable, match=WHERE),
    ):
        ask_venue_time(server.url, PATIENCE_S)


def test_what_was_told_before_it_went_odd_counts() -> None:
    good = http(200, told(0))
    with misbehaving(Venue(odd=(good, good, ODD["an error"]))) as server:
        assert len(ask_venue_time(server.url, PATIENCE_S)) == 2


def test_nobody_there_is_told_as_such() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    with pytest.raises(Unreachable, match="ConnectionError"):
        ask_venue_time(f"http://127.0.0.1:{port}", PATIENCE_S)
