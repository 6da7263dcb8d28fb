"""Edits of resting orders: what may be changed into what, and the venue's reasons if not."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from attrs import evolve, frozen

from adapters.simulator.engine import checks
from adapters.simulator.engine.accounts import EXACT
from adapters.simulator.engine.orders import Edit, Kind, Status, Trigger, VenueOrder
from adapters.simulator.engine.rejections import UNKNOWN_PREVIEW, RequestRejected
from adapters.simulator.engine.ticket import plain_number
from adapters.simulator.engine.wire import Json, text
from domain.model.money import ZERO
from domain.model.product import Product

UNKNOWN_EDIT = "UNKNOWN_EDIT_ORDER_FAILURE_REASON"
_EDITABLE = (Kind.LIMIT_GTC, Kind.STOP_GTC, Kind.BRACKET_GTC)


class EditRefused(Exception):
    """An edit that the venue answers with success false."""

    def __init__(self, reason: str, preview: str = UNKNOWN_PREVIEW) -> None:
        super().__init__(f"{reason} {preview}")
        self.reason = reason
        self.preview = preview


@frozen(kw_only=True)
class EditRequest:
    """Price and total base size as asked for; `stop_price` None leaves the stop where it is."""

    price: Decimal
    size: Decimal
    stop_price: Decimal | None


def edit_request(body: Json) -> EditRequest:
    """Return the edit that a request body asks for; an absent size is 0, as at Coinbase.

    Raises:
        EditRefused: a member is no plain decimal.
    """
    size, price = plain_number(body.get("size") or "0"), plain_number(body.get("price"))
    stop = body.get("stop_price") or None
    if size is None:
        raise EditRefused("INVALID_EDITED_SIZE")
    if price is None:
        raise EditRefused("INVALID_EDITED_PRICE")
    stop_price = None if stop is None else plain_number(stop)
    if stop is not None and stop_price is None:
        raise EditRefused("INVALID_EDITED_PRICE", "PREVIEW_INVALID_STOP_PRICE")
    return EditRequest(price=price, size=size, stop_price=stop_price)


def check_edit(
    order: VenueOrder | None, product: Product | None, asked: EditRequest
) -> tuple[VenueOrder, Product]:
    """Check an edit against everything but book and balances; return order and product.

    Raises:
        EditRefused: with the first reason found.
    """
    if order is None or product is None:
        raise EditRefused("ORDER_NOT_FOUND")
    if order.kind not in _EDITABLE:
        raise EditRefused("ONLY_LIMIT_ORDER_EDITS_SUPPORTED")
    if order.status is Status.EDIT_QUEUED:
        raise EditRefused("ORDER_IS_ALREADY_BEING_REPLACED")
    if order.status is not Status.OPEN:
        raise EditRefused("ONLY_OPEN_ORDERS_CAN_BE_EDITED")
    if order.kind.is_bracket and order.trigger is Trigger.TRIGGERED:
        raise EditRefused("ONLY_OPEN_ORDERS_CAN_BE_EDITED")
    can_stop = order.kind.is_stop and order.trigger is Trigger.PENDING
    if asked.stop_price is not None and not can_stop:
        raise EditRefused("INVALID_EDITED_PRICE", "PREVIEW_INVALID_STOP_PRICE")
    if asked.size == 0 or EXACT.remainder(asked.size, product.base_increment) != 0:
        raise EditRefused("INVALID_EDITED_SIZE")
    for price in (asked.price, asked.stop_price):
        if price is not None and (
            price == 0 or EXACT.remainder(price, product.price_increment) != 0
        ):
            raise EditRefused("INVALID_EDITED_PRICE")
    if asked.size <= order.filled:
        raise EditRefused("CANNOT_EDIT_TO_BELOW_FILLED_SIZE")
    if order.kind.is_bracket and asked.price <= (order.stop_price or ZERO):
        raise EditRefused("INVALID_EDITED_PRICE")
    stop = order.stop_price if asked.stop_price is None else asked.stop_price
    if (asked.price, asked.size, stop) == (order.limit_price, order.base_size, order.stop_price):
        raise EditRefused("EDIT_REQUEST_EQUAL_TO_ORIGINAL_REQUEST")
    try:
        checks.check_base(product, asked.size, asked.price)
    except RequestRejected as rejected:
        raise EditRefused(UNKNOWN_EDIT, rejected.preview) from rejected
    return order, product


def apply_edit(order: VenueOrder, edit: Edit) -> None:
    """Give an order its new prices and size.

    It keeps its place in the queue only if its price stays and its size does not grow.
    """
    if edit.price != order.limit_price or edit.size > (order.base_size or ZERO):
        order.priority_ns = edit.at_ns
    order.limit_price, order.base_size = edit.price, edit.size
    if edit.stop_price is not None:
        order.stop_price = edit.stop_price
    order.edits = (*order.edits, edit)
    order.next_edit = None
    order.configuration = {order.kind.value: _echo(order)}


def _echo(order: VenueOrder) -> dict[str, Any]:
    members: dict[str, Any] = dict(order.configuration[order.kind.value])
    prices = {"limit_price": order.limit_price, "base_size": order.base_size}
    if order.kind.is_stop:
        prices["stop_price"] = order.stop_price
    members |= {name: text(value) for name, value in prices.items() if value is not None}
    return members


def edit_of(asked: EditRequest, at_ns: int) -> Edit:
    """Return the edit that `asked` makes from `at_ns` on."""
    return Edit(price=asked.price, size=asked.size, stop_price=asked.stop_price, at_ns=at_ns)


def dated(edit: Edit, at_ns: int) -> Edit:
    """Return `edit` as done at `at_ns`."""
    return evolve(edit, at_ns=at_ns)
