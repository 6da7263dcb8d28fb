"""The prices of what was traded, from the minutes that the run has kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from attrs import evolve, frozen

from adapters.telemetry.bars import file_of, read_bars
from domain.model.instants import DAY, HOUR, MINUTE, Nanos
from domain.model.market import Bar
from domain.model.money import Price, Quantity
from domain.model.product import ProductId
from domain.model.wording import counted
from domain.results.fold import Results

CHARTS = 8
"""Products with a chart of their own: those with the most trades."""
CANDLES = 600
"""Candles that a chart holds at most; a longer run gets wider ones."""
MARGIN_NS = 30 * MINUTE
"""What is shown before the first and after the last thing that happened."""
WIDTHS = (1, 2, 5, 10, 15, 30, 60, 120, 240, 720, 1440)
"""Minutes of a candle."""


@frozen
class PriceChart:
    """The candles of one product, oldest first, up to market time `until_ns`."""

    product: ProductId
    bars: tuple[Bar, ...]
    width_ns: Nanos
    until_ns: Nanos
    note: str


WideBars = Callable[[ProductId, Nanos, Nanos, int], tuple[Bar, ...]]
"""Returns candles of a product from one instant to another, of a width in ns; () without any."""


def price_charts(results: Results, folder: Path) -> list[PriceChart]:
    """Return the prices of the products with the most trades, as far as they were kept.

    Raises:
        OSError: what was kept can't be read.
    """

    def kept(
        product: ProductId, since_ns: Nanos, until_ns: Nanos, width_ns: int
    ) -> tuple[Bar, ...]:
        file = file_of(folder, product)
        if not file.is_file():  # no pipe
            return ()
        return tuple(widened(read_bars(file, since_ns, until_ns), width_ns))

    return charts_from(results, kept)


def charts_from(results: Results, wide_bars: WideBars) -> list[PriceChart]:
    """Return the prices of the products with the most trades, as far as `wide_bars` has them."""
    shown = Counter(trip.product for trip in results.trips).most_common(CHARTS)
    found = (
        _chart(results, product, wide_bars)
        for product, _ in sorted(shown, key=lambda each: (-each[1], each[0]))
    )
    return [chart for chart in found if chart is not None]


def _chart(results: Results, product: ProductId, wide_bars: WideBars) -> PriceChart | None:
    trips = [trip for trip in results.trips if trip.product == product]
    ends = [trip.closed_ns if trip.is_closed else results.ended_ns for trip in trips]
    since_ns = Nanos(min(trip.opened_ns for trip in trips) - MARGIN_NS)
    until_ns = Nanos(max(end or results.ended_ns for end in ends) + MARGIN_NS)
    width = _width((until_ns - since_ns) // MINUTE)
    bars = wide_bars(product, since_ns, until_ns, width * MINUTE)
    if not bars:
        return None
    note = f"Candles of {_words(width)}; dotted: stop and target."
    last_ns = Nanos(min(until_ns, bars[-1].start_ns + width * MINUTE))
    return PriceChart(product, bars, Nanos(width * MINUTE), last_ns, note)


def widened(bars: Iterable[Bar], width_ns: int) -> Iterator[Bar]:
    """Yield bars of `width_ns` from those of minutes, oldest first; a hole makes none."""
    wide: Bar | None = None
    for bar in bars:
        start_ns = Nanos(bar.start_ns // width_ns * width_ns)
        if wide is None or wide.start_ns != start_ns:
            if wide is not None:
                yield wide
            wide = evolve(bar, start_ns=start_ns)
            continue
        wide = evolve(
            wide,
            high=Price(max(wide.high, bar.high)),
            low=Price(min(wide.low, bar.low)),
            close=bar.close,
            volume=Quantity(wide.volume + bar.volume),
        )
    if wide is not None:
        yield wide


def _width(minutes: int) -> int:
    return next((each for each in WIDTHS if minutes <= each * CANDLES), WIDTHS[-1])


def _words(minutes: int) -> str:
    length_ns = minutes * MINUTE
    for size, name in ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute")):
        if length_ns % size == 0:
            return counted(length_ns // size, name)
    raise AssertionError("a width is a number of minutes")
