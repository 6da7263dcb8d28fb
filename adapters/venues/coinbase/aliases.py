"""Products whose market data the venue gives under the name of another: BTC-USDC is BTC-USD there.

Orders and fills keep the name that was asked for; books, trades and quotes do not. What is asked
for by an alias is asked for by the venue's own name and comes back under the alias.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from attrs import evolve, frozen

from domain.messages.market import (
    BookChanged,
    BookLost,
    BookSnapshotSeen,
    MarketEvent,
    MarketFrame,
    ProductStatusSeen,
    TradesPrinted,
)
from domain.model.market import Quote
from domain.model.product import Product, ProductId


@frozen
class Listing:
    """A product of the catalogue, and under which name its market data come ("": its own)."""

    product: Product
    alias: str


Names = Mapping[ProductId, tuple[ProductId, ...]]
"""By the venue's name: all names that were asked for."""


class Aliases:
    """What the catalogue says about names."""

    def __init__(self) -> None:
        self._canonical: dict[ProductId, ProductId] = {}

    def learn(self, listings: Iterable[Listing]) -> None:
        """Take a catalogue in, whole or in part."""
        for each in listings:
            if each.alias and each.alias != each.product.id:
                self._canonical[each.product.id] = ProductId(each.alias)

    def names(self, asked: Iterable[ProductId]) -> Names:
        """Return whom data under the venue's names belong to, all of those that were asked for."""
        names: dict[ProductId, tuple[ProductId, ...]] = {}
        for product in dict.fromkeys(asked):
            canonical = self._canonical.get(product, product)
            names[canonical] = (*names.get(canonical, ()), product)
        return names


def has_aliases(names: Names) -> bool:
    """Tell whether anything is asked for under another name than the venue's."""
    return any(asked != (name,) for name, asked in names.items())


def renamed(frame: MarketFrame, names: Names) -> MarketFrame:
    """Return a frame under the names that were asked for; others stay as they are."""
    return evolve(frame, events=tuple(each for event in frame.events for each in _of(event, names)))


def renamed_quotes(quotes: Iterable[Quote], names: Names) -> tuple[Quote, ...]:
    """Return quotes under the names that were asked for."""
    return tuple(
        evolve(quote, product=name)
        for quote in quotes
        for name in names.get(quote.product, (quote.product,))
    )


def _of(event: MarketEvent, names: Names) -> Iterator[MarketEvent]:
    match event:
        case (
            BookSnapshotSeen(product)
            | BookChanged(product)
            | BookLost(product)
            | ProductStatusSeen(product)
        ):
            for name in names.get(product, (product,)):
                yield evolve(event, product=name)
        case TradesPrinted(trades):
            renamed_trades = (
                evolve(trade, product=name)
                for trade in trades
                for name in names.get(trade.product, (trade.product,))
            )
            yield evolve(event, trades=tuple(renamed_trades))
        case _:
            yield event
