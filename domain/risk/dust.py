"""Lots that are too small for the venue: what would make one sellable, and how not to make one."""

from __future__ import annotations

from decimal import Decimal

from domain.model.money import Quantity, plain
from domain.model.product import Product


def what_sells(product: Product, quantity: Decimal) -> str:
    """Return what the venue wants of a sale of `quantity` that it does not take now, for people."""
    minimum = (
        f"the venue sells from {plain(product.base_min)} {product.base} and"
        f" {plain(product.quote_min)} {product.quote} on"
    )
    legal = product.sale_of(quantity)
    if not legal > 0 or legal < product.base_min:
        return f"{minimum}; this one when its smallest quantity falls to {plain(quantity)}"
    price = product.price_up(product.quote_min / legal)
    return f"{minimum}; this one from a bid of {plain(price)} on"


def sale_without_dust(product: Product, wanted: Decimal, owned: Decimal, bid: Decimal) -> Quantity:
    """Return how much of `wanted` one order sells at best bid `bid`, of a lot with `owned` left.

    Where that would leave a rest too small to be sold later, as of a lot larger than one order may
    be, it sells less, so that the rest is large enough; if that can't be, as much as it may.
    """
    sold = product.sale_of(wanted)
    rest = owned - sold
    if not product.quantity_down(rest) > 0 or product.can_sell(product.quantity_down(rest), bid):
        return sold
    least = product.quantity_up(max(product.base_min, product.quote_min / bid))
    less = product.quantity_down(owned - least)
    return min(less, sold) if product.can_sell(less, bid) else sold
