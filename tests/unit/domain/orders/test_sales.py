"""A sale of a lot waits for the end of what protects it, and no part of a lot is sold twice."""

from __future__ import annotations

from decimal import Decimal

import pytest
from attrs import evolve

from domain.messages.decisions import OrderApproved, ProtectionWithdrawn
from domain.messages.orders import IntentRaised, OrderAdvanced
from domain.model.approval import ApprovedExit, ApprovedOrder, ExitReason
from domain.model.instants import DAY, Nanos
from domain.model.money import Quantity
from domain.model.orders import Accepted, OrderIntent, OrderState, OutcomeLost, VenueStatus
from domain.orders import effects
from domain.orders.effects import AskAgain
from domain.orders.order import Order
from domain.orders.sales import MAKES_ROOM, RUN_ENDED, SOLD_INSTEAD, SOLD_MEANWHILE, UNKNOWN_FOR_NS
from tests.builders.messages import NOW, a_fill, a_seen, approved, approved_sale, approved_stop
from tests.unit.domain.orders.test_tracker import (
    Scene,
    a_receipt,
    a_scene,
    fills,
    of,
    published,
)

TARGET = ExitReason.TARGET


def raised(scene: Scene, order: ApprovedOrder) -> OrderIntent:
    """Return the intent of an approved order, whose receipt has not come."""
    (found,) = published(scene.step(OrderApproved(order)), IntentRaised)
    return found.intent


def protected(quantity: str = "2") -> tuple[Scene, OrderIntent]:
    """Return a tracker whose lot has an order that waits at the venue."""
    scene = a_scene()
    stop = raised(scene, approved_stop("lot-1", quantity))
    scene.step(a_receipt(stop))
    scene.answer(Accepted(f"venue-{stop.number}"), stop)
    return scene, stop


def waiting(scene: Scene, sale: ApprovedExit) -> tuple[OrderIntent, tuple[effects.Effect, ...]]:
    """Return a sale and what its receipt led to."""
    intent = raised(scene, sale)
    return intent, scene.step(a_receipt(intent, 2))


def why(scene: Scene, intent: OrderIntent) -> str:
    order = scene.tracker.orders.get(intent.client_order_id)
    assert order is not None
    return order.reason


def cancelled(scene: Scene, stop: OrderIntent, filled: str = "0") -> tuple[effects.Effect, ...]:
    """The venue shows the end of the order that protected."""
    return scene.listed(a_seen(stop, VenueStatus.CANCELLED, filled))


@pytest.mark.req("PROT1", "R1")
@pytest.mark.parametrize("sale", [approved_sale("lot-1"), approved_stop("lot-1", "1.5")])
def test_a_sale_cancels_what_protects_its_lot_and_leaves_once_that_has_ended(
    sale: ApprovedExit,
) -> None:
    scene, stop = protected()

    intent, found = waiting(scene, sale)

    assert of(found, effects.Place) == []
    assert of(found, effects.Cancel) == [effects.Cancel(f"venue-{stop.number}")]
    assert why(scene, stop) == MAKES_ROOM
    assert scene.state(intent) is OrderState.INTENDED
    (again,) = published(cancelled(scene, stop), IntentRaised)
    assert again.intent == intent
    (place,) = of(scene.step(a_receipt(intent, 3)), effects.Place)
    assert place.intent == intent


@pytest.mark.req("PROT1")
def test_a_sale_of_another_lot_waits_for_nothing() -> None:
    scene, _ = protected()

    _, found = waiting(scene, approved_sale("lot-2"))

    assert len(of(found, effects.Place)) == 1
    assert of(found, effects.Cancel) == []


@pytest.mark.req("PROT1")
def test_sales_of_one_lot_do_not_wait_for_each_other() -> None:
    scene = a_scene()

    _, first = waiting(scene, approved_sale("lot-1", "1"))
    _, second = waiting(scene, approved_sale("lot-1", "1", approval=3))

    assert [len(of(found, effects.Place)) for found in (first, second)] == [1, 1]


@pytest.mark.req("PROT1")
def test_while_a_sale_waits_other_orders_come_and_go() -> None:
    scene, _ = protected()
    sale, _ = waiting(scene, approved_sale("lot-1"))
    entry = raised(scene, approved())
    scene.step(a_receipt(entry))

    found = scene.answer(Accepted(f"venue-{entry.number}"), entry)

    assert of(found, effects.Cancel) == []
    assert scene.state(entry) is OrderState.OPEN
    assert scene.state(sale) is OrderState.INTENDED


