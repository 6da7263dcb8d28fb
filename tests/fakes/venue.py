"""A venue that notes what it is asked and answers nothing: the test says what comes back."""

from __future__ import annotations

from typing import Any, TypeVar

from attrs import define, field, frozen

from actors.kernel.envelope import ReplyTo
from domain.messages.orders import PlaceRequest
from domain.model.instants import SECOND, Nanos
from domain.model.product import ProductId

LIFETIME_NS = Nanos(20 * SECOND)


@frozen
class Placed:
    """An order was asked for."""

    request: PlaceRequest


@frozen
class Cancelled:
    """Orders were asked to be cancelled."""

    order_ids: tuple[str, ...]
    token: int


@frozen
class OrdersAsked:
    """A listing of orders was asked for."""

    since_ns: Nanos | None
    is_live_only: bool
    token: int


@frozen
class FillsAsked:
    """A listing of fills was asked for."""

    since_ns: Nanos | None
    order_ids: tuple[str, ...]
    token: int


@frozen
class Asked:
    """Anything else was asked; `args` without the address of the answer."""

    what: str
    args: tuple[Any, ...]


Call = TypeVar("Call")


@define
class RecordingVenue:
    """The `Venue` port, without a venue behind it."""

    calls: list[Any] = field(factory=list)
    request_lifetime_ns: Nanos = LIFETIME_NS

    def of(self, kind: type[Call]) -> list[Call]:
        """Return the calls of one kind, oldest first."""
        return [each for each in self.calls if isinstance(each, kind)]

    def last(self, kind: type[Call]) -> Call:
        """Return the newest call of one kind."""
        return self.of(kind)[-1]

    def place(self, request: PlaceRequest, reply_to: ReplyTo) -> None:
        self.calls.append(Placed(request))

    def cancel(self, order_ids: tuple[str, ...], token: int, reply_to: ReplyTo) -> None:
        self.calls.append(Cancelled(order_ids, token))

    def list_orders(
        self, *, since_ns: Nanos | None, is_live_only: bool, token: int, reply_to: ReplyTo
    ) -> None:
        self.calls.append(OrdersAsked(since_ns, is_live_only, token))

    def list_fills(
        self, *, since_ns: Nanos | None, order_ids: tuple[str, ...], token: int, reply_to: ReplyTo
    ) -> None:
        self.calls.append(FillsAsked(since_ns, order_ids, token))

    def list_accounts(self, token: int, reply_to: ReplyTo) -> None:
        self.calls.append(Asked("list_accounts", (token,)))

    def list_products(self, token: int, reply_to: ReplyTo) -> None:
        self.calls.append(Asked("list_products", (token,)))

    def list_candles(
        self,
        product: ProductId,
        width_ns: Nanos,
        start_ns: Nanos,
        end_ns: Nanos,
        token: int,
        reply_to: ReplyTo,
    ) -> None:
        asked = (product, width_ns, start_ns, end_ns, token)
        self.calls.append(Asked("list_candles", asked))

    def list_quotes(self, products: tuple[ProductId, ...], token: int, reply_to: ReplyTo) -> None:
        self.calls.append(Asked("list_quotes", (products, token)))

    def read_fees(self, token: int, reply_to: ReplyTo) -> None:
        self.calls.append(Asked("read_fees", (token,)))

    def read_permissions(self, token: int, reply_to: ReplyTo) -> None:
        self.calls.append(Asked("read_permissions", (token,)))

    def read_time(self, token: int, reply_to: ReplyTo) -> None:
        self.calls.append(Asked("read_time", (token,)))

    def open_market_stream(self, products: tuple[ProductId, ...], reply_to: ReplyTo) -> None:
        self.calls.append(Asked("open_market_stream", (products,)))

    def restart_market_stream(self, reason: str) -> None:
        self.calls.append(Asked("restart_market_stream", (reason,)))

    def open_user_stream(self, reply_to: ReplyTo) -> None:
        self.calls.append(Asked("open_user_stream", ()))

    def restart_user_stream(self, reason: str) -> None:
        self.calls.append(Asked("restart_user_stream", (reason,)))
