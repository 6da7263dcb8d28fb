"""Stream frames from bytes to messages. Prices become exact numbers, never floats."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, TypeVar

import msgspec
from attrs import frozen

from adapters.venues.coinbase import wire
from adapters.venues.coinbase.entries import UNDECODABLE, EachEntry, each, each_whole, member
from adapters.venues.coinbase.flags import flags_of
from adapters.venues.coinbase.values import (
    LARGEST,
    SMALLEST,
    instant,
    instant_or_none,
    not_negative,
    side,
    status,
    text,
)
from domain.messages.market import (
    BookChanged,
    BookLost,
    BookSnapshotSeen,
    HeartbeatSeen,
    MarketEvent,
    MarketFrame,
    OtherFrameSeen,
    ProductStatusSeen,
    SubscriptionsSeen,
    TradesPrinted,
)
from domain.messages.venue import UserFrame
from domain.model.entries import Entries, EntryKind
from domain.model.errors import ProtocolBroken
from domain.model.market import Level, Trade
from domain.model.money import Price, Quantity
from domain.model.orders import OrderSeen
from domain.model.product import ProductId

T = TypeVar("T")
USER = "user"
SUBSCRIPTIONS = "subscriptions"


@frozen
class ErrorFrame:
    """The venue's in-band complaint; it has no sequence number."""

    text: str


_envelope = msgspec.json.Decoder(wire.FrameEnvelope)
_books = msgspec.json.Decoder(list[wire.BookEvent])
_raws = msgspec.json.Decoder(list[msgspec.Raw])
MarketEvents = Entries[MarketEvent]


def decode_market(data: bytes, connection: int) -> MarketFrame | ErrorFrame:
    """Return what one frame of the market stream says.

    Raises:
        ProtocolBroken: it is not a frame of the protocol.
    """
    try:
        envelope = _envelope.decode(data)
        if not envelope.channel:
            return _error(envelope, data)
        sequence, sent_ns = _sequence(envelope), instant(envelope.timestamp)
        read = _EVENTS.get(envelope.channel)
        if read is None:
            return MarketFrame(connection, sequence, sent_ns, (OtherFrameSeen(envelope.channel),))
        found = read(envelope.events)
        return MarketFrame(connection, sequence, sent_ns, found.read, found.unread)
    except UNDECODABLE as error:
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
        is_of_orders = envelope.channel == USER
        events = _user_events(_raws.decode(envelope.events)) if is_of_orders else Entries()
        orders = [_orders(event.orders) for event in events.read]
        return UserFrame(
            connection,
            _sequence(envelope),
            instant(envelope.timestamp),
            tuple(order for each_one in orders for order in each_one.read),
            any(event.type == "snapshot" for event in events.read),
            (*events.unread, *(order for each_one in orders for order in each_one.unread)),
        )
    except UNDECODABLE as error:
        raise ProtocolBroken(f"not a user frame: {error}") from error


def _error(envelope: wire.FrameEnvelope, data: bytes) -> ErrorFrame:
    if envelope.type != "error":
        raise ProtocolBroken(f"neither data nor error: {data[:80]!r}")
    return ErrorFrame(envelope.message or "error without a text")


def _sequence(envelope: wire.FrameEnvelope) -> int:
    if envelope.sequence_num < 0:
        raise ProtocolBroken(f"a frame of {envelope.channel[:40]!r} has no sequence number")
    return envelope.sequence_num


def _read_books(raw: msgspec.Raw) -> MarketEvents:
    try:
        return Entries(tuple([_book(event) for event in _books.decode(raw)]))
    except (*UNDECODABLE, ProtocolBroken):
        return _read_books_singly(raw)


def _read_books_singly(raw: msgspec.Raw) -> MarketEvents:
    """Read a frame of which something is odd: a book that can't be followed is given up.

    Raises:
        ProtocolBroken: nobody knows which book that is, so all of them are.
    """
    found = _book_events(_raws.decode(raw))
    nameless = [unread.reason for unread in found.unread if not unread.name]
    if nameless:
        raise ProtocolBroken(f"a change of some book: {nameless[0]}")
    lost: list[MarketEvent] = [
        BookLost(ProductId(each_one.name), each_one.reason) for each_one in found.unread
    ]
    return Entries(found.read + tuple(lost), found.unread)


