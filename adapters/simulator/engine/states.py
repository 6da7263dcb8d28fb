"""What each product allows now: its flags, and whether the market has it at all."""

from __future__ import annotations

from attrs import evolve

from adapters.simulator.engine.catalogue import Catalogue
from adapters.simulator.engine.event_queue import PlayedClock
from adapters.simulator.engine.quirks import VenueQuirks
from adapters.simulator.market_data.source import PlayedMarket
from domain.model.instants import MINUTE, bucket_start
from domain.model.product import Product, ProductFlags, ProductId


class States:
    """Product flags in market time; before its first and after its last row nothing trades."""

    def __init__(
        self, market: PlayedMarket, clock: PlayedClock, catalogue: Catalogue, quirks: VenueQuirks
    ) -> None:
        self._market = market
        self._catalogue = catalogue
        self._limit_only = quirks.limit_only
        self._clock = clock
        self._changed: dict[ProductId, ProductFlags] = {}

    def set(self, product: ProductId, flags: ProductFlags) -> None:
        """Replace a product's flags from now on."""
        self._changed[product] = flags

    def reset(self, product: ProductId) -> None:
        """Let a product have its own flags again."""
        self._changed.pop(product, None)

    def flags(self, product: Product) -> ProductFlags:
        """Return the flags that hold now."""
        name = self._catalogue.canonical(product.id)
        flags = self._changed.get(name, product.flags)
        if name not in self._catalogue.played:
            return flags
        if name in self._limit_only:
            flags = evolve(flags, limit_only=True)
        if self._market.covers(name, bucket_start(self._clock.now_ns, MINUTE)):
            return flags
        return evolve(flags, trading_disabled=True)
