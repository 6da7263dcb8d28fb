"""What everything that is done about our orders stands on: kept, told, asked about again."""

from __future__ import annotations

import pytest
from attrs import evolve

from domain.model.orders import OrderState, VenueStatus
from domain.orders.effects import AskAgain, Cancel, Effect, Publish, WakeAfter
from domain.orders.keeper import RESOLVE_EVERY_NS, OrderKeeper
from domain.orders.order import Order
from tests.builders.messages import an_intent

pytestmark = pytest.mark.req("X4")

INTENT = an_intent()
NAME = INTENT.client_order_id
OPEN = evolve(
    Order.intended(INTENT),
    state=OrderState.OPEN,
    order_id="venue-1",
    venue_status=VenueStatus.OPEN,
)


def cancelled(order: Order) -> tuple[Effect, ...]:
    keeper = OrderKeeper([order])
    keeper._cancel(NAME, "a test")
    return keeper._taken()


def test_an_order_that_lives_is_told_to_end_and_asked_about_until_it_has() -> None:
    told, cancel, again = cancelled(OPEN)

    assert isinstance(told, Publish)
    assert cancel == Cancel("venue-1")
    assert again == WakeAfter(RESOLVE_EVERY_NS, AskAgain())


@pytest.mark.parametrize(
    "order",
    [evolve(OPEN, state=OrderState.CANCELLED), evolve(OPEN, order_id=None)],
    ids=["ended", "without a name at the venue"],
)
def test_what_can_not_be_cancelled_is_left_alone(order: Order) -> None:
    assert cancelled(order) == ()


def test_questions_are_asked_once_at_a_time() -> None:
    keeper = OrderKeeper([evolve(OPEN, state=OrderState.PENDING_CANCEL)])

    keeper._watch()
    keeper._watch()

    assert keeper._taken() == (WakeAfter(RESOLVE_EVERY_NS, AskAgain()),)
