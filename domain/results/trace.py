"""The whole chain of what somebody knows one id of: from the decision to the profit.

A lot is the middle of every chain: its id is the client order id of the entry that opened it, and
every sale names it. So an order, a trade or a lot all lead to lots, and the number of a decision
(`correlation`) leads to all that was approved and refused in it. Where the rest of an entry was
bought by other orders, each of them leads to the first, and the first to all of them.

Two passes over a journal: `TraceSearch` finds what an id stands for, `TraceFold` tells its story.
What both keep while they read is bounded by what is open at a time, not by the journal.
"""

from __future__ import annotations

from typing import Any

from attrs import field, frozen

from domain.messages.decisions import (
    ExitHindered,
    ExitProposed,
    OrderApproved,
    ProposalRefused,
    ProtectionProposed,
    ProtectionWithdrawn,
    RestProposed,
    RoundJudged,
    StopRaised,
)
from domain.messages.journal import RunStarted
from domain.messages.orders import EntryDropped, FillBooked, IntentRaised, OrderAdvanced, WouldPlace
from domain.messages.portfolio import LotAdopted, LotReleased
from domain.model.approval import ApprovedEntry, ApprovedExit, ApprovedOrder
from domain.model.instants import Nanos
from domain.model.orders import TERMINAL
from domain.results.fold import ResultsFold
from domain.results.round_trips import RoundTrip

SHORTEST_PART = 6
"""Characters of an id that are enough to mean it, where no other id begins so."""
HINTS_MAX = 5
DIGITS_MAX = 18
"""Digits of the largest number that a message of a run may have."""
_DECIDES = (
    OrderApproved | ProposalRefused | RoundJudged | RestProposed | ExitProposed | IntentRaised
)


@frozen(kw_only=True)
class Noted:
    """A record: its number `seq` in the journal, its market time, and in which run it stands.

    `correlation` is the number of the message at the head of its chain in that run; None: none.
    """

    seq: int
    at_ns: Nanos
    run: int
    correlation: int | None
    message: Any


@frozen
class TraceTarget:
    """What an id stands for: `lots`, and where it is the number of a decision its run and number.

    `near` are ids that begin like one that stands for nothing, or for several.
    """

    lots: frozenset[str] = frozenset()
    decision: tuple[int, int] | None = None
    near: tuple[str, ...] = ()

    @property
    def is_found(self) -> bool:
        """Tell whether the journal knows the id."""
        return bool(self.lots) or self.decision is not None


@frozen
class LotChain:
    """The chain of one lot in the order of the journal; without a fill there is no `trip`."""

    lot: str
    steps: tuple[Noted, ...]
    trip: RoundTrip | None


@frozen
class Trace:
    """All that an id stands for. `decision` are the verdicts of the round that it numbers."""

    decision: tuple[Noted, ...]
    chains: tuple[LotChain, ...]


class TraceSearch:
    """The first pass: what does `text` stand for? An id, its beginning, or a decision's number."""

    def __init__(self, text: str) -> None:
        self._text = text.strip()
        is_number = self._text.isascii() and self._text.isdigit() and len(self._text) <= DIGITS_MAX
        self._number = int(self._text) if is_number else None
        self._found: dict[str, set[str]] = {}
        self._decision: tuple[int, int] | None = None
        self._of_decision: set[str] = set()
        self._lots: dict[str, tuple[str, str]] = {}
        """The lot of every order that may still move, and the first order of its entry."""

    def take(self, noted: Noted) -> None:
        """Take the next record."""
        message = noted.message
        match message:
            case IntentRaised(intent) | WouldPlace(intent):
                lot = lot_of(intent.client_order_id, intent.order)
                self._lots[intent.client_order_id] = lot, first_of(intent.order)
                self._names(lot, intent.client_order_id, first=first_of(intent.order))
            case OrderAdvanced(client_order_id=name, order_id=order_id):
                lot, first = self._lots.get(name, (name, ""))
                self._names(lot, order_id or "", first=first)
                if message.state in TERMINAL:
                    self._lots.pop(name, None)
            case LotAdopted(lot=lot):
                self._names(lot, lot)
            case FillBooked(fill, name, order):
                ids = (fill.entry_id, fill.order_id)
                self._names(lot_of(name, order), *ids, first=first_of(order))
            case _:
                pass
        if self._number is not None and isinstance(message, _DECIDES):
            self._decides(noted)

    def result(self) -> TraceTarget:
        """Return what it stands for; of a decision's number that of the newest run that has it."""
        if self._decision is not None:
            return TraceTarget(frozenset(self._of_decision), self._decision)
        exact = self._found.get(self._text)
        if exact is None and len(self._found) == 1:
            exact = next(iter(self._found.values()))
        if exact is not None:
            return TraceTarget(frozenset(exact))
        return TraceTarget(near=tuple(sorted(self._found)[:HINTS_MAX]))

    def _names(self, lot: str, *ids: str, first: str = "") -> None:
        text = self._text
        for each in ids:
            if each == text or (len(text) >= SHORTEST_PART and each.startswith(text)):
                self._found.setdefault(each, set()).update({lot, first or lot})

    def _decides(self, noted: Noted) -> None:
        if noted.correlation != self._number or self._number is None:
            return
        key = (noted.run, self._number)
        if key != self._decision:
            self._decision = key
            self._of_decision = set()
        match noted.message:
            case IntentRaised(intent):
                self._of_decision.add(lot_of(intent.client_order_id, intent.order))
            case ExitProposed(lot=lot):
                self._of_decision.add(lot)
            case _:
                pass


