"""`data fetch`: candles of the venue, month by month, from where the files end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from attrs import frozen

from adapters.simulator.importing.months import MonthFiles, month_starts, table_of
from adapters.simulator.importing.quality import Quality, quality_of
from adapters.simulator.market_data.candles import LEFT_OUT, candles_in
from adapters.simulator.market_data.reading import Reading
from adapters.simulator.market_data.source import MarketError
from adapters.simulator.market_data.tables import product_of
from adapters.venues.coinbase.history import CandleHistory
from app.command_line.progress import Moved
from app.history.words import quality_document, quality_lines
from domain.model.errors import Unreachable
from domain.model.instants import MINUTE
from domain.model.market import Bar
from domain.model.product import ProductId
from domain.model.wording import counted

KEPT_AT = 9_000
"""Candles after which they are written, so that little is asked for again."""


@frozen
class Fetched:
    """What became of a product.

    `problem` says why it ends early; `quality` is of all that is kept of the months of the span.
    """

    product: ProductId
    new: int
    unread: int
    quality: Quality | None
    problem: str | None = None

    def document(self) -> dict[str, Any]:
        """Return it as members of a document."""
        return {
            "product": self.product,
            "ok": self.problem is None,
            "problem": self.problem,
            "new": self.new,
            "unread": self.unread,
            "kept": None if self.quality is None else quality_document(self.quality),
        }

    def lines(self) -> Iterator[str]:
        """Yield what people are told."""
        yield f"{self.product}: {counted(self.new, 'new minute')}"
        if self.unread:
            yield f"  left out: {counted(self.unread, 'candle')} of the venue that can't be read"
        if self.quality is not None:
            yield from quality_lines([self.quality])
        elif self.problem is None:
            yield "  the venue has no candle of that time"


class CandleFetch:
    """Fetches one product's minutes with start_ns <= start < end_ns into the files of a folder.

    What a month's file has is not asked for again; a minute that the venue does not have stays a
    gap.
    """

    def __init__(
        self,
        product: ProductId,
        start_ns: int,
        end_ns: int,
        months: MonthFiles,
        history: CandleHistory,
    ) -> None:
        self._product = product
        self._span = (start_ns, end_ns)
        self._months = months
        self._history = history
        self._new = 0
        self._unread = 0

    def run(self, moved: Moved) -> Fetched:
        """Fetch it; `moved` hears of minutes.

        Raises:
            OSError: a file can't be read or written.
        """
        quality, problem = None, None
        try:
            problem = self._months_of_span(moved)
            quality = self._quality()
        except MarketError as error:  # a file that is there is none of ours
            problem = str(error)
        return Fetched(self._product, self._new, self._unread, quality, problem)

    def _months_of_span(self, moved: Moved) -> str | None:
        """Fetch all that is missing; return why it ends early."""
        try:
            for month, start_ns, end_ns in month_starts(*self._span):
                self._month(month, start_ns, end_ns, moved)
        except Unreachable as error:
            return str(error)
        return None

    def _month(self, month: str, start_ns: int, end_ns: int, moved: Moved) -> None:
        kept = np.asarray(self._months.read(self._product, month)["ts"].cast(pa.int64()))
        if not len(kept):
            self._stretch(start_ns, end_ns, moved, is_end=True)
            return
        # Before what is kept only all or nothing may come: a part of it would leave a gap that
        # nobody asks for again.
        self._stretch(start_ns, min(int(kept[0]), end_ns), moved, is_end=False)
        self._stretch(max(int(kept[-1]) + MINUTE, start_ns), end_ns, moved, is_end=True)

    def _stretch(self, start_ns: int, end_ns: int, moved: Moved, *, is_end: bool) -> None:
        bars: list[Bar] = []
        is_whole = False
        try:
            for found in self._history.stretches(self._product, start_ns, end_ns):
                bars += found.bars
                self._unread += found.unread
                moved((found.end_ns - self._span[0]) // MINUTE)
                if is_end and len(bars) >= KEPT_AT:
                    self._keep(bars)
                    bars = []
            is_whole = True
        finally:
            if is_end or is_whole:
                self._keep(bars)

    def _keep(self, bars: list[Bar]) -> None:
        if not bars:
            return
        starts = np.array([each.start_ns for each in bars], dtype=np.int64)
        columns = zip(*((b.open, b.high, b.low, b.close, b.volume) for b in bars), strict=True)
        texts = [pa.array([str(number) for number in each]) for each in columns]
        written = self._months.add(self._product, table_of(self._product, starts, texts))
        self._new += sum(each.new for each in written)

    def _quality(self) -> Quality | None:
        kept = [self._months.read(self._product, month) for month, *_ in month_starts(*self._span)]
        table = pa.concat_tables(kept)
        if not table.num_rows:
            return None
        rows = candles_in(Reading(Path(self._product), "candles", LEFT_OUT), table).rows
        (found,) = rows.values()
        tick = product_of(self._product, found.columns[:4], found.columns[4:]).price_increment
        return quality_of(self._product, found.starts, found.columns, tick)
