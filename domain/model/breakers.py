"""Breakers: what they stop, for whom, and why."""

from __future__ import annotations

from enum import IntEnum, StrEnum

from attrs import frozen

from domain.model.instants import Nanos


class Effect(IntEnum):
    """What an open breaker does; the stronger includes the weaker."""

    NONE = 0
    BLOCK = 1
    REDUCE_ONLY = 2
    HALT = 3
    KILL = 4


class Severity(StrEnum):
    """How loud an alert is."""

    INFO = "INFO"
    WARNING = "WARNING"
    CRITICAL = "CRITICAL"


@frozen(kw_only=True)
class Breaker:
    """One open breaker.

    `scope` is what it covers: "global", "venue", "product:BTC-USD", "strategy:NAME", or "actor",
    which covers no order and only says that the actor of this name is down. A latched one needs
    the operator's `resume`. `at_ns` is market time.
    """

    name: str
    scope: str
    effect: Effect
    reason: str
    is_latched: bool
    at_ns: Nanos


class DrillKind(StrEnum):
    """How a drill breaks an actor."""

    CRASH = "crash"
    HANG = "hang"
    EXIT = "exit"
