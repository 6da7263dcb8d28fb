"""The path of every order through the journal: approval, intent, order, fill, in that order."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from domain.messages.decisions import OrderApproved
from domain.messages.journal import JournalCreated, JournalRestored
from domain.messages.orders import FillBooked, IntentRaised, OrderAdvanced, WouldPlace
from domain.model.approval import ApprovedOrder
from domain.model.money import ZERO, plain
from domain.model.orders import FillSeen, OrderIntent, OrderState
from domain.orders.identity import client_order_id


class Chain:
    """What has been approved, intended and filled so far; `intents` counts orders written down."""

    def __init__(self) -> None:
        self.intents = 0
        self._lineage = ""
        self._approved: dict[int, ApprovedOrder] = {}
        self._used: dict[int, str] = {}
        self._intents: dict[str, OrderIntent] = {}
        self._filled: dict[str, Decimal] = {}
        self._order_ids: dict[str, str] = {}
        self._entries: set[str] = set()

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
        if order.approval in self._approved:
            yield f"approval {order.approval} is given a second time"
        self._approved[order.approval] = order

    def _intend(self, intent: OrderIntent) -> Iterator[str]:
        client_id, approval = intent.client_order_id, intent.order.approval
        known = self._intents.get(client_id)
        if known is not None:
            if known != intent:
                yield f"order {client_id} is intended again, but not as before"
            return
        self.intents += 1
        self._intents[client_id] = intent
        if self._approved.get(approval) != intent.order:
            yield f"order {client_id} is not the one of approval {approval}, or nobody approved it"
        if approval in self._used:
            yield f"approval {approval} is used twice: {self._used[approval]} and {client_id}"
        self._used[approval] = client_id
        if self._lineage and client_id != client_order_id(self._lineage, intent.number):
            yield f"order {client_id} is not intent {intent.number} of lineage {self._lineage}"

    def _advance(self, moved: OrderAdvanced) -> Iterator[str]:
        client_id = moved.client_order_id
        intent = self._intents.get(client_id)
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

    def _fill(self, booked: FillBooked) -> Iterator[str]:
        fill, client_id = booked.fill, booked.client_order_id
        if fill.entry_id in self._entries:
            yield f"fill {fill.entry_id} is booked a second time"
            return
        self._entries.add(fill.entry_id)
        intent = self._intents.get(client_id)
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
        owner = self._order_ids.setdefault(order_id, client_id)
        if owner != client_id:
            yield f"venue order {order_id} is claimed by {owner} and by {client_id}"
