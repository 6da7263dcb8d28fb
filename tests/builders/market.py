"""Markets for tests: rows given by hand, and where the recorded data lies."""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path
from typing import Literal

from domain.model.instants import MINUTE, Nanos, parse_iso
from domain.model.market import Bar
from domain.model.money import Price, Quantity
from domain.model.product import Product, ProductId

START = parse_iso("2026-01-05T10:00:00Z")
NAME = ProductId("BTC-USD")


def product(tick: str = "0.01", step: str = "0.00000001", name: ProductId = NAME) -> Product:
    """Return a product with these increments."""
    return Product(
        id=name,
        base=name.split("-")[0],
        quote="USD",
        price_increment=Decimal(tick),
        base_increment=Decimal(step),
        quote_increment=Decimal("0.01"),
        base_min=Decimal(step),
        base_max=Decimal(10_000),
        quote_min=Decimal(1),
        quote_max=Decimal(1_000_000),
    )


def bar(minute: int, prices: tuple[str, str, str, str], volume: str, name: ProductId = NAME) -> Bar:
    """Return the row `minute` minutes after START; prices are open, high, low, close."""
    opened, high, low, close = (Price(Decimal(text)) for text in prices)
    start = Nanos(START + minute * MINUTE)
    return Bar(name, start, opened, high, low, close, Quantity(Decimal(volume)))


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


def shared_data() -> Path | None:
    """Return the folder of recorded data, None where there is none."""
    named = os.environ.get("BULKHEAD_SHARED_DATA")
    folder = Path(named) if named else Path(__file__).parents[3] / "shared" / "data"
    return folder if folder.is_dir() else None
