"""The venue's own time, by its public endpoint: how far it is from ours."""

from __future__ import annotations

import time
from collections.abc import Callable
from urllib.parse import urlsplit

import requests

from adapters.venues.coinbase.answers import reader
from adapters.venues.coinbase.wire import PREFIX, TimeAnswer
from adapters.venues.transport.endpoint import is_loopback, trust_file
from domain.model.errors import ProtocolBroken, Unreachable
from domain.model.instants import MILLISECOND, Nanos
from domain.system.drift import TimeTrip

ROUND_TRIPS = 8
MOST_DIGITS = 15
WHERE = f"{PREFIX}/time"
# Answers are kept at the edge for a second unless one asks for a fresh one.
FRESH = {"Cache-Control": "no-cache"}

_read = reader(TimeAnswer)


def ask_venue_time(
    rest: str, within_s: float, wall_ns: Callable[[], int] = time.time_ns
) -> tuple[TimeTrip, ...]:
    """Return round trips to the venue at `rest` (scheme and host), as many as there is time for.

    Raises:
        Unreachable: the first of them failed; the text says how.
    """
    deadline_s = time.monotonic() + within_s
    trips: list[TimeTrip] = []
    with requests.Session() as session:
        session.trust_env = not is_loopback(urlsplit(rest).hostname or "")
        session.verify = trust_file(None) or True
        for _ in range(ROUND_TRIPS):
            left_s = deadline_s - time.monotonic()
            if left_s <= 0:
                break
            try:
                trips.append(_ask(session, rest, left_s, wall_ns))
            except Unreachable:
                if not trips:
                    raise
                break
    return tuple(trips)


def time_in(body: bytes) -> Nanos:
    """Return the time that an answer tells.

    Raises:
        ProtocolBroken: it tells none.
    """
    millis = _read(body).epochMillis
    if not (millis.isascii() and millis.isdigit() and len(millis) <= MOST_DIGITS):
        raise ProtocolBroken(f"expected milliseconds since 1970, was {millis[:40]!r}")
    return Nanos(int(millis) * MILLISECOND)


def _ask(
    session: requests.Session, rest: str, within_s: float, wall_ns: Callable[[], int]
) -> TimeTrip:
    sent_ns, begun_ns = wall_ns(), time.monotonic_ns()
    try:
        answer = session.get(
            rest.rstrip("/") + WHERE, headers=FRESH, timeout=within_s, allow_redirects=False
        )
    except requests.RequestException as error:
        raise Unreachable(f"{WHERE}: {type(error).__name__}") from error
    trip_ns = time.monotonic_ns() - begun_ns
    if answer.status_code != requests.codes.ok:
        raise Unreachable(f"{WHERE}: HTTP {answer.status_code}")
    try:
        told_ns = time_in(answer.content)
    except ProtocolBroken as error:
        raise Unreachable(f"{WHERE}: {error}") from error
    return TimeTrip(trip_ns, told_ns - (sent_ns + trip_ns // 2))
