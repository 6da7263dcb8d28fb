"""What one pass of a market has decided and traded, told by its records: a run, or its replay."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from attrs import evolve, field, frozen

from domain.messages.decisions import ExitProposed, OrderApproved, ProposalRefused, RoundJudged
from domain.messages.orders import EntryDropped, FillBooked, IntentRaised, OrderAdvanced
from domain.messages.portfolio import LotAdopted
from domain.model.approval import (
    ApprovedEntry,
    ApprovedExit,
    ExitReason,
    Limit,
    Purpose,
    StopLimit,
)
from domain.model.funnel import Funnel, Stage
from domain.model.instants import MINUTE, Nanos, bucket_start
from domain.model.orders import OrderState
from domain.model.portfolio import Lot
from domain.model.product import ProductId, Side

LOST = frozenset({OrderState.REJECTED, OrderState.VOID})
"""States of an order that never stood at the venue."""


@frozen(kw_only=True)
class DecisionKey:
    """Who decided on what, on which bar: its start, the minute before that of the decision."""

    strategy: str
    product: ProductId
    bar_ns: Nanos


@frozen(kw_only=True)
class EntryVerdict:
    """What the gate said of a proposed entry, at market time. `reason` is "" where it approved;
    `numbers` are quantity and type of the order then.
    """

    key: DecisionKey
    at_ns: Nanos
    reason: str = ""
    told: str = ""
    numbers: str = ""

    @property
    def is_approved(self) -> bool:
        """Tell whether the entry was let pass."""
        return not self.reason


@frozen(kw_only=True)
class PlayedFill:
    """A fill, or a part of one: `quantity` at `price` for `fee`, all of market time `at_ns`.

    `decided` is the price that it was decided by: the limit of an entry, the stop of an order that
    waits at the venue, the bid that made any other sale due. `waits`: the order stood at the venue
    for its price, and so no way to the venue lay between.
    """

    side: Side
    at_ns: Nanos
    price: Decimal
    quantity: Decimal
    fee: Decimal
    decided: Decimal
    decided_ns: Nanos
    waits: bool
    reason: ExitReason | None = None


@frozen(kw_only=True)
class PlayedTrip:
    """An approved entry, what was bought for it, and what of that was sold.

    `lot` is its first order, or the lot where it was owned before or adopted. `quantity` is what
    was approved. `answered_ns` is from the decision to what became of the order: it stands at the
    venue, or did not come there, and then `lost` says why; None: nothing became of it. `in_doubt`:
    for a while nobody knew. `stop` is where it was to be sold with a loss, None before anything was
    bought.
    """

    key: DecisionKey
    lot: str
    at_ns: Nanos
    quantity: Decimal
    buys: tuple[PlayedFill, ...] = ()
    sales: tuple[PlayedFill, ...] = ()
    is_carried: bool = False
    is_adopted: bool = False
    lost: str = ""
    in_doubt: bool = False
    answered_ns: int | None = None
    stop: Decimal | None = None

    @property
    def bought(self) -> Decimal:
        """Return how much was bought in the session."""
        return sum((each.quantity for each in self.buys), Decimal(0))

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing was traded."""
        return not self.buys and not self.sales


@frozen(kw_only=True)
class ExitVerdict:
    """The first approved sale of a lot for a reason: now, or by an order that waits (`purpose`)."""

    lot: str
    reason: ExitReason
    purpose: Purpose
    at_ns: Nanos = field(eq=False)


@frozen(kw_only=True)
class PlayedSession:
    """All of one pass up to its end.

    `rounds` are the minutes in which a decision was made, and when it first was. `left_out` are
    proposals that the gate did not see, since they were left out when those of a round were merged.
    """

    verdicts: tuple[EntryVerdict, ...]
    trips: tuple[PlayedTrip, ...]
    exits: tuple[ExitVerdict, ...]
    rounds: Mapping[Nanos, Nanos]
    left_out: tuple[EntryVerdict, ...] = ()


@frozen
class _Due:
    bid: Decimal
    at_ns: Nanos


def bar_of(at_ns: int) -> Nanos:
    """Return the start of the minute before that of `at_ns`: the newest bar at a decision."""
    return Nanos(bucket_start(at_ns, MINUTE) - MINUTE)


