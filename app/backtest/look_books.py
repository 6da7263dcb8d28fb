"""The books of all products at a look: those of a day's looks are drawn at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrs import frozen

from adapters.simulator.market_data.book_sums import BookDraw, BookSums, sums_near
from adapters.simulator.market_data.expander import CandleExpander
from app.backtest.instants import is_look, looks_of_day
from app.backtest.market_days import MarketDays
from domain.market.book import Book
from domain.market.price_state import measure_of, measured
from domain.model.instants import DAY, MINUTE, Nanos
from domain.model.product import Product, ProductId
from domain.model.universe import DEPTH_WITHIN_BPS, BookMeasure


@frozen
class _Asked:
    """A book that can be drawn with others, and the close that it stands around."""

    product: ProductId
    at_ns: Nanos
    draw: BookDraw
    close: int


class LookBooks:
    """Measures the books of products as they are before anything of a minute happens."""

    def __init__(
        self, days: MarketDays, expander: CandleExpander, products: Sequence[Product]
    ) -> None:
        self._days, self._expander = days, expander
        self._products = {each.id: each for each in products}
        self._units = {each.id: each.price_increment * each.base_increment for each in products}
        # Of the looks to come of the last day that was asked about.
        self._known: dict[Nanos, tuple[BookMeasure, ...]] = {}

    def measures(self, now_ns: Nanos) -> tuple[BookMeasure, ...]:
        """Return what the book of each product shows; nothing of one that can't be traded."""
        if not is_look(now_ns):
            (found,) = self._drawn((now_ns,))
            return found
        if now_ns not in self._known:
            looks = tuple(each for each in looks_of_day(now_ns) if each >= now_ns)
            self._known = dict(zip(looks, self._drawn(looks), strict=True))
        return self._known.pop(now_ns)

    def _drawn(self, times: Sequence[Nanos]) -> Iterator[tuple[BookMeasure, ...]]:
        """Yield the measures of each of the times, which are of one day."""
        asked = [found for at_ns in times for found in self._asked(at_ns)]
        sums = sums_near([e.draw for e in asked], [e.close for e in asked], DEPTH_WITHIN_BPS)
        known = {(e.at_ns, e.product): found for e, found in zip(asked, sums, strict=True)}
        for at_ns in times:
            yield tuple(
                self._measure(product, at_ns, known.get((at_ns, product)))
                for product in self._products
            )

    def _asked(self, at_ns: Nanos) -> Iterator[_Asked]:
        row = at_ns % DAY // MINUTE
        for product in self._products:
            day = self._days.of(product, at_ns)
            draw = self._expander.draw(product, at_ns) if day.is_lit[row] else None
            if draw is not None:
                yield _Asked(product, at_ns, draw, int(day.closes[row]))

    def _measure(self, product: ProductId, at_ns: Nanos, sums: BookSums | None) -> BookMeasure:
        if sums is not None:
            price, unit = self._expander.price, self._units[product]
            best = price(product, sums.bid), price(product, sums.ask)
            return measure_of(product, *best, sums.bids * unit, sums.asks * unit)
        step = None
        if self._days.is_lit(product, at_ns):
            step = self._expander.opening(product, at_ns)
        if step is None:
            return BookMeasure(product, None, None, None)
        book = Book()
        book.replace(step.bids, step.asks)
        return measured(product, step.bids[0].price, step.asks[0].price, book)
