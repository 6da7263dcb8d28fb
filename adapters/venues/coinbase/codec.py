"""Stream frames from bytes to messages. Prices become exact numbers, never floats."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import msgspec
from attrs import frozen

from adapters.venues.coinbase import wire
from adapters.venues.coinbase.values import instant, instant_or_none, number_or_zero, side, status
from domain.messages.market import (
    BookChanged,
    BookSnapshotSeen,
    HeartbeatSeen,
    MarketEvent,
    MarketFrame,
    OtherFrameSeen,
    SubscriptionsSeen,
    TradesPrinted,
)
from domain.messages.venue import UserFrame
from domain.model.errors import ProtocolBroken
from domain.model.market import Level, Trade
from domain.model.money import Price, Quantity
from domain.model.orders import OrderSeen
from domain.model.product import ProductId

USER = "user"
SUBSCRIPTIONS = "subscriptions"


@frozen
class ErrorFrame:
    """The venue's in-band complaint; it has no sequence number."""

    text: str


_envelope = msgspec.json.Decoder(wire.FrameEnvelope)
_books = msgspec.json.Decoder(list[wire.BookEvent])
_trades = msgspec.json.Decoder(list[wire.TradesEvent])
_heartbeats = msgspec.json.Decoder(list[wire.HeartbeatEvent])
_subscriptions = msgspec.json.Decoder(list[wire.SubscriptionsEvent])
_user = msgspec.json.Decoder(list[wire.UserEvent])


def decode_market(data: bytes, connection: int) -> MarketFrame | ErrorFrame:
    """Return what one frame of the market stream says.

    Raises:
        ProtocolBroken: it is not a frame of the protocol.
    """
    try:
        envelope = _envelope.decode(data)
        if not envelope.channel:
            return _error(envelope, data)
        read = _EVENTS.get(envelope.channel)
        events = (OtherFrameSeen(envelope.channel),) if read is None else read(envelope.events)
        sequence, sent_ns = _sequence(envelope), instant(envelope.timestamp)
        return MarketFrame(connection, sequence, sent_ns, events)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ProtocolBroken(f"not a market frame: {error}") from error


def decode_user(data: bytes, connection: int) -> UserFrame | ErrorFrame:
    """Return what one frame of the user stream says; frames without orders count too.

    Raises:
        ProtocolBroken: it is not a frame of the protocol.
    """
    try:
        envelope = _envelope.decode(data)
        if not envelope.channel:
            return _error(envelope, data)
        orders: list[OrderSeen] = []
        is_snapshot = False
        if envelope.channel == USER:
            for event in _user.decode(envelope.events):
                is_snapshot = is_snapshot or event.type == "snapshot"
                orders += [_order(order) for order in event.orders]
        return UserFrame(
            connection,
            _sequence(envelope),
            instant(envelope.timestamp),
            tuple(orders),
            is_snapshot,
        )
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ProtocolBroken(f"not a user frame: {error}") from error


def _error(envelope: wire.FrameEnvelope, data: bytes) -> ErrorFrame:
    if envelope.type != "error":
        raise ProtocolBroken(f"neither data nor error: {data[:80]!r}")
    return ErrorFrame(envelope.message or "error without a text")


def _sequence(envelope: wire.FrameEnvelope) -> int:
    if envelope.sequence_num < 0:
        raise ProtocolBroken(f"a frame of {envelope.channel[:40]!r} has no sequence number")
    return envelope.sequence_num


def _read_books(raw: msgspec.Raw) -> tuple[MarketEvent, ...]:
    return tuple(_book(event) for event in _books.decode(raw))


def _book(event: wire.BookEvent) -> MarketEvent:
    bids: list[Level] = []
    asks: list[Level] = []
    for update in event.updates:
        price, quantity = update.price_level, update.new_quantity
        if not (price.is_finite() and quantity.is_finite()) or price <= 0 or quantity < 0:
            raise ProtocolBroken(f"a level of {event.product_id}: {quantity} at {price}")
        level = Level(Price(price), Quantity(quantity))
        if update.side == "bid":
            bids.append(level)
        elif update.side == "offer":
            asks.append(level)
        else:
            raise ProtocolBroken(f"expected bid or offer, was {update.side[:40]!r}")
    kind = _BOOK_KINDS.get(event.type)
    if kind is None:
        raise ProtocolBroken(f"expected snapshot or update, was {event.type[:40]!r}")
    return kind(ProductId(event.product_id), tuple(bids), tuple(asks))


def _read_trades(raw: msgspec.Raw) -> tuple[MarketEvent, ...]:
    return tuple(
        TradesPrinted(
            tuple(_trade(trade) for trade in reversed(event.trades)), event.type == "snapshot"
        )
        for event in _trades.decode(raw)
    )


def _trade(trade: wire.PublicTrade) -> Trade:
    return Trade(
        ProductId(trade.product_id),
        trade.trade_id,
        Price(_above_zero(trade.price)),
        Quantity(_above_zero(trade.size)),
        side(trade.side),
        instant(trade.time),
    )


def _above_zero(value: Decimal) -> Decimal:
    if not value.is_finite() or value <= 0:
        raise ProtocolBroken(f"a trade with {value}")
    return value


def _read_heartbeats(raw: msgspec.Raw) -> tuple[MarketEvent, ...]:
    return tuple(HeartbeatSeen(_counter(each)) for each in _heartbeats.decode(raw))


def _counter(event: wire.HeartbeatEvent) -> int:
    try:
        return int(event.heartbeat_counter)
    except ValueError as error:
        raise ProtocolBroken("a heartbeat counter is no number") from error


def _read_subscriptions(raw: msgspec.Raw) -> tuple[MarketEvent, ...]:
    return tuple(
        SubscriptionsSeen(
            tuple((name, tuple(products)) for name, products in event.subscriptions.items())
        )
        for event in _subscriptions.decode(raw)
    )


def _order(order: wire.UserOrder) -> OrderSeen:
    return OrderSeen(
        order_id=order.order_id,
        client_order_id=order.client_order_id,
        product=ProductId(order.product_id),
        side=side(order.order_side),
        status=status(order.status),
        filled=Quantity(number_or_zero(order.cumulative_quantity)),
        created_ns=instant_or_none(order.creation_time),
    )


_BOOK_KINDS: dict[str, type[BookSnapshotSeen] | type[BookChanged]] = {
    "snapshot": BookSnapshotSeen,
    "update": BookChanged,
}
_EVENTS: dict[str, Callable[[msgspec.Raw], tuple[MarketEvent, ...]]] = {
    "l2_data": _read_books,
    "market_trades": _read_trades,
    "heartbeats": _read_heartbeats,
    SUBSCRIPTIONS: _read_subscriptions,
}
