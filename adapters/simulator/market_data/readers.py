"""What another venue's public data say, entry by entry: an odd one is left out and named."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from attrs import frozen

from adapters.simulator.market_data.members import above_zero, from_zero, named, word
from domain.model.entries import Entries, EntryKind, read_each
from domain.model.errors import ProtocolBroken
from domain.model.instants import SECOND, Nanos, parse_iso
from domain.model.market import Bar, Trade
from domain.model.money import Price, Quantity
from domain.model.product import ProductId, Side

_SIDES = {"bid": True, "offer": False}
_KINDS = {"snapshot": True, "update": False}


@frozen
class BookChange:
    """New quantities of a product's levels: whether it is a bid, price, quantity."""

    product: ProductId
    is_snapshot: bool
    levels: tuple[tuple[bool, Decimal, Decimal], ...]


def bars_in(product: ProductId, body: bytes | str) -> Entries[Bar]:
    """Return the candles of an answer.

    Raises:
        AttributeError, KeyError, TypeError, ValueError: it is no such answer.
    """
    listed = _list(json.loads(body)["candles"])
    return read_each(EntryKind.CANDLE, listed, lambda each: _bar(product, each), named)


def changes_in(events: object) -> Entries[BookChange]:
    """Return the changes of books in a frame. Raises TypeError: these are no events."""
    return read_each(EntryKind.BOOK, _list(events), _change, named)


def trades_in(events: object) -> Entries[Trade]:
    """Return the new trades in a frame, in order. Raises TypeError: these are no events."""
    of_events = read_each(EntryKind.EVENT, _list(events), _new_trades, named)
    read: list[Trade] = []
    unread = list(of_events.unread)
    for trades in of_events.read:
        found = read_each(EntryKind.TRADE, reversed(trades), _trade, named)
        read += found.read
        unread += found.unread
    return Entries(tuple(read), tuple(unread))


def _list(value: object) -> Sequence[Any]:
    if not isinstance(value, list):
        raise TypeError("expected a list")
    return value


def _bar(product: ProductId, item: Mapping[str, Any]) -> Bar:
    opened, high, low, close = (
        Price(above_zero(item, name)) for name in ("open", "high", "low", "close")
    )
    start = word(item, "start")
    if not (start.isascii() and start.isdigit() and len(start) <= 11):
        raise ProtocolBroken("start: expected seconds since 1970")
    volume = Quantity(from_zero(item, "volume"))
    bar = Bar(product, Nanos(int(start) * SECOND), opened, high, low, close, volume)
    if not bar.is_consistent:
        raise ProtocolBroken("expected high and low to hold open and close between them")
    return bar


def _change(event: Mapping[str, Any]) -> BookChange:
    is_snapshot = _KINDS.get(word(event, "type"))
    if is_snapshot is None:
        raise ProtocolBroken("type: expected snapshot or update")
    levels = tuple(_level(each) for each in _list(event.get("updates")))
    return BookChange(ProductId(word(event, "product_id")), is_snapshot, levels)


def _level(update: Mapping[str, Any]) -> tuple[bool, Decimal, Decimal]:
    is_bid = _SIDES.get(word(update, "side"))
    if is_bid is None:
        raise ProtocolBroken("side: expected bid or offer")
    return is_bid, above_zero(update, "price_level"), from_zero(update, "new_quantity")


def _new_trades(event: Mapping[str, Any]) -> Sequence[Any] | None:
    """Return the trades of an update; a snapshot repeats trades of before."""
    kind = _KINDS.get(word(event, "type"))
    if kind is None:
        raise ProtocolBroken("type: expected snapshot or update")
    return None if kind else _list(event.get("trades"))


def _trade(item: Mapping[str, Any]) -> Trade:
    if item.get("side") not in (Side.BUY, Side.SELL):
        raise ProtocolBroken("side: expected BUY or SELL")
    return Trade(
        ProductId(word(item, "product_id")),
        word(item, "trade_id"),
        Price(above_zero(item, "price")),
        Quantity(above_zero(item, "size")),
        Side(item["side"]),
        parse_iso(word(item, "time")),
    )
