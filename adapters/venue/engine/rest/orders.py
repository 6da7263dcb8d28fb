"""Answers about orders: create, preview, cancel, list, fills."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from attrs import frozen

from adapters.venue.engine import checks
from adapters.venue.engine.accounts import EXACT
from adapters.venue.engine.book import Book
from adapters.venue.engine.checks import Rejected, Ticket
from adapters.venue.engine.desk import Desk
from adapters.venue.engine.ids import Ids
from adapters.venue.engine.matching import Plan
from adapters.venue.engine.orders import Order, Status
from adapters.venue.engine.rest.cursor import decode_cursor, encode_cursor
from adapters.venue.engine.rest.order_form import (
    accepted_form,
    fill_form,
    order_form,
    rejected_form,
)
from adapters.venue.engine.store import FillQuery, OrderQuery, Store
from adapters.venue.engine.wire import (
    Json,
    Refused,
    Request,
    decode_object,
    invalid,
    many,
    one,
    whole,
)
from domain.errors import InvalidNumber
from domain.instants import parse_iso
from domain.money import ZERO, plain
from domain.product import Product, ProductId, Side

MOST_CANCELS = 100
ORDER_PAGE = 1000
FILL_PAGE = 100
LARGEST_FILL_PAGE = 3000
NO_CANCEL_FAILURE = "UNKNOWN_CANCEL_FAILURE_REASON"


@frozen(kw_only=True)
class OrderDesk:
    """Everything that keys may ask and do about orders."""

    desk: Desk
    store: Store
    products: Mapping[ProductId, Product]
    books: Mapping[ProductId, Book]
    ids: Ids
    user_id: str
    portfolio: str

    def create(self, request: Request) -> Json:
        """Place an order; a known client id answers with its first order and places nothing."""
        body = decode_object(request.body)
        client_order_id = checks.required_text(body, "client_order_id")
        checks.configuration_of(body)
        known = self.desk.find_by_client(client_order_id)
        if known is not None:
            return accepted_form(known)
        try:
            ticket = checks.ticket_of(body, client_order_id, self.products)
            return accepted_form(self.desk.create(ticket))
        except Rejected as rejected:
            return rejected_form(rejected, body["order_configuration"])

    def preview(self, request: Request) -> Json:
        """Answer what an order would do, and change nothing."""
        body = decode_object(request.body)
        checks.configuration_of(body)
        errors: list[str] = []
        ticket, plan = None, Plan((), met_own=False, complete=False)
        try:
            ticket = checks.ticket_of(body, "preview", self.products)
            plan = self.desk.examine(ticket)
        except Rejected as rejected:
            errors.append(rejected.preview)
        return self._preview_form(ticket, plan, errors)

    def cancel(self, request: Request) -> Json:
        """Cancel orders by the venue's ids, each for itself."""
        order_ids = decode_object(request.body).get("order_ids")
        if not isinstance(order_ids, list) or not all(isinstance(name, str) for name in order_ids):
            raise invalid("order_ids must be a list of texts")
        if len(order_ids) > MOST_CANCELS:
            raise invalid(f"Too many orderIDs entered, limit is {MOST_CANCELS}")
        return {"results": [self._cancel(order_id) for order_id in order_ids]}

    def get_order(self, _: Request, order_id: str) -> Json:
        """Return one order."""
        order = self.desk.find(order_id)
        if order is None:
            raise Refused(404, "NOT_FOUND", "order with this orderID was not found")
        return {"order": self._order(order)}

    def list_orders(self, request: Request) -> Json:
        """Return orders by the usual filters, newest first."""
        query = request.query
        limit = min(whole(query, "limit") or ORDER_PAGE, ORDER_PAGE)
        wanted = OrderQuery(
            order_ids=many(query, "order_ids"),
            products=many(query, "product_ids"),
            statuses=many(query, "order_status"),
            times_in_force=many(query, "time_in_forces"),
            types=many(query, "order_types"),
            side=one(query, "order_side"),
            from_ns=_instant(request, "start_date"),
            until_ns=_instant(request, "end_date"),
            below=decode_cursor(one(query, "cursor")) or None,
            limit=limit + 1,
        )
        found = self.store.find_orders(wanted) if _is_ours(request) else []
        page, more = found[:limit], len(found) > limit
        return {
            "orders": [self._order(order) for order in page],
            "sequence": "0",
            "has_next": more,
            "cursor": encode_cursor(page[-1].number) if more else "",
        }

    def list_fills(self, request: Request) -> Json:
        """Return fills by the usual filters, newest first."""
        query = request.query
        limit = min(whole(query, "limit") or FILL_PAGE, LARGEST_FILL_PAGE)
        wanted = FillQuery(
            order_ids=many(query, "order_ids"),
            trade_ids=many(query, "trade_ids"),
            products=many(query, "product_ids"),
            side=one(query, "order_side"),
            from_ns=_instant(request, "start_sequence_timestamp"),
            until_ns=_instant(request, "end_sequence_timestamp"),
            below=decode_cursor(one(query, "cursor")) or None,
            limit=limit + 1,
        )
        found = self.store.find_fills(wanted)
        page, more = found[:limit], len(found) > limit
        return {
            "fills": [fill_form(fill, self.user_id, self.portfolio) for fill in page],
            "cursor": encode_cursor(page[-1].number) if more else "",
        }

    def _cancel(self, order_id: str) -> Json:
        order = self.desk.find(order_id)
        reason = NO_CANCEL_FAILURE
        if order is None:
            reason = "UNKNOWN_CANCEL_ORDER"
        elif order.status is Status.FILLED:
            reason = "ORDER_IS_FULLY_FILLED"
        elif order.status.is_final:
            reason = "UNKNOWN_CANCEL_ORDER"
        else:
            self.desk.cancel(order)
        success = reason == NO_CANCEL_FAILURE
        return {"success": success, "failure_reason": reason, "order_id": order_id}

    def _order(self, order: Order) -> Json:
        return order_form(order, self.user_id, self.portfolio)

    def _preview_form(self, ticket: Ticket | None, plan: Plan, errors: list[str]) -> Json:
        rate = self.desk.fees.taker
        fee = EXACT.multiply(plan.value, rate)
        buys = ticket is not None and ticket.side is Side.BUY
        total = EXACT.add(plan.value, fee) if buys else EXACT.subtract(plan.value, fee)
        book = None if ticket is None else self.books[ticket.product.id]
        average = plan.value / plan.quantity if plan.takes else ZERO
        form: dict[str, Any] = {
            "order_total": plain(total),
            "commission_total": plain(fee),
            "errs": errors,
            "warning": [],
            "quote_size": plain(plan.value),
            "base_size": plain(plan.quantity),
            "best_bid": _best(book, Side.BUY),
            "best_ask": _best(book, Side.SELL),
            "is_max": False,
            "slippage": _slippage(book, ticket, average),
            "preview_id": self.ids.uuid("preview", repr((ticket, errors))),
            "est_average_filled_price": plain(average),
            "commission_detail_total": {"total_commission": plain(fee)},
        }
        return form


def _best(book: Book | None, side: Side) -> str:
    price = None if book is None else book.best(side)
    return "" if price is None else plain(price)


def _slippage(book: Book | None, ticket: Ticket | None, average: Decimal) -> str:
    if book is None or ticket is None or average == 0:
        return "0"
    best = book.best(Side.SELL if ticket.side is Side.BUY else Side.BUY)
    return plain(round(abs(average / best - 1), 8)) if best else "0"


def _is_ours(request: Request) -> bool:
    """Tell whether the listing asks for the only placement source and type that exist here."""
    source = one(request.query, "order_placement_source")
    kind = one(request.query, "product_type")
    known_source = source in (None, "RETAIL_ADVANCED", "UNKNOWN_PLACEMENT_SOURCE")
    return known_source and kind in (None, "SPOT", "UNKNOWN_PRODUCT_TYPE")


def _instant(request: Request, name: str) -> int | None:
    value = one(request.query, name)
    if value is None:
        return None
    try:
        return parse_iso(value)
    except InvalidNumber as error:
        raise invalid(f"{name} must be RFC 3339") from error
