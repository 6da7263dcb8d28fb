"""Answers about orders: create, edit, cancel, list, fills."""

from __future__ import annotations

from attrs import frozen

from adapters.simulator.engine.catalogue import Catalogue
from adapters.simulator.engine.editing import EditRefused, edit_request
from adapters.simulator.engine.event_queue import PlayedClock
from adapters.simulator.engine.fault_hooks import FaultHooks
from adapters.simulator.engine.matching_engine import MatchingEngine
from adapters.simulator.engine.orders import Status, VenueOrder
from adapters.simulator.engine.quirks import VenueQuirks
from adapters.simulator.engine.rejections import UNKNOWN_PREVIEW, RequestRejected, unsupported
from adapters.simulator.engine.store import FillQuery, OrderQuery, Store
from adapters.simulator.engine.ticket import Ticket, configuration_of, required_text, ticket_of
from adapters.simulator.engine.wire import (
    Json,
    Refused,
    Request,
    decode_object,
    invalid,
    many,
    one,
    whole,
)
from adapters.simulator.rest_api.cursor import decode_cursor, encode_cursor
from adapters.simulator.rest_api.order_form import (
    accepted_form,
    fill_form,
    order_form,
    rejected_form,
)
from domain.model.errors import InvalidNumber
from domain.model.instants import parse_iso

MOST_CANCELS = 100
ORDER_PAGE = 1000
FILL_PAGE = 100
LARGEST_FILL_PAGE = 3000
NO_CANCEL_FAILURE = "UNKNOWN_CANCEL_FAILURE_REASON"


@frozen(kw_only=True)
class OrdersResource:
    """Everything that keys may ask and do about orders."""

    matching: MatchingEngine
    store: Store
    catalogue: Catalogue
    clock: PlayedClock
    quirks: VenueQuirks
    hooks: FaultHooks
    user_id: str
    portfolio: str

    def create(self, request: Request) -> Json:
        """Place an order; a known client id answers with its first order and places nothing."""
        body = decode_object(request.body)
        client_order_id = required_text(body, "client_order_id")
        configuration_of(body)
        known = self.matching.find_by_client(client_order_id)
        try:
            if known is not None and self.quirks.refuses_duplicates:
                raise RequestRejected(
                    "DUPLICATE_CLIENT_ORDER_ID", UNKNOWN_PREVIEW, "id was used before"
                )
            if known is None:
                known = self._create(ticket_of(body, client_order_id, self.catalogue.tradable))
        except RequestRejected as rejected:
            return rejected_form(rejected, body["order_configuration"])
        return accepted_form(known, legacy=self.quirks.legacy_envelope)

    def close_position(self, request: Request) -> Json:
        """Refuse: spot positions are closed by orders, there is nothing else here."""
        body = decode_object(request.body)
        required_text(body, "client_order_id")
        required_text(body, "product_id")
        return rejected_form(unsupported("spot positions are closed by orders"), {})

    def edit(self, request: Request) -> Json:
        """Change price and size of a resting order."""
        body = decode_object(request.body)
        order_id = required_text(body, "order_id")
        try:
            asked, order = edit_request(body), self.matching.find(order_id)
            if order is None:
                raise EditRefused("ORDER_NOT_FOUND")
            self.matching.edit(order, asked)
        except EditRefused as refused:
            return {"success": False, "errors": [edit_error(refused)]}
        return {"success": True, "errors": []}

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
        order = self.matching.find(order_id)
        if order is None or order.created_ns >= self._visible_ns(self._orders_lag_ns()):
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
            until_ns=self._until(request, "end_date", self._orders_lag_ns()),
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
            until_ns=self._until(request, "end_sequence_timestamp", self._fills_lag_ns()),
            below=decode_cursor(one(query, "cursor")) or None,
            limit=limit + 1,
        )
        found = self.store.find_fills(wanted)
        page, more = found[:limit], len(found) > limit
        return {
            "fills": [fill_form(fill, self.user_id, self.portfolio) for fill in page],
            "cursor": encode_cursor(page[-1].number) if more else "",
        }

    def _create(self, ticket: Ticket) -> VenueOrder:
        refusal = self.hooks.orders.refusal(ticket)
        if refusal is not None:
            raise refusal
        order = self.matching.create(ticket)
        self.hooks.orders.accepted(order)
        return order

    def _cancel(self, order_id: str) -> Json:
        order = self.matching.find(order_id)
        reason = NO_CANCEL_FAILURE
        if order is None:
            reason = "UNKNOWN_CANCEL_ORDER"
        elif order.status is Status.FILLED:
            reason = "ORDER_IS_FULLY_FILLED"
        elif order.status.is_final:
            reason = "UNKNOWN_CANCEL_ORDER"
        elif order.status is Status.CANCEL_QUEUED:
            reason = "DUPLICATE_CANCEL_REQUEST"
        elif order.status is Status.EDIT_QUEUED:
            reason = "ORDER_IS_BEING_REPLACED"
        else:
            reason = self._cancel_working(order)
        success = reason == NO_CANCEL_FAILURE
        return {"success": success, "failure_reason": reason, "order_id": order_id}

    def _cancel_working(self, order: VenueOrder) -> str:
        fate = self.hooks.orders.cancel(order)
        if fate.fills_first:
            self.matching.fill_resting(order, order.leaves)
            return "ORDER_IS_FULLY_FILLED"
        if not fate.is_lost:
            self.matching.cancel(order, fate.delay_ns)
        return NO_CANCEL_FAILURE

    def _order(self, order: VenueOrder) -> Json:
        return order_form(order, self.user_id, self.portfolio)

    def _orders_lag_ns(self) -> int:
        return max(self.quirks.lag_ns, self.hooks.orders.orders_lag_ns)

    def _fills_lag_ns(self) -> int:
        return max(self.quirks.lag_ns, self.hooks.orders.fills_lag_ns)

    def _visible_ns(self, lag_ns: int) -> int:
        """Return the instant from which on nothing shows yet."""
        return self.clock.now_ns - lag_ns + (0 if lag_ns else 1)

    def _until(self, request: Request, name: str, lag_ns: int) -> int | None:
        asked = _instant(request, name)
        if not lag_ns:
            return asked
        visible_ns = self._visible_ns(lag_ns)
        return visible_ns if asked is None else min(asked, visible_ns)


def edit_error(refused: EditRefused) -> Json:
    """Return one entry of the errors of an edit."""
    return {"edit_failure_reason": refused.reason, "preview_failure_reason": refused.preview}


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
