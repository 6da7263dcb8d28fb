"""What can be traded, in which steps, and what the venue's flags allow today."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NewType

from attrs import frozen

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


_RESTING = frozenset({Action.REST})
_LIMITED = frozenset({Action.REST, Action.LIMIT})
_ALL, _NONE = frozenset(Action), frozenset[Action]()

ALLOWED_BY_STATUS: Mapping[str, frozenset[Action]] = MappingProxyType(
    {"online": _ALL, "offline": _NONE, "internal": _NONE, DELISTED: _NONE}
)
"""What the venue takes of new orders in each status of a product that we know."""
ALLOWED_BY_FLAG: Mapping[str, frozenset[Action]] = MappingProxyType(
    {
        "is_disabled": _NONE,
        "trading_disabled": _NONE,
        "cancel_only": _NONE,
        "limit_only": _LIMITED,
        "post_only": _RESTING,
        "auction_mode": _NONE,
        "view_only": _NONE,
    }
)
"""And while a flag is set; of several that are set only what all of them take."""
ONLINE = "online"
NOT_LISTED, NOT_READ = "not in the list of products", "could not be read again"
"""What is unknown of a product that a reading lacks, and of all where there is none."""


@frozen(kw_only=True)
class ProductFlags:
    """The venue's booleans and status of one product. Source: List Products, read 2026-11.

    `unknown` names what the venue says besides and we do not know, or why we can't tell.
    """

    status: str = "online"
    is_disabled: bool = False
    trading_disabled: bool = False
    cancel_only: bool = False
    limit_only: bool = False
    post_only: bool = False
    auction_mode: bool = False
    view_only: bool = False
    unknown: tuple[str, ...] = ()

    @classmethod
    def of(cls, status: str, switched: Iterable[str], unknown: Iterable[str] = ()) -> ProductFlags:
        """Return flags of which these are set."""
        flags: dict[str, Any] = dict.fromkeys(switched, True)
        return cls(status=status, unknown=tuple(unknown), **flags)

    @property
    def switched(self) -> tuple[str, ...]:
        """Return the flags that are set."""
        return tuple(name for name in ALLOWED_BY_FLAG if getattr(self, name))

    @property
    def described(self) -> str:
        """Return status and what is switched on, for people, like "online, cancel_only"."""
        return ", ".join((self.status or "no status", *self.switched, *self.unknown))

    def allows(self, action: Action) -> bool:
        """Tell whether a new order of kind `action` is accepted; anything unknown is a no."""
        return not self.unknown and self.status in ALLOWED_BY_STATUS and self._takes(action)

    def allows_exit(self, action: Action) -> bool:
        """Tell whether a sale of kind `action` may be tried: nothing that we know forbids it.

        What is unknown does not: a sale that the venue refuses costs nothing.
        """
        return self._takes(action)

    def _takes(self, action: Action) -> bool:
        taken = ALLOWED_BY_STATUS.get(self.status, _ALL)
        return action in taken and all(action in ALLOWED_BY_FLAG[name] for name in self.switched)


@frozen(kw_only=True)
class Product:
    """One market of the venue: its steps, its limits and its flags.

    `volume_24h` is in quote currency; None: the venue did not say, or says what can't be. `alias`
    is the product whose book and trades it shares, "" where the market is its own.
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
    alias: str = ""

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
