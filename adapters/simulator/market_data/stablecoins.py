"""Markets that price a stablecoin, beside those of a market source that has none.

Coinbase has no USDC-USD: its USDT-USD and USDT-USDC are two books, and the one by the other is what
USDC is worth. A world whose account opens with USDC has both, each at 1 until a fault moves it.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Literal

from adapters.simulator.engine.catalogue import USDC
from adapters.simulator.market_data.expander import CandleExpander
from adapters.simulator.market_data.source import Expander, PlayedMarket, Step
from domain.model.instants import MINUTE, Nanos, bucket_start
from domain.model.market import Bar
from domain.model.money import Price, Quantity
from domain.model.product import Product, ProductId

VOLUME = Quantity(Decimal(200_000))
"""Traded a minute, in units of the coin."""
PEG = Price(Decimal(1))
PAIRS = tuple(
    Product(
        id=ProductId(f"USDT-{quote}"),
        base="USDT",
        quote=quote,
        price_increment=Decimal("0.00001"),
        base_increment=Decimal("0.01"),
        quote_increment=Decimal("0.01"),
        base_min=Decimal(1),
        base_max=Decimal(10_000_000),
        quote_min=Decimal(1),
        quote_max=Decimal(10_000_000),
    )
    for quote in ("USD", USDC)
)


def prices_usdc(market: PlayedMarket) -> bool:
    """Tell whether the market source itself has what prices USDC."""
    names = {product.id for product in market.products}
    return ProductId(f"{USDC}-USD") in names or names >= {pair.id for pair in PAIRS}


class PeggedMarket:
    """The two markets, as long as those of `market` last: each minute at 1."""

    def __init__(self, market: PlayedMarket) -> None:
        self._market = market
        self.products = PAIRS
        self.description = market.description
        self._ids = {pair.id for pair in PAIRS}

    @property
    def prices(self) -> Literal["invented", "recorded", "live"]:
        """Where the prices come from: nobody recorded these."""
        return "invented"

    @property
    def first_ns(self) -> Nanos:
        """Start of the first minute."""
        return self._market.first_ns

    @property
    def end_ns(self) -> Nanos | None:
        """End of the last minute; None without an end."""
        return self._market.end_ns

    def covers(self, product: ProductId, minute_ns: Nanos) -> bool:
        """Tell whether that is a minute of one of them."""
        end_ns = self.end_ns
        is_within = minute_ns >= self.first_ns and (end_ns is None or minute_ns < end_ns)
        return product in self._ids and is_within

    def candle(self, product: ProductId, minute_ns: Nanos) -> Bar | None:
        """Return the minute's row."""
        if minute_ns % MINUTE or not self.covers(product, minute_ns):
            return None
        return Bar(product, minute_ns, PEG, PEG, PEG, PEG, VOLUME)

    def candles(self, product: ProductId, start_ns: Nanos, end_ns: Nanos) -> list[Bar]:
        """Return the rows with start_ns <= start < end_ns, oldest first."""
        first = max(self.first_ns, -(-start_ns // MINUTE) * MINUTE)
        stop = end_ns if self.end_ns is None else min(end_ns, self.end_ns)
        rows = (self.candle(product, Nanos(at)) for at in range(first, stop, MINUTE))
        return [row for row in rows if row is not None]

    def last_before(self, product: ProductId, minute_ns: Nanos) -> Bar | None:
        """Return the row of the minute before."""
        return self.candle(product, bucket_start(minute_ns - 1, MINUTE))


class WithStablecoins:
    """A market source with the two markets beside its own; expands what it plays."""

    def __init__(self, market: PlayedMarket, expander: Expander, seed: int) -> None:
        """`expander` is that of `market`; `seed` draws the books of the two."""
        self._market, self._pegged = market, PeggedMarket(market)
        self._expander, self._beside = expander, CandleExpander(self._pegged, seed)
        missing = [pair for pair in PAIRS if pair not in market.products]
        self.products = tuple(sorted((*market.products, *missing), key=lambda one: one.id))
        self._of: Mapping[ProductId, PlayedMarket] = {
            **{each.id: self._pegged for each in missing},
            **{each.id: market for each in market.products},
        }

    @property
    def description(self) -> str:
        """The source in one line: the two change nothing of which world it is."""
        return self._market.description

    @property
    def prices(self) -> Literal["invented", "recorded", "live"]:
        """Where the prices of what is traded come from."""
        return self._market.prices

    @property
    def first_ns(self) -> Nanos:
        """Start of the first minute."""
        return self._market.first_ns

    @property
    def end_ns(self) -> Nanos | None:
        """End of the last minute; None without an end."""
        return self._market.end_ns

    def covers(self, product: ProductId, minute_ns: Nanos) -> bool:
        """Tell whether the product has that minute."""
        return product in self._of and self._of[product].covers(product, minute_ns)

    def candle(self, product: ProductId, minute_ns: Nanos) -> Bar | None:
        """Return the row of that minute."""
        return self._of[product].candle(product, minute_ns) if product in self._of else None

    def candles(self, product: ProductId, start_ns: Nanos, end_ns: Nanos) -> list[Bar]:
        """Return the rows with start_ns <= start < end_ns, oldest first."""
        return self._of[product].candles(product, start_ns, end_ns) if product in self._of else []

    def last_before(self, product: ProductId, minute_ns: Nanos) -> Bar | None:
        """Return the newest row that starts before `minute_ns`."""
        return self._of[product].last_before(product, minute_ns) if product in self._of else None

    def steps(self, product: ProductId, minute_ns: Nanos) -> tuple[Step, ...]:
        """Return the minute's steps, oldest first."""
        mine = self._of.get(product) is self._pegged
        return (self._beside if mine else self._expander).steps(product, minute_ns)
