"""The one order: sent once, seen, cancelled whatever happens, and its end read back."""

from __future__ import annotations

from decimal import Decimal

import pytest

from app.venue_check.order_steps import OrderSteps
from domain.model.instants import Nanos
from domain.model.money import Price, Quantity
from domain.model.orders import IdKnown, NotSent, OutcomeLost, PlaceOutcome, Rejected
from domain.system.harmless_order import LIFE_NS, HarmlessOrder
from domain.system.venue_check import CheckedStep, StepResult
from tests.builders.messages import BTC, NOW
from tests.fakes.asked_venue import ORDER_ID, Around, AskedVenue

pytestmark = pytest.mark.req("X1", "X4")

SMALL = HarmlessOrder(product=BTC, price=Price(Decimal(50)), quantity=Quantity(Decimal("0.02")))


def run(venue: AskedVenue, around: Around | None = None) -> tuple[CheckedStep, CheckedStep]:
    steps = OrderSteps(venue, around or Around(), lambda: None)
    order, cancelled = steps.run(venue.intend(SMALL, Nanos(0)))
    return order, cancelled


def test_it_is_seen_open_and_read_back_as_cancelled() -> None:
    venue = AskedVenue()
    order, cancelled = run(venue)

    assert (order.verdict, cancelled.verdict) == (StepResult.OK, StepResult.OK)
    assert "CANCELLED, in no list of open orders" in cancelled.found
    assert venue.asked.count("place") == venue.asked.count(f"cancel {ORDER_ID}") == 1
    assert venue.sent[0].end_ns == NOW + LIFE_NS
    assert venue.asked[-1] == f"fills {ORDER_ID}"


@pytest.mark.parametrize(
    "outcome", [Rejected("INSUFFICIENT_FUND", "too little"), NotSent("no connection", True)]
)
def test_an_order_that_is_not_there_is_not_cancelled(outcome: PlaceOutcome) -> None:
    venue = AskedVenue()
    venue.outcome = outcome
    order, cancelled = run(venue)

    assert (order.verdict, cancelled.verdict) == (StepResult.FAILED, StepResult.SKIPPED)
    assert not any(each.startswith("cancel") for each in venue.asked)


@pytest.mark.parametrize("outcome", [OutcomeLost("no answer"), IdKnown("known already")])
def test_one_whose_answer_was_lost_is_looked_for_and_never_sent_again(
    outcome: PlaceOutcome,
) -> None:
    venue = AskedVenue()
    venue.outcome = outcome
    order, cancelled = run(venue)

    assert (order.verdict, cancelled.verdict) == (StepResult.FAILED, StepResult.OK)
    assert ORDER_ID in order.found
    assert venue.asked.count("place") == 1


def test_one_that_nobody_finds_is_said_to_end_by_itself() -> None:
    venue, around = AskedVenue(), Around()
    venue.outcome, venue.exists = OutcomeLost("no answer"), False
    order, cancelled = run(venue, around)

    assert "nobody knows whether it exists" in order.found
    assert " UTC" in order.found
    assert cancelled.verdict is StepResult.SKIPPED
    assert around.rested_s >= 10


def test_a_cancel_that_is_not_carried_out_is_told_with_its_end() -> None:
    venue = AskedVenue()
    venue.cancels_needed = 2
    order, cancelled = run(venue)

    assert order.verdict is StepResult.OK
    assert cancelled.verdict is StepResult.FAILED
    assert f"order {ORDER_ID} is OPEN" in cancelled.found
    assert "it ends by itself at" in cancelled.found


def test_a_list_that_fails_confirms_nothing() -> None:
    venue = AskedVenue()
    venue.list_failure = "HTTP 500"

    assert run(venue)[1].verdict is StepResult.FAILED


def test_one_that_bought_something_is_told() -> None:
    venue = AskedVenue()
    venue.filled = Quantity(Decimal("0.01"))
    _, cancelled = run(venue)

    assert cancelled.verdict is StepResult.FAILED
    assert "it bought 0.01 BTC-USD first" in cancelled.found


def test_who_interrupts_it_leaves_no_order_behind() -> None:
    class Interrupted(Around):
        def rest(self, seconds: float) -> None:
            raise KeyboardInterrupt

    venue = AskedVenue()
    venue.exists = False
    steps = OrderSteps(venue, Interrupted(), lambda: None)

    with pytest.raises(KeyboardInterrupt):
        list(steps.run(venue.intend(SMALL, Nanos(0))))
    assert venue.asked[-1] == f"cancel {ORDER_ID}"


def test_who_listens_no_more_leaves_no_order_behind() -> None:
    venue = AskedVenue()
    steps = OrderSteps(venue, Around(), lambda: None).run(venue.intend(SMALL, Nanos(0)))
    next(steps)
    steps.close()

    assert venue.asked[-1] == f"cancel {ORDER_ID}"
