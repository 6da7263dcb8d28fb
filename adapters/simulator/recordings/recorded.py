"""What REST knows of a raw recording: a market without candles, books rebuilt from its frames."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from heapq import nlargest, nsmallest
from typing import Literal

from adapters.simulator.market_data.readers import BookChange, changes_in, trades_in
from adapters.simulator.market_data.source import Step
from adapters.simulator.recordings.playable import Frame
from domain.model.instants import MINUTE, SECOND, Nanos, bucket_start
from domain.model.market import Bar, Level, Trade
from domain.model.money import Price, Quantity
from domain.model.product import Product, ProductId

SHOWN_LEVELS = 50
STEP_NS = SECOND
AFTERWARDS_NS = SECOND
"""Market time that goes on after the last frame, so that nobody misses it."""


class RecordedMarket:
    """Market and expander in one: a step of every product each second, and no history."""

    def __init__(
        self, description: str, products: Sequence[Product], recorded: Sequence[Frame]
    ) -> None:
        self._description = description
        self._products = tuple(sorted(products, key=lambda product: product.id))
        self._frames = recorded
        self._steps: Mapping[tuple[ProductId, int], tuple[Step, ...]] | None = None

    @property
    def description(self) -> str:
        """The recording, as part of the world's identity."""
        return self._description

    @property
    def prices(self) -> Literal["invented", "recorded"]:
        """They are what was recorded."""
        return "recorded"

    @property
    def products(self) -> tuple[Product, ...]:
        """The recorded products, sorted by id."""
        return self._products

    @property
    def first_ns(self) -> Nanos:
        """Start of the recording's first minute."""
        return bucket_start(self._frames[0].at_ns, MINUTE)

    @property
    def end_ns(self) -> Nanos | None:
        """A second after the last frame."""
        return Nanos(self._frames[-1].at_ns + AFTERWARDS_NS)

    def covers(self, product: ProductId, minute_ns: Nanos) -> bool:
        """Tell whether the minute is one of the recording."""
        return self.first_ns <= minute_ns <= self._frames[-1].at_ns

    def candle(self, product: ProductId, minute_ns: Nanos) -> Bar | None:
        """Return nothing: a recording has no candles."""
        return None

    def candles(self, product: ProductId, start_ns: Nanos, end_ns: Nanos) -> list[Bar]:
        """Return nothing: a recording has no candles."""
        return []

    def last_before(self, product: ProductId, minute_ns: Nanos) -> Bar | None:
        """Return nothing: a recording has no candles."""
        return None

    def steps(self, product: ProductId, minute_ns: Nanos) -> tuple[Step, ...]:
        """Return the product's second-by-second books in that minute, with the trades between."""
        if self._steps is None:
            self._steps = _by_minute(self._frames)
        return self._steps.get((product, minute_ns), ())


def _by_minute(recorded: Sequence[Frame]) -> dict[tuple[ProductId, int], tuple[Step, ...]]:
    found: dict[tuple[ProductId, int], list[Step]] = {}
    for step in _steps(recorded):
        found.setdefault((step.product, bucket_start(step.at_ns, MINUTE)), []).append(step)
    return {key: tuple(steps) for key, steps in found.items()}


def _steps(recorded: Sequence[Frame]) -> Iterator[Step]:
    books: dict[ProductId, _Book] = {}
    due_ns = Nanos(recorded[0].at_ns - recorded[0].at_ns % STEP_NS + STEP_NS)
    for frame in recorded:
        while frame.at_ns >= due_ns:
            yield from (book.step(due_ns) for book in books.values())
            due_ns = Nanos(due_ns + STEP_NS)
        _apply(books, frame)
    yield from (book.step(due_ns) for book in books.values())


def _apply(books: dict[ProductId, _Book], frame: Frame) -> None:
    """Change the books as a client does that reads by the law: odd entries cost themselves."""
    if frame.channel == "l2_data":
        changes = changes_in(json.loads(frame.events))
        for change in changes.read:
            books.setdefault(change.product, _Book(change.product)).apply(change)
        for odd in changes.unread:
            for product, book in books.items():
                if odd.name in (product, ""):
                    book.lose()
    elif frame.channel == "market_trades":
        for trade in trades_in(json.loads(frame.events)).read:
            books.setdefault(trade.product, _Book(trade.product)).trades.append(trade)


class _Book:
    """One product's levels and the trades since its last step."""

    def __init__(self, product: ProductId) -> None:
        self._product = product
        self._levels: dict[bool, dict[Decimal, Decimal]] | None = None
        """Bids (True) and offers; None: not known."""
        self.trades: list[Trade] = []

    def apply(self, change: BookChange) -> None:
        """Take over a snapshot, or change some levels of what is known."""
        if change.is_snapshot:
            self._levels = {True: {}, False: {}}
        if self._levels is None:
            return
        for is_bid, price, quantity in change.levels:
            if quantity:
                self._levels[is_bid][price] = quantity
            else:
                self._levels[is_bid].pop(price, None)

    def lose(self) -> None:
        """Know nothing until the next snapshot: a change could not be read."""
        self._levels = None

    def step(self, at_ns: Nanos) -> Step:
        """Return trades and best levels as they are at `at_ns`."""
        trades, self.trades = tuple(self.trades), []
        levels = self._levels or {True: {}, False: {}}
        bids, asks = levels[True], levels[False]
        return Step(
            self._product,
            at_ns,
            trades,
            tuple(_level(price, bids[price]) for price in nlargest(SHOWN_LEVELS, bids)),
            tuple(_level(price, asks[price]) for price in nsmallest(SHOWN_LEVELS, asks)),
        )


def _level(price: Decimal, quantity: Decimal) -> Level:
    return Level(Price(price), Quantity(quantity))
