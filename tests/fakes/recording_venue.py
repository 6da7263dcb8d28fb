"""A venue that writes down what it is asked and answers nothing: the test does, or does not."""

from __future__ import annotations

from typing import Any

from attrs import field, frozen

from actors.kernel.envelope import ReplyTo
from actors.kernel.ports import OrderGateway, VenueReader
from domain.messages.conversion import ConversionRequest, QuoteRequest
from domain.messages.orders import PlaceRequest
from domain.model.approval import ApprovedOrder
from domain.model.conversion import Conversion
from domain.model.instants import SECOND, Nanos
from domain.model.product import ProductId
from domain.system.rate_budget import BudgetUse


@frozen
class Call:
    """One call of the port: its name, its token (-1 if it has none), its other arguments."""

    what: str
    token: int = -1
    about: dict[str, Any] = field(factory=dict)


class RecordingVenue(VenueReader, OrderGateway):
    """Answers nothing; `calls` grows, oldest first."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.uses: tuple[BudgetUse, ...] = ()

    def named(self, what: str) -> list[Call]:
        """Return the calls of one kind, oldest first."""
        return [call for call in self.calls if call.what == what]

    def last(self, what: str) -> Call:
        """Return the newest call of one kind."""
        return self.named(what)[-1]

    def take(self) -> list[str]:
        """Return the names of all calls and forget them."""
        names = [call.what for call in self.calls]
        self.calls.clear()
        return names

    @property
    def cancelled(self) -> list[str]:
        """Return the order ids whose cancel was asked for, in order."""
        return [each for call in self.named("cancel") for each in call.about["order_ids"]]

    def _note(self, what: str, token: int = -1, **about: Any) -> None:
        self.calls.append(Call(what, token, about))

    def place(self, request: PlaceRequest, reply_to: ReplyTo) -> None:
        self._note("place", request=request)

    def preview(
        self, order: ApprovedOrder, end_ns: Nanos | None, token: int, reply_to: ReplyTo
    ) -> None:
        self._note("preview", token, order=order, end_ns=end_ns)

    def cancel(self, order_ids: tuple[str, ...], token: int, reply_to: ReplyTo) -> None:
        self._note("cancel", token, order_ids=order_ids)

    def quote_conversion(self, request: QuoteRequest, token: int, reply_to: ReplyTo) -> None:
        self._note("quote_conversion", token, request=request)

    def convert(self, request: ConversionRequest, reply_to: ReplyTo) -> None:
        self._note("convert", request=request)

    def read_conversion(self, conversion: Conversion, token: int, reply_to: ReplyTo) -> None:
        self._note("read_conversion", token, conversion=conversion)

    def list_orders(
        self, *, since_ns: Nanos | None, is_live_only: bool, token: int, reply_to: ReplyTo
    ) -> None:
        self._note("list_orders", token, since_ns=since_ns, is_live_only=is_live_only)

    def find_orders(self, order_ids: tuple[str, ...], token: int, reply_to: ReplyTo) -> None:
        self._note("find_orders", token, order_ids=order_ids)

    def list_fills(
        self, *, since_ns: Nanos | None, order_ids: tuple[str, ...], token: int, reply_to: ReplyTo
    ) -> None:
        self._note("list_fills", token, since_ns=since_ns, order_ids=order_ids)

    def list_accounts(self, token: int, reply_to: ReplyTo) -> None:
        self._note("list_accounts", token)

    def list_products(self, token: int, reply_to: ReplyTo) -> None:
        self._note("list_products", token)

    def list_candles(
        self,
        product: ProductId,
        width_ns: Nanos,
        start_ns: Nanos,
        end_ns: Nanos,
        token: int,
        reply_to: ReplyTo,
    ) -> None:
        self._note("list_candles", token, product=product, start_ns=start_ns, end_ns=end_ns)

    def list_quotes(self, products: tuple[ProductId, ...], token: int, reply_to: ReplyTo) -> None:
        self._note("list_quotes", token, products=products)

    def read_fees(self, token: int, reply_to: ReplyTo) -> None:
        self._note("read_fees", token)

    def read_permissions(self, token: int, reply_to: ReplyTo) -> None:
        self._note("read_permissions", token)

    def open_market_stream(self, products: tuple[ProductId, ...], reply_to: ReplyTo) -> None:
        self._note("open_market_stream", products=products)

    def restart_market_stream(self, reason: str) -> None:
        self._note("restart_market_stream", reason=reason)

    def open_user_stream(self, reply_to: ReplyTo) -> None:
        self._note("open_user_stream")

    def restart_user_stream(self, reason: str) -> None:
        self._note("restart_user_stream", reason=reason)

    @property
    def request_lifetime_ns(self) -> Nanos:
        return Nanos(20 * SECOND)

    @property
    def budget_uses(self) -> tuple[BudgetUse, ...]:
        return self.uses