def _book(event: wire.BookEvent) -> MarketEvent:
    bids: list[Level] = []
    asks: list[Level] = []
    for update in event.updates:
        price, quantity = update.price_level, update.new_quantity
        if not (price.is_finite() and SMALLEST <= price <= LARGEST):
            raise ProtocolBroken(f"price_level: expected a price, was {price}")
        if not (quantity.is_finite() and (quantity == 0 or SMALLEST <= quantity <= LARGEST)):
            raise ProtocolBroken(f"new_quantity: expected a number from zero, was {quantity}")
        level = Level(Price(price), Quantity(quantity))
        if update.side == "bid":
            bids.append(level)
        elif update.side == "offer":
            asks.append(level)
        else:
            raise ProtocolBroken(f"side: expected bid or offer, was {update.side[:40]!r}")
    kind = _BOOK_KINDS.get(event.type)
    if kind is None:
        raise ProtocolBroken(f"type: expected snapshot or update, was {event.type[:40]!r}")
    return kind(ProductId(member("product_id", text, event.product_id)), tuple(bids), tuple(asks))


def _read_trades(raw: msgspec.Raw) -> MarketEvents:
    events = _trade_events(_raws.decode(raw))
    read: list[MarketEvent] = []
    unread = list(events.unread)
    for event in events.read:
        found = _trades(event.trades)
        once = {(trade.product, trade.trade_id): trade for trade in reversed(found.read)}
        oldest_first = sorted(once.values(), key=lambda trade: trade.at_ns)
        read.append(TradesPrinted(tuple(oldest_first), event.type == "snapshot"))
        unread += found.unread
    return Entries(tuple(read), tuple(unread))


def _trade(trade: wire.PublicTrade) -> Trade:
    return Trade(
        ProductId(member("product_id", text, trade.product_id)),
        member("trade_id", text, trade.trade_id),
        Price(_above_zero("price", trade.price)),
        Quantity(_above_zero("size", trade.size)),
        member("side", side, trade.side),
        member("time", instant, trade.time),
    )


def _above_zero(name: str, value: Decimal) -> Decimal:
    if not (value.is_finite() and SMALLEST <= value <= LARGEST):
        raise ProtocolBroken(f"{name}: expected a number above zero, was {value}")
    return value


def _read_statuses(raw: msgspec.Raw) -> MarketEvents:
    events = _status_events(_raws.decode(raw))
    read: list[MarketEvent] = []
    unread = list(events.unread)
    for event in events.read:
        found = _statuses(event.products)
        read += found.read or (OtherFrameSeen("status"),)  # a sign of life that says nothing
        unread += found.unread
    return Entries(tuple(read), tuple(unread))


def _status(form: wire.ProductStatus, said: Mapping[str, Any]) -> MarketEvent:
    return ProductStatusSeen(ProductId(member("id", text, form.id)), flags_of(said))


def _heartbeat(event: wire.HeartbeatEvent) -> MarketEvent:
    try:
        return HeartbeatSeen(int(event.heartbeat_counter))
    except ValueError as error:
        raise ProtocolBroken("heartbeat_counter: expected a number") from error


def _subscription(event: wire.SubscriptionsEvent) -> MarketEvent:
    channels = event.subscriptions.items()
    return SubscriptionsSeen(tuple((name, tuple(products)) for name, products in channels))


def _order(order: wire.UserOrder) -> OrderSeen:
    return OrderSeen(
        order_id=member("order_id", text, order.order_id),
        client_order_id=member("client_order_id", text, order.client_order_id),
        product=ProductId(member("product_id", text, order.product_id)),
        side=member("order_side", side, order.order_side),
        status=status(order.status),
        filled=Quantity(member("cumulative_quantity", not_negative, order.cumulative_quantity)),
        created_ns=member("creation_time", instant_or_none, order.creation_time),
    )


def _same(event: T) -> T:
    return event


def _singly(read: EachEntry[MarketEvent]) -> Callable[[msgspec.Raw], MarketEvents]:
    return lambda raw: read(_raws.decode(raw))


_book_events: EachEntry[MarketEvent] = each(EntryKind.BOOK, wire.BookEvent, _book)
_trade_events = each(EntryKind.EVENT, wire.TradesEvent, _same)
_trades = each(EntryKind.TRADE, wire.PublicTrade, _trade)
_status_events = each(EntryKind.EVENT, wire.StatusEvent, _same)
_statuses: EachEntry[MarketEvent] = each_whole(EntryKind.PRODUCT, wire.ProductStatus, _status)
_user_events = each(EntryKind.EVENT, wire.UserEvent, _same)
_orders = each(EntryKind.ORDER, wire.UserOrder, _order)
_BOOK_KINDS: dict[str, type[BookSnapshotSeen] | type[BookChanged]] = {
    "snapshot": BookSnapshotSeen,
    "update": BookChanged,
}
_EVENTS: dict[str, Callable[[msgspec.Raw], MarketEvents]] = {
    "l2_data": _read_books,
    "market_trades": _read_trades,
    "status": _read_statuses,
    "heartbeats": _singly(each(EntryKind.EVENT, wire.HeartbeatEvent, _heartbeat)),
    SUBSCRIPTIONS: _singly(each(EntryKind.EVENT, wire.SubscriptionsEvent, _subscription)),
}
