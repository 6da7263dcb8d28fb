"""Quotes of a backtest: the books of the tape, judged as the feed judges them (O1)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from adapters.simulator.market_data.expander import STEP_NS
from adapters.simulator.market_data.source import Step
from domain.market.doubts import PriceWatch
from domain.market.past_quotes import NO_QUOTES, PastQuotes
from domain.messages.market import BidMoved, QuoteMoved
from domain.model.bar_run import BarRun
from domain.model.bars import Bars
from domain.model.instants import MINUTE, Nanos
from domain.model.market import Bar, PriceLimits, Quote
from domain.model.money import Price
from domain.model.product import ProductId

BARS = 142
"""Minutes that a judgement of prices looks back: 121 closes, and 20 bars before the newest."""

MOST_UNREST = 10
"""Minutes of a market that jumps again and again which are looked back on."""
USUAL, LEAST_JUMP = 10, 2
"""A jump is six standard deviations of a minute's move, measured over ten minutes. Within two
candles that is more than twice the mean reach of the ten before."""


class PlayedPrices:
    """Judges the prices of products while they are played; what was long ago is forgotten."""

    def __init__(self, limits: PriceLimits) -> None:
        self._limits = limits
        self._watches: dict[ProductId, PriceWatch] = {}
        self._seen: dict[ProductId, Nanos] = {}
        self._since: dict[ProductId, Nanos] = {}

    def known_ns(self, product: ProductId, now_ns: Nanos) -> int:
        """Return for how long the product has been played without a break, market time."""
        if now_ns - self._seen.get(product, 0) >= MINUTE:
            return 0
        return now_ns - self._since.get(product, now_ns)

    def unrest(self, past: Sequence[Bar]) -> int:
        """Return how many of the newest minutes may hold a price that has jumped.

        Such a price keeps the limit of before it jumped, so that whoever begins to judge now has to
        know as much of the time before those minutes as of the time before now.
        """
        past = past[-(MOST_UNREST + USUAL + 1) :]
        usual = [bar.high - bar.low for bar in past]
        for found in range(min(MOST_UNREST, len(past) - 1 - USUAL)):
            stop = len(past) - found
            after, before = past[stop - 1], past[stop - 2]
            moved = max(after.high, before.high) - min(after.low, before.low)
            if moved * USUAL < LEAST_JUMP * sum(usual[stop - 2 - USUAL : stop - 2]):
                return found
        return min(MOST_UNREST, max(0, len(past) - 1 - USUAL))

    def begin(
        self,
        product: ProductId,
        past: Sequence[Bar],
        touches: Callable[[], PastQuotes] = lambda: NO_QUOTES,
        tape: Callable[[], Sequence[Step]] = tuple,
    ) -> None:
        """Begin to judge: `past` are the closed minutes, `tape` is what the last of them was, and
        `touches` the best of its books: they are enough where none of it was odd.
        """
        watch = self._watches[product] = PriceWatch(self._limits)
        watch.bars(past)
        self._since.pop(product, None)
        seen = touches()
        if not len(seen):
            return
        self._since[product] = Nanos(int(seen.at_ns[0]))
        if watch.past(seen):
            self._seen[product] = Nanos(int(seen.at_ns[-1]))
            return
        for step in tape():
            self.quote(step)

    def catch_up(
        self,
        product: ProductId,
        now_ns: Nanos,
        touches: Callable[[], PastQuotes],
        tape: Callable[[], Sequence[Step]],
    ) -> None:
        """Judge what was not seen of the minute before `now_ns`: `touches` are its best bids and
        asks, oldest first, `tape` is the same with its trades, which count while one is doubted.
        """
        watch, seen_ns = self._watches[product], self._seen[product]
        if now_ns - seen_ns <= STEP_NS:
            return
        steps: dict[int, Step] = {}
        for bid, ask, at_ns in touches():
            if at_ns <= seen_ns:
                continue
            if watch.is_doubting:
                steps = steps or {step.at_ns: step for step in tape()}
                self.quote(steps[at_ns])
            else:
                watch.tick(bid, ask, at_ns)
            self._seen[product] = Nanos(at_ns)

    def close(self, bars: Bars) -> None:
        """Take in that minutes of a product have closed; who was not seen in the last of them is
        judged from the beginning when it is played again.
        """
        product = bars.product
        if self._seen.get(product, 0) > bars.start_ns[-1]:
            watch = self._watches[product]
            first = (watch.newest_ns - int(bars.start_ns[0])) // MINUTE + 1
            watch.bars(BarRun(bars.part(max(0, first), len(bars))))

    def quote(self, step: Step) -> QuoteMoved | BidMoved | None:
        """Return what the feed makes of a step; None where nobody bids."""
        product, at_ns = step.product, step.at_ns
        watch = self._watches[product]
        watch.stand(at_ns)
        for trade in step.trades:
            watch.second_source(trade.price, trade.at_ns)
        self._seen[product] = at_ns
        if not step.bids:
            return None
        bid = step.bids[0]
        if not step.asks:
            return BidMoved(product, bid.price, at_ns, at_ns, watch.lone_bid(bid.price, at_ns))
        ask = step.asks[0]
        doubt = watch.tick(bid.price, ask.price, at_ns)
        sizes = bid.quantity, ask.quantity
        return QuoteMoved(
            Quote(product, bid.price, sizes[0], ask.price, sizes[1], at_ns, at_ns, doubt)
        )


def mark(product: ProductId, bid: Price, at_ns: Nanos) -> BidMoved:
    """Return the bid by which a lot is valued while nothing is played."""
    return BidMoved(product, bid, at_ns, at_ns)
