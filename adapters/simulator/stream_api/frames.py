"""Texts of stream frames: envelopes, trades, orders, heartbeats."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from adapters.simulator.engine.accounts import EXACT
from adapters.simulator.engine.book import Shown, changes
from adapters.simulator.engine.orders import VenueOrder
from adapters.simulator.engine.wire import Json, encode, stamp, text
from domain.model.instants import SECOND
from domain.model.market import Trade
from domain.model.money import plain
from domain.model.product import ProductId, Side

ZERO_TIME = "0001-01-01T00:00:00Z"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HUNDRED = Decimal(100)
_TYPE_TITLES = {
    "MARKET": "Market",
    "LIMIT": "Limit",
    "STOP_LIMIT": "Stop Limit",
    "BRACKET": "Bracket",
}
"""Order types as the user channel writes them."""


def envelope(
    channel: str, at_ns: int, sequence: int, events: str, *, with_client_id: bool = True
) -> bytes:
    """Return one frame; `events` are the JSON texts of its events, joined."""
    client_id = '"client_id":"",' if with_client_id else ""
    return (
        f'{{"channel":"{channel}",{client_id}"timestamp":"{stamp(at_ns)}",'
        f'"sequence_num":{sequence},"events":[{events}]}}'
    ).encode()


def error(message: str) -> bytes:
    """Return an error frame; it has neither channel nor sequence."""
    return encode({"type": "error", "message": message})


def book_snapshot(product: ProductId, shown: Shown, at_ns: int) -> str:
    """Return the whole shown book: bids from the best down, then offers from the best up."""
    instant = stamp(at_ns)
    bids, asks = shown
    updates = changes("bid", (), bids, instant) + changes("offer", (), asks, instant)
    return _book_event("snapshot", product, updates)


def book_update(product: ProductId, before: Shown, after: Shown, at_ns: int) -> str | None:
    """Return what changed between two shown books, None if nothing did."""
    instant = stamp(at_ns)
    updates = changes("bid", before[0], after[0], instant)
    updates += changes("offer", before[1], after[1], instant)
    return _book_event("update", product, updates) if updates else None


def _book_event(kind: str, product: ProductId, updates: Sequence[str]) -> str:
    return f'{{"type":"{kind}","product_id":"{product}","updates":[{",".join(updates)}]}}'


def trades_event(kind: str, newest_first: Iterable[Trade]) -> str:
    """Return public trades, newest first."""
    return f'{{"type":"{kind}","trades":[{",".join(map(_trade, newest_first))}]}}'


def _trade(trade: Trade) -> str:
    side = "BUY" if trade.maker_side is Side.BUY else "SELL"
    return (
        f'{{"trade_id":"{trade.trade_id}","product_id":"{trade.product}",'
        f'"price":"{text(trade.price)}","size":"{text(trade.quantity)}",'
        f'"side":"{side}","time":"{stamp(trade.at_ns)}"}}'
    )


def heartbeat_event(at_ns: int, started_ns: int, *, as_text: bool = False) -> str:
    """Return one beat; the counter counts seconds since 1970, `as_text` if asked for."""
    seconds, rest = divmod(at_ns, SECOND)
    moment = (_EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%d %H:%M:%S")
    fraction = f".{rest:09d}".rstrip("0").rstrip(".")
    up_seconds, up_rest = divmod(max(0, at_ns - started_ns), SECOND)
    beat = f"{moment}{fraction} +0000 UTC m=+{up_seconds}.{up_rest:09d}"
    counter = f'"{seconds}"' if as_text else str(seconds)
    return f'{{"current_time":"{beat}","heartbeat_counter":{counter}}}'


def subscriptions_event(subscriptions: dict[str, list[str]]) -> str:
    """Return the full set of what a connection is subscribed to."""
    return encode({"subscriptions": subscriptions}).decode()


def user_event(kind: str, orders: Iterable[Json]) -> str:
    """Return states of orders (`order_state`) on the user channel."""
    positions: Json = {"perpetual_futures_positions": [], "expiring_futures_positions": []}
    event = {"type": kind, "orders": list(orders), "positions": positions}
    return encode(event).decode()


def order_state(order: VenueOrder, portfolio: str) -> Json:
    """Return the cumulative state of an order, every member a text."""
    value_after_fees = (EXACT.add if order.side is Side.BUY else EXACT.subtract)(
        order.value, order.fees
    )
    return {
        "avg_price": plain(average_price(order)),
        "cancel_reason": order.message,
        "client_order_id": order.client_order_id,
        "completion_percentage": f"{completion(order):.2f}",
        "contract_expiry_type": "UNKNOWN_CONTRACT_EXPIRY_TYPE",
        "cumulative_quantity": plain(order.filled),
        "filled_value": plain(order.value),
        "leaves_quantity": plain(_leaves(order)),
        "limit_price": plain(order.limit_price) if order.limit_price is not None else "0",
        "number_of_fills": str(order.fills),
        "order_id": order.order_id,
        "order_side": order.side.value,
        "order_type": _TYPE_TITLES[order.kind.order_type],
        "outstanding_hold_amount": plain(order.hold),
        "post_only": "true" if order.post_only else "false",
        "product_id": order.product,
        "product_type": "SPOT",
        "reject_reason": "",
        "retail_portfolio_id": portfolio,
        "risk_managed_by": "UNKNOWN_RISK_MANAGEMENT_TYPE",
        "status": order.status.value,
        "stop_price": "" if order.stop_price is None else plain(order.stop_price),
        "time_in_force": order.kind.time_in_force,
        "total_fees": plain(order.fees),
        "total_value_after_fees": plain(value_after_fees),
        "trigger_status": order.trigger.value,
        "creation_time": stamp(order.created_ns),
        "end_time": stamp(order.end_ns) if order.end_ns is not None else ZERO_TIME,
        "start_time": ZERO_TIME,
    }


def average_price(order: VenueOrder) -> Decimal:
    """Return value / quantity of what is filled, 0 without a fill."""
    return order.value / order.filled if order.filled else Decimal(0)


def completion(order: VenueOrder) -> Decimal:
    """Return how much of the order is filled, in percent."""
    if order.status.value == "FILLED":
        return _HUNDRED
    if order.quote_size is not None:
        return EXACT.add(order.value, order.fees) * _HUNDRED / order.quote_size
    return order.filled * _HUNDRED / (order.base_size or Decimal(1))


def _leaves(order: VenueOrder) -> Decimal:
    if order.status.is_final:
        return Decimal(0)
    if order.quote_size is not None:
        return EXACT.subtract(order.quote_size, EXACT.add(order.value, order.fees))
    return order.leaves
