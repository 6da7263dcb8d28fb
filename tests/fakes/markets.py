"""Markets of hand-made steps and of hand-made rows."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from adapters.simulator.market_data.source import Step
from domain.model.instants import MINUTE, Nanos
from domain.model.market import Bar, Trade
from domain.model.money import Quantity
from domain.model.product import Product, ProductId
from tests.builders.steps import START, product, step


class Script:
    """A market of given steps, both source and expander; its candles are those of its trades.

    Every product is covered from `first_ns` until `end_ns`; a first step with the usual book
    stands at START where none is given.
    """

    def __init__(
        self,
        *steps: Step,
        products: tuple[Product, ...] | None = None,
        minutes: int = 60,
        history: tuple[Bar, ...] = (),
        covered: dict[ProductId, tuple[int, int]] | None = None,
    ) -> None:
        self._products = products or (product(),)
        given = {(item.product, item.at_ns) for item in steps}
        opening = tuple(
            step(0, name=item.id) for item in self._products if (item.id, START) not in given
        )
        self._steps = sorted((*opening, *steps), key=lambda item: (item.at_ns, item.product))
        self._end = Nanos(START + minutes * MINUTE)
        self._history = history
        self._covered = covered or {}

    @property
    def description(self) -> str:
        return "script"

    @property
    def prices(self) -> Literal["invented", "recorded"]:
        return "invented"

    @property
    def products(self) -> tuple[Product, ...]:
        return self._products

    @property
    def first_ns(self) -> Nanos:
        return min((bar.start_ns for bar in self._history), default=START)

    @property
    def end_ns(self) -> Nanos | None:
        return self._end

    def covers(self, product: ProductId, minute_ns: Nanos) -> bool:
        first, end = self._covered.get(product, (self.first_ns, self._end))
        return first <= minute_ns < end

    def candle(self, product: ProductId, minute_ns: Nanos) -> Bar | None:
        rows = self.candles(product, minute_ns, Nanos(minute_ns + MINUTE))
        return rows[0] if rows else None

    def candles(self, product: ProductId, start_ns: Nanos, end_ns: Nanos) -> list[Bar]:
        rows = [bar for bar in self._history if bar.product == product]
        minutes: dict[int, list[Trade]] = {}
        for item in self._steps:
            if item.product == product and item.trades:
                start = item.at_ns - item.at_ns % MINUTE
                minutes.setdefault(start, []).extend(item.trades)
        for start, trades in minutes.items():
            rows.append(_bar(product, Nanos(start), trades))
        return [bar for bar in rows if start_ns <= bar.start_ns < end_ns]

    def last_before(self, product: ProductId, minute_ns: Nanos) -> Bar | None:
        rows = self.candles(product, Nanos(0), minute_ns)
        return max(rows, key=lambda bar: bar.start_ns, default=None)

    def steps(self, product: ProductId, minute_ns: Nanos) -> tuple[Step, ...]:
        if not self.covers(product, minute_ns):
            return ()
        return tuple(
            item
            for item in self._steps
            if item.product == product and minute_ns <= item.at_ns < minute_ns + MINUTE
        )


def _bar(product: ProductId, start_ns: Nanos, trades: list[Trade]) -> Bar:
    prices = [item.price for item in trades]
    volume = sum((item.quantity for item in trades), Decimal(0))
    return Bar(product, start_ns, prices[0], max(prices), min(prices), prices[-1], Quantity(volume))


class RowMarket:
    """A market of exactly these rows."""

    prices: Literal["invented", "recorded"] = "recorded"
    description = "rows"

    def __init__(self, subject: Product, *rows: Bar) -> None:
        self.products = (subject,)
        self._rows = {row.start_ns: row for row in sorted(rows, key=lambda row: row.start_ns)}

    @property
    def first_ns(self) -> Nanos:
        return min(self._rows)

    @property
    def end_ns(self) -> Nanos | None:
        return Nanos(max(self._rows) + MINUTE)

    def covers(self, product: ProductId, minute_ns: Nanos) -> bool:
        return self.first_ns <= minute_ns <= max(self._rows)

    def candle(self, product: ProductId, minute_ns: Nanos) -> Bar | None:
        return self._rows.get(minute_ns)

    def candles(self, product: ProductId, start_ns: Nanos, end_ns: Nanos) -> list[Bar]:
        return [row for at, row in self._rows.items() if start_ns <= at < end_ns]

    def last_before(self, product: ProductId, minute_ns: Nanos) -> Bar | None:
        rows = [row for at, row in self._rows.items() if at < minute_ns]
        return rows[-1] if rows else None
