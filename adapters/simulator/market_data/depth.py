"""Books around a price: a seeded grid of lines, each with a quantity that changes once a minute.

What rests at a line depends on seed, product, line and minute alone, so books of neighbouring
steps, and of neighbouring minutes, share all levels but a few, whichever minute is asked for.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np
from attrs import frozen, mutable
from numpy.typing import NDArray

from domain.model.market import Bar, Level
from domain.model.money import Price, Quantity
from domain.model.product import Product, ProductId
from domain.model.universe import DEPTH_WITHIN_BPS

if TYPE_CHECKING:
    from domain.model.bars import Ints

    Bits = NDArray[np.uint64]

Sides = tuple[tuple[Level, ...], tuple[Level, ...]]
LEVELS = 10
WIDEST = 3
"""Times the usual spread: the widest there is."""
STEPS = 32
TIGHT_BPS = 0.16
"""Spread of a market that turns over `BUSY` a minute; quieter ones are wider by the root."""
BUSY = 400_000.0
SPREADS_BPS = (0.1, 12.0)
GAP_BPS = 1.5
"""Between the lines of the grid, at least."""
GAP_BPS_SEEN = DEPTH_WITHIN_BPS / 4
"""At most, where it is known what lies within that distance: some lines have to be."""
BEST_SHARE, LINE_SHARE = 0.05, 0.6
"""Of a usual minute's turnover: what the best level and each line behind it usually hold."""
LEVEL_FLOOR = 400.0
"""In quote currency, on top of a level's share."""
UNKNOWN_TURNOVER = 20_000.0
"""Turnover of a minute, in quote currency, taken for a product that has no past."""
_MASK = (1 << 64) - 1
_CACHED_PRICES = 4_000


@frozen
class Climate:
    """What a product's books look like for an hour, from what was traded before it."""

    best: int
    """Base increments at a usual best level, at least 1."""
    line: int
    """Base increments at a usual line of the grid, at least 1."""
    gap: int
    """Ticks between two lines of the grid, a power of two."""
    spread: int
    """Usual spread in ticks, at least 1."""


@frozen
class UsualBook:
    """What books of a product usually look like: spread in bps of the middle, above 0, and what the
    thinner side holds within `DEPTH_WITHIN_BPS` of its best price, above 0, in quote currency.
    """

    spread_bps: Decimal
    depth: Decimal


Books = Mapping[ProductId, UsualBook]
NO_BOOKS: Books = {}


def climate(
    product: Product, price: Decimal, turnover: float, usual: UsualBook | None = None
) -> Climate:
    """Return the climate at `price`, for a mean `turnover` of a minute in quote currency, or as
    books usually are where that is known.
    """
    last, ticks = float(price), float(price / product.price_increment)
    low, high = SPREADS_BPS
    spread_bps = min(high, max(low, TIGHT_BPS * math.sqrt(BUSY / (turnover + 1.0))))
    gap_bps = max(GAP_BPS, spread_bps)
    if usual is not None:
        spread_bps = float(usual.spread_bps)
        gap_bps = min(GAP_BPS_SEEN, max(GAP_BPS, spread_bps))
    gap = 1 << max(0, int(gap_bps * ticks / 10_000.0).bit_length() - 1)
    best, line = BEST_SHARE * turnover + LEVEL_FLOOR, LINE_SHARE * turnover + LEVEL_FLOOR
    if usual is not None:
        lines = min(LEVELS - 1.0, DEPTH_WITHIN_BPS * ticks / 10_000.0 / gap)
        share = float(usual.depth) / (best + lines * line)
        best, line = best * share, line * share
    unit = last * float(product.base_increment)
    return Climate(
        best=max(1, int(best / unit)),
        line=max(1, int(line / unit)),
        gap=gap,
        spread=max(1, int(spread_bps * ticks / 10_000.0)),
    )


def turnover(rows: Sequence[Bar], minutes: int) -> float:
    """Return the mean value traded in a minute; a minute without a row traded nothing."""
    return sum(float(row.close) * float(row.volume) for row in rows) / minutes


class Prices:
    """Prices of one product by tick number, made once."""

    def __init__(self, increment: Decimal) -> None:
        self._increment = increment
        self._known: dict[int, Price] = {}

    def at(self, tick: int) -> Price:
        """Return the price of a tick number."""
        found = self._known.get(tick)
        if found is None:
            if len(self._known) >= _CACHED_PRICES:
                self._known.clear()
            found = self._known[tick] = Price(tick * self._increment)
        return found


@mutable
class _Line:
    """A line of the grid in one minute: its quantity turns from old to new at a step. Levels are
    drawn when they are looked at.
    """

    place: int
    tick: int
    turn: int
    old: Level | None = None
    new: Level | None = None