class SessionFold:
    """Takes the records of a session in their order; `lots` are owned at its beginning."""

    def __init__(self, lots: Iterable[Lot] = ()) -> None:
        self._verdicts: list[EntryVerdict] = []
        self._trips: dict[str, PlayedTrip] = {}
        self._of_order: dict[str, str] = {}
        """The first order of the entry that an order or lot belongs to."""
        self._of_approval: dict[int, Nanos] = {}
        self._due: dict[tuple[str, ExitReason], _Due] = {}
        self._exits: dict[ExitVerdict, None] = {}
        self._rounds: dict[Nanos, Nanos] = {}
        self._left_out: list[EntryVerdict] = []
        for lot in lots:
            self._owns(lot.id, lot.strategy, lot.product, lot.opened_ns, lot.stop_price)

    def take(self, at_ns: Nanos, message: Any) -> None:
        """Take the next record, of that market time."""
        match message:
            case OrderApproved(order=ApprovedEntry() as order):
                self._approved(at_ns, order)
            case OrderApproved(order=ApprovedExit() as order):
                self._leaves(at_ns, order)
            case ProposalRefused(purpose=Purpose.ENTRY, lot=""):
                self._refused(at_ns, message)
            case ExitProposed(lot=lot, reason=reason, bid=bid):
                self._due.setdefault((lot, reason), _Due(bid, at_ns))
            case IntentRaised(intent) if isinstance(intent.order, ApprovedEntry):
                self._ordered(intent.client_order_id, intent.order)
            case OrderAdvanced(purpose=Purpose.ENTRY):
                self._advanced(at_ns, message)
            case EntryDropped(order=ApprovedEntry() as order):
                self._dropped(at_ns, order, message.reason)
            case FillBooked():
                self._filled(message)
            case LotAdopted():
                self._owns(message.lot, "", message.product, message.at_ns, message.stop_price)
                trip = self._trips[message.lot]
                self._trips[message.lot] = evolve(trip, is_carried=False, is_adopted=True)
            case RoundJudged(funnel=funnel):
                self._rounds.setdefault(bucket_start(at_ns, MINUTE), at_ns)
                if funnel is not None:
                    self._left_out += _left_out(at_ns, funnel)
            case _:
                pass

    def result(self) -> PlayedSession:
        """Return the session so far."""
        return PlayedSession(
            verdicts=tuple(self._verdicts),
            trips=tuple(self._trips.values()),
            exits=tuple(self._exits),
            rounds=dict(self._rounds),
            left_out=tuple(self._left_out),
        )

    def _owns(
        self, lot: str, strategy: str, product: ProductId, at_ns: Nanos, stop: Decimal
    ) -> None:
        key = DecisionKey(strategy=strategy, product=product, bar_ns=bar_of(at_ns))
        self._of_order[lot] = lot
        self._trips[lot] = PlayedTrip(
            key=key, lot=lot, at_ns=at_ns, quantity=Decimal(0), is_carried=True, stop=stop
        )

    def _approved(self, at_ns: Nanos, order: ApprovedEntry) -> None:
        self._of_approval[order.approval] = at_ns
        if order.first:
            return  # what is left of an entry: no proposal of a strategy
        key = _key(at_ns, order.strategy, order.product)
        numbers = f"{order.quantity:f} {order.order_type}"
        self._verdicts.append(EntryVerdict(key=key, at_ns=at_ns, numbers=numbers))
        # Until the order has a name, its approval stands for it.
        name = _approval(order)
        self._of_order[name] = name
        self._trips[name] = PlayedTrip(key=key, lot=name, at_ns=at_ns, quantity=order.quantity)

    def _refused(self, at_ns: Nanos, refused: ProposalRefused) -> None:
        if not refused.refusals:
            return
        first = refused.refusals[0]
        key = _key(at_ns, refused.strategy, refused.product)
        told = f"{first.observed} ({first.limit})"
        verdict = EntryVerdict(key=key, at_ns=at_ns, reason=str(first.reason), told=told)
        self._verdicts.append(verdict)

    def _leaves(self, at_ns: Nanos, order: ApprovedExit) -> None:
        name = self._of_order.get(order.lot, order.lot)
        verdict = ExitVerdict(lot=name, reason=order.reason, purpose=order.purpose, at_ns=at_ns)
        self._exits.setdefault(verdict)

    def _ordered(self, name: str, order: ApprovedEntry) -> None:
        first = self._of_order.get(order.first, "") if order.first else ""
        if first:
            self._of_order[name] = first
            return
        trip = self._trips.pop(_approval(order), None)
        if trip is not None:
            self._of_order[name] = name
            self._trips[name] = evolve(trip, lot=name)

    def _advanced(self, at_ns: Nanos, moved: OrderAdvanced) -> None:
        trip = self._trips.get(moved.client_order_id)
        if trip is None:
            return
        if moved.state is OrderState.UNKNOWN:
            trip = evolve(trip, in_doubt=True)
        elif moved.order_id is not None or moved.state in LOST:
            took = at_ns - trip.at_ns if trip.answered_ns is None else trip.answered_ns
            lost = moved.reason or moved.state.value if moved.state in LOST else ""
            trip = evolve(trip, answered_ns=took, lost=lost)
        self._trips[moved.client_order_id] = trip

    def _dropped(self, at_ns: Nanos, order: ApprovedEntry, reason: str) -> None:
        name = _approval(order)
        if (trip := self._trips.get(name)) is not None:
            took = at_ns - trip.at_ns
            self._trips[name] = evolve(trip, answered_ns=took, lost=reason or "dropped")

    def _filled(self, booked: FillBooked) -> None:
        order = booked.order
        if isinstance(order, ApprovedEntry):
            self._bought(booked, order)
        else:
            self._sold(booked, order)

    def _bought(self, booked: FillBooked, order: ApprovedEntry) -> None:
        name = self._of_order.get(booked.client_order_id, booked.client_order_id)
        trip = self._trips.get(name)
        fill, kind = booked.fill, order.order_type
        if trip is None:  # an order of before the session
            key = DecisionKey(strategy=order.strategy, product=order.product, bar_ns=order.bar_ns)
            trip = PlayedTrip(key=key, lot=name, at_ns=fill.at_ns, quantity=order.quantity)
        is_limit = isinstance(kind, Limit)
        buy = PlayedFill(
            side=Side.BUY,
            at_ns=fill.at_ns,
            price=fill.price,
            quantity=fill.quantity,
            fee=fill.fee,
            decided=kind.price if isinstance(kind, Limit) else fill.price,
            decided_ns=self._of_approval.get(order.approval, fill.at_ns),
            waits=is_limit and fill.is_maker,
        )
        stop = fill.price * (100 - order.stop_loss_pct) / 100
        self._trips[name] = evolve(trip, buys=(*trip.buys, buy), stop=stop)

    def _sold(self, booked: FillBooked, order: ApprovedExit) -> None:
        name = self._of_order.get(order.lot, order.lot)
        trip = self._trips.get(name)
        if trip is None:
            return  # of a lot that nothing tells of: shows as what no part explains
        fill = booked.fill
        due = self._due.get((order.lot, order.reason), _Due(fill.price, fill.at_ns))
        if isinstance(order.order_type, StopLimit):
            due = _Due(order.order_type.stop_price, fill.at_ns)
        sale = PlayedFill(
            side=Side.SELL,
            at_ns=fill.at_ns,
            price=fill.price,
            quantity=fill.quantity,
            fee=fill.fee,
            decided=due.bid,
            decided_ns=due.at_ns,
            waits=isinstance(order.order_type, StopLimit),
            reason=order.reason,
        )
        self._trips[name] = evolve(trip, sales=(*trip.sales, sale))


def _key(at_ns: Nanos, strategy: str, product: ProductId) -> DecisionKey:
    return DecisionKey(strategy=strategy, product=product, bar_ns=bar_of(at_ns))


def _left_out(at_ns: Nanos, funnel: Funnel) -> Iterator[EntryVerdict]:
    for loss in funnel.losses:
        if loss.stage is Stage.ALLOCATED and loss.strategy:
            key = _key(at_ns, loss.strategy, loss.product)
            yield EntryVerdict(key=key, at_ns=at_ns, reason=loss.reason, told="left out of a round")


def _approval(order: ApprovedEntry) -> str:
    return f"approval {order.approval}"
