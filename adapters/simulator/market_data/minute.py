"""Inside one candle: the path of prices and the quantities traded along it, in whole units."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from random import Random

from attrs import frozen

from adapters.simulator.market_data.depth import STEPS

STRAY = 0.3
"""How far a path leaves the straight line between two points, as a share of the range."""
TREND_FIRST = 0.65
"""How often a minute touches the extreme on the far side of its close first."""
QUIET_TRADES, BUSY_TRADES = 0.15, 0.9
"""Chance of a trade at a step in a minute that turns over nothing, and at most."""
BUSY_TURNOVER = 60_000.0


@frozen
class Candle:
    """A candle in ticks, and its volume in base increments."""

    open: int
    high: int
    low: int
    close: int
    units: int


@frozen
class MinuteWalk:
    """The price of every step in ticks, and the units traded by step (most steps: none)."""

    path: Sequence[int]
    traded: dict[int, int]


def standstill(tick: int) -> MinuteWalk:
    """Return a minute in which nothing happens."""
    return MinuteWalk([tick] * STEPS, {})


def walk(candle: Candle, turnover: float, random: Random) -> MinuteWalk:
    """Return a path through open, both extremes and close, whose units sum to the volume.

    The first trade is at the open and the last at the close as far as there are units for both;
    `turnover` is the minute's value in quote currency.
    """
    places = _places(candle, random)
    path = [candle.open] * STEPS
    points = [(0, candle.open), *places]
    for (start, begin), (stop, end) in pairwise(points):
        _bridge(path, start, stop, begin, end, candle, random)
    last = places[-1][0]
    path[last:] = [candle.close] * (STEPS - last)
    traded = _sizes(candle, places, turnover, random)
    if traded:
        _hold(path, {*traded, *(step for step, _ in places)})
    return MinuteWalk(path, traded)


def _places(candle: Candle, random: Random) -> list[tuple[int, int]]:
    """Return the steps of both extremes and of the close, in order, with their ticks."""
    rises = candle.close >= candle.open
    low_first = (random.random() < TREND_FIRST) == rises
    extremes = (candle.low, candle.high) if low_first else (candle.high, candle.low)
    close = STEPS - 1 - random.getrandbits(1)
    first = 1 + random.getrandbits(16) % (close - 2)
    second = first + 1 + random.getrandbits(16) % (close - first - 1)
    return [(first, extremes[0]), (second, extremes[1]), (close, candle.close)]


def _bridge(
    path: list[int], start: int, stop: int, begin: int, end: int, candle: Candle, random: Random
) -> None:
    """Walk from `begin` at step `start` to `end` at step `stop`, never outside the candle."""
    count = stop - start
    drift = [0.0]
    for _ in range(count):
        drift.append(drift[-1] + random.random() - 0.5)
    scale = STRAY * (candle.high - candle.low) / math.sqrt(count)
    for index in range(1, count):
        along = index / count
        exact = begin + (end - begin) * along + (drift[index] - drift[-1] * along) * scale
        path[start + index] = min(candle.high, max(candle.low, round(exact)))
    path[stop] = end


def _hold(path: list[int], moves: set[int]) -> None:
    """Let the price move where something is traded only."""
    for index in range(1, STEPS):
        if index not in moves:
            path[index] = path[index - 1]


def _sizes(
    candle: Candle, places: Sequence[tuple[int, int]], turnover: float, random: Random
) -> dict[int, int]:
    """Return units by step: they sum to the volume, and the needed steps come first."""
    if candle.units == 0:
        return {}
    needed = _needed(candle, places)[: candle.units]
    chance = min(BUSY_TRADES, QUIET_TRADES + turnover / BUSY_TURNOVER)
    between = [index for index in range(1, places[-1][0]) if random.random() < chance]
    if len(needed) > 1 and candle.units >= len(needed) + len(between):
        needed = sorted({*needed, *between})
    weights = [_weight(1 + random.getrandbits(6)) for _ in needed]
    spare, total = candle.units - len(needed), sum(weights)
    sizes = {
        place: 1 + spare * weight // total for place, weight in zip(needed, weights, strict=True)
    }
    sizes[needed[0]] += candle.units - sum(sizes.values())
    return sizes


def _weight(rank: int) -> int:
    """Return the weight of a trade whose size is the `rank`th of 64: few are most of the volume."""
    return 1 + 64 // rank + 256 // (rank * rank)


def _needed(candle: Candle, places: Sequence[tuple[int, int]]) -> list[int]:
    """Return the steps that must trade, the most telling first: open, close, then extremes."""
    if candle.high == candle.low:
        return [0]
    ends = (candle.open, candle.close)
    close = places[-1][0]
    return [0, close, *(step for step, tick in places[:-1] if tick not in ends)]
