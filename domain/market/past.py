"""Closed hours and days of the time before the run, asked for once a product and length.

Deterministic and without a clock, like `minutes`.
"""

from __future__ import annotations

from collections.abc import Iterable

from domain.market.bar_order import Asked
from domain.market.minutes import AGAIN_NS, Fetch, FetchAgain
from domain.messages.control import AlertRaised
from domain.messages.market import HistoryLoaded
from domain.messages.venue import CandlesListed
from domain.model.bars import Timeframe
from domain.model.instants import Nanos, bucket_start
from domain.model.market import Bar
from domain.model.money import ZERO, Quantity
from domain.model.product import ProductId
from domain.system.alerts import of_missing_history


class WidePast:
    """Which hours and days of which products the venue has still to tell."""

    def __init__(self, rows: dict[Timeframe, int]) -> None:
        """Ask for so many closed bars of each length."""
        self._rows = {each: count for each, count in rows.items() if count}
        self._waiting: set[tuple[ProductId, int]] = set()

    @property
    def warming(self) -> frozenset[ProductId]:
        """Return the products of which a past is not there yet."""
        return frozenset(product for product, _ in self._waiting)

    def watch(self, products: Iterable[ProductId], now_ns: Nanos) -> tuple[Fetch, ...]:
        """Ask for the past of these products, and wait for it."""
        found = self.backfill(products, now_ns)
        self._waiting = {(each.asked.product, each.asked.width_ns) for each in found}
        return found

    def backfill(self, products: Iterable[ProductId], now_ns: Nanos) -> tuple[Fetch, ...]:
        """Ask for the past of these products."""
        return tuple(
            Fetch(self._asked(product, timeframe, rows, now_ns), now_ns)
            for product in products
            for timeframe, rows in self._rows.items()
        )

    def answered(
        self, asked: Asked, answer: CandlesListed
    ) -> tuple[HistoryLoaded | FetchAgain | AlertRaised, ...]:
        """Take in the answer to a `Fetch`; one that is not whole is asked for again."""
        product = asked.product
        if answer.failure is not None or not answer.is_complete:
            return (of_missing_history(product, answer.failure), FetchAgain(asked, AGAIN_NS))
        self._waiting.discard((product, asked.width_ns))
        return (HistoryLoaded(product, asked.width_ns, _to_the_end(answer.bars, asked)),)

    def _asked(self, product: ProductId, timeframe: Timeframe, rows: int, now_ns: Nanos) -> Asked:
        width_ns = timeframe.ns
        end_ns = bucket_start(now_ns, width_ns)
        start_ns = Nanos(end_ns - rows * width_ns)
        return Asked(product, start_ns, Nanos(end_ns), is_backfill=True, width_ns=width_ns)


def _to_the_end(bars: tuple[Bar, ...], asked: Asked) -> tuple[Bar, ...]:
    """Return `bars` up to the end that was asked for: without a trade the close is repeated.

    A bar that has just closed may not be shown yet: the newest comes from the minutes then.
    """
    if not bars:
        return bars
    last, width, none = bars[-1], asked.width_ns, Quantity(ZERO)
    starts = range(last.start_ns + width, asked.end_ns - width, width)
    close = last.close
    flat = (Bar(last.product, Nanos(at), close, close, close, close, none) for at in starts)
    return (*bars, *flat)
