"""Whom a check of the venue asks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from adapters.venues.coinbase.probe import HarmlessIntent
from domain.messages.market import MarketFrame, StreamClosed
from domain.messages.venue import (
    AccountsListed,
    CancelAnswered,
    CandlesListed,
    FeesRead,
    FillsListed,
    OrdersListed,
    PermissionsRead,
    ProductsListed,
    QuotesListed,
)
from domain.model.instants import Nanos
from domain.model.orders import PlaceOutcome
from domain.model.product import ProductId
from domain.system.drift import TimeAnswers
from domain.system.harmless_order import HarmlessOrder


class VenueQuestions(Protocol):
    """The venue; every call waits for its answer, and those that list say in it why they failed."""

    def products(self) -> ProductsListed:
        """Read the public catalogue."""

    def candles(self, product: ProductId) -> CandlesListed:
        """Read the latest minutes."""

    def listen(self, product: ProductId) -> None:
        """Subscribe the public channels."""

    def frame(self, within_s: float) -> MarketFrame | StreamClosed | None:
        """Return what the stream tells next."""

    def permissions(self) -> PermissionsRead:
        """Read what the key may do."""

    def accounts(self) -> AccountsListed:
        """Read all balances."""

    def fees(self) -> FeesRead:
        """Read the fee rates."""

    def quotes(self, product: ProductId) -> QuotesListed:
        """Read best bid and ask."""

    def open_orders(self) -> OrdersListed:
        """List what may still trade."""

    def orders(self, order_id: str) -> OrdersListed:
        """Ask for one order."""

    def fills(self, order_id: str) -> FillsListed:
        """List the fills of one order."""

    def intend(self, order: HarmlessOrder, end_ns: Nanos) -> HarmlessIntent:
        """Return an order under an id of its own."""

    def preview(self, intent: HarmlessIntent) -> tuple[str, ...]:
        """Return what the venue has against an order; raises `VenueError`."""


class HarmlessSender(VenueQuestions, Protocol):
    """The venue as one may ask it who was given the right to send one harmless order."""

    def place(self, intent: HarmlessIntent, gate: Callable[[], str | None]) -> PlaceOutcome:
        """Send an order at most once."""

    def cancel(self, order_id: str) -> CancelAnswered:
        """Ask to cancel one order."""


class Surroundings(Protocol):
    """What a check needs to know besides: the way there, the time, and how long things take."""

    def reach(self) -> tuple[str, ...]:
        """Return a word for each host that answers; raises `Unreachable`."""

    def times(self) -> TimeAnswers:
        """Ask everybody who says what time it is."""

    def wall_ns(self) -> Nanos:
        """Return UTC."""

    def machine_s(self) -> float:
        """Return machine time."""

    def rest(self, seconds: float) -> None:
        """Wait."""