@pytest.mark.req("PROT1", "X1")
def test_a_sale_that_can_not_be_made_any_more_is_not_asked_for_when_the_way_is_free() -> None:
    """The venue has had another order under its id for long."""
    scene, stop = protected()
    sale, _ = waiting(scene, approved_sale("lot-1"))
    scene.listed(evolve(a_seen(sale), created_ns=Nanos(NOW - DAY)))
    assert scene.state(sale) is OrderState.VOID

    assert published(cancelled(scene, stop), IntentRaised) == []


@pytest.mark.req("PROT1", "X2")
def test_a_sale_that_has_left_is_not_asked_for_again() -> None:
    """Its receipt came when the wait was over, before anybody asked."""
    scene = a_scene()
    stop = raised(scene, approved_stop())
    scene.step(a_receipt(stop))
    scene.answer(OutcomeLost("timeout"), stop)
    sale, _ = waiting(scene, approved_sale("lot-1", reason=ExitReason.STOP))
    scene.later(UNKNOWN_FOR_NS)

    assert len(of(scene.step(a_receipt(sale, 4)), effects.Place)) == 1

    assert published(scene.step(AskAgain()), IntentRaised) == []


@pytest.mark.req("PROT1", "R1")
@pytest.mark.parametrize("part", ["0.5", "2"])
def test_what_protection_sells_while_a_sale_waits_is_not_sold_again(part: str) -> None:
    scene, stop = protected()
    intent, _ = waiting(scene, approved_sale("lot-1"))

    scene.step(fills(a_fill(stop, part)))
    found = cancelled(scene, stop, part)
    found += scene.step(a_receipt(intent, 3))

    assert of(found, effects.Place) == []
    order = scene.tracker.orders.get(intent.client_order_id)
    assert isinstance(order, Order)
    assert (order.state, order.reason) == (OrderState.VOID, SOLD_MEANWHILE)


@pytest.mark.req("R1")
def test_a_sale_that_was_approved_before_a_fill_of_protection_was_known_does_not_leave() -> None:
    scene, stop = protected()
    scene.step(fills(a_fill(stop, "0.5")))
    cancelled(scene, stop, "0.5")

    stale, found = waiting(scene, approved_sale("lot-1"))
    known, sent = waiting(
        scene, approved_sale("lot-1", "1.5", approval=5, sold_at_venue=Quantity(Decimal("0.5")))
    )

    assert of(found, effects.Place) == []
    assert scene.state(stale) is OrderState.VOID
    assert [each.intent for each in of(sent, effects.Place)] == [known]


@pytest.mark.req("PROT1")
def test_protection_on_its_way_is_cancelled_as_soon_as_it_has_a_name() -> None:
    scene = a_scene()
    stop = raised(scene, approved_stop())
    scene.step(a_receipt(stop))

    sale, found = waiting(scene, approved_sale("lot-1"))
    assert of(found, effects.Cancel) == []
    assert of(found, effects.Place) == []

    found = scene.answer(Accepted(f"venue-{stop.number}"), stop)
    assert of(found, effects.Cancel) == [effects.Cancel(f"venue-{stop.number}")]
    assert scene.state(sale) is OrderState.INTENDED
    order = scene.tracker.orders.get(stop.client_order_id)
    assert order is not None
    assert order.reason == MAKES_ROOM


@pytest.mark.req("PROT1")
def test_of_two_that_wait_the_sale_goes_before_what_would_protect() -> None:
    scene, stop = protected()
    wider, _ = waiting(scene, approved_stop("lot-1", "2", approval=6))

    sale, _ = waiting(scene, approved_sale("lot-1"))

    order = scene.tracker.orders.get(wider.client_order_id)
    assert order is not None
    assert (order.state, order.reason) == (OrderState.VOID, SOLD_INSTEAD)
    (again,) = published(cancelled(scene, stop), IntentRaised)
    assert again.intent == sale


@pytest.mark.req("X6", "PROT1")
@pytest.mark.parametrize(("reason", "is_sent"), [(ExitReason.STOP, True), (TARGET, False)])
def test_a_stop_waits_five_seconds_at_most_for_what_may_not_exist(
    reason: ExitReason, is_sent: bool
) -> None:
    scene = a_scene()
    stop = raised(scene, approved_stop())
    scene.step(a_receipt(stop))
    scene.answer(OutcomeLost("timeout"), stop)
    sale, _ = waiting(scene, approved_sale("lot-1", reason=reason))

    scene.later(UNKNOWN_FOR_NS - 1)
    assert published(scene.step(AskAgain()), IntentRaised) == []
    scene.later(1)
    again = published(scene.step(AskAgain()), IntentRaised)
    sent = of(scene.step(a_receipt(sale, 4)), effects.Place)

    assert bool(again) is bool(sent) is is_sent


