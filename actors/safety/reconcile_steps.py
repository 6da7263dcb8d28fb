"""What a reconciler waits for: its steps, its timers, and everything that may be in its inbox."""

from __future__ import annotations

from enum import Enum, auto

from attrs import frozen

from actors.kernel.timers import Timer
from domain.messages.control import (
    AdoptRequested,
    ReconcileRequested,
    ReleaseRequested,
    SweepFinished,
    Synced,
)
from domain.messages.portfolio import LedgerReported
from domain.messages.supervision import BootCompleted, GapSeen
from domain.model.instants import DAY, MINUTE, Nanos
from domain.system.answers import Answer

OVERLAP_NS = 10 * MINUTE
LOOK_BACK_NS = 30 * DAY
"""Market time before a start for which orders and fills are asked, however long nothing ran."""


@frozen
class BoundAccount:
    """What must be true of the account, and since when its fills matter (market time).

    `known` is what an earlier run read of catalogue and fees, if lots are owned or an order may
    have become one: exits run on it when this start can't be completed.
    """

    quote_currency: str
    portfolio_uuid: str | None
    since_ns: Nanos | None
    known: BootCompleted | None = None

    def asked_since_ns(self, now_ns: int, *, is_boot: bool) -> Nanos:
        """Return since when (market time) a pass asks for orders and fills.

        A journal that is new knows nothing of what happened before.
        """
        known_ns = now_ns if not is_boot else max(self.since_ns or 0, now_ns - LOOK_BACK_NS)
        return Nanos(known_ns - OVERLAP_NS)


@frozen
class Again(Timer):
    """Time to begin run `run` of the present pass anew."""

    run: int


@frozen
class Digested(Timer):
    """Our own actors should have answered in run `run`."""

    run: int


@frozen
class Look(Timer):
    """Time to look for questions that nobody answers."""


@frozen
class BootLook(Timer):
    """Time to look whether the start gets on."""


@frozen
class Periodic(Timer):
    """Time for a comparison that nobody asked for."""


@frozen
class GapAgain(Timer):
    """Time for another comparison after a gap."""


class PassStep(Enum):
    """What the present pass waits for."""

    NOTHING = auto()
    """No pass is on."""
    CATALOGUE = auto()
    SWEEP = auto()
    HISTORY = auto()
    """Orders and fills."""
    DIGEST = auto()
    """The order manager takes them in."""
    BOOKS = auto()
    """Balances of the venue and the books of ours that must agree with them."""
    PAUSE = auto()


Told = Answer | SweepFinished | Synced | LedgerReported
"""Answers to what a pass has asked."""
Timers = GapAgain | Periodic | Again | Digested | Look | BootLook
Inbox = Told | ReconcileRequested | ReleaseRequested | AdoptRequested | GapSeen | Timers