class TraceFold:
    """The second pass: every record of the chains that a target stands for."""

    def __init__(self, target: TraceTarget) -> None:
        self._target = target
        self._results = ResultsFold()
        self._decision: list[Noted] = []
        self._steps: dict[str, list[Noted]] = {}
        self._waiting: dict[int, Noted] = {}
        """Approvals of entries that have no order yet: only then it is known which lot is meant."""
        self._lots: dict[str, tuple[str, str]] = {}

    def take(self, noted: Noted) -> None:
        """Take the next record."""
        message = noted.message
        self._results.take(noted.at_ns, message)
        if isinstance(message, RunStarted):
            self._waiting.clear()
        is_round = isinstance(message, RoundJudged | ProposalRefused | OrderApproved | EntryDropped)
        if is_round and (noted.run, noted.correlation) == self._target.decision:
            self._decision.append(noted)
        match message:
            case OrderApproved(ApprovedEntry(approval=approval)):
                self._waiting[approval] = noted
            case OrderApproved(ApprovedExit(lot=lot)):
                self._add(lot, noted)
            case ExitProposed(lot=lot) | ExitHindered(lot=lot) | StopRaised(lot=lot):
                self._add(lot, noted)
            case ProtectionProposed(lot=lot) | ProtectionWithdrawn(lot=lot):
                self._add(lot, noted)
            case RestProposed(client_order_id=lot):
                self._add(lot, noted)
            case LotReleased(lot=lot) | LotAdopted(lot=lot):
                self._add(lot, noted)
            case ProposalRefused(lot=lot) if lot:
                self._add(lot, noted)
            case IntentRaised(intent) | WouldPlace(intent):
                lot = lot_of(intent.client_order_id, intent.order)
                first = first_of(intent.order)
                before = self._waiting.pop(intent.order.approval, None)
                if before is not None:
                    self._add(lot, before, first)
                self._lots[intent.client_order_id] = lot, first
                self._add(lot, noted, first)
            case OrderAdvanced(client_order_id=name):
                lot, first = self._lots.get(name, (name, ""))
                self._add(lot, noted, first)
                if message.state in TERMINAL:
                    self._lots.pop(name, None)
            case FillBooked(_, name, order):
                self._add(lot_of(name, order), noted, first_of(order))
            case _:
                pass

    def result(self) -> Trace:
        """Return the chains, the oldest first."""
        results = self._results.result()
        trips = {} if results is None else {trip.lot: trip for trip in results.trips}
        chains = (LotChain(lot, tuple(steps), trips.get(lot)) for lot, steps in self._steps.items())
        return Trace(tuple(self._decision), tuple(chains))

    def _add(self, lot: str, noted: Noted, first: str = "") -> None:
        """Add a record of a lot that is meant itself, or by the `first` order of its entry."""
        if lot in self._steps or lot in self._target.lots or first in self._target.lots:
            self._steps.setdefault(lot, []).append(noted)


@frozen
class RunCounter:
    """Numbers the runs of a journal from 1, as its segments that begin with one."""

    run: int = field(default=0)

    def after(self, message: Any) -> RunCounter:
        """Return the count after `message`."""
        return RunCounter(self.run + 1) if isinstance(message, RunStarted) else self


def first_of(order: ApprovedOrder) -> str:
    """Return the first order of the entry whose rest this one buys, "" where it buys none."""
    return order.first if isinstance(order, ApprovedEntry) else ""


def lot_of(client_order_id: str, order: ApprovedOrder) -> str:
    """Return the lot of an order: that which it sells, or that which its fills open."""
    return order.lot if isinstance(order, ApprovedExit) else client_order_id
