"""Spread and depth of books as a run saw them, a CSV file a day: what `backtest --like` goes by."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path

from attrs import frozen

from domain.model.instants import Nanos, iso, parse_iso
from domain.model.money import BPS, plain
from domain.model.product import ProductId
from domain.model.universe import Exclusion, Standing

BOOKS = "books"
"""Name of the folder, beside the journal."""
HEAD = "ts,symbol,spread_bps,depth"
MOST_DEPTH = Decimal(10**12)
"""In quote currency: nobody has seen more."""


@frozen
class BookLook:
    """The book of `product` at `at_ns`, market time: spread in bps of the middle, and what the
    thinner side held near its best price, in quote currency.
    """

    product: ProductId
    at_ns: Nanos
    spread_bps: Decimal
    depth: Decimal


class BookFiles:
    """Appends to `<folder>/<day>.csv`; a row that a crash has cut off costs itself alone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file: Path | None = None

    def append(self, at_ns: Nanos, standings: Iterable[Standing]) -> None:
        """Keep what the books of `standings` showed at `at_ns`, market time; of those not seen
        nothing.

        Raises:
            OSError: it could not be written.
        """
        rows = "".join(_row(at_ns, each) for each in standings)
        if not rows:
            return
        file = self._folder / f"{_day(at_ns)}.csv"
        if self._file != file:
            _prepare(file)
        self._file = None  # not known to be whole before all is written
        with file.open("a", encoding="ascii", errors="replace") as out:
            out.write(rows)
        self._file = file


def read_books(folder: Path, since_ns: int, until_ns: int) -> Iterator[BookLook | None]:
    """Yield what is kept with since_ns <= time <= until_ns, in order; None for a damaged row.

    Raises:
        OSError: a file can't be read.
    """
    days = _day(since_ns), _day(until_ns)
    for file in sorted(folder.glob("*.csv")):
        if not days[0] <= file.stem <= days[1]:
            continue
        with file.open(encoding="ascii", errors="replace") as rows:
            for row in rows:
                if row.rstrip("\n") == HEAD:
                    continue
                look = _look(row)
                if look is None or since_ns <= look.at_ns <= until_ns:
                    yield look


def _day(at_ns: int) -> str:
    return iso(at_ns)[:10]


def _prepare(file: Path) -> None:
    """See to it that the file is there, and that what comes next begins a row."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a+b") as found:
        if found.seek(0, os.SEEK_END) == 0:
            found.write(f"{HEAD}\n".encode())
            return
        found.seek(-1, os.SEEK_END)
        if found.read() != b"\n":
            found.write(b"\n")


def _row(at_ns: Nanos, standing: Standing) -> str:
    spread, depth = standing.spread_bps, standing.depth
    if spread is None or depth is None or standing.exclusion_reason is Exclusion.BOOK_UNKNOWN:
        return ""
    return f"{iso(at_ns)},{standing.product},{plain(spread)},{plain(depth)}\n"


def _look(row: str) -> BookLook | None:
    """Return what a row says; None where that makes no sense, or its end is cut off."""
    if not row.endswith("\n"):
        return None
    try:
        at, product, *numbers = row.rstrip("\n").split(",")
        spread, depth = map(Decimal, numbers)
        at_ns = parse_iso(at)
    except (ArithmeticError, ValueError):
        return None
    is_one = spread.is_finite() and depth.is_finite() and 0 < spread < BPS
    if not (is_one and product and 0 < depth <= MOST_DEPTH):
        return None
    return BookLook(ProductId(product), at_ns, spread, depth)
