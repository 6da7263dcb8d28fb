"""The rules once more, by whole numbers alone: what everybody has to have traded."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pyarrow.parquet as parquet

from benchmarks.backtest.rules import MINUTE_NS, TICK, Task, Trips
from domain.signals.windows import Bools, Ints, highest_before, lowest_before, sum_before

Refused = Collection[tuple[int, int]]
"""Number of the product, minute since 1970: there nothing was bought, whatever the rule says."""


def trips(task: Task, refused: Refused = ()) -> Trips:
    """Return the closed trips of all products, prices at the next open."""
    found = []
    for number, product in enumerate(task.products):
        found += _of_product(task, number, product, frozenset(m for n, m in refused if n == number))
    rows = np.array(found, np.int64).reshape(-1, 5)
    return np.asarray(rows[np.lexsort((rows[:, 0], rows[:, 1]))], np.int64)


def _of_product(
    task: Task, number: int, product: str, refused: Collection[int]
) -> list[tuple[int, ...]]:
    table = parquet.read_table(task.folder / f"{product}.parquet")
    table = table.slice(task.first, task.rule.lookback + task.rows)
    columns = {
        name: np.rint(table[name].to_numpy() / (1 if name == "volume" else TICK)).astype(np.int64)
        for name in ("open", "high", "low", "close", "volume")
    }
    starts = table["ts"].cast("int64").to_numpy() // MINUTE_NS
    rises, falls = _signals(task, columns)
    found, bought = [], -1
    for row in np.flatnonzero(rises | falls).tolist():
        minute = int(starts[row + 1])
        if bought < 0 and rises[row] and minute not in refused:
            bought = row + 1
        elif bought >= 0 and falls[row]:
            prices = columns["open"][bought], columns["open"][row + 1]
            found.append((number, int(starts[bought]), minute, *(int(each) for each in prices)))
            bought = -1
    return found


def _signals(task: Task, of: dict[str, Ints]) -> tuple[Bools, Bools]:
    rule, (first, last) = task.rule, task.allowed
    rises = of["close"] > highest_before(of["high"], rule.enter)
    rises &= of["volume"] * rule.volume >= 2 * sum_before(of["volume"], rule.volume)
    falls = of["close"] < lowest_before(of["low"], rule.leave)
    for mask in (rises, falls):
        mask[:first] = False
        mask[last:] = False
    return rises, falls
