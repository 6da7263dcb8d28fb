"""How much a client may ask: token buckets per key and per address, on machine time."""

from __future__ import annotations

import time
from collections.abc import Callable
from math import ceil

from attrs import define, frozen

from adapters.simulator.engine.auth import PUBLIC, UNAUTHORIZED, scope_of
from adapters.simulator.engine.quirks import VenueQuirks
from adapters.simulator.engine.wire import Request, Response, encode

TOO_MANY = Response(
    429,
    encode({"errors": [{"id": "rate_limit_exceeded", "message": "Too many requests"}]}),
    headers={"retry-after": "1"},
)
"""The answer to a request too many, in the form of the Coinbase App's API."""

MOST_BUCKETS = 1024


@define
class _Bucket:
    tokens: float
    at_s: float


@frozen
class Allowance:
    """What is left to a client: whole requests now, and seconds until its bucket is full."""

    limit: int
    remaining: int
    reset_s: int
    is_granted: bool

    def headers(self) -> dict[str, str]:
        """Return the headers that tell; lower case, because the official SDK looks for that."""
        return {
            "x-ratelimit-limit": str(self.limit),
            "x-ratelimit-remaining": str(self.remaining),
            "x-ratelimit-reset": str(self.reset_s),
        }


class RateLimits:
    """Grants requests: a bucket holds one second's worth and fills at its rate."""

    def __init__(self, quirks: VenueQuirks, now_s: Callable[[], float] = time.monotonic) -> None:
        self._quirks = quirks
        self._now_s = now_s
        self._buckets: dict[str, _Bucket] = {}

    def take(self, request: Request, address: str) -> Allowance:
        """Take a token for an admitted request: of its address if public, else of its key."""
        is_public = scope_of(request.method, request.path) == PUBLIC
        rate = self._quirks.public_rate if is_public else self._quirks.private_rate
        return self._take(f"public {address}" if is_public else f"key {request.key}", rate)

    def refusal(self) -> Response:
        """Return the answer to a request too many."""
        return UNAUTHORIZED if self._quirks.throttles_as_401 else TOO_MANY

    def _take(self, name: str, rate: int) -> Allowance:
        now_s = self._now_s()
        bucket = self._buckets.get(name)
        if bucket is None:
            if len(self._buckets) >= MOST_BUCKETS:
                self._buckets.clear()  # full again, which a stranger may have; nothing grows
            bucket = self._buckets[name] = _Bucket(float(rate), now_s)
        bucket.tokens = min(float(rate), bucket.tokens + (now_s - bucket.at_s) * rate)
        bucket.at_s = now_s
        is_granted = bucket.tokens >= 1
        if is_granted:
            bucket.tokens -= 1
        missing = rate - bucket.tokens
        return Allowance(rate, int(bucket.tokens), ceil(missing / rate), is_granted)
