"""What a strategy sees: minute bars and the picture of one cycle."""

from __future__ import annotations

from typing import Any

import numpy as np

from domain.model.context import Context, MinuteBars
from domain.model.instants import MINUTE
from domain.model.product import ProductId
from tests.builders.messages import BTC, NOW, a_portfolio, a_quote


def some_bars(
    closes: Any, volumes: Any = None, *, highs: Any = None, product: str = BTC
) -> MinuteBars:
    """Return minute bars with these closes; highs default to the closes, volumes to 1."""
    close = np.asarray(closes, dtype=np.float64)
    high = close.copy() if highs is None else np.asarray(highs, dtype=np.float64)
    volume = np.ones(len(close)) if volumes is None else np.asarray(volumes, dtype=np.float64)
    start_ns = np.arange(len(close), dtype=np.int64) * MINUTE + NOW
    for column in (start_ns, close, high, volume):
        column.flags.writeable = False
    return MinuteBars(ProductId(product), start_ns, close, high, close, close, volume)


def a_context(*bars: MinuteBars) -> Context:
    quotes = tuple(a_quote(product=each.product) for each in bars)
    return Context(1, 1, NOW, bars, quotes, a_portfolio())
