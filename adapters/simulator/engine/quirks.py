"""How the venue behaves where Coinbase has been seen to behave in more than one way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from attrs import evolve, frozen

from domain.model.errors import InvalidNumber
from domain.model.instants import HOUR, SECOND, parse_duration

LONGEST_LAG_NS = 5 * SECOND


@frozen(kw_only=True)
class VenueQuirks:
    """Behaviour that can be chosen; the defaults suit a trader that starts with many products.

    Durations are nanoseconds, of orders in market time, of connections in machine time.
    """

    cancel_delay_ns: int = 0
    """From CANCEL_QUEUED to CANCELLED; a fill may win until then."""
    edit_delay_ns: int = 0
    """From EDIT_QUEUED to the new prices."""
    lag_ns: int = 0
    """For how long new orders and fills are missing from get, list and fills: at most 5 s."""
    refuses_duplicates: bool = False
    """A used client id is answered DUPLICATE_CLIENT_ORDER_ID instead of with its first order."""
    legacy_envelope: bool = False
    """Accepted orders are answered in the form of 2023, with order_id and failure_reason on top."""
    client_id: bool = True
    """Frames have an empty client_id, as recorded until 2025."""
    counter_text: bool = False
    """The heartbeat counter is a text, as in the documentation."""
    epoch_snapshots: bool = False
    """Level2 snapshots carry 1970 as event_time, as in the documentation."""
    limit_only: tuple[str, ...] = ()
    """Products that take no market orders."""
    private_rate: int = 300
    """Requests a second of one key; Coinbase: 30."""
    public_rate: int = 100
    """Public requests a second from one address; Coinbase: 10."""
    throttles_as_401: bool = False
    """Too many requests are answered 401, as has been seen, instead of 429."""
    rate_headers: bool = True
    """Answers to requests of a key carry x-ratelimit headers."""
    subscribe_within_ns: int = 5 * SECOND
    """A stream without a subscription is closed after this."""
    idle_close_ns: int = 75 * SECOND
    """A stream without heartbeats is closed after so long without a frame."""
    shows_wall_time: bool = False
    """The venue shows the time of the wall, even after it stood still; else that of its market."""


def parse_quirks(texts: tuple[str, ...]) -> VenueQuirks:
    """Return the quirks in texts like "cancel-delay=300ms" or "client-id=off".

    Raises:
        InvalidNumber: a name is unknown or a value is none of its kind.
    """
    quirks = VenueQuirks()
    for text in texts:
        name, equals, value = text.partition("=")
        read = _READERS.get(name)
        if read is None or not equals:
            known = ", ".join(sorted(_READERS))
            raise InvalidNumber(f"expected NAME=VALUE with a name of {known}, was {text!r}")
        quirks = evolve(quirks, **read(value))
    return quirks


def _duration(field: str, longest_ns: int) -> Callable[[str], Mapping[str, Any]]:
    def read(value: str) -> Mapping[str, Any]:
        duration_ns = parse_duration(value)
        if duration_ns > longest_ns:
            raise InvalidNumber(f"expected at most {longest_ns // SECOND} s, was {value!r}")
        return {field: int(duration_ns)}

    return read


def _switch(field: str) -> Callable[[str], Mapping[str, Any]]:
    def read(value: str) -> Mapping[str, Any]:
        if value not in ("on", "off"):
            raise InvalidNumber(f"expected on or off, was {value!r}")
        return {field: value == "on"}

    return read


def _clock(value: str) -> Mapping[str, Any]:
    if value not in ("market", "wall"):
        raise InvalidNumber(f"expected market or wall, was {value!r}")
    return {"shows_wall_time": value == "wall"}


def _rate(field: str) -> Callable[[str], Mapping[str, Any]]:
    def read(value: str) -> Mapping[str, Any]:
        if not (value.isascii() and value.isdigit() and 1 <= int(value[:9]) == int(value)):
            raise InvalidNumber(f"expected a whole number of requests a second, was {value!r}")
        return {field: int(value)}

    return read


def _names(value: str) -> Mapping[str, Any]:
    return {"limit_only": tuple(name for name in value.split(",") if name)}


_READERS: Mapping[str, Callable[[str], Mapping[str, Any]]] = {
    "cancel-delay": _duration("cancel_delay_ns", 60 * SECOND),
    "edit-delay": _duration("edit_delay_ns", 60 * SECOND),
    "lag": _duration("lag_ns", LONGEST_LAG_NS),
    "refuse-duplicates": _switch("refuses_duplicates"),
    "legacy-envelope": _switch("legacy_envelope"),
    "client-id": _switch("client_id"),
    "counter-text": _switch("counter_text"),
    "epoch-snapshots": _switch("epoch_snapshots"),
    "limit-only": _names,
    "private-rate": _rate("private_rate"),
    "public-rate": _rate("public_rate"),
    "throttle-as-401": _switch("throttles_as_401"),
    "rate-headers": _switch("rate_headers"),
    "subscribe-within": _duration("subscribe_within_ns", HOUR),
    "idle-close": _duration("idle_close_ns", HOUR),
    "clock": _clock,
}
