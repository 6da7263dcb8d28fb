"""What refused entries would have come to, followed on the tape of the market after it was played.

A minute's tape is made only where its candle may fill, stop or end something that is followed.
Prices are taken as they are: whether a price was to be trusted is what some of the refusals say.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

import numpy as np
from attrs import frozen

from adapters.simulator.bars.grid import MinuteGrid
from adapters.simulator.market_data.open import expander_of
from adapters.simulator.market_data.source import Step
from app.backtest.plan import BacktestPlan
from domain.messages.decisions import ProposalRefused
from domain.messages.market import BidMoved, QuoteMoved
from domain.messages.supervision import BootCompleted
from domain.model.approval import Purpose
from domain.model.foregone import ForegoneTrades
from domain.model.instants import HOUR, MINUTE, Nanos, bucket_start
from domain.model.market import Quote
from domain.model.money import ZERO, Rate
from domain.model.product import ProductId
from domain.shadow.foregone import ForegoneLedger, Watched

MOST_MINUTES = 20_000
"""Minutes of tape that are made at most, some 15 s of work: what is refused later is not followed,
and the report says how much that is."""
Refused = tuple[Nanos, ProposalRefused]


@frozen
class FollowedRefusals:
    """What refused entries would have come to by rule; `left_out` of them were not followed."""

    rules: tuple[ForegoneTrades, ...] = ()
    left_out: int = 0


def follow(
    plan: BacktestPlan, refused: Iterable[Refused], most: int = MOST_MINUTES
) -> FollowedRefusals:
    """Return what the entries among `refused`, in order of time, would have come to by the end."""
    by_product: dict[ProductId, deque[Refused]] = {}
    for at_ns, message in refused:
        if message.purpose is Purpose.ENTRY and message.wanted is not None:
            by_product.setdefault(message.product, deque()).append((at_ns, message))
    follower = _Follower(plan, most)
    sums: dict[str, ForegoneTrades] = {}
    for product in sorted(by_product):
        for row in follower.product(product, by_product[product]):
            sums[row.rule] = sums[row.rule] + row if row.rule in sums else row
    left_out = sum(map(len, by_product.values()))
    return FollowedRefusals(tuple(sums[rule] for rule in sorted(sums)), left_out)


class _Follower:
    def __init__(self, plan: BacktestPlan, most: int) -> None:
        self._plan, self._most = plan, most
        self._market, self._grid = plan.market, MinuteGrid(plan.market)
        self._expander = expander_of(plan.market, plan.seed, plan.books)
        fees = plan.fees
        self._boot = BootCompleted((), Rate(fees.maker), Rate(fees.taker), is_clean=True)
        self._ticks = {each.id: each.price_increment for each in plan.market.products}

    def product(self, product: ProductId, waiting: deque[Refused]) -> Iterator[ForegoneTrades]:
        """Yield what the refusals of a product come to; those that are followed leave `waiting`."""
        ledger, end_ns = ForegoneLedger(), self._plan.end_ns
        ledger.learn(self._boot)
        minute_ns = self._plan.start_ns
        while minute_ns < end_ns and self._most > 0:
            next_ns = bucket_start(waiting[0][0], MINUTE) if waiting else end_ns
            watched = ledger.watched(product)
            if watched is None:
                minute_ns = next_ns
            else:
                minute_ns = self._first(product, minute_ns, next_ns, watched)
            if minute_ns < end_ns:
                self._play(product, minute_ns, ledger, waiting)
                minute_ns = Nanos(minute_ns + MINUTE)
        last = self._market.last_before(product, end_ns)
        if last is not None:
            ledger.take(BidMoved(product, last.close, end_ns, end_ns))
        yield from ledger.rows()

    def _play(
        self, product: ProductId, minute_ns: Nanos, ledger: ForegoneLedger, waiting: deque[Refused]
    ) -> None:
        """Let the refusals and the tape of a minute happen, in the order of their times."""
        self._most -= 1
        for step in self._expander.steps(product, minute_ns):
            _refuse(ledger, waiting, step.at_ns)
            ledger.take(_quote(step))
        _refuse(ledger, waiting, Nanos(minute_ns + MINUTE - 1))

    def _first(
        self, product: ProductId, start_ns: Nanos, stop_ns: Nanos, watched: Watched
    ) -> Nanos:
        """Return the first minute before `stop_ns` in which anything may change; else `stop_ns`."""
        while start_ns < stop_ns and self._market.covers(product, start_ns):
            into_hour = (start_ns - self._market.first_ns) % HOUR
            end_ns = Nanos(min(stop_ns, start_ns - into_hour + HOUR))
            found_ns = self._reached(product, start_ns, end_ns, watched)
            found_ns = min(found_ns, max(start_ns, bucket_start(watched.ends_ns, MINUTE)))
            if found_ns < end_ns:
                return Nanos(found_ns)
            start_ns = end_ns
        return stop_ns

    def _reached(
        self, product: ProductId, start_ns: Nanos, end_ns: Nanos, watched: Watched
    ) -> Nanos:
        """Return the first minute of an hour, or `end_ns`, whose prices may reach what is watched.

        A bid lies below a trade by the widest spread of the hour at most, and never above it.
        """
        rows, tick = self._grid.rows(product, start_ns, end_ns), self._ticks[product]
        spread = self._expander.widest_spread(product, start_ns) or ZERO
        is_reached = rows.lows <= int((watched.low + spread) / tick) + 1
        if watched.high is not None:
            is_reached |= rows.highs >= int(watched.high / tick)
        found = np.flatnonzero(is_reached)
        return Nanos(int(rows.starts[found[0]])) if len(found) else end_ns


def _refuse(ledger: ForegoneLedger, waiting: deque[Refused], until_ns: Nanos) -> None:
    while waiting and waiting[0][0] <= until_ns:
        at_ns, message = waiting.popleft()
        ledger.refuse(message, at_ns)


def _quote(step: Step) -> QuoteMoved:
    bid, ask = step.bids[0], step.asks[0]
    quote = Quote(
        step.product, bid.price, bid.quantity, ask.price, ask.quantity, step.at_ns, step.at_ns
    )
    return QuoteMoved(quote)
