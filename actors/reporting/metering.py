"""Counts what happens, for whoever watches from outside; the counts outlive this actor."""

from __future__ import annotations

from actors.kernel.ports import Meter
from domain.messages.decisions import ProposalRefused, RoundJudged
from domain.messages.journal import TimesMeasured
from domain.messages.market import FeedStalled
from domain.messages.orders import FillBooked, OrderAdvanced
from domain.messages.supervision import BreakerTripped, GapSeen
from domain.model.cycle import whole_ns
from domain.model.meters import CountKind, TimeKind
from domain.model.orders import OrderState

Happened = RoundJudged | FillBooked | ProposalRefused | BreakerTripped | GapSeen | FeedStalled
ALWAYS = (RoundJudged, FillBooked, ProposalRefused, BreakerTripped, GapSeen)
"""Kinds that count whenever they come; a feed stalls once, however often it is told why."""


class Metering:
    """Turns messages into counts and times of the run's meter."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter

    def take(self, message: Happened) -> None:
        """Count it."""
        count = self._meter.count
        match message:
            case RoundJudged():
                self._cycle(message)
            case FillBooked(order=order):
                count(CountKind.FILLS, order.side.value.lower())
            case ProposalRefused(refusals=refusals):
                count(CountKind.REFUSALS, refusals[0].reason)
            case BreakerTripped(breaker):
                count(CountKind.TRIPS, breaker.name)
            case GapSeen():
                count(CountKind.PROCESS_GAPS)
            case FeedStalled(product=product):
                count(CountKind.FEED_GAPS, product)

    def raised(self) -> None:
        """Count an order that is intended."""
        self._meter.count(CountKind.ORDERS, OrderState.INTENDED.value.lower())

    def order(self, moved: OrderAdvanced, before: OrderAdvanced | None) -> None:
        """Count an order that came into a state in which it was not `before`."""
        if before is None or before.state is not moved.state:
            self._meter.count(CountKind.ORDERS, moved.state.value.lower())

    def taken(self) -> TimesMeasured | None:
        """Return the times that are to be journaled now, None where there are none."""
        times = self._meter.take()
        return TimesMeasured(times) if times else None

    def _cycle(self, judged: RoundJudged) -> None:
        meter = self._meter
        if judged.status is not None:
            meter.count(CountKind.CYCLES, judged.status.value)
        if judged.degraded:
            meter.count(CountKind.DEGRADED_CYCLES)
        for reason in judged.degraded:
            meter.count(CountKind.DEGRADED, reason)
        for each in judged.times:
            meter.time(TimeKind.STAGE, each.stage.value, each.took_ns)
        if judged.times:
            meter.time(TimeKind.CYCLE, TimeKind.CYCLE.value, whole_ns(judged.times))
