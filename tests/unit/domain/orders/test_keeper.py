"""What everything that is done about our orders stands on: kept, told, asked about again."""

from __future__ import annotations

import pytest
from attrs import evolve

from domain.messages.control import SettleRequested
from domain.model.orders import OrderState, VenueStatus
from domain.orders.effects import (
    AskAgain,
    Cancel,
    Effect,
    FindOrders,
    ListFills,
    ListOrders,
    Publish,
    WakeAfter,
    Warn,
)
from domain.orders.inputs import Now
from domain.orders.keeper import RESOLVE_EVERY_NS, STRANGERS, OrderKeeper
from domain.orders.order import Order, moved
from tests.builders.messages import NOW, an_intent

pytestmark = pytest.mark.req("X4")

INTENT = an_intent()
NAME = INTENT.client_order_id
OPEN = evolve(
    Order.intended(INTENT, NOW),
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


def test_that_an_order_is_to_end_is_told_once_however_often_the_venue_is_asked() -> None:
    keeper = OrderKeeper([OPEN])
    keeper._cancel(NAME, "a test")
    keeper._taken()

    keeper._cancel(NAME, "a test")

    assert keeper._taken() == (Cancel("venue-1"),)


def test_questions_are_asked_once_at_a_time() -> None:
    keeper = OrderKeeper([evolve(OPEN, state=OrderState.PENDING_CANCEL)])

    keeper._watch()
    keeper._watch()

    assert keeper._taken() == (WakeAfter(RESOLVE_EVERY_NS, AskAgain()),)


def test_what_the_venue_has_under_an_id_of_ours_is_never_taken_for_ours() -> None:
    keeper = OrderKeeper([evolve(OPEN, state=OrderState.PENDING_SUBMIT)])
    (order,) = keeper.orders.unsettled.values()

    keeper._give_up(order)

    over = keeper.orders.get(NAME)
    assert over is not None
    assert (over.state, over.order_id) == (OrderState.VOID, None)
    assert over.reason == "its id stands for another order at the venue"
    assert keeper._taken() == (
        Warn("another order has this id", "none was made", NAME),
        Publish(moved(over)),
    )


@pytest.mark.parametrize(
    "order",
    [evolve(OPEN, state=OrderState.VOID), evolve(OPEN, fills=frozenset({"fill-1"}))],
    ids=["ended", "filled"],
)
def test_an_order_that_has_ended_or_was_filled_is_ours_whatever_its_id_stands_for(
    order: Order,
) -> None:
    keeper = OrderKeeper([order])

    keeper._give_up(order)

    assert keeper.orders.get(NAME) == order
    assert keeper._taken() == ()


def test_a_person_may_ask_again_before_the_venue_has_answered() -> None:
    keeper = OrderKeeper([OPEN])
    keeper._now = Now(NOW, 0)
    keeper.orders.missing[NAME] = True

    for request in ("r1", "r2"):
        keeper._settle(SettleRequested(request, "seen"))

        assert [type(each) for each in keeper._taken()] == [FindOrders, ListOrders, ListFills]


def test_whose_a_fill_is_gets_asked_once_of_as_many_as_are_remembered() -> None:
    keeper = OrderKeeper([])
    strangers = [f"venue-{number}" for number in range(STRANGERS)]
    for each in [*strangers, *strangers]:
        keeper._ask_whose(each)
    assert keeper._taken() == tuple(FindOrders((each,)) for each in strangers)

    for each in ("one-more", strangers[1], strangers[0]):
        keeper._ask_whose(each)  # the oldest was forgotten for it

    assert keeper._taken() == (FindOrders(("one-more",)), FindOrders((strangers[0],)))
