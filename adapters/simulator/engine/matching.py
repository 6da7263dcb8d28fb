"""Who trades with whom: plans for orders that take, shares of public trades for those that rest.

A plan walks levels that the caller shows it; it never changes them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import ROUND_DOWN, Context, Decimal

from attrs import frozen

from adapters.simulator.engine.accounts import EXACT
from adapters.simulator.engine.orders import VenueOrder
from domain.model.market import Level, Trade
from domain.model.money import ZERO, Price, Quantity
from domain.model.product import Side

_DIVISION = Context(prec=60, rounding=ROUND_DOWN)
_SIXTEEN_DECIMALS = Decimal("1e-16")


@frozen
class FillPlan:
    """What an order takes from the book on arrival."""

    takes: tuple[Level, ...]
    met_own: bool
    """It came upon a resting order of its own account and must stop there."""
    complete: bool
    """Nothing is left that the book could still have filled."""

    @property
    def quantity(self) -> Decimal:
        """Return the base quantity taken."""
        return _sum(take.quantity for take in self.takes)

    @property
    def value(self) -> Decimal:
        """Return the quote amount of what is taken, before fees."""
        return _sum(EXACT.multiply(take.price, take.quantity) for take in self.takes)


NOTHING = FillPlan((), met_own=False, complete=False)
"""The plan of an order that takes nothing."""


def plan_base(
    side: Side,
    levels: Sequence[Level],
    quantity: Decimal,
    limit: Decimal | None,
    own: Decimal | None,
) -> FillPlan:
    """Return how a `side` order of `quantity` base walks `levels`, best first, up to `limit`.

    `own` is the best price at which our own account rests on that side: a level at that price
    comes first, then the walk stops.
    """
    takes: list[Level] = []
    left = quantity
    for level in levels:
        if left == 0 or not _within(side, level.price, limit) or _beyond(side, level.price, own):
            break
        take = min(left, level.quantity)
        takes.append(Level(level.price, Quantity(take)))
        left = EXACT.subtract(left, take)
    met_own = left > 0 and own is not None and _within(side, own, limit)
    return FillPlan(tuple(takes), met_own, left == 0)


def plan_quote(
    levels: Sequence[Level],
    amount: Decimal,
    rate: Decimal,
    step: Decimal,
    limit: Decimal | None,
    own: Decimal | None,
) -> FillPlan:
    """Return how a buy for `amount` quote currency, fees at `rate` included, walks `levels`.

    The money for goods is amount / (1 + rate) cut to 16 decimals; at each level it buys a
    whole number of base increments `step`, so a little may stay unspent.
    """
    takes: list[Level] = []
    money = _DIVISION.divide(amount, 1 + rate).quantize(_SIXTEEN_DECIMALS, ROUND_DOWN, _DIVISION)
    complete = False
    for level in levels:
        buys = not _beyond(Side.BUY, level.price, own)
        if complete or not buys or not _within(Side.BUY, level.price, limit):
            break
        steps = _DIVISION.divide_int(money, EXACT.multiply(level.price, step))
        affordable = EXACT.multiply(steps, step)
        complete = affordable <= level.quantity
        take = min(affordable, level.quantity)
        if take > 0:
            takes.append(Level(level.price, Quantity(take)))
            money = EXACT.subtract(money, EXACT.multiply(take, level.price))
    met_own = not complete and own is not None and _within(Side.BUY, own, limit)
    return FillPlan(tuple(takes), met_own, complete)


def shares(orders: Sequence[VenueOrder], trade: Trade) -> list[tuple[VenueOrder, Decimal]]:
    """Return what each of our resting `orders` (one side, best first) gets of a public trade.

    Only a price strictly through an order's limit proves that the queue before it was filled;
    together the orders never get more than the trade's quantity. An order accepted after the
    trade gets nothing.
    """
    found: list[tuple[VenueOrder, Decimal]] = []
    left: Decimal = trade.quantity
    for order in orders:
        if left == 0 or not _passed(order, trade.price):
            break
        if order.priority[0] > trade.at_ns:
            continue
        share = min(order.leaves, left)
        left = EXACT.subtract(left, share)
        found.append((order, share))
    return found


def _passed(order: VenueOrder, price: Decimal) -> bool:
    limit = order.limit_price or ZERO
    return price < limit if order.side is Side.BUY else price > limit


def _within(side: Side, price: Decimal, limit: Decimal | None) -> bool:
    if limit is None:
        return True
    return price <= limit if side is Side.BUY else price >= limit


def _beyond(side: Side, price: Decimal, own: Decimal | None) -> bool:
    if own is None:
        return False
    return price > own if side is Side.BUY else price < own


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    total = ZERO
    for amount in amounts:
        total = EXACT.add(total, amount)
    return total


def after_takes(levels: Sequence[Level], takes: Iterable[Level]) -> tuple[Level, ...]:
    """Return `levels` less what was taken from them at the same prices."""
    taken: dict[Decimal, Decimal] = {}
    for take in takes:
        taken[take.price] = EXACT.add(taken.get(take.price, ZERO), take.quantity)
    left = []
    for level in levels:
        gone = taken.get(level.price)
        if gone is None:
            left.append(level)
        elif gone < level.quantity:
            rest = EXACT.subtract(level.quantity, gone)
            left.append(Level(Price(level.price), Quantity(rest)))
    return tuple(left)
