"""What a rehearsal proves, and for what: the certificate without which real money is not traded.

It holds for one policy, one program, one venue and one portfolio, for a while. What it does not say
is not certified.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from attrs import frozen

from domain.model.instants import DAY, HOUR, MINUTE, Nanos, iso
from domain.model.money import Rate

JsonValue: TypeAlias = "str | int | bool | list[JsonValue] | dict[str, JsonValue] | None"
"""A value in force as the configuration tells it; numbers with a point are texts."""

LIFE_NS = 30 * DAY
"""How long one is good at most, wall time."""
CANARY_NS = 48 * HOUR
"""How long the first money is traded under the smallest caps, wall time from its issue."""
AHEAD_NS = MINUTE
"""How far in the future one may be issued: two clocks are never the same."""
STAND_IN = "stand-in"
"""The environment of a venue that plays another one on this machine: no real money."""
PRODUCTION = "production"
SHOWN = 12
"""Digits of a hash that people are shown."""


@frozen(kw_only=True)
class Certificate:
    """A rehearsal that ended well.

    `code` is the hash of the program, `evidence` that of its report; `maker` and `taker` are the
    fees that it assumed; `values` all of the policy that was in force, by key; both times are UTC
    wall time.
    """

    policy_hash: str
    code: str
    venue: str
    environment: str
    portfolio: str
    issued_ns: Nanos
    expires_ns: Nanos
    evidence: str
    maker: Rate
    taker: Rate
    values: Mapping[str, JsonValue]

    @property
    def canary_ends_ns(self) -> Nanos:
        """Until when only little may be traded under it."""
        return Nanos(self.issued_ns + CANARY_NS)

    def is_canary(self, now_ns: int) -> bool:
        """Tell whether it is so young that only little may be traded under it."""
        return now_ns < self.canary_ends_ns


@frozen(kw_only=True)
class CertifiedPlace:
    """What a start is that has to be certified; `portfolio`: None where the venue does not say."""

    venue: str
    environment: str
    portfolio: str | None
    code: str


def certificate_faults(held: Certificate, place: CertifiedPlace, now_ns: int) -> Iterator[str]:
    """Yield in words each way in which a certificate is not one for `place`, now."""
    if now_ns >= held.expires_ns:
        yield f"it ran out at {iso(held.expires_ns)}"
    if held.issued_ns > now_ns + AHEAD_NS:
        yield f"it is issued in the future, at {iso(held.issued_ns)}; it is {iso(now_ns)} now"
    yield from _differs("venue", held.venue, place.venue)
    yield from _differs("environment", held.environment, place.environment)
    if place.portfolio is not None:
        yield from _differs("portfolio", held.portfolio, place.portfolio)
    if held.code != place.code:
        was, now = held.code[:SHOWN], place.code[:SHOWN]
        yield f"the program has changed since: code {was} -> {now}"


def _differs(what: str, certified: str, found: str) -> Iterator[str]:
    if certified != found:
        yield f"it is for another {what}: {certified} -> {found}"
