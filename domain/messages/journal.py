"""Records about the journal and the run themselves."""

from __future__ import annotations

from attrs import frozen


@frozen
class RunStarted:
    """First record of each start; both hashes are of configuration and code."""

    mode: str
    venue: str
    world: str
    config_hash: str
    policy_hash: str
    seed: int


@frozen
class RunStopped:
    """Last record of a clean end.

    `is_confirmed`: no entry of ours rests at the venue, by two complete listings; None: not told.
    """

    reason: str
    cycles: int
    orders: int
    fills: int
    is_confirmed: bool | None = None


@frozen
class JournalReopened:
    """First record of a segment that goes on within the same run, after the writer was rebuilt."""

    run: str


@frozen
class JournalCreated:
    """First record of a lineage; `lineage` is 32 hex digits."""

    lineage: str


@frozen
class TailCut:
    """The last run ended within a line; `size` bytes without a line end were cut."""

    size: int
