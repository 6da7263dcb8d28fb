"""Closed minute bars as one CSV file a product: what a chart shows and `--market` plays again."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from domain.model.instants import iso, parse_iso
from domain.model.market import Bar
from domain.model.money import Price, Quantity, plain
from domain.model.product import ProductId

BARS = "bars"
"""Name of the folder, beside the journal."""
COLUMNS = ("symbol", "ts", "open", "high", "low", "close", "volume")
_TAIL_BYTES = 4_096
"""More than the longest row has."""


class BarFiles:
    """Appends to `<folder>/<product>.csv`; a row that a crash has cut off is dropped."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._last_ns: dict[ProductId, int] = {}

    def append(self, product: ProductId, bars: tuple[Bar, ...]) -> None:
        """Keep those of `bars`, oldest first, that are newer than all that is kept of `product`.

        Raises:
            OSError: they could not be written; they may be given again.
        """
        file = file_of(self._folder, product)
        # Not known again before all is written: what a full disk has cut off is dropped then.
        last_ns = self._last_ns.pop(product, None)
        if last_ns is None:
            last_ns = _prepared(file)
        rows = "".join(_row(bar) for bar in bars if bar.start_ns > last_ns)
        if rows:
            with file.open("a", encoding="ascii") as out:
                out.write(rows)
        self._last_ns[product] = max(last_ns, bars[-1].start_ns)


def file_of(folder: Path, product: ProductId) -> Path:
    """Return where the bars of a product are kept, whatever a venue has named it."""
    return folder / f"{re.sub('[^A-Za-z0-9-]', '_', product)}.csv"


def read_bars(file: Path, since_ns: int, until_ns: int) -> Iterator[Bar]:
    """Yield what is kept with since_ns <= start < until_ns; a damaged row costs itself.

    Raises:
        OSError: the file can't be read.
    """
    with file.open(encoding="utf-8", errors="replace") as rows:
        for row in rows:
            bar = _bar(row) if row.endswith("\n") else None  # the last number may be cut off
            if bar is not None and since_ns <= bar.start_ns < until_ns:
                yield bar


def _row(bar: Bar) -> str:
    values = (bar.open, bar.high, bar.low, bar.close, bar.volume)
    return ",".join((bar.product, iso(bar.start_ns), *map(plain, values))) + "\n"


def _bar(row: str) -> Bar | None:
    """Return the bar of a row; None for the head, and for what makes no sense."""
    try:
        symbol, start, *values = row.rstrip("\n").split(",")
        opened, high, low, close, volume = map(Decimal, values)
        bar = Bar(
            product=ProductId(symbol),
            start_ns=parse_iso(start),
            open=Price(opened),
            high=Price(high),
            low=Price(low),
            close=Price(close),
            volume=Quantity(volume),
        )
        return bar if bar.is_consistent else None
    except (ArithmeticError, ValueError):
        return None


def _prepared(file: Path) -> int:
    """Return the start of the newest bar in a file that ends with a whole row; 0 without any."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a+b") as found:
        size = found.seek(0, os.SEEK_END)
        found.seek(max(0, size - _TAIL_BYTES))
        tail = found.read()
        whole = tail[: tail.rfind(b"\n") + 1]
        size += len(whole) - len(tail)
        found.truncate(size)
        if size == 0:
            found.write((",".join(COLUMNS) + "\n").encode())
    bars = map(_bar, reversed(whole.decode("utf-8", "replace").splitlines()))
    return next((bar.start_ns for bar in bars if bar is not None), 0)
