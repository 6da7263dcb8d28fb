"""Orders: what we intend, what the venue said, and what we hold true."""

from __future__ import annotations

from attrs import frozen

from domain.model.approval import ApprovedOrder, Purpose
from domain.model.instants import Nanos
from domain.model.money import Quantity
from domain.model.orders import FillSeen, OrderIntent, OrderState
from domain.model.product import ProductId, Side


@frozen
class IntentRaised:
    """Ask the auditor to make an intent durable; its `Receipt` is the licence to send."""

    intent: OrderIntent


@frozen
class Receipt:
    """Proof that an intent is durable. `issued_ns` is machine time."""

    client_order_id: str
    sequence: int
    hash: str
    issued_ns: Nanos


@frozen
class PlaceRequest:
    """What a place lane sends, after the last gate. `epoch` is the order manager's."""

    intent: OrderIntent
    receipt: Receipt
    epoch: int


@frozen
class CancelProposed:
    """An entry of ours that rests is to be cancelled; `reason` is told with its end."""

    client_order_id: str
    reason: str


@frozen
class OrderAdvanced:
    """An order of ours moved to `state`. `filled` is what fills we booked add up to."""

    client_order_id: str
    order_id: str | None
    product: ProductId
    side: Side
    purpose: Purpose
    state: OrderState
    filled: Quantity
    reason: str


@frozen
class FillBooked:
    """A fill of ours is a fact, booked once. `order` names owner and protection."""

    fill: FillSeen
    client_order_id: str
    order: ApprovedOrder


@frozen
class EntryDropped:
    """An approved entry does not leave: the venue, asked before, would not take it as it is."""

    order: ApprovedOrder
    reason: str


@frozen
class WouldPlace:
    """Dry run: the order that would have been sent."""

    intent: OrderIntent
