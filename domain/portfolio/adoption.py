"""Foreign coins that their owner hands over: what is asked for, and what keeps it from that."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from attrs import frozen

from domain.model.errors import InvalidNumber, TradingError
from domain.model.money import ZERO, Amount, Price, Quantity, parse_decimal, plain
from domain.model.portfolio import AccountBalance, Lot
from domain.model.product import Product, ProductId, Side, base_of
from domain.model.spelling import product_meant

PARTS = ("quantity", "cost", "stop")


class AdoptionInvalid(TradingError):
    """What was asked for is no adoption; the text says why."""


@frozen
class Adoption:
    """`quantity` of a product that shall be a lot which has cost `cost` and is sold at `stop`."""

    product: ProductId
    quantity: Quantity
    cost: Amount
    stop: Price

    def __str__(self) -> str:
        """Return it as `adoption_of` reads it."""
        return f"{self.product} {plain(self.quantity)} {plain(self.cost)} {plain(self.stop)}"


def adoption_of(text: str) -> Adoption:
    """Return what is written in `text`: product, quantity, cost and stop.

    Raises:
        AdoptionInvalid: it is not that, or a number is not above zero.
    """
    words = text.split()
    if len(words) != 1 + len(PARTS):
        raise AdoptionInvalid(f"expected product, quantity, cost and stop, was {text[:80]!r}")
    numbers = [_positive(name, word) for name, word in zip(PARTS, words[1:], strict=True)]
    quantity, cost, stop = numbers
    return Adoption(ProductId(words[0]), Quantity(quantity), Amount(cost), Price(stop))


def hindrance(
    wanted: Adoption,
    products: Iterable[Product],
    accounts: Sequence[AccountBalance],
    lots: Iterable[Lot],
    unsettled: Iterable[tuple[ProductId, Side]],
) -> str:
    """Return why foreign coins can't become this lot, "" if they can.

    Foreign is what the venue holds of the coin, free of foreign orders, and no lot of ours owns.
    """
    known = {each.id: each for each in products}
    if not known:
        return "the venue's catalogue is not known here; stop and start again"
    product = known.get(wanted.product)
    if product is None:
        return f"the venue has no {wanted.product}{product_meant(wanted.product, known)}"
    base = product.base
    if any(base_of(each) == base for each, _ in unsettled):
        return f"an order of ours in {base} is not settled yet; try again"
    if product.sale_of(wanted.quantity) != wanted.quantity:
        return f"{base} is sold in steps of {plain(product.base_increment)}"
    free = sum((each.available for each in accounts if each.currency == base), Decimal(ZERO))
    owned = sum((lot.held for lot in lots if base_of(lot.product) == base), Decimal(ZERO))
    foreign = max(free - owned, ZERO)
    if wanted.quantity > foreign:
        return f"{plain(foreign)} {base} at the venue are free and not ours"
    if not product.can_sell(wanted.quantity, wanted.stop):
        minimum = f"{plain(product.base_min)} {base} and {plain(product.quote_min)} {product.quote}"
        return f"at its stop it could not be sold: the venue sells from {minimum} on"
    return ""


def _positive(name: str, text: str) -> Decimal:
    try:
        number = parse_decimal(text)
    except InvalidNumber as error:
        raise AdoptionInvalid(f"{name}: {error}") from error
    if not number > 0:
        raise AdoptionInvalid(f"{name}: expected a number above zero, was {text}")
    return number
