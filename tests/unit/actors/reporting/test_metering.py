"""Messages become counts; what is repeated counts once."""

from __future__ import annotations

import pytest

from actors.kernel.meters import Meters
from actors.reporting.metering import Metering
from domain.messages.decisions import ProposalRefused, RoundJudged
from domain.messages.journal import TimesMeasured
from domain.messages.market import FeedStalled
from domain.messages.supervision import BreakerTripped, GapSeen
from domain.model.approval import Purpose, Reason, Refusal
from domain.model.cycle import CycleStage, CycleStatus, StageTime
from domain.model.instants import MILLISECOND, Nanos
from domain.model.meters import CountKind, MeterReading, Timed, TimeKind
from domain.model.orders import OrderState
from domain.model.product import Side
from tests.builders.messages import BTC, NOW, a_breaker, a_moved, an_intent, approved, booked

pytestmark = pytest.mark.req("OB1")

INTENT = an_intent(approved())


class Scene:
    def __init__(self) -> None:
        self.meters = Meters()
        self.metering = Metering(self.meters)

    def counts(self, kind: CountKind) -> dict[tuple[str, ...], int]:
        found = self.meters.read().counts
        return {labels: count for (what, labels), count in found.items() if what is kind}


def test_a_cycle_counts_by_its_status_its_reasons_and_its_times() -> None:
    scene = Scene()
    times = (
        StageTime(CycleStage.WAIT, Nanos(2 * MILLISECOND)),
        StageTime(CycleStage.GATE, Nanos(3 * MILLISECOND)),
    )
    status, degraded = CycleStatus.REFUSED, ("late", "no_fresh_price")
    scene.metering.take(RoundJudged(1, NOW, (), (), (), None, status, degraded, times))

    assert scene.counts(CountKind.CYCLES) == {("refused",): 1}
    assert scene.counts(CountKind.DEGRADED_CYCLES) == {(): 1}
    assert scene.counts(CountKind.DEGRADED) == {("late",): 1, ("no_fresh_price",): 1}
    assert scene.meters.read().times == {
        (TimeKind.STAGE, "wait"): ((2_000, 1),),
        (TimeKind.STAGE, "gate"): ((3_000, 1),),
        (TimeKind.CYCLE, "cycle"): ((5_000, 1),),
    }


def test_a_cycle_that_nobody_timed_has_no_times() -> None:
    scene = Scene()
    scene.metering.take(RoundJudged(1, NOW, (), (), ()))

    assert scene.meters.read() == MeterReading({}, {})


def test_an_order_counts_once_in_each_state() -> None:
    scene = Scene()
    opened = a_moved(INTENT, OrderState.OPEN)
    filled = a_moved(INTENT, OrderState.FILLED)
    scene.metering.raised()
    scene.metering.order(opened, None)
    scene.metering.order(opened, opened)
    scene.metering.order(filled, opened)

    told = {("intended",): 1, ("open",): 1, ("filled",): 1}
    assert scene.counts(CountKind.ORDERS) == told


def test_each_other_event_counts_by_what_tells_it_apart() -> None:
    scene = Scene()
    rules = Reason("total_cap"), Reason("cooldown")
    why = tuple(Refusal(reason=each, observed="2", limit="1") for each in rules)
    for message in (
        booked(INTENT),
        ProposalRefused(Purpose.ENTRY, "breakout", BTC, Side.BUY, why),
        BreakerTripped(a_breaker(name="market_stream")),
        GapSeen(Nanos(1)),
        FeedStalled(BTC, "silent", Nanos(1)),
    ):
        scene.metering.take(message)

    assert scene.meters.read().counts == {
        (CountKind.FILLS, ("buy",)): 1,
        (CountKind.REFUSALS, ("total_cap",)): 1,
        (CountKind.TRIPS, ("market_stream",)): 1,
        (CountKind.PROCESS_GAPS, ()): 1,
        (CountKind.FEED_GAPS, (BTC,)): 1,
    }


def test_what_is_journaled_is_journaled_once() -> None:
    scene = Scene()
    scene.meters.time(TimeKind.JOURNAL, "sync", MILLISECOND)

    assert scene.metering.taken() == TimesMeasured(
        (Timed(TimeKind.JOURNAL, "sync", ((1_000, 1),)),)
    )
    assert scene.metering.taken() is None
