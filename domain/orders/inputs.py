"""What the order tracker is told, and when."""

from __future__ import annotations

from attrs import frozen

from domain.messages.control import SettleRequested
from domain.messages.decisions import OrderApproved, ProtectionWithdrawn
from domain.messages.market import FeedRecovered, FeedStalled, StreamClosed, StreamOpened
from domain.messages.orders import CancelProposed, Receipt
from domain.messages.supervision import BootCompleted, BreakerTripped, GapSeen
from domain.messages.venue import (
    CancelAnswered,
    FillsListed,
    OrdersListed,
    PlaceAnswered,
    UserFrame,
)
from domain.model.breakers import Breaker
from domain.orders.effects import AskAgain, ListReason, PriceLost, TimeIsUp
from domain.orders.order import Order


@frozen
class OrderBookState:
    """Where to go on: the journal's lineage, the next intent number, orders, the oldest first.

    `former` are lineages before a backup was restored, each with its last known number.
    """

    lineage: str
    next_number: int
    orders: tuple[Order, ...]
    former: tuple[tuple[str, int], ...] = ()


@frozen
class Now:
    """The moment of a step: both clocks, and the breakers that are open."""

    market_ns: int
    machine_ns: int
    breakers: tuple[Breaker, ...] = ()


@frozen
class OrdersFound:
    """A listing, with the reason for which it was asked; None if nobody waits for it any more."""

    listing: OrdersListed
    reason: ListReason | None


@frozen
class FillsFound:
    """The fills of one order, asked for a person's `request`."""

    listing: FillsListed
    request: str


NewsOfVenue = (
    UserFrame
    | OrdersFound
    | FillsFound
    | FillsListed
    | StreamOpened
    | StreamClosed
    | FeedStalled
    | FeedRecovered
)
"""What the venue shows of our orders, of the stream that shows it, and of prices."""

TrackerInput = (
    OrderApproved
    | ProtectionWithdrawn
    | Receipt
    | CancelProposed
    | PlaceAnswered
    | CancelAnswered
    | BreakerTripped
    | BootCompleted
    | GapSeen
    | SettleRequested
    | TimeIsUp
    | AskAgain
    | PriceLost
    | NewsOfVenue
)
