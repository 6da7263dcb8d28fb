"""One product at one decision: the newest up to a time, with what was known then."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.messages.decisions import OrderApproved, RoundJudged
from domain.messages.journal import RunStarted
from domain.messages.orders import IntentRaised
from domain.messages.supervision import BreakerReset, BreakerTripped
from domain.messages.universe import RegimeJudged, StandingsChanged
from domain.model.context import Regime
from domain.model.instants import MINUTE, Nanos
from domain.model.orders import OrderState
from domain.model.universe import Exclusion
from domain.results.decision import Decision, DecisionFold
from tests.builders.messages import (
    BTC,
    ETH,
    NOW,
    a_breaker,
    a_moved,
    a_reading,
    a_standing,
    an_intent,
    approved,
    booked,
)

INTENT = an_intent(approved())
START = RunStarted("paper", "w", "c", "p", "code", 1)


def at(minute: int) -> Nanos:
    return Nanos(NOW + minute * MINUTE)


def judged(cycle: int) -> RoundJudged:
    return RoundJudged(cycle, NOW, (), (), ())


def decision(*records: tuple[int, object], until: int | None = None) -> Decision:
    fold = DecisionFold(BTC, None if until is None else at(until))
    for minute, message in records:
        fold.take(at(minute), message)
    return fold.result()


@pytest.mark.parametrize(("until", "cycle"), [(None, 3), (3, 3), (2, 2), (1, 1), (0, None)])
def test_the_newest_decision_up_to_the_time_counts(until: int | None, cycle: int | None) -> None:
    made = decision((1, judged(1)), (2, judged(2)), (3, judged(3)), until=until)

    assert (None if made.judged is None else made.judged.cycle) == cycle


def test_what_changed_after_the_decision_was_not_known_then() -> None:
    out = a_standing(BTC, exclusion_reason=Exclusion.BANNED)
    made = decision(
        (0, StandingsChanged((a_standing(BTC),))),
        (0, RegimeJudged(a_reading(Regime.BULL))),
        (1, judged(1)),
        (2, StandingsChanged((out,))),
        (2, RegimeJudged(a_reading(Regime.CRASH))),
        (2, BreakerTripped(a_breaker())),
    )

    assert made.standing is not None
    assert made.standing.is_eligible
    assert made.regime is not None
    assert made.regime.regime is Regime.BULL
    assert made.breakers == ()


def test_only_breakers_that_were_open_and_cover_the_product_count() -> None:
    others = a_breaker(scope=f"product:{ETH}", name="missing")
    closed = a_breaker(name="closed")
    made = decision(
        (0, BreakerTripped(others)),
        (0, BreakerTripped(closed)),
        (0, BreakerTripped(a_breaker())),
        (1, BreakerReset("closed", closed.scope, "proof", "gone")),
        (2, judged(1)),
    )

    assert made.breakers == (a_breaker(),)


def test_what_became_of_an_order_is_followed_beyond_the_time() -> None:
    made = decision(
        (0, OrderApproved(INTENT.order)),
        (0, judged(1)),
        (1, IntentRaised(INTENT)),
        (1, a_moved(INTENT, OrderState.OPEN)),
        (2, booked(INTENT, "0.5")),
        (3, booked(INTENT, "1.5")),
        (3, a_moved(INTENT, OrderState.FILLED)),
        until=0,
    )

    (fate,) = made.entries
    assert fate.state is OrderState.FILLED
    assert (fate.base, fate.worth) == (Decimal(2), Decimal(200))


def test_an_order_of_an_earlier_decision_is_not_of_this_one() -> None:
    made = decision((0, OrderApproved(INTENT.order)), (0, judged(1)), (1, judged(2)))

    assert made.entries == ()


def test_a_new_run_knows_nothing_but_what_is_latched() -> None:
    latched = a_breaker(name="kill", is_latched=True)
    made = decision(
        (0, StandingsChanged((a_standing(BTC),))),
        (0, BreakerTripped(latched)),
        (0, BreakerTripped(a_breaker())),
        (1, START),
        (2, judged(1)),
    )

    assert made.standing is None
    assert not made.is_universe_known
    assert made.breakers == (latched,)
