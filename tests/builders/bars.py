"""What a strategy sees: closed bars and the picture of one cycle."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import numpy as np

from domain.model.bars import Bars, Timeframe
from domain.model.context import Context
from domain.model.market import Bar
from domain.model.product import ProductId
from tests.builders.messages import BTC, NOW, a_portfolio, a_quote

CENT, UNIT = Decimal("0.01"), Decimal("0.0001")


def some_bars(
    closes: Any,
    volumes: Any = None,
    *,
    highs: Any = None,
    lows: Any = None,
    opens: Any = None,
    product: str = BTC,
    timeframe: Timeframe = Timeframe.MINUTE,
) -> Bars:
    """Return bars with these closes in quote currency and volumes in base currency.

    The other prices default to the closes, volumes to 1.
    """
    close = np.asarray(closes, dtype=np.float64)
    given = (opens, highs, lows, close)
    prices = [_whole(close if each is None else each, 100) for each in given]
    volume = _whole(np.ones(len(close)) if volumes is None else volumes, 10_000)
    return bars_of(prices, volume, product=product, timeframe=timeframe)


def bars_of(
    prices: list[Any],
    volume: Any,
    *,
    product: str = BTC,
    timeframe: Timeframe = Timeframe.MINUTE,
    tick: Decimal = CENT,
    step: Decimal = UNIT,
) -> Bars:
    """Return bars of whole ticks (open, high, low, close) and whole steps."""
    columns = [np.array(each, dtype=np.int64) for each in (*prices, volume)]
    start_ns = np.arange(len(columns[0]), dtype=np.int64) * timeframe.ns + NOW
    for column in (start_ns, *columns):
        column.flags.writeable = False
    return Bars(ProductId(product), timeframe, tick, step, start_ns, *columns)


def columns_of(bars: Sequence[Bar], tick: str, step: str) -> Bars:
    """Return minutes that follow each other as columns that count in these units."""
    in_ticks, in_steps = Decimal(tick), Decimal(step)
    rows = [
        (
            bar.start_ns,
            *(int(each / in_ticks) for each in (bar.open, bar.high, bar.low, bar.close)),
            int(bar.volume / in_steps),
        )
        for bar in bars
    ]
    columns = (np.array(each, np.int64) for each in zip(*rows, strict=True))
    return Bars(bars[0].product, Timeframe.MINUTE, in_ticks, in_steps, *columns)


def a_context(*bars: Bars, lots: Any = (), **more: Any) -> Context:
    quotes = tuple(a_quote(product=each.product) for each in bars)
    return Context(1, 1, NOW, bars, quotes, a_portfolio("10000", *lots), **more)


def _whole(values: Any, units: int) -> Any:
    return np.rint(np.asarray(values, dtype=np.float64) * units)
