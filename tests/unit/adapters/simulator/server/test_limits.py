"""Claims about how much a client may ask."""

from __future__ import annotations

import json

from adapters.simulator.engine.quirks import VenueQuirks, parse_quirks
from adapters.simulator.engine.wire import PREFIX, Request
from adapters.simulator.server.limits import MOST_BUCKETS, RateLimits

COINBASE = parse_quirks(("private-rate=30", "public-rate=10"))
PRIVATE = Request("GET", f"{PREFIX}/accounts", key="k")
PUBLIC = Request("GET", f"{PREFIX}/time")


class Clock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def granted(limits: RateLimits, request: Request, count: int, address: str = "a") -> int:
    return sum(limits.take(request, address).is_granted for _ in range(count))


def test_a_key_gets_its_rate_and_no_more_until_time_passes() -> None:
    clock = Clock()
    limits = RateLimits(COINBASE, clock)
    assert granted(limits, PRIVATE, 100) == 30
    clock.now_s = 0.5
    assert granted(limits, PRIVATE, 100) == 15
    clock.now_s = 100
    assert granted(limits, PRIVATE, 100) == 30


def test_keys_and_addresses_have_buckets_of_their_own() -> None:
    limits = RateLimits(COINBASE, Clock())
    assert granted(limits, PRIVATE, 100) == 30
    assert granted(limits, Request("GET", f"{PREFIX}/accounts", key="other"), 100) == 30
    assert granted(limits, PUBLIC, 100) == 10
    assert granted(limits, PUBLIC, 100, "b") == 10


def test_the_headers_tell_what_is_left() -> None:
    headers = RateLimits(COINBASE, Clock()).take(PRIVATE, "a").headers()
    assert headers == {
        "x-ratelimit-limit": "30",
        "x-ratelimit-remaining": "29",
        "x-ratelimit-reset": "1",
    }


def test_a_request_too_many_is_429_or_as_has_been_seen_401() -> None:
    refusal = RateLimits(VenueQuirks()).refusal()
    assert refusal.status == 429
    assert json.loads(refusal.body)["errors"][0]["id"] == "rate_limit_exceeded"
    assert RateLimits(VenueQuirks(throttles_as_401=True)).refusal().status == 401


def test_many_addresses_take_no_memory() -> None:
    limits = RateLimits(COINBASE, Clock())
    for number in range(3 * MOST_BUCKETS):
        assert limits.take(PUBLIC, str(number)).is_granted
    assert len(limits._buckets) <= MOST_BUCKETS