class Depth:
    """The levels of one product in one minute."""

    def __init__(
        self, product: Product, prices: Prices, key: int, minute: int, before: Climate, now: Climate
    ) -> None:
        """Draw for `minute` (since 1970); `before` was the climate of the minute before."""
        self._increment = product.base_increment
        self._prices = prices
        self._key = key
        self._minute = minute
        self._before = before
        self._now = now
        self._lines: dict[int, _Line] = {}
        self._spreads: dict[int, int] = {}

    def spread(self, step: int) -> int:
        """Return the spread of a step in ticks: now and then wider than usual."""
        third = (self._minute * STEPS + step) // 3
        found = self._spreads.get(third)
        if found is None:
            draw = mix(self._key ^ third) % 8
            found = self._spreads[third] = self._now.spread * (1 if draw < 6 else draw - 4)
        return found

    @property
    def widest(self) -> int:
        """The largest spread that a step can have, in ticks."""
        return self._now.spread * WIDEST

    def book(self, bid: int, ask: int, step: int) -> Sides:
        """Return up to ten levels a side from the best ticks `bid` and `ask` outwards."""
        gap, lines = self._now.gap, self._lines
        bids = [self._best(bid, step)]
        number = bid // gap
        while len(bids) < LEVELS and number >= 0:
            line = lines.get(number) or self._line(number)
            if 0 < line.tick < bid:
                bids.append(
                    (line.new if step >= line.turn else line.old) or self._level(line, step)
                )
            number -= 1
        asks = [self._best(ask, step)]
        number = ask // gap
        while len(asks) < LEVELS:
            line = lines.get(number) or self._line(number)
            if line.tick > ask:
                asks.append(
                    (line.new if step >= line.turn else line.old) or self._level(line, step)
                )
            number += 1
        return tuple(bids), tuple(asks)

    def _best(self, tick: int, step: int) -> Level:
        draw = self._best_draw(tick, step)
        return Level(self._prices.at(tick), self._quantity(draw, self._now.best))

    def _best_draw(self, tick: int, step: int) -> int:
        return mix(self._key + tick * 3 + (self._minute * STEPS + step) // 4)

    def _line(self, number: int) -> _Line:
        place, gap = mix(self._key + 2 * number + 1), self._now.gap
        found = self._lines[number] = _Line(
            place, number * gap + place % gap, (place >> 32) % STEPS
        )
        return found

    def _level(self, line: _Line, step: int) -> Level:
        """Draw what a line holds at a step."""
        price = self._prices.at(line.tick)
        if step >= line.turn:
            draw = mix(line.place + self._minute)
            line.new = Level(price, self._quantity(draw, self._now.line))
            return line.new
        draw = mix(line.place + self._minute - 1)
        line.old = Level(price, self._quantity(draw, self._before.line))
        return line.old

    def _quantity(self, draw: int, usual: int) -> Quantity:
        return Quantity(units_of(draw, usual) * self._increment)


def widened(key: int | Bits, minutes: Ints) -> Ints:
    """Return how many times the usual spread `Depth.spread` of step 0 is in each of `minutes`."""
    steps = minutes.astype(np.uint64) * np.uint64(STEPS) // np.uint64(3)
    draw = mixes(np.asarray(key, np.uint64) ^ steps) % np.uint64(8)
    return np.where(draw < 6, 1, draw.astype(np.int64) - 4)


def units_of(draw: int, usual: int) -> int:
    """Return between two thirds and double of `usual` increments, mostly less than usual."""
    weight = 256 + 65_536 // ((draw & 255) + 52)
    fine = 960 + ((draw >> 8) & 127)
    return max(1, usual * weight * fine // (712 * 1024))


def book_around(depth: Depth, tick: int, index: int, *, is_up: bool) -> Sides:
    """Return the book at step `index` after a trade at `tick`, which took an offer if `is_up`."""
    return depth.book(*touch(depth, tick, index, is_up=is_up), index)


def touch(depth: Depth, tick: int, index: int, *, is_up: bool) -> tuple[int, int]:
    """Return best bid and ask, in ticks, of `book_around`."""
    spread = depth.spread(index)
    if is_up and tick > 1:
        return max(1, tick - spread), tick
    return tick, tick + spread


def key_of(seed: int, product: ProductId) -> int:
    """Return the 64 bits from which everything of a product's books is drawn."""
    return int.from_bytes(hashlib.blake2b(f"{seed}|{product}".encode(), digest_size=8).digest())


def mix(value: int) -> int:
    """Return 64 bits that look like chance and depend on `value` alone (splitmix64's finish)."""
    value = value * 0x9E3779B97F4A7C15 & _MASK
    value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9 & _MASK
    value = (value ^ value >> 27) * 0x94D049BB133111EB & _MASK
    return value ^ value >> 31


def mixes(values: Bits) -> Bits:
    """Return `mix` of each value; products of 64 bits wrap around by themselves."""
    values = values * np.uint64(0x9E3779B97F4A7C15)
    values = (values ^ values >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ values >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    return values ^ values >> np.uint64(31)
