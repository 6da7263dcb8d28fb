"""What everybody may ask the venue, without a key."""

from __future__ import annotations

from collections.abc import Iterator

from app.venue_check.questions import Surroundings, VenueQuestions
from domain.messages.market import StreamClosed
from domain.model.errors import Unreachable
from domain.model.product import Product, ProductId
from domain.system.drift import read_clock
from domain.system.venue_check import (
    A_CANDLE,
    A_LIST,
    A_STREAM,
    CANDLE,
    CLOCK,
    PRODUCTS,
    STREAM,
    CheckedStep,
    StreamWatch,
    candle_step,
    chosen_product,
    clock_step,
    failed,
    passed,
    products_step,
    skipped,
)

REACH, AN_ANSWER = "reach", "name, connection and certificate"
UNREACHED = "the venue is not reached"
STREAM_SECONDS = 15.0


class PublicSteps:
    """Way, clock, catalogue, candle, stream; `product` is what was found to look at, if any."""

    def __init__(
        self,
        venue: VenueQuestions,
        around: Surroundings,
        *,
        rest: str,
        quote_currency: str,
        limit_ns: int,
    ) -> None:
        """`rest` is shown in what to type next; `limit_ns` is how far the clock may be off."""
        self._venue = venue
        self._around = around
        self._rest = rest
        self._quote = quote_currency
        self._limit_ns = limit_ns
        self.product: Product | None = None
        self.is_reached = self.is_on_time = False

    def run(self) -> Iterator[CheckedStep]:
        """Yield what is found, one step after the other."""
        way = self._reach()
        self.is_reached = way.is_well
        yield way
        if not self.is_reached:
            expected = ((CLOCK, "a right clock"), (PRODUCTS, A_LIST), (CANDLE, A_CANDLE))
            yield from (skipped(*each, UNREACHED) for each in (*expected, (STREAM, A_STREAM)))
            return
        clock = clock_step(read_clock(self._around.times(), self._limit_ns), self._limit_ns)
        self.is_on_time = clock.is_well
        yield clock
        yield self._products()
        name = ProductId(f"BTC-{self._quote}") if self.product is None else self.product.id
        yield candle_step(self._venue.candles(name))
        yield self._stream(name)

    def _reach(self) -> CheckedStep:
        try:
            return passed(REACH, AN_ANSWER, ", ".join(self._around.reach()))
        except Unreachable as error:
            return failed(REACH, AN_ANSWER, str(error), f"curl -sv {self._rest}")

    def _products(self) -> CheckedStep:
        listed = self._venue.products()
        if listed.failure is None:
            self.product = chosen_product(listed.products, self._quote)
        return products_step(listed, self._quote)

    def _stream(self, product: ProductId) -> CheckedStep:
        watch = StreamWatch(product)
        ends_s = self._around.machine_s() + STREAM_SECONDS
        self._venue.listen(product)
        while (left_s := ends_s - self._around.machine_s()) > 0:
            told = self._venue.frame(left_s)
            if isinstance(told, StreamClosed):
                return watch.broken(told.reason)
            found = None if told is None else watch.hear(told)
            if found is not None:
                return found
        return watch.broken(f"not all of it within {STREAM_SECONDS:g} s")
