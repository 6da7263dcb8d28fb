"""What we send: orders, cancels, subscriptions. Numbers are plain decimals without exponent."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Protocol, assert_never

import msgspec

from domain.model.approval import ApprovedOrder, Limit, Market, StopLimit
from domain.model.conversion import Conversion
from domain.model.instants import Nanos, iso
from domain.model.money import plain
from domain.model.orders import OrderIntent
from domain.model.synthetic import SYNTHETIC, SyntheticEntry
from domain.system.harmless_order import HarmlessOrder


class Harmless(Protocol):
    """A harmless order under an id, good until an instant."""

    @property
    def order(self) -> HarmlessOrder:
        """The order."""

    @property
    def end_ns(self) -> Nanos:
        """Until when it is good."""

    @property
    def client_order_id(self) -> str:
        """Its id."""


def refused_by_type(intent: OrderIntent) -> str | None:
    """Return why an order of this type never leaves, None if it may."""
    return SYNTHETIC if isinstance(intent.order, SyntheticEntry) else None


def order_body(intent: OrderIntent) -> bytes:
    """Return the body of a new order.

    With a good-till time it rests until then; post-only without one rests until cancelled; a
    limit that may take, without one, takes what is there and is gone; no limit is a market order.
    A stop waits for a trade at its price and rests until cancelled.
    """
    order = intent.order
    return msgspec.json.encode(
        {
            "client_order_id": intent.client_order_id,
            "product_id": order.product,
            "side": order.side.value,
            "order_configuration": _configuration(order, intent.end_ns),
        }
    )


def preview_body(order: ApprovedOrder, end_ns: Nanos | None) -> bytes:
    """Return the body of the question what the venue would do with an order."""
    return msgspec.json.encode(
        {
            "product_id": order.product,
            "side": order.side.value,
            "order_configuration": _configuration(order, end_ns),
        }
    )


def _configuration(order: ApprovedOrder, end_ns: Nanos | None) -> dict[str, Any]:
    size = {"base_size": plain(order.quantity)}
    match order.order_type:
        case Market():
            return {"market_market_ioc": size}
        case Limit(price=price, post_only=post_only):
            limit: dict[str, Any] = size | {"limit_price": plain(price)}
            if end_ns is not None:
                limit |= {"end_time": iso(end_ns), "post_only": post_only}
                return {"limit_limit_gtd": limit}
            if post_only:
                return {"limit_limit_gtc": limit | {"post_only": True}}
            return {"sor_limit_ioc": limit}
        case StopLimit(stop_price=stop_price, price=price):
            stop = {
                "limit_price": plain(price),
                "stop_price": plain(stop_price),
                "stop_direction": "STOP_DIRECTION_STOP_DOWN",
            }
            return {"stop_limit_stop_limit_gtc": size | stop}
        case _ as other:
            assert_never(other)


def harmless_body(intent: Harmless, *, is_preview: bool) -> bytes:
    """Return the body of a harmless order, or of the question what the venue says to it."""
    order = intent.order
    limit = {
        "base_size": plain(order.quantity),
        "limit_price": plain(order.price),
        "end_time": iso(intent.end_ns),
        "post_only": True,
    }
    body: dict[str, Any] = {
        "product_id": order.product,
        "side": order.side.value,
        "order_configuration": {"limit_limit_gtd": limit},
    }
    if not is_preview:
        body["client_order_id"] = intent.client_order_id
    return msgspec.json.encode(body)


def cancel_body(order_ids: Sequence[str]) -> bytes:
    """Return the body of a cancel request for venue order ids."""
    return msgspec.json.encode({"order_ids": list(order_ids)})


def quote_body(source: str, target: str, amount: Decimal) -> bytes:
    """Return the body of the question what a conversion of `amount` of `source` would be."""
    return msgspec.json.encode(
        {"from_account": source, "to_account": target, "amount": plain(amount)}
    )


def commit_body(conversion: Conversion) -> bytes:
    """Return the body of the order to carry out what was quoted; its id stands in the path."""
    pair = {"from_account": conversion.source, "to_account": conversion.target}
    return msgspec.json.encode(pair)


def unsubscribe_text(channel: str, products: Sequence[str]) -> str:
    """Return the message that ends the subscription of some products."""
    message = {"type": "unsubscribe", "channel": channel, "product_ids": list(products)}
    return msgspec.json.encode(message).decode()


def subscribe_text(channel: str, products: Sequence[str], token: str | None = None) -> str:
    """Return the message that subscribes one channel; without products it is for all or none."""
    message: dict[str, Any] = {"type": "subscribe", "channel": channel}
    if products:
        message["product_ids"] = list(products)
    if token is not None:
        message["jwt"] = token
    return msgspec.json.encode(message).decode()
