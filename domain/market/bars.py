"""Minute bars from public trades; a minute without a trade repeats the close with volume 0."""

from __future__ import annotations

from collections.abc import Sequence

from domain.model.instants import MINUTE, Nanos, bucket_start
from domain.model.market import Bar, Trade
from domain.model.money import ZERO, Price, Quantity
from domain.model.product import ProductId


class BarBuilder:
    """Collects one product's trades by minute until the feed closes the minute."""

    def __init__(self, product: ProductId) -> None:
        self.product = product
        self._open: dict[int, Bar] = {}
        self._last: Bar | None = None
        self._closed_to = 0
        self.late = 0

    def add(self, trade: Trade) -> None:
        """Count a trade, in the order the venue sent them; one of a closed minute is only counted
        as late.
        """
        start = bucket_start(trade.at_ns, MINUTE)
        if start < self._closed_to:
            self.late += 1
            return
        bar = self._open.get(start)
        price, quantity = trade.price, trade.quantity
        if bar is None:
            bar = Bar(self.product, start, price, price, price, price, quantity)
        else:
            high, low = max(bar.high, price), min(bar.low, price)
            volume = Quantity(bar.volume + quantity)
            bar = Bar(self.product, start, bar.open, high, low, price, volume)
        self._open[start] = bar

    def close(self, start_ns: Nanos) -> Bar | None:
        """End the minute that starts at `start_ns` and return its bar.

        None if nothing is known of the product yet, not even a close to repeat.
        """
        self._closed_to = max(self._closed_to, start_ns + MINUTE)
        bar = self._open.pop(start_ns, None)
        if bar is None:
            bar = self._flat(start_ns)
        if bar is not None:
            self.adopt(bar)
        return bar

    def skip(self, start_ns: Nanos) -> None:
        """End a minute that was not seen whole; its bar comes from the venue's candles."""
        self._closed_to = max(self._closed_to, start_ns + MINUTE)
        self._open.pop(start_ns, None)

    def adopt(self, bar: Bar) -> None:
        """Take `bar` as the newest known, if it is."""
        if self._last is None or bar.start_ns > self._last.start_ns:
            self._last = bar

    def repeat(self, start_ns: Nanos) -> Bar | None:
        """Return the bar of a minute in which the venue shows no candle."""
        return self._flat(start_ns)

    def _flat(self, start_ns: Nanos) -> Bar | None:
        if self._last is None:
            return None
        close: Price = self._last.close
        return Bar(self.product, start_ns, close, close, close, close, Quantity(ZERO))


def regular(
    builder: BarBuilder, bars: Sequence[Bar], start_ns: Nanos, end_ns: Nanos
) -> tuple[Bar, ...]:
    """Return `bars` of the minutes from `start_ns` to before `end_ns`, none missing at the end.

    Minutes without a row at the end repeat the close with volume 0; `builder` goes on from there.
    """
    found = list(bars)
    if found:
        builder.adopt(found[-1])
    last_ns = end_ns - MINUTE
    missing_ns = found[-1].start_ns + MINUTE if found else max(start_ns, last_ns)
    for minute_ns in range(missing_ns, end_ns, MINUTE):
        bar = builder.repeat(Nanos(minute_ns))
        if bar is not None:
            found.append(bar)
    return tuple(found)
