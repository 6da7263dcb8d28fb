"""What `status` says of the run as a whole and of each actor in it."""

from __future__ import annotations

from attrs import frozen

from domain.model.instants import Nanos


@frozen(kw_only=True)
class RunIdentity:
    """What does not change during a run."""

    mode: str
    config_hash: str
    policy_hash: str
    world: str
    interval_ns: int
    jitter: float
    publish_every_ns: int
    quote_limit_ns: Nanos
    """How old a quote may get, in market time."""
    guards_proven: str | None = None
    """What the self-test of this start has proven, like "40/40"; None: there was none."""


@frozen
class ActorStatus:
    """One actor as `status` shows it."""

    name: str
    state: str
    epoch: int
    restarts: int
    mailbox: int
    conflated: int
