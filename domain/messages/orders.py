"""Orders: what we intend, what the venue said, and what we hold true."""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen

from domain.messages.decisions import ApprovedOrder, Purpose
from domain.model.instants import Nanos
from domain.model.money import Amount, Price, Quantity
from domain.model.product import ProductId, Side


class OrderState(StrEnum):
    """Where an order stands. Source: decisions 11."""

    INTENDED = "INTENDED"
    PENDING_SUBMIT = "PENDING_SUBMIT"
    UNKNOWN = "UNKNOWN"
    OPEN = "OPEN"
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    PENDING_CANCEL = "PENDING_CANCEL"
    FILLED = "FILLED"
    CANCELLED = "CANCELLED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"
    VOID = "VOID"


TERMINAL = frozenset(
    {
        OrderState.FILLED,
        OrderState.CANCELLED,
        OrderState.REJECTED,
        OrderState.EXPIRED,
        OrderState.VOID,
    }
)


class VenueStatus(StrEnum):
    """Order status in the venue's words."""

    PENDING = "PENDING"
    QUEUED = "QUEUED"
    OPEN = "OPEN"
    EDIT_QUEUED = "EDIT_QUEUED"
    CANCEL_QUEUED = "CANCEL_QUEUED"
    FILLED = "FILLED"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"
    FAILED = "FAILED"
    UNKNOWN = "UNKNOWN_ORDER_STATUS"

    @property
    def is_terminal(self) -> bool:
        """Tell whether the order can no longer trade."""
        return self in _ENDED


_ENDED = frozenset(
    {VenueStatus.FILLED, VenueStatus.CANCELLED, VenueStatus.EXPIRED, VenueStatus.FAILED}
)


@frozen
class OrderIntent:
    """An order as we write it down before it may leave. `end_ns` is its good-till time or None.

    `number` counts intents of a journal lineage from 1; the client order id follows from it.
    """

    number: int
    client_order_id: str
    order: ApprovedOrder
    end_ns: Nanos | None


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
    """What the place lane sends, after the last gate. `epoch` is the order manager's."""

    intent: OrderIntent
    receipt: Receipt
    epoch: int


@frozen
class Accepted:
    """The venue took the order."""

    order_id: str


@frozen
class Rejected:
    """The venue said no: a definite answer."""

    reason: str
    text: str


@frozen
class NotSent:
    """The request definitely did not reach the venue. `is_final` forbids another try."""

    reason: str
    is_final: bool


@frozen
class OutcomeLost:
    """The request may or may not have been carried out."""

    reason: str


PlaceOutcome = Accepted | Rejected | NotSent | OutcomeLost


@frozen
class PlaceAnswered:
    """Outcome of one place request. `sent_ns` is the machine time after which it can't leave."""

    client_order_id: str
    outcome: PlaceOutcome
    sent_ns: Nanos


@frozen(kw_only=True)
class OrderSeen:
    """An order as the venue shows it. `filled` is cumulative, in base currency."""

    order_id: str
    client_order_id: str
    product: ProductId
    side: Side
    status: VenueStatus
    filled: Quantity
    created_ns: Nanos | None = None


@frozen
class UserFrame:
    """One frame of the user stream."""

    connection: int
    sequence: int
    sent_ns: Nanos
    orders: tuple[OrderSeen, ...]
    is_snapshot: bool
    is_subscribed: bool


@frozen(kw_only=True)
class FillSeen:
    """A fill as the venue's fill list shows it; `entry_id` is its identity."""

    entry_id: str
    order_id: str
    product: ProductId
    side: Side
    price: Price
    quantity: Quantity
    fee: Amount
    is_maker: bool
    at_ns: Nanos


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
class DiscrepancyFound:
    """Venue and we disagree about an order or a balance in a way that no rule explains."""

    subject: str
    ours: str
    theirs: str


@frozen
class WouldPlace:
    """Dry run: the order that would have been sent."""

    intent: OrderIntent


@frozen
class SweepRequested:
    """Cancel at the venue, from the venue's own list: entries, or everything of ours.

    `scope` is that of a breaker: "global", "venue", "product:BTC-USD" or "strategy:NAME".
    """

    reason: str
    includes_exits: bool
    scope: str = "global"


@frozen
class SweepFinished:
    """Two complete listings in a row showed nothing of the sweep's scope alive."""

    reason: str
    cancelled: int
    took_ns: Nanos


@frozen
class SyncRequested:
    """Ask an actor to answer once everything before this message is handled."""

    token: int


@frozen
class Synced:
    """Everything before the request with this token has been handled and published."""

    actor: str
    token: int


@frozen
class LedgerReported:
    """Cash and owned quantities in the books of `actor` at the moment of a sync request."""

    actor: str
    token: int
    is_open: bool
    cash: Amount
    owned: tuple[tuple[ProductId, Quantity], ...]
