"""Which sizes of entries a configuration leaves open, for products that run or might run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from itertools import groupby
from typing import Any

from app.run.settings import mandate_of
from config.effective import Config
from config.sanity import stops_of
from domain.messages.supervision import BootCompleted
from domain.model import figures
from domain.model.context import Regime
from domain.model.money import Amount, Rate, plain
from domain.model.product import Action, Product, ProductId, base_of
from domain.risk.feasibility import USUAL_MINIMUM, USUAL_TAKER
from domain.risk.order_sizes import (
    Bidder,
    Means,
    OfferedProduct,
    OrderSizes,
    cents_up,
    order_sizes,
    shortfall,
)
from domain.universe.limits import strictest_first

SHOWN_REGIMES = (Regime.CHOP, Regime.BEAR, Regime.BULL)
FINE, LARGE = Decimal("0.00000001"), Decimal(10**9)
"""Steps and largest orders of a product of which only the name is known."""
HEAD = ("tier", "smallest", "largest", "bound by", "tradable from", "products")


def means_of(config: Config, nlv: Amount, taker: Rate, regime: Regime) -> Means:
    """Return with what this configuration judges entries."""
    return Means(
        nlv=nlv,
        taker=taker,
        multiplier=regime.multiplier,
        mandate=mandate_of(config),
        rules=config.policy.rules,
    )


def bidders_of(config: Config) -> tuple[Bidder, ...]:
    """Return the enabled strategies with their stops."""
    names = [name for name, spec in config.strategies.items() if spec.enabled]
    return tuple(map(Bidder, names, stops_of(config.strategies)))


def usual_sizes(config: Config, nlv: Amount, regime: Regime) -> tuple[OrderSizes, ...]:
    """Return the sizes of each product of a theme in each tier, by usual minimum and fees.

    Which tier a product is in only the market shows.
    """
    universe, quote = config.universe, config.app.quote.value
    bases = {base for members in universe.themes.values() for base in members}
    listings = [
        OfferedProduct(product=_usual(base, quote), tier=tier)
        for tier in strictest_first(universe.tiers)
        for base in sorted(bases - set(universe.never_trade))
    ]
    means = means_of(config, nlv, USUAL_TAKER, regime)
    return order_sizes(listings, bidders_of(config), means)


def sizes_at_start(
    config: Config, boot: BootCompleted, status: Mapping[str, object]
) -> tuple[OrderSizes, ...]:
    """Return the sizes of the venue's products that are open, at the equity that there is.

    A product that nobody has judged yet counts as one of the best tier, so that nobody is told of
    a shortage that there is not.
    """
    equity = status.get("equity")
    if not isinstance(equity, str):
        return ()
    tiers, best = _tiers(status.get("universe")), next(iter(strictest_first(config.universe.tiers)))
    never = config.universe.never_trade
    listings = [
        OfferedProduct(product=each, tier=tiers.get(each.id, best))
        for each in boot.products
        if each.flags.allows(Action.REST)
        and each.quote == config.app.quote
        and each.base not in never
    ]
    means = means_of(config, Amount(Decimal(equity)), boot.taker_rate, _regime(status))
    return order_sizes(listings, bidders_of(config), means)


def told_shortfall(config: Config, boot: BootCompleted, status: Mapping[str, object]) -> str | None:
    """Return in a sentence that too few products can be bought with what there is, else None."""
    sizes = sizes_at_start(config, boot, status)
    if not sizes:
        return None
    nlv = Amount(Decimal(str(status["equity"])))
    return shortfall(sizes, nlv, config.app.quote.value)


def document(sizes: Iterable[OrderSizes]) -> list[dict[str, Any]]:
    """Return one row a product and tier; amounts are strings."""
    return [
        {
            "product": each.product,
            "tier": each.tier,
            "strategy": each.strategy,
            "smallest": plain(each.smallest),
            "largest": plain(each.largest),
            "binding": each.binding,
            "tradable": each.is_open,
            "tradable_from": None if each.opens_at is None else plain(each.opens_at),
        }
        for each in sizes
    ]


def table(sizes: Iterable[OrderSizes]) -> list[str]:
    """Return a table for people; products with the same figures share a row."""
    rows: list[tuple[str, ...]] = [HEAD]
    for known, group in groupby(sizes, key=_row):
        bases = [base_of(each.product) for each in group]
        rows.append((*known, f"{len(bases)}: {', '.join(bases)}"))
    widths = [max(map(len, column)) for column in list(zip(*rows, strict=True))[:-1]]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, (*widths, 0), strict=True))
        for row in rows
    ]


def _row(sizes: OrderSizes) -> tuple[str, str, str, str, str]:
    opens = "never" if sizes.opens_at is None else figures.money(sizes.opens_at)
    largest = figures.money(sizes.largest)
    return (
        sizes.tier,
        figures.money(cents_up(sizes.smallest)),
        largest if sizes.is_open else f"none ({largest})",
        sizes.binding,
        opens,
    )


def _usual(base: str, quote: str) -> Product:
    return Product(
        id=ProductId(f"{base}-{quote}"),
        base=base,
        quote=quote,
        price_increment=FINE,
        base_increment=FINE,
        quote_increment=FINE,
        base_min=FINE,
        base_max=LARGE,
        quote_min=USUAL_MINIMUM,
        quote_max=LARGE,
    )


def _tiers(universe: object) -> dict[str, str]:
    """Return the tier of each product that the status says may be bought."""
    rows = universe.get("eligible") if isinstance(universe, Mapping) else None
    return {each["product"]: each["tier"] for each in rows} if isinstance(rows, list) else {}


def _regime(status: Mapping[str, object]) -> Regime:
    found = status.get("regime")
    return Regime(found["regime"]) if isinstance(found, Mapping) else Regime.CHOP
