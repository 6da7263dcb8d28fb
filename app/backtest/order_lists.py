"""What tells one list of orders from another: a hash for each strategy.

Five figures within two percent may hide that other orders were sent; equal hashes say that each
order was the same to the last digit, and came to the same end at the same instant.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from decimal import Decimal

from app.backtest.trail import OrderLine, OrderTrail
from domain.model.approval import Limit, OrderType, StopLimit
from domain.model.money import plain

DIGITS = 16
"""Hexadecimal ones that are kept of each hash."""


def order_hashes(trail: OrderTrail) -> dict[str, str]:
    """Return the beginning of the SHA-256 of each strategy's orders, in the order of sending.

    Names of orders are not part of it: they hold the market's name, and nothing follows from them.
    """
    lists: dict[str, list[str]] = {}
    for line in trail.orders.values():
        lists.setdefault(line.intent.order.strategy, []).append("\t".join(_words(line)))
    return {name: _hash("\n".join(lists[name])) for name in sorted(lists)}


def differing(before: Mapping[str, object], now: Mapping[str, str]) -> tuple[str, ...]:
    """Return the strategies whose list of orders is another one, or is in one of both only."""
    names = before.keys() | now.keys()
    return tuple(sorted(each for each in names if before.get(each) != now.get(each)))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]


def _words(line: OrderLine) -> Iterator[str]:
    order, ended_ns = line.intent.order, line.ended_ns
    yield from (str(line.raised_ns), "" if ended_ns is None else str(ended_ns))
    yield from (order.product, order.side.value, order.purpose.value, _type(order.order_type))
    yield from (plain(each) for each in _amounts(line))
    yield from (line.state.value, line.reason)


def _amounts(line: OrderLine) -> tuple[Decimal, ...]:
    return line.intent.order.quantity, line.filled, line.value, line.fees


def _type(kind: OrderType) -> str:
    match kind:
        case Limit(price=price, post_only=is_post_only, lifetime_ns=lifetime_ns):
            return f"limit {plain(price)} {is_post_only} {lifetime_ns}"
        case StopLimit(stop_price=stop, price=price):
            return f"stop limit {plain(stop)} {plain(price)}"
        case _:
            return "market"
