"""The path of every order through the journal: approval, intent, order, fill, in that order.

Of what ended long ago only numbers are kept, which tell that it was there: some hundred bytes an
order, however long the journal.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from domain.messages.decisions import OrderApproved
from domain.messages.journal import JournalCreated, JournalRestored
from domain.messages.orders import FillBooked, IntentRaised, OrderAdvanced, WouldPlace
from domain.model.approval import ApprovedOrder
from domain.model.money import ZERO, plain
from domain.model.orders import TERMINAL, FillSeen, OrderIntent, OrderState
from domain.orders.identity import client_order_id

REMEMBERED_ENDS = 10_000
"""Ended orders of which everything is kept: as many as the trader itself looks after."""


class Chain:
    """What has been approved, intended and filled so far; `intents` counts orders written down."""

    def __init__(self, remembered_ends: int = REMEMBERED_ENDS) -> None:
        self.intents = 0
        self._remembered_ends = remembered_ends
        self._lineage = ""
        self._approvals: set[int] = set()
        self._approved: dict[int, ApprovedOrder] = {}
        """Those that no order has used yet."""
        self._used: set[int] = set()
        self._intents: dict[str, OrderIntent] = {}
        self._filled: dict[str, Decimal] = {}
        self._order_ids: dict[str, str] = {}
        self._ended: dict[str, str | None] = {}
        # Hashes of ids: two texts share one less often than a disk errs.
        self._over: set[int] = set()
        self._entries: set[int] = set()

    def take(self, message: object) -> tuple[str, ...]:
        """Follow one message and return what it breaks, as sentences."""
        match message:
            case JournalCreated(lineage) | JournalRestored(lineage):
                self._lineage = lineage
            case OrderApproved(order):
                return tuple(self._approve(order))
            case IntentRaised(intent) | WouldPlace(intent):
                return tuple(self._intend(intent))
            case OrderAdvanced():
                return tuple(self._advance(message))
            case FillBooked():
                return tuple(self._fill(message))
        return ()

    def _approve(self, order: ApprovedOrder) -> Iterator[str]:
        if order.approval in self._approvals:
            yield f"approval {order.approval} is given a second time"
        self._approvals.add(order.approval)
        if order.approval not in self._used:
            self._approved[order.approval] = order

    def _intend(self, intent: OrderIntent) -> Iterator[str]:
        client_id, approval = intent.client_order_id, intent.order.approval
        known = self._intents.get(client_id)
        if known is not None:
            if known != intent:
                yield f"order {client_id} is intended again, but not as before"
            return
        if hash(client_id) in self._over:
            yield f"order {client_id} is intended again, after its end"
            return
        self.intents += 1
        if approval in self._used:
            yield f"approval {approval} is used twice: {self._user_of(approval)} and {client_id}"
        elif self._approved.pop(approval, None) != intent.order:
            yield f"order {client_id} is not the one of approval {approval}, or nobody approved it"
        self._used.add(approval)
        self._intents[client_id] = intent
        if self._lineage and client_id != client_order_id(self._lineage, intent.number):
            yield f"order {client_id} is not intent {intent.number} of lineage {self._lineage}"

    def _user_of(self, approval: int) -> str:
        for client_id, intent in self._intents.items():
            if intent.order.approval == approval:
                return client_id
        return "an order that ended long ago"

    def _end(self, client_id: str, order_id: str | None) -> None:
        """Take note that an order has ended; forget all but the names of what ended long ago."""
        self._ended[client_id] = order_id
        if len(self._ended) <= self._remembered_ends:
            return
        gone = next(iter(self._ended))
        venue_id = self._ended.pop(gone)
        self._over.add(hash(gone))
        self._intents.pop(gone, None)
        self._filled.pop(gone, None)
        if venue_id is not None:
            self._order_ids.pop(venue_id, None)
            self._over.add(hash(venue_id))

    def _advance(self, moved: OrderAdvanced) -> Iterator[str]:
        client_id = moved.client_order_id
        intent = self._intents.get(client_id)
        if intent is None and hash(client_id) in self._over:
            return  # late, and known by its name alone
        if intent is None:
            yield f"order {client_id} moved to {moved.state}, but was never intended"
            return
        booked = self._filled.get(client_id, ZERO)
        if moved.filled != booked:
            yield (
                f"order {client_id} says {plain(moved.filled)} filled, its fills add up to"
                f" {plain(booked)}"
            )
        ordered = intent.order.quantity
        if moved.state is OrderState.FILLED and booked != ordered:
            yield f"order {client_id} is FILLED with {plain(booked)} of {plain(ordered)}"
        if moved.order_id is not None:
            yield from self._identify(client_id, moved.order_id)
        self._ended.pop(client_id, None)
        if moved.state in TERMINAL:
            self._end(client_id, moved.order_id)

    def _fill(self, booked: FillBooked) -> Iterator[str]:
        fill, client_id = booked.fill, booked.client_order_id
        if hash(fill.entry_id) in self._entries:
            yield f"fill {fill.entry_id} is booked a second time"
            return
        self._entries.add(hash(fill.entry_id))
        intent = self._intents.get(client_id)
        if intent is None and hash(client_id) in self._over:
            return  # as above; what it moved has to be in the next statement all the same
        if intent is None or intent.order != booked.order:
            yield f"fill {fill.entry_id} is not of an order that was intended ({client_id})"
            return
        yield from self._identify(client_id, fill.order_id)
        yield from self._check_fill(fill, intent.order)
        total = self._filled[client_id] = self._filled.get(client_id, ZERO) + fill.quantity
        if total > intent.order.quantity:
            yield (
                f"order {client_id}: {plain(total)} filled of {plain(intent.order.quantity)}"
                " ordered"
            )

    def _check_fill(self, fill: FillSeen, order: ApprovedOrder) -> Iterator[str]:
        if (fill.product, fill.side) != (order.product, order.side):
            yield (
                f"fill {fill.entry_id} is a {fill.side} of {fill.product}, ordered was a"
                f" {order.side} of {order.product}"
            )
        if not (fill.quantity > 0 and fill.price > 0):
            yield (
                f"fill {fill.entry_id} of {plain(fill.quantity)} at {plain(fill.price)}:"
                " both must be above 0"
            )

    def _identify(self, client_id: str, order_id: str) -> Iterator[str]:
        if order_id not in self._order_ids and hash(order_id) in self._over:
            yield f"venue order {order_id} is claimed by {client_id}, and was another order's"
            return
        owner = self._order_ids.setdefault(order_id, client_id)
        if owner != client_id:
            yield f"venue order {order_id} is claimed by {owner} and by {client_id}"
