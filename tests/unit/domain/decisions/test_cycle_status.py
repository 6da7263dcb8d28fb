"""What came of a cycle, and when it is degraded: for want of data or answers, not by will."""

from __future__ import annotations

import pytest

from domain.decisions.cycle_status import degraded_by, status_of
from domain.messages.decisions import EntryProposed, RoundProposed
from domain.model.breakers import GLOBAL, VENUE, Breaker, Effect, Scope
from domain.model.cycle import CycleStatus
from domain.model.funnel import NO_FRESH_PRICE, Funnel, FunnelLoss, Stage
from tests.builders.messages import BTC, NOW, a_breaker, a_proposal

pytestmark = pytest.mark.req("OB1")

ENTRY = EntryProposed("breakout", a_proposal(), NOW)
BLOCKING = a_breaker(name="market_stream", effect=Effect.BLOCK, scope=VENUE, is_latched=False)
HALTING = a_breaker(name="daily_loss", effect=Effect.HALT, scope=GLOBAL, is_latched=True)
OF_ONE = a_breaker(
    name="late", effect=Effect.BLOCK, scope=Scope.of_strategy("slow"), is_latched=False
)


def a_round(*entries: EntryProposed, late: tuple[str, ...] = (), lost: str = "") -> RoundProposed:
    losses = (FunnelLoss(BTC, Stage.SEEN, lost),) if lost else ()
    return RoundProposed(1, NOW, entries, 1, late, Funnel(losses=losses))


@pytest.mark.parametrize(
    ("entries", "approved", "breakers", "status"),
    [
        ((ENTRY,), 1, (), CycleStatus.TRADED),
        ((ENTRY,), 0, (), CycleStatus.REFUSED),
        ((ENTRY,), 0, (HALTING,), CycleStatus.BLOCKED),
        ((), 0, (BLOCKING,), CycleStatus.BLOCKED),
        ((), 0, (OF_ONE,), CycleStatus.QUIET),
        ((), 0, (), CycleStatus.QUIET),
    ],
)
def test_a_cycle_has_one_status(
    entries: tuple[EntryProposed, ...],
    approved: int,
    breakers: tuple[Breaker, ...],
    status: CycleStatus,
) -> None:
    assert status_of(a_round(*entries), approved, breakers) is status


@pytest.mark.parametrize(
    ("round_", "breakers", "reasons"),
    [
        (a_round(), (), ()),
        (a_round(late=("slow", "slower")), (), ("late",)),
        (a_round(lost=NO_FRESH_PRICE), (), ("no_fresh_price",)),
        (a_round(lost="no_bars"), (), ()),
        (a_round(), (BLOCKING, BLOCKING), ("blocked:market_stream",)),
        (a_round(), (HALTING, OF_ONE), ()),
        (a_round(late=("slow",)), (BLOCKING,), ("late", "blocked:market_stream")),
    ],
)
def test_each_reason_is_told_once_and_what_is_latched_is_meant(
    round_: RoundProposed, breakers: tuple[Breaker, ...], reasons: tuple[str, ...]
) -> None:
    assert degraded_by(round_, breakers) == reasons
