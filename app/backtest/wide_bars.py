"""Candles of a played market, as wide as a chart needs them."""

from __future__ import annotations

import numpy as np

from adapters.simulator.bars.grid import Market, MinuteGrid
from app.results.candles import WideBars
from domain.model.instants import Nanos
from domain.model.market import Bar
from domain.model.money import Price, Quantity
from domain.model.product import Product, ProductId


def wide_bars_of(market: Market, end_ns: Nanos) -> WideBars:
    """Return what makes candles of `market`, of nothing that it has from `end_ns` on."""
    grid = MinuteGrid(market)
    products = {each.id: each for each in market.products}

    def wide(
        product: ProductId, since_ns: Nanos, until_ns: Nanos, width_ns: int
    ) -> tuple[Bar, ...]:
        return _wide(grid, products[product], since_ns, min(until_ns, end_ns), width_ns)

    return wide


def _wide(
    grid: MinuteGrid, product: Product, since_ns: int, until_ns: int, width_ns: int
) -> tuple[Bar, ...]:
    rows = grid.rows(product.id, since_ns, until_ns)
    if not len(rows.starts):
        return ()
    starts = rows.starts // width_ns * width_ns
    firsts = np.flatnonzero(np.r_[True, starts[1:] != starts[:-1]])
    lasts = np.r_[firsts[1:], len(starts)] - 1
    columns = (
        starts[firsts],
        rows.opens[firsts],
        np.maximum.reduceat(rows.highs, firsts),
        np.minimum.reduceat(rows.lows, firsts),
        rows.closes[lasts],
        np.add.reduceat(rows.units, firsts),
    )
    tick, step = product.price_increment, product.base_increment
    return tuple(
        Bar(
            product.id,
            Nanos(start),
            Price(opened * tick),
            Price(high * tick),
            Price(low * tick),
            Price(close * tick),
            Quantity(units * step),
        )
        for start, opened, high, low, close, units in zip(
            *(column.tolist() for column in columns), strict=True
        )
    )
