"""How a lot is sold, as far as the venue's flags leave a choice (EX1), and how it is protected."""

from __future__ import annotations

from decimal import Decimal

from domain.model.approval import Limit, Market, OrderType, StopLimit
from domain.model.instants import SECOND, Nanos
from domain.model.money import BPS, Price
from domain.model.product import Action, Product

BELOW_BID = Decimal("0.05")
"""How far below the bid a sale may go that has to name a price: an exit has no slippage budget."""
BELOW_STOP = Decimal("0.05")
"""How far below its stop an order that waited for it still sells, as the venue's own brackets do.
What falls through it, the exits sell at any price (PROT1)."""
REST_NS = Nanos(10 * SECOND)
"""Market time for which a sale that may only rest waits before it is priced anew."""


def sale_type(product: Product, bid: Price, reach_bps: int | None = None) -> OrderType | None:
    """Return the type of a sale of `product` at best bid `bid`, None where none is taken.

    By a limit that takes what is bid within `reach_bps` of the bid and is gone, or where there is
    no reach at the market; where that is not taken by a limit far below the bid; else resting one
    step above the bid, as first of those who offer.
    """
    flags = product.flags
    if reach_bps is None and flags.allows_exit(Action.MARKET):
        return Market()
    if flags.allows_exit(Action.LIMIT):
        step = Price(product.price_increment)
        reach = BELOW_BID if reach_bps is None else reach_bps / BPS
        price = max(product.price_down(bid * (1 - reach)), step)
        return Limit(price=price, post_only=False, lifetime_ns=None)
    if flags.allows_exit(Action.REST):
        price = Price(product.price_down(bid) + product.price_increment)
        return Limit(price=price, post_only=True, lifetime_ns=REST_NS)
    return None


def stop_type(product: Product, stop: Price) -> StopLimit:
    """Return the type of an order that protects a lot of `product` whose stop is `stop`."""
    step = Price(product.price_increment)
    at = max(product.price_down(stop), step)
    return StopLimit(stop_price=at, price=max(product.price_down(at * (1 - BELOW_STOP)), step))
