"""What a journal proves: a kill that was resumed, a liquidation that sold, hours of trading."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from domain.messages.control import LIQUIDATION, ReconcileFinished
from domain.messages.journal import RunStarted, RunStopped
from domain.messages.supervision import BY_OPERATOR, BootCompleted, BreakerReset, BreakerTripped
from domain.model.breakers import GLOBAL, Breaker, Effect
from domain.model.instants import HOUR, Nanos
from domain.model.money import ZERO, Rate
from domain.model.product import Side
from domain.system.run_record import KILL, RunRecord, RunRecordFold
from domain.system.ways_out import LIVE_GATES
from tests.builders.messages import NOW, an_intent, booked

pytestmark = pytest.mark.req("CL1", "RB5")

STARTED = RunStarted("live", "coinbase", "w", "", "", 0)
READY = BootCompleted((), Rate(ZERO), Rate(ZERO), is_clean=True)
KILLED = RunStopped(KILL, 1, 0, 0, is_confirmed=True)
BOUGHT = booked(an_intent())
SOLD = evolve(BOUGHT, fill=evolve(BOUGHT.fill, side=Side.SELL), client_order_id="seller")


def tripped(name: str, *, is_latched: bool = True) -> BreakerTripped:
    breaker = Breaker(
        name=name, scope=GLOBAL, effect=Effect.HALT, reason="why", is_latched=is_latched, at_ns=NOW
    )
    return BreakerTripped(breaker)


def resumed(name: str) -> BreakerReset:
    return BreakerReset(name, GLOBAL, BY_OPERATOR, "seen")


def seen(*told: Any, since_ns: int = 0, wall: bool = True) -> RunRecord:
    fold = RunRecordFold(since_ns)
    for hour, message in enumerate(told):
        fold.take(Nanos(NOW + hour * HOUR) if wall else None, message)
    return fold.result()


def test_a_kill_that_was_confirmed_and_resumed_is_a_drill() -> None:
    found = seen(STARTED, tripped(KILL), KILLED, STARTED, resumed(KILL))

    assert found.killed_ns == NOW + 4 * HOUR
    assert found.latched == ()


@pytest.mark.parametrize(
    "told",
    [
        (STARTED, tripped(KILL), KILLED),
        (STARTED, tripped(KILL), evolve(KILLED, is_confirmed=False), resumed(KILL)),
        (STARTED, tripped(KILL), evolve(KILLED, reason="error"), resumed(KILL)),
        (STARTED, KILLED, resumed(KILL)),
        (STARTED, tripped(KILL), KILLED, evolve(resumed(KILL), by="proof")),
    ],
    ids=["not resumed", "not confirmed", "ended otherwise", "not tripped", "not by a person"],
)
def test_a_kill_that_lacks_something_is_none(told: tuple[Any, ...]) -> None:
    assert seen(*told).killed_ns is None


def test_what_is_latched_is_named() -> None:
    found = seen(tripped(KILL), tripped("daily_loss"), resumed(KILL), tripped("late_bars"))

    assert found.latched == ("daily_loss", "late_bars")
    assert seen(tripped("clock", is_latched=False)).latched == ()


def test_a_liquidation_that_sold_of_everything_is_a_drill() -> None:
    found = seen(STARTED, BOUGHT, tripped(LIQUIDATION), SOLD)

    assert (found.sold_ns, found.sold) == (NOW + 3 * HOUR, (BOUGHT.fill.product,))


@pytest.mark.parametrize(
    "told",
    [
        (tripped(LIQUIDATION),),
        (BOUGHT, tripped(LIQUIDATION)),
        (BOUGHT, SOLD, tripped(LIQUIDATION)),
        (BOUGHT, tripped(LIQUIDATION), resumed(LIQUIDATION), SOLD),
    ],
    ids=["nothing owned", "nothing sold", "sold before", "sold after it was over"],
)
def test_a_liquidation_that_sold_nothing_is_none(told: tuple[Any, ...]) -> None:
    assert seen(*told).sold_ns is None


def test_hours_and_sales_count_from_the_instant_that_was_asked_for() -> None:
    told = STARTED, READY, BOUGHT, SOLD, STARTED, READY, BOUGHT, SOLD

    assert seen(*told).traded_ns == 6 * HOUR
    found = seen(*told, since_ns=NOW + 6 * HOUR)
    assert (found.traded_ns, found.sales, found.ready_ns) == (HOUR, 1, NOW + 5 * HOUR)


@pytest.mark.parametrize(
    "told",
    [
        (STARTED, BOUGHT, SOLD),
        (STARTED, tripped(LIVE_GATES, is_latched=False), READY, SOLD),
        (STARTED, evolve(READY, is_provisional=True), SOLD),
    ],
    ids=["never ready", "a gate was shut", "the start was not complete"],
)
def test_a_run_that_could_not_buy_has_traded_for_no_hour(told: tuple[Any, ...]) -> None:
    found = seen(*told)

    assert (found.ready_ns, found.traded_ns) == (None, 0)


def test_the_newest_comparison_counts() -> None:
    first, last = ReconcileFinished("a", True, ()), ReconcileFinished("b", False, ("BTC",))

    assert seen(first, last).comparison == last


def test_virtual_time_proves_nothing() -> None:
    told = STARTED, READY, BOUGHT, tripped(LIQUIDATION), SOLD, tripped(KILL), KILLED, resumed(KILL)

    assert seen(*told, wall=False) == RunRecord()
