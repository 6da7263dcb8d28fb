"""What can be traded, in which steps, and what the venue's flags allow today."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import NewType

from attrs import fields, frozen

from domain.model.money import Price, Quantity, ceil_to, floor_to

DELISTED = "delisted"
"""Status of a product that is listed and never traded again."""

ProductId = NewType("ProductId", str)
"""A venue market such as BTC-USD."""


def base_of(product: ProductId) -> str:
    """Return the asset that a product buys."""
    return product.rpartition("-")[0]


def quote_of(product: ProductId) -> str:
    """Return the currency that a product is paid in."""
    return product.rpartition("-")[2]


class Side(StrEnum):
    """Direction of an order."""

    BUY = "BUY"
    SELL = "SELL"


class Action(StrEnum):
    """What an order does at the venue, as far as product flags care."""

    REST = "rest"
    """Post-only limit."""
    LIMIT = "limit"
    """Limit that may take."""
    MARKET = "market"


@frozen(kw_only=True)
class ProductFlags:
    """The venue's booleans and status of one product. Source: List Products, read 2026-11."""

    status: str = "online"
    is_disabled: bool = False
    trading_disabled: bool = False
    cancel_only: bool = False
    limit_only: bool = False
    post_only: bool = False
    auction_mode: bool = False
    view_only: bool = False

    @property
    def described(self) -> str:
        """Return status and what is switched on, for people, like "online, cancel_only"."""
        switched = (each.name for each in fields(type(self)) if getattr(self, each.name) is True)
        return ", ".join((self.status, *switched))

    def allows(self, action: Action) -> bool:
        """Tell whether a new order of kind `action` is accepted; anything unknown is a no."""
        closed = (
            self.is_disabled,
            self.trading_disabled,
            self.cancel_only,
            self.auction_mode,
            self.view_only,
        )
        if self.status != "online" or any(closed):
            return False
        if self.post_only:
            return action is Action.REST
        return not (self.limit_only and action is Action.MARKET)


@frozen(kw_only=True)
class Product:
    """One market of the venue: its steps, its limits and its flags.

    `volume_24h` is in quote currency; None: the venue did not say, or says what can't be.
    """

    id: ProductId
    base: str
    quote: str
    price_increment: Decimal
    base_increment: Decimal
    quote_increment: Decimal
    base_min: Decimal
    base_max: Decimal
    quote_min: Decimal
    quote_max: Decimal
    flags: ProductFlags = ProductFlags()
    volume_24h: Decimal | None = None

    def can_sell(self, quantity: Decimal, bid: Decimal) -> bool:
        """Tell whether the venue takes a sale of `quantity`, a legal one, at best bid `bid`."""
        return quantity > 0 and quantity >= self.base_min and quantity * bid >= self.quote_min

    def sale_of(self, quantity: Decimal) -> Quantity:
        """Return as much of `quantity` as one order may sell."""
        return self.quantity_down(min(quantity, self.base_max))

    def price_down(self, price: Decimal) -> Price:
        """Return the nearest legal price at or below `price`."""
        return Price(floor_to(price, self.price_increment))

    def price_up(self, price: Decimal) -> Price:
        """Return the nearest legal price at or above `price`."""
        return Price(ceil_to(price, self.price_increment))

    def quantity_down(self, quantity: Decimal) -> Quantity:
        """Return the nearest legal quantity at or below `quantity`."""
        return Quantity(floor_to(quantity, self.base_increment))

    def quantity_up(self, quantity: Decimal) -> Quantity:
        """Return the nearest legal quantity at or above `quantity`."""
        return Quantity(ceil_to(quantity, self.base_increment))
