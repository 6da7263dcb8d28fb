"""What REST knows of a raw recording: a market without candles, books rebuilt from its frames."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from heapq import nlargest, nsmallest
from typing import Any, Literal

import msgspec

from adapters.simulator.market_data.source import Step
from adapters.simulator.recordings.playable import Frame
from domain.model.instants import MINUTE, SECOND, Nanos, bucket_start, parse_iso
from domain.model.market import Bar, Level, Trade
from domain.model.money import Price, Quantity
from domain.model.product import Product, ProductId, Side

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
        if frame.channel in ("l2_data", "market_trades"):
            for event in msgspec.json.decode(frame.events):
                _apply(books, frame.channel, event)
    yield from (book.step(due_ns) for book in books.values())


def _apply(books: dict[ProductId, _Book], channel: str, event: dict[str, Any]) -> None:
    if channel == "l2_data":
        product = ProductId(event["product_id"])
        books.setdefault(product, _Book(product)).apply(event)
    elif event["type"] == "update":  # a snapshot repeats trades of before the recording
        for trade in reversed(event["trades"]):
            product = ProductId(trade["product_id"])
            books.setdefault(product, _Book(product)).trades.append(_trade(product, trade))


class _Book:
    """One product's levels and the trades since its last step."""

    def __init__(self, product: ProductId) -> None:
        self._product = product
        self._levels: dict[str, dict[Decimal, Decimal]] = {"bid": {}, "offer": {}}
        self.trades: list[Trade] = []

    def apply(self, event: dict[str, Any]) -> None:
        """Take over a snapshot or change some levels."""
        if event["type"] == "snapshot":
            self._levels = {"bid": {}, "offer": {}}
        for update in event["updates"]:
            levels = self._levels[update["side"]]
            price, quantity = Decimal(update["price_level"]), Decimal(update["new_quantity"])
            if quantity:
                levels[price] = quantity
            else:
                levels.pop(price, None)

    def step(self, at_ns: Nanos) -> Step:
        """Return trades and best levels as they are at `at_ns`."""
        trades, self.trades = tuple(self.trades), []
        bids, asks = self._levels["bid"], self._levels["offer"]
        return Step(
            self._product,
            at_ns,
            trades,
            tuple(_level(price, bids[price]) for price in nlargest(SHOWN_LEVELS, bids)),
            tuple(_level(price, asks[price]) for price in nsmallest(SHOWN_LEVELS, asks)),
        )


def _level(price: Decimal, quantity: Decimal) -> Level:
    return Level(Price(price), Quantity(quantity))


def _trade(product: ProductId, trade: dict[str, Any]) -> Trade:
    return Trade(
        product,
        str(trade["trade_id"]),
        Price(Decimal(trade["price"])),
        Quantity(Decimal(trade["size"])),
        Side(trade["side"]),
        parse_iso(trade["time"]),
    )
