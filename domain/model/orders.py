"""Orders as values: where they stand, what we wrote down, what the venue shows."""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen

from domain.model.approval import ApprovedOrder
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


@frozen
class IdKnown:
    """The venue has an order under this client order id already, ours or another; none was made."""

    reason: str


PlaceOutcome = Accepted | Rejected | NotSent | OutcomeLost | IdKnown


@frozen(kw_only=True)
class OrderSeen:
    """An order as the venue shows it. `filled` is cumulative, in base currency; so is `quantity`,
    what was asked for, None where that is not shown.
    """

    order_id: str
    client_order_id: str
    product: ProductId
    side: Side
    status: VenueStatus
    filled: Quantity
    created_ns: Nanos | None = None
    quantity: Quantity | None = None


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
