"""Records about the journal and the run themselves."""

from __future__ import annotations

from attrs import frozen

from domain.model.foregone import ForegoneTrades
from domain.model.meters import Timed
from domain.model.money import Amount
from domain.model.pnl import OpenPnl


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
    `nlv` and `pnl` are the equity at the end and what of it was earned; None: not known.
    `open_pnl` is what of that is not realised, by strategy and signal, where it is known.
    `foregone` is what refused entries would have come to, by rule, what is open at the last bid.
    """

    reason: str
    cycles: int
    orders: int
    fills: int
    is_confirmed: bool | None = None
    nlv: Amount | None = None
    pnl: Amount | None = None
    open_pnl: tuple[OpenPnl, ...] = ()
    foregone: tuple[ForegoneTrades, ...] = ()


@frozen
class TimesMeasured:
    """How long requests to the venue and steps of the journal took since the last such record."""

    times: tuple[Timed, ...]


@frozen
class JournalReopened:
    """First record of a segment that goes on within the same run, after the writer was rebuilt."""

    run: str


@frozen
class JournalCreated:
    """First record of a lineage; `lineage` is 32 hex digits."""

    lineage: str


@frozen
class JournalRestored:
    """What stands before was restored from a backup: from here on ids are of `lineage`.

    What the lineage before went on to do after the backup is not in this journal.
    """

    lineage: str


@frozen
class SnapshotTaken:
    """The state after record `seq`, which has this `hash`, was put into a file beside the journal.

    `digest` is the SHA-256 of the file: a start goes on from no other.
    """

    seq: int
    hash: str
    digest: str


@frozen
class DetailsRemoved:
    """So many `records` of `segment` were emptied, because they are old; its bytes have this
    SHA-256 (`digest`) now, and with no other is a segment taken that holds emptied records.
    """

    segment: str
    records: int
    digest: str


@frozen
class TailCut:
    """The last run ended within a line; `size` bytes without a line end were cut."""

    size: int
