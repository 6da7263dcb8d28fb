"""Orders and fills as the venue keeps them."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Any

import attrs
from attrs import frozen

from adapters.venue.engine.accounts import EXACT
from domain.money import ZERO
from domain.product import ProductId, Side


class Kind(StrEnum):
    """The key of an order configuration that this venue takes."""

    MARKET_IOC = "market_market_ioc"
    LIMIT_GTC = "limit_limit_gtc"
    LIMIT_GTD = "limit_limit_gtd"
    LIMIT_IOC = "sor_limit_ioc"

    @property
    def is_market(self) -> bool:
        """Tell whether the order has no price."""
        return self is Kind.MARKET_IOC

    @property
    def rests(self) -> bool:
        """Tell whether what is not filled on arrival goes into the book."""
        return self in (Kind.LIMIT_GTC, Kind.LIMIT_GTD)

    @property
    def time_in_force(self) -> str:
        """Return the venue's name of how long the order lives."""
        return _TIME_IN_FORCE[self]


_TIME_IN_FORCE = {
    Kind.MARKET_IOC: "IMMEDIATE_OR_CANCEL",
    Kind.LIMIT_IOC: "IMMEDIATE_OR_CANCEL",
    Kind.LIMIT_GTC: "GOOD_UNTIL_CANCELLED",
    Kind.LIMIT_GTD: "GOOD_UNTIL_DATE_TIME",
}


class Status(StrEnum):
    """Where an order stands, in the venue's words."""

    PENDING = "PENDING"
    OPEN = "OPEN"
    FILLED = "FILLED"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"

    @property
    def is_final(self) -> bool:
        """Tell whether nothing can happen to the order any more."""
        return self not in (Status.PENDING, Status.OPEN)


class Liquidity(StrEnum):
    """Whether a fill rested or took."""

    MAKER = "MAKER"
    TAKER = "TAKER"


@attrs.define(kw_only=True, eq=False)
class Order:
    """One accepted order; `number` counts all orders of this world in the order of acceptance."""

    number: int
    order_id: str
    client_order_id: str
    product: ProductId
    side: Side
    kind: Kind
    configuration: dict[str, Any]
    limit_price: Decimal | None
    base_size: Decimal | None
    quote_size: Decimal | None
    post_only: bool
    end_ns: int | None
    maker_rate: Decimal
    taker_rate: Decimal
    created_ns: int
    updated_ns: int
    status: Status = Status.PENDING
    filled: Decimal = ZERO
    value: Decimal = ZERO
    fees: Decimal = ZERO
    fills: int = 0
    last_fill_ns: int | None = None
    message: str = ""

    @property
    def leaves(self) -> Decimal:
        """Return the base quantity that is still to be filled (orders sized in base)."""
        return EXACT.subtract(self.base_size or ZERO, self.filled)

    @property
    def hold(self) -> Decimal:
        """Return what the order holds: quote with the taker's fee for a buy, base for a sale."""
        if self.status is not Status.OPEN or self.limit_price is None:
            return ZERO
        if self.side is Side.SELL:
            return self.leaves
        return cost(self.limit_price, self.leaves, self.taker_rate)


@frozen(kw_only=True)
class Fill:
    """One execution of one of our orders; quantity in base, commission in quote currency."""

    number: int
    entry_id: str
    trade_id: str
    order_id: str
    product: ProductId
    side: Side
    kind: Kind
    price: Decimal
    quantity: Decimal
    commission: Decimal
    liquidity: Liquidity
    at_ns: int
    sized_in_quote: bool


def cost(price: Decimal, quantity: Decimal, rate: Decimal) -> Decimal:
    """Return what buying `quantity` at `price` takes from the quote balance, fee included."""
    value = EXACT.multiply(price, quantity)
    return EXACT.add(value, EXACT.multiply(value, rate))
