"""For each product the sizes that an entry may have, and the equity from which it may have any.

Counted with nothing held: what is held already takes its part of each cap.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import ROUND_CEILING, Decimal

from attrs import evolve, frozen

from domain.model.figures import money
from domain.model.money import ONE, Amount, Price, Rate, notional
from domain.model.product import Product, ProductId
from domain.risk.feasibility import smallest_cost
from domain.risk.mandate import Mandate
from domain.risk.order_bound import HUNDRED, OrderBound, Prospect
from domain.risk.rule import EntryRule
from domain.risk.sizing import smallest_quantity

WANTED = 3
"""Products that should be tradable: with fewer a start says from which equity on they are."""
CENT = Decimal("0.01")
NO_EQUITY = Decimal("Infinity")
"""In place of the equity from which a product can be bought, where no equity opens it."""
CRASH = "universe.regime"
"""What closes everything while the market counts as a crash."""


@frozen(kw_only=True)
class OfferedProduct:
    """A product, its price (None: not known, then steps are taken for fine) and its tier."""

    product: Product
    tier: str
    price: Price | None = None


@frozen
class Bidder:
    """A strategy that may buy, and how far below its entry it stops."""

    strategy: str
    stop_loss_pct: Decimal


@frozen(kw_only=True)
class Means:
    """With what entries are judged: equity, taker rate, the regime's multiplier and the rules."""

    nlv: Amount
    taker: Rate
    multiplier: Decimal
    mandate: Mandate
    rules: tuple[EntryRule, ...]


@frozen(kw_only=True)
class OrderSizes:
    """What an entry of a product may cost: from `smallest` to `largest`, fees included.

    `binding` is the key that makes it no larger; if that is below `smallest`, nothing can be
    bought, and `opens_at` is the equity from which it can: None where more money does not help,
    but `shut_by`, the key that shuts it whatever the equity.
    """

    product: ProductId
    tier: str
    strategy: str
    smallest: Amount
    largest: Amount
    binding: str
    opens_at: Amount | None
    shut_by: str = ""

    @property
    def is_open(self) -> bool:
        """Tell whether an entry of any size is legal."""
        return self.smallest <= self.largest


def order_sizes(
    listings: Iterable[OfferedProduct], bidders: Iterable[Bidder], means: Means
) -> tuple[OrderSizes, ...]:
    """Return the sizes of each product, for the strategy that gets the most room in it.

    Nothing is returned where there is no strategy.
    """
    buyers = tuple(bidders)
    found = ((_sizes(each, buyer, means) for buyer in buyers) for each in listings)
    return tuple(min(sizes, key=_ease) for sizes in found) if buyers else ()


def equity_for(sizes: Iterable[OrderSizes], count: int) -> Amount | None:
    """Return the equity from which `count` of the products can be bought; None: no equity does."""
    needed = sorted(each.opens_at for each in sizes if each.opens_at is not None)
    return needed[count - 1] if 0 < count <= len(needed) else None


def shortfall(sizes: Iterable[OrderSizes], nlv: Amount, currency: str) -> str | None:
    """Return in a sentence that fewer than `WANTED` products can be bought, None if enough can.

    Of a venue with fewer products all have to be tradable.
    """
    known = tuple(sizes)
    wanted = min(WANTED, len(known))
    tradable = sum(each.is_open for each in known)
    if tradable >= wanted:
        return None
    closed = min((each for each in known if not each.is_open), key=_ease)
    needed = equity_for(known, wanted)
    cure = (
        f"no equity opens {wanted}: {_shut(known)}"
        if needed is None
        else f"{wanted} are tradable from {money(needed)} {currency} on"
    )
    smallest, largest = money(cents_up(closed.smallest)), money(closed.largest)
    return (
        f"with {money(nlv)} {currency} {tradable} of {len(known)} products can be bought; "
        f"{closed.product} needs {smallest} an entry, {closed.binding} allows {largest}; {cure}"
    )


def _shut(sizes: Iterable[OrderSizes]) -> str:
    """Return what shuts products whatever the equity, each key once."""
    keys = dict.fromkeys(each.shut_by for each in sizes if each.shut_by)
    return f"see {', '.join(keys)}"


def _ease(sizes: OrderSizes) -> tuple[Decimal, Decimal, str]:
    """Return how easily a product is bought: the least equity first, then the widest room."""
    needed = NO_EQUITY if sizes.opens_at is None else sizes.opens_at
    return needed, -sizes.largest, sizes.strategy


def _sizes(listing: OfferedProduct, bidder: Bidder, means: Means) -> OrderSizes:
    product = listing.product
    smallest = _smallest(listing, bidder, means.taker)
    prospect = Prospect(
        product=product.id,
        tier=listing.tier,
        strategy=bidder.strategy,
        nlv=means.nlv,
        multiplier=means.multiplier,
        mandate=means.mandate,
    )
    bounds = (*_bounds(prospect, means.rules), *_of_venue(listing, means.taker))
    if not means.multiplier > 0:
        bounds = (OrderBound(key=CRASH, most=Amount(Decimal(0)), grows=False),)
    tightest = min(bounds, key=lambda each: each.most)
    shut_by = next((each.key for each in bounds if _shuts(each, smallest)), "")
    return OrderSizes(
        product=product.id,
        tier=listing.tier,
        strategy=bidder.strategy,
        smallest=smallest,
        largest=tightest.most,
        binding=tightest.key,
        opens_at=None if shut_by else _opens_at(smallest, prospect, means.rules),
        shut_by=shut_by,
    )


def _shuts(bound: OrderBound, smallest: Amount) -> bool:
    """Tell whether a bound is too small for any entry, and stays so however much equity there is.

    A share of nothing never grows.
    """
    return bound.most < smallest and (not bound.grows or not bound.most > 0)


def _bounds(prospect: Prospect, rules: Iterable[EntryRule]) -> Iterator[OrderBound]:
    for rule in rules:
        yield from rule.bounds(prospect)
    allotment = prospect.mandate.allotment
    if allotment is not None:
        yield OrderBound(key="policy.capital.allotment", most=allotment, grows=False)
    yield OrderBound(key="equity", most=prospect.nlv, grows=True)


def _of_venue(listing: OfferedProduct, taker: Rate) -> Iterator[OrderBound]:
    product, price = listing.product, listing.price
    most = Amount(product.quote_max * (ONE + taker))
    yield OrderBound(key="quote_max of the venue", most=most, grows=False)
    if price is not None:
        most = Amount(notional(price, product.quantity_down(product.base_max)) * (ONE + taker))
        yield OrderBound(key="base_max of the venue", most=most, grows=False)


def _opens_at(smallest: Amount, prospect: Prospect, rules: tuple[EntryRule, ...]) -> Amount:
    """Return the equity at which every bound that grows allows the smallest entry.

    What grows does so in step with equity, so a bound at an equity of 100 says its share.
    """
    at_hundred = evolve(prospect, nlv=Amount(HUNDRED))
    least = min(each.most for each in _bounds(at_hundred, rules) if each.grows)
    return cents_up(Amount(smallest / least * HUNDRED))


def _smallest(listing: OfferedProduct, bidder: Bidder, taker: Rate) -> Amount:
    product, price = listing.product, listing.price
    if price is None:
        return smallest_cost(product.quote_min, bidder.stop_loss_pct, taker)
    quantity = smallest_quantity(product, price, bidder.stop_loss_pct, taker)
    return Amount(notional(price, quantity) * (ONE + taker))


def cents_up(amount: Amount) -> Amount:
    """Return an amount that is enough: rounded up to a cent."""
    return Amount(amount.quantize(CENT, ROUND_CEILING))
