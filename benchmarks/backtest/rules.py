"""What every contestant plays: two rules of one kind, and the form of what each has to tell.

This module is imported in the environments of the peers, which have numpy and pyarrow, and nothing
of ours.

A rule is long or flat, one unit at a time. It decides on the close of a minute and trades at the
beginning of the next one:

- flat, it buys where the close is above the highest high of the `enter` minutes before, on at least
  twice the mean volume of the `volume` minutes before;
- owning, it sells where the close is below the lowest low of the `leave` minutes before.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

MINUTE_NS = 60_000_000_000
TICK = 0.001
"""Prices are whole multiples, volumes are whole: every sum and maximum is exact, also of floats."""
TRIP = ("product", "bought", "sold", "paid", "received")
"""Columns of the trips: number of the product by name, minutes since 1970, prices in ticks."""
Trips = NDArray[np.int64]


@dataclass(frozen=True)
class Rule:
    """Widths of the three windows, in minutes."""

    enter: int
    leave: int
    volume: int

    @property
    def lookback(self) -> int:
        """Return the rows that a decision sees, its own included."""
        return max(self.enter, self.leave, self.volume) + 1


RULES = {"dense": Rule(enter=20, leave=10, volume=20), "sparse": Rule(2880, 1440, 20)}
"""Some 7 trips in 1,000 minutes, and some in a month."""


@dataclass(frozen=True)
class Task:
    """What a contestant is asked to play: files of `folder`, from row `begin` of each on.

    `rows` are played; those before are history. The first decision is on the close of the row
    before `begin`, the last on that of the last but one.
    """

    folder: Path
    rule: Rule
    begin: int
    rows: int
    out: Path
    is_warm: bool

    @property
    def products(self) -> list[str]:
        """Return the names of the products, sorted."""
        return sorted(path.stem for path in self.folder.glob("*.parquet"))

    @property
    def first(self) -> int:
        """Return the first row that anybody has to read: the look-back of the first decision."""
        return self.begin - self.rule.lookback

    @property
    def allowed(self) -> tuple[int, int]:
        """Return the first row that is decided on and the one behind the last, from `first` on."""
        return self.rule.lookback - 1, self.rule.lookback - 1 + self.rows


def task_of(arguments: Sequence[str] | None = None) -> Task:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--rule", choices=list(RULES), required=True)
    parser.add_argument("--begin", type=int, required=True)
    parser.add_argument("--rows", type=int, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--warm", action="store_true")
    asked = parser.parse_args(arguments)
    rule = RULES[asked.rule]
    return Task(asked.folder, rule, asked.begin, asked.rows, asked.out, asked.warm)


def trips_of(columns: Sequence[object]) -> Trips:
    """Return trips by time of their purchase, then by product; prices are rounded to ticks."""
    product, bought, sold, paid, received = (np.asarray(each) for each in columns)
    ticks = (np.rint(np.asarray(each, np.float64) / TICK) for each in (paid, received))
    found = np.stack([np.asarray(x, np.int64) for x in (product, bought, sold, *ticks)], axis=1)
    return np.asarray(found[np.lexsort((found[:, 0], found[:, 1]))], np.int64)


def tell(task: Task, play: Callable[[], Trips]) -> None:
    """Play, and tell what came of it; warm: the second of two times."""
    if task.is_warm:
        play()
    begun = time.process_time()
    trips = play()
    tell_of(task, trips, time.process_time() - begun)


def tell_of(task: Task, trips: Trips, spent: float, refused: Sequence[object] = ()) -> None:
    """Write the trips, and print in one line the CPU seconds that playing took."""
    np.save(task.out, trips)
    print(json.dumps({"engine_s": spent, "trips": len(trips), "refused": list(refused)}))
