"""Candles for every contestant: no holes, no jumps, each open the close before.

An order at the next open and one at this close then pay the same price, so that the trips of all
peers agree in prices too.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet

from benchmarks.backtest.rules import MINUTE_NS, TICK
from domain.signals.windows import Ints

BEGIN_NS = 1_577_836_800 * 10**9
"""2020-01-01."""
HISTORY = 8 * 1440
"""Rows before the first that is played: the regime is judged by a week."""
USUAL = 20_000
"""Ticks around which a price wanders."""
SIGMA, BACK = 5e-4, 2e-5
"""Move of a minute, and the part of the distance from the usual price that it goes back."""


def name_of(number: int) -> str:
    """Return the name of a product; the first one is the one by which a market is judged."""
    return "BTC-USD" if number == 0 else f"P{number:02}-USD"


def write(folder: Path, products: int, rows: int) -> None:
    """Write `products` files of `HISTORY` + `rows` minutes; equal arguments give equal files."""
    folder.mkdir(parents=True)
    for number in range(products):
        columns = candles(np.random.default_rng((7, number)), HISTORY + rows)
        starts = BEGIN_NS + np.arange(HISTORY + rows, dtype=np.int64) * MINUTE_NS
        name = name_of(number)
        table = {
            "ts": pa.array(starts, pa.timestamp("ns", "UTC")),
            "symbol": pa.array([name] * len(starts)).dictionary_encode(),
            **{of: pa.array(values * TICK) for of, values in columns.items() if of != "volume"},
            "volume": pa.array(columns["volume"].astype(np.float64)),
        }
        parquet.write_table(pa.table(table), folder / f"{name}.parquet", compression="zstd")


def candles(chance: np.random.Generator, rows: int) -> dict[str, Ints]:
    """Return columns: prices in ticks, volumes whole."""
    moves = chance.standard_normal(rows) * SIGMA
    level, path = 0.0, np.empty(rows + 1)
    path[0] = 0.0
    for row, move in enumerate(moves.tolist(), 1):
        level += move - BACK * level
        path[row] = level
    closes = np.rint(USUAL * np.exp(path)).astype(np.int64)
    opens, closes = closes[:-1], closes[1:]
    above, below = (np.abs(chance.standard_normal(rows)) * SIGMA * USUAL / 2 for _ in range(2))
    return {
        "open": opens,
        "high": np.maximum(opens, closes) + np.rint(above).astype(np.int64),
        "low": np.minimum(opens, closes) - np.rint(below).astype(np.int64),
        "close": closes,
        "volume": np.rint(5_000 * np.exp(chance.standard_normal(rows) * 0.7)).astype(np.int64)
        + 100,
    }
