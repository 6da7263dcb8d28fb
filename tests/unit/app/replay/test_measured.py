"""What a backtest takes from a run: its fees, and the time from an intent to the venue's yes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from app.replay.measured import MOST_NS, measured
from app.replay.runs import NotReplayable, RecordedRun, recorded
from domain.messages.decisions import RoundJudged
from domain.messages.journal import RunStarted
from domain.messages.orders import IntentRaised
from domain.messages.portfolio import EquityMarked, StatementTaken
from domain.messages.supervision import BootCompleted
from domain.model.instants import MILLISECOND, Nanos
from domain.model.orders import OrderState
from domain.model.portfolio import AccountBalance
from tests.builders.messages import MAKER, NOW, TAKER, a_moved, a_product, an_intent
from tests.builders.numbers import amount, decimals

pytestmark = pytest.mark.req("BT1")


def a_run(*more: tuple[int, Any]) -> RecordedRun:
    """Return a run with these messages, each so many milliseconds after it has begun."""
    begun = (
        RunStarted("paper", "embedded", "world", "c0ffee", "p01", 7),
        StatementTaken("start", (AccountBalance("USD", *decimals(900, 100)),)),
        BootCompleted((a_product(),), MAKER, TAKER, is_clean=True),
        RoundJudged(1, Nanos(0), (), (), ()),
    )
    records: list[tuple[Nanos, Any]] = [(NOW, each) for each in begun]
    records += [(Nanos(NOW + at_ms * MILLISECOND), each) for at_ms, each in more]
    last_ms = max([0, *(at_ms for at_ms, _ in more)])
    marked = EquityMarked(1, amount(1000), amount(1000))
    records.append((Nanos(NOW + last_ms * MILLISECOND), marked))
    return recorded(records, None, "USD")


def an_order(number: int, raised_ms: int, took_ms: int, state: OrderState) -> list[tuple[int, Any]]:
    intent = an_intent(number=number)
    return [(raised_ms, IntentRaised(intent)), (raised_ms + took_ms, a_moved(intent, state))]


def test_the_median_of_the_orders_that_the_venue_took_counts() -> None:
    run = a_run(
        *an_order(1, 0, 80, OrderState.OPEN),
        *an_order(2, 1_000, 120, OrderState.FILLED),
        *an_order(3, 2_000, 900, OrderState.PARTIALLY_FILLED),
        *an_order(4, 5_000, 4, OrderState.REJECTED),
        *an_order(5, 6_000, 1, OrderState.VOID),
        (9_000, a_moved(an_intent(number=1), OrderState.FILLED)),
        (9_500, a_moved(an_intent(number=77), OrderState.FILLED)),
    )

    found = measured(run)

    assert (found.delay_ns, found.orders) == (120 * MILLISECOND, 3)
    assert (found.fees.maker, found.fees.taker) == (Decimal("0.006"), Decimal("0.012"))
    assert found.told == "run 1"


def test_an_intent_that_is_told_again_counts_from_its_first_time() -> None:
    intent = an_intent()
    run = a_run(
        (0, IntentRaised(intent)),
        (50, IntentRaised(intent)),
        (75, a_moved(intent, OrderState.OPEN)),
        (99, a_moved(intent, OrderState.OPEN)),
    )

    assert (measured(run).delay_ns, measured(run).orders) == (75 * MILLISECOND, 1)


def test_a_run_without_an_order_or_with_a_time_that_no_backtest_plays_says_nothing() -> None:
    slow = MOST_NS // MILLISECOND + 1

    with pytest.raises(NotReplayable, match="no order that the venue took"):
        measured(a_run())
    with pytest.raises(NotReplayable, match=r"took 5\.0 s; expected at most 5 s"):
        measured(a_run(*an_order(1, 0, slow, OrderState.OPEN)))
