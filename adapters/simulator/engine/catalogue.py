"""What the venue lists: the market's products, their USDC aliases, and one that is gone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from attrs import evolve

from adapters.simulator.engine.book import VenueBook
from domain.model.product import DELISTED, Product, ProductFlags, ProductId

USDC = "USDC"
_OWN_MARKETS = ("USDC", "USDT", "EURC")
"""Bases whose -USDC market is one of its own at Coinbase."""

GONE = Product(
    id=ProductId("GONE-USD"),
    base="GONE",
    quote="USD",
    price_increment=Decimal("0.0001"),
    base_increment=Decimal("0.1"),
    quote_increment=Decimal("0.01"),
    base_min=Decimal("0.1"),
    base_max=Decimal(1_000_000),
    quote_min=Decimal(1),
    quote_max=Decimal(1_000_000),
    flags=ProductFlags(status=DELISTED, is_disabled=True, trading_disabled=True),
)
"""A delisted product, so that clients meet one before they meet Coinbase's."""


class Catalogue:
    """Products by id; an alias shares market and book with its -USD product, not the currency."""

    def __init__(self, products: Iterable[Product]) -> None:
        self.played: Mapping[ProductId, Product] = {product.id: product for product in products}
        """The products that the market plays."""
        aliases = {
            product.id: alias
            for product in self.played.values()
            if product.quote == "USD" and product.base not in _OWN_MARKETS
            if (alias := ProductId(f"{product.base}-{USDC}")) not in self.played
        }
        self._aliases: Mapping[ProductId, ProductId] = aliases
        self._canonical = {alias: name for name, alias in aliases.items()}
        self.tradable: Mapping[ProductId, Product] = {
            **self.played,
            **{
                alias: evolve(self.played[name], id=alias, quote=USDC)
                for name, alias in aliases.items()
            },
        }
        """What orders may name."""
        self.listed: Mapping[ProductId, Product] = {**self.tradable, GONE.id: GONE}

    def canonical(self, product: ProductId) -> ProductId:
        """Return the product whose market `product` shares: itself unless it is an alias."""
        return self._canonical.get(product, product)

    def with_aliases(self, books: Mapping[ProductId, VenueBook]) -> Mapping[ProductId, VenueBook]:
        """Return `books` of played products with aliases too, which share theirs."""
        return {name: books[self.canonical(name)] for name in self.tradable}

    def alias(self, product: ProductId) -> ProductId | None:
        """Return the alias of a played product, None where it has none."""
        return self._aliases.get(product)
