"""The one order that a check of the venue may send: the smallest there is, far below the market."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from attrs import frozen

from domain.model.instants import MINUTE
from domain.model.money import Price, Quantity
from domain.model.product import Action, Product, ProductId, Side

DISTANCES = (Decimal("0.5"), Decimal("0.3"), Decimal("0.15"))
"""How far below the best bid, as a fraction, the farthest first: some venues refuse what is far."""
MOST_QUOTE = Decimal(25)
"""The most that it may be worth, in quote currency; a market with a larger minimum gets none."""
LIFE_NS = 5 * MINUTE
"""It is good till then: what becomes of it if this machine dies."""


@frozen(kw_only=True)
class HarmlessOrder:
    """A post-only buy that is not meant to be filled; `price` and `quantity` are legal ones."""

    side: ClassVar[Side] = Side.BUY
    product: ProductId
    price: Price
    quantity: Quantity

    @property
    def worth(self) -> Decimal:
        """What it would cost, in quote currency, without fees."""
        return self.price * self.quantity


def harmless_order(product: Product, bid: Decimal, distance: Decimal) -> HarmlessOrder | str:
    """Return the smallest legal buy at `distance` below the best `bid`, or why there is none."""
    if not product.flags.allows(Action.REST):
        return f"{product.id} takes no resting order now: {product.flags.described}"
    price = product.price_down(bid * (1 - distance))
    if price <= 0:
        return f"{product.id} has no price so far below {bid}"
    least = max(product.base_min, product.quote_min / price, product.base_increment)
    order = HarmlessOrder(product=product.id, price=price, quantity=product.quantity_up(least))
    if order.worth > MOST_QUOTE:
        return f"the smallest order of {product.id} is worth more than {MOST_QUOTE} {product.quote}"
    return order