@pytest.mark.req("X6", "PROT1")
def test_a_stop_waits_as_long_as_it_takes_for_protection_that_is_known_to_rest() -> None:
    scene, stop = protected()
    scene.later(10 * UNKNOWN_FOR_NS)

    sale, found = waiting(scene, approved_sale("lot-1", reason=ExitReason.STOP))

    assert of(found, effects.Place) == []
    assert published(scene.step(AskAgain()), IntentRaised) == []
    (again,) = published(cancelled(scene, stop), IntentRaised)
    assert again.intent == sale


@pytest.mark.req("X6", "PROT1", "R1")
def test_a_stop_waits_for_protection_that_was_lost_from_sight_and_found() -> None:
    scene = a_scene()
    stop = raised(scene, approved_stop())
    scene.step(a_receipt(stop))
    scene.answer(OutcomeLost("timeout"), stop)
    scene.listed(a_seen(stop))
    scene.later(10 * UNKNOWN_FOR_NS)

    _, found = waiting(scene, approved_sale("lot-1", reason=ExitReason.STOP))

    assert of(found, effects.Place) == []
    assert of(found, effects.Cancel) == [effects.Cancel(f"venue-{stop.number}")]


@pytest.mark.req("PROT1")
def test_what_protects_nothing_any_more_is_cancelled_when_it_is_withdrawn() -> None:
    scene, stop = protected()

    found = scene.step(ProtectionWithdrawn("lot-1", "its lot is gone"))

    assert of(found, effects.Cancel) == [effects.Cancel(f"venue-{stop.number}")]
    assert why(scene, stop) == "its lot is gone"
    assert scene.step(ProtectionWithdrawn("lot-2", "its lot is gone")) == ()


@pytest.mark.req("PROT1", "K1")
def test_a_halt_cancels_no_protection() -> None:
    scene, stop = protected()

    assert of(scene.halt(), effects.Cancel) == []
    assert scene.state(stop) is OrderState.OPEN


@pytest.mark.req("PROT1")
def test_protection_that_rests_is_not_asked_for_every_second() -> None:
    scene, stop = protected()
    scene.listed(a_seen(stop))

    assert of(scene.step(AskAgain()), effects.FindOrders) == []


@pytest.mark.req("PROT1")
def test_a_sale_that_waits_is_told_once_as_the_same_order() -> None:
    scene, stop = protected()
    intent, _ = waiting(scene, approved_sale("lot-1"))

    scene.later(1)
    first = published(cancelled(scene, stop), IntentRaised)
    second = published(cancelled(scene, stop), IntentRaised)

    assert [each.intent for each in (*first, *second)] == [intent]


@pytest.mark.req("X1", "PROT1")
def test_at_an_orderly_end_a_sale_that_waits_is_void_as_it_has_never_left() -> None:
    scene, stop = protected()
    sale, _ = waiting(scene, approved_sale("lot-1"))

    ended = [each.message for each in scene.tracker.end()]

    assert [(type(each), getattr(each, "client_order_id", "")) for each in ended] == [
        (OrderAdvanced, sale.client_order_id)
    ]
    assert scene.state(sale) is OrderState.VOID
    assert why(scene, sale) == RUN_ENDED
    assert scene.state(stop) is OrderState.PENDING_CANCEL, "it has left: the venue decides"


@pytest.mark.req("X1")
def test_at_an_orderly_end_what_may_have_left_stays_in_doubt_and_nothing_leaves_because_of_it() -> (
    None
):
    scene = a_scene()
    stop = raised(scene, approved_stop("lot-1"))
    sale, _ = waiting(scene, approved_sale("lot-1"))
    sent = raised(scene, approved_sale("lot-2"))
    scene.step(a_receipt(sent, 3))

    ended = [each.message for each in scene.tracker.end()]

    assert {each.client_order_id for each in ended if isinstance(each, OrderAdvanced)} == {
        stop.client_order_id,
        sale.client_order_id,
    }
    assert not [each for each in ended if isinstance(each, IntentRaised)]
    assert scene.state(sent) is OrderState.PENDING_SUBMIT
