"""Look for the place in a generated path where a new world shall begin, so that it soon trades.

    python -m scripts.choose_world

For each minute of the path of seed 1: does the shipped baseline propose to buy on the bar just
closed, and would its order at the best bid fill soon, whenever within the first twenty seconds it
is placed? Of such places, those count where at least 15 of the seeds 1 to 20 propose within the
24 hours that follow. Prints the best; `DEFAULT_OFFSET_MINUTES` in
adapters/simulator/market_data/open.py is the first line. To be run again whenever paths, minutes
or books of the generator change.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path

import numpy as np
from attrs import frozen

from adapters.simulator.market_data.expander import CandleExpander
from adapters.simulator.market_data.generated import HISTORY_DAYS, STYLES, GeneratedMarket
from adapters.simulator.market_data.paths import DAY_MINUTES, CommonPath, ProductPath
from adapters.simulator.market_data.source import Step
from config.loading import load
from domain.model.bars import Bars, Timeframe
from domain.model.instants import MINUTE, SECOND, Nanos, parse_iso
from domain.model.money import install_context
from domain.model.product import ProductId
from domain.strategies.breakout import Breakout

SEED = 1
SEEDS = range(1, 21)
LEAST_SEEDS = 15
ORIGIN = parse_iso("2026-01-05T00:00:00Z")
LATEST_S = 20
"""A slow machine reaches READY this many seconds after its world begins."""
LIFE_S = 45


@frozen
class Place:
    """An offset; `worst_s` is the longest wait for the first fill, over all seconds of placing.

    `seeds` is how many of the seeds propose within a day.
    """

    worst_s: float
    offset: int
    products: tuple[str, ...]
    seeds: int

    @property
    def rank(self) -> tuple[float, int, int]:
        """The sooner the better, then the more products."""
        return self.worst_s, -len(self.products), self.offset


def breakouts(strategy: Breakout, seed: int, days: int) -> dict[int, list[int]]:
    """Return which products (by number) break out in which minute of the path.

    The strategy's own trigger, over the whole path at once.
    """
    found: dict[int, list[int]] = {}
    common = CommonPath(seed)
    for number, style in enumerate(STYLES):
        path = ProductPath(style, seed, number + 1, common)
        made = [path.day(day) for day in range(HISTORY_DAYS + days)]
        opens, highs, lows, closes, volumes = (
            np.concatenate([getattr(day, name) for day in made]).astype(np.int64)
            for name in ("opens", "highs", "lows", "closes", "units")
        )
        starts, one = np.arange(len(closes), dtype=np.int64) * MINUTE, Decimal(1)
        columns = (starts, opens, highs, lows, closes, volumes)
        bars = Bars(ProductId("ANY"), Timeframe.MINUTE, one, one, *columns)
        for minute in np.nonzero(strategy.trigger(bars))[0].tolist():
            found.setdefault(minute, []).append(number)
    return found


def worst_wait_s(
    expander: CandleExpander, products: Sequence[ProductId], offset_ns: Nanos
) -> float:
    """Return how long an order waits for its fill at worst; infinite if it may stay unfilled.

    `offset_ns` is the market time at which the world would begin.
    """
    lines = [_two_minutes(expander, product, offset_ns) for product in products]
    waits = []
    for second in range(LATEST_S + 1):
        placed_ns = offset_ns + second * SECOND
        waits.append(min(_wait_s(steps, placed_ns) for steps in lines))
    return max(waits)


def _two_minutes(expander: CandleExpander, product: ProductId, at_ns: Nanos) -> tuple[Step, ...]:
    return (*expander.steps(product, at_ns), *expander.steps(product, Nanos(at_ns + MINUTE)))


def _wait_s(steps: Sequence[Step], placed_ns: int) -> float:
    limit = [step.bids[0].price for step in steps if step.at_ns <= placed_ns][-1]
    for step in steps:
        waited_ns = step.at_ns - placed_ns
        if 0 < waited_ns <= LIFE_S * SECOND and any(t.price < limit for t in step.trades):
            return waited_ns / SECOND
    return float("inf")


def places(strategy: Breakout, days: int) -> Iterator[Place]:
    """Yield every offset at which the baseline proposes and is filled, and others trade too."""
    market = GeneratedMarket(SEED, ORIGIN)
    expander = CandleExpander(market, SEED)
    others = [np.array(sorted(breakouts(strategy, seed, days + 1))) for seed in SEEDS]
    for minute, numbers in sorted(breakouts(strategy, SEED, days).items()):
        offset = minute + 1 - HISTORY_DAYS * DAY_MINUTES
        seeds = sum(bool(np.any((o >= minute) & (o < minute + DAY_MINUTES))) for o in others)
        if offset < 0 or seeds < LEAST_SEEDS:
            continue
        names = [market.products[number].id for number in numbers]
        worst_s = worst_wait_s(expander, names, Nanos(ORIGIN + offset * MINUTE))
        if worst_s < LIFE_S:
            yield Place(worst_s, offset, tuple(names), seeds)


def main() -> None:
    """Print the ten best places."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=_Plain)
    parser.add_argument("--days", type=int, default=14, help="how much of the path to look at")
    asked = parser.parse_args()
    install_context()
    config = load(Path(__file__).parents[1] / "config")
    strategy = config.strategies["breakout"].strategy
    if not isinstance(strategy, Breakout):
        raise SystemExit("expected the baseline under the id `breakout`")
    best = sorted(places(strategy, asked.days), key=lambda place: place.rank)[:10]
    print(f"{'offset':>8}{'longest wait':>14}{'seeds':>7}  products")
    for place in best:
        products = ", ".join(place.products)
        print(f"{place.offset:8}{place.worst_s:12.1f} s{place.seeds:7}  {products}")


class _Plain(argparse.RawDescriptionHelpFormatter):
    """Keeps the lines of the description."""


if __name__ == "__main__":
    main()
