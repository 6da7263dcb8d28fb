"""A recorded market that expands its own minutes, as an engine takes it."""

from __future__ import annotations

from typing import Any

from adapters.simulator.market_data.candles import CandleMarket
from adapters.simulator.market_data.expander import CandleExpander
from adapters.simulator.market_data.source import Step
from domain.model.instants import Nanos
from domain.model.product import ProductId


class Tape:
    """Some products of a recorded market."""

    def __init__(self, market: CandleMarket, *names: str) -> None:
        self._market = market
        self._expander = CandleExpander(market, 1)
        self.products = tuple(p for p in market.products if p.id in names)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._market, name)

    def steps(self, product: ProductId, minute_ns: Nanos) -> tuple[Step, ...]:
        return self._expander.steps(product, minute_ns)
