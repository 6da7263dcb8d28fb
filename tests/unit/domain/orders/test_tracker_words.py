"""What is told of our orders: each in these very words, with the order or product it is about.

What is done about them is claimed in `test_tracker.py`.
"""

from __future__ import annotations

from decimal import Decimal

import pytest
from attrs import evolve

from domain.messages.decisions import OrderApproved
from domain.messages.market import AFTER_GAP, FeedStalled
from domain.messages.orders import IntentRaised, OrderAdvanced
from domain.messages.supervision import GapSeen
from domain.messages.venue import CancelAnswered, CancelResult, FillsListed, OrdersListed
from domain.model.approval import Purpose
from domain.model.breakers import Scope
from domain.model.instants import SECOND, Nanos
from domain.model.orders import Accepted, IdKnown, NotSent, OrderState, OutcomeLost, VenueStatus
from domain.orders import effects
from domain.orders.doubt import FAR_BACK_NS
from domain.orders.effects import (
    AfterItsEnd,
    AfterSnapshot,
    BlockEntries,
    OfDoubt,
    PriceLost,
    ReleaseEntries,
    TimeIsUp,
    Warn,
)
from domain.orders.inputs import OrdersFound
from domain.orders.keeper import UNKNOWN_ORDER
from domain.orders.order import CLOCKS_NS, TIME_OVER, moved
from domain.orders.prices import NO_PRICE
from domain.orders.tracker import ENTRIES_BLOCKED_BY_USER_STREAM, LOST_ORDERS
from tests.builders.messages import BTC, NOW, a_fill, a_seen, an_intent
from tests.unit.domain.orders.test_tracker import (
    ENTRY,
    ID,
    H,
    Scene,
    a_lost_entry,
    a_receipt,
    a_scene,
    a_streaming_scene,
    an_open_entry,
    fills,
    of,
    published,
)

pytestmark = pytest.mark.req("X4")
PRODUCT = Scope.of_product(BTC)


def an_ended_entry() -> Scene:
    scene = an_open_entry()
    scene.listed(a_seen(ENTRY, VenueStatus.CANCELLED))
    return scene


def told(scene: Scene) -> OrderAdvanced:
    order = scene.tracker.orders.get(ID)
    assert order is not None
    return moved(order)


def test_what_is_told_of_an_order_is_all_that_is_known_of_it() -> None:
    scene = an_open_entry()
    scene.step(fills(a_fill(ENTRY, "0.5")))

    assert told(scene) == OrderAdvanced(
        ID,
        "venue-1",
        BTC,
        ENTRY.order.side,
        Purpose.ENTRY,
        OrderState.PARTIALLY_FILLED,
        a_fill(ENTRY, "0.5").quantity,
        "",
    )


def test_an_outcome_that_is_lost_is_told_and_its_product_is_blocked() -> None:
    scene = a_scene()
    scene.place()

    found = scene.answer(OutcomeLost("timeout"))

    assert of(found, Warn) == [Warn("outcome unknown", "timeout", ID)]
    why = f"order {ID} may or may not exist"
    assert of(found, BlockEntries) == [BlockEntries(UNKNOWN_ORDER, why, PRODUCT)]
    assert scene.why() == "timeout"
    shown = scene.listed(a_seen(ENTRY))
    evidence = "the venue shows the order as OPEN"
    assert of(shown, ReleaseEntries) == [ReleaseEntries(UNKNOWN_ORDER, evidence, PRODUCT)]


def test_an_id_that_was_used_before_is_told_and_looked_for_far_back() -> None:
    scene = a_scene()
    scene.place()

    found = scene.answer(IdKnown("DUPLICATE_CLIENT_ORDER_ID"))

    assert of(found, Warn) == [Warn("used before", "DUPLICATE_CLIENT_ORDER_ID", ID)]
    assert scene.why() == "DUPLICATE_CLIENT_ORDER_ID"
    far_back = effects.ListOrders(Nanos(NOW - FAR_BACK_NS), OfDoubt())
    assert of(found, effects.ListOrders) == [far_back]


@pytest.mark.parametrize("is_final", [False, True])
def test_why_an_order_did_not_leave_is_kept(is_final: bool) -> None:
    scene = a_scene()
    scene.place()

    scene.answer(NotSent("connection refused", is_final=is_final))

    assert scene.why() == "connection refused"


def test_what_a_complete_list_proves_absent_says_so() -> None:
    scene = a_lost_entry()
    scene.later(H + CLOCKS_NS + SECOND)

    found = scene.listed()

    assert (scene.state(), scene.why()) == (OrderState.VOID, "absent from a complete listing")
    evidence = "the venue shows the order as VOID"
    assert of(found, ReleaseEntries) == [ReleaseEntries(UNKNOWN_ORDER, evidence, PRODUCT)]


def test_an_order_that_the_venue_does_not_know_is_told_with_what_it_is_to_us() -> None:
    scene = an_open_entry()
    scene.later(CLOCKS_NS)
    scene.listed()

    found = scene.found(asked=("venue-1",))

    why = f"the venue does not know order {ID}, which is OPEN to us"
    assert of(found, BlockEntries) == [BlockEntries(UNKNOWN_ORDER, why, PRODUCT)]


def test_what_could_not_be_done_at_the_venue_is_told() -> None:
    scene = an_open_entry()
    whole = OrdersListed(1, (), True, Nanos(0), None)

    for message, warning in (
        (CancelAnswered(1, (), "HTTP 500"), Warn("cancel unanswered", "HTTP 500")),
        (FillsListed(1, (), False, "HTTP 500"), Warn("fills not listed", "HTTP 500")),
        (
            OrdersFound(evolve(whole, failure="HTTP 500", is_complete=False), None),
            Warn("orders not listed", "HTTP 500"),
        ),
        (
            OrdersFound(evolve(whole, is_complete=False), None),
            Warn("orders not listed", "not to its end"),
        ),
    ):
        assert of(scene.step(message), Warn) == [warning]


def test_why_the_venue_refused_a_cancel_is_kept() -> None:
    scene = an_open_entry()
    scene.step(TimeIsUp(ID))
    assert scene.why() == TIME_OVER

    scene.step(CancelAnswered(1, (CancelResult("venue-1", False, "UNKNOWN_CANCEL_ORDER"),), None))

    assert scene.why() == "UNKNOWN_CANCEL_ORDER"


@pytest.mark.parametrize(("numbers", "count"), [((2,), "1 order"), ((2, 3), "2 orders")])
def test_orders_that_the_journal_has_lost_are_counted(numbers: tuple[int, ...], count: str) -> None:
    found = a_scene().listed(*(a_seen(an_intent(number=number)) for number in numbers))

    why = f"the venue has {count} that this journal does not hold: older copy?"
    assert of(found, BlockEntries) == [BlockEntries(LOST_ORDERS, why, is_latched=True)]


@pytest.mark.parametrize(
    ("status", "is_cancelled"), [(VenueStatus.OPEN, True), (VenueStatus.CANCELLED, False)]
)
def test_of_lost_entries_only_what_lives_is_cancelled(
    status: VenueStatus, is_cancelled: bool
) -> None:
    found = a_scene().listed(a_seen(an_intent(number=2), status))

    assert of(found, effects.Cancel) == [effects.Cancel("venue-2")] * is_cancelled


def test_a_fill_after_the_end_of_its_order_is_told_to_people() -> None:
    scene = an_ended_entry()
    ended = told(scene)

    found = scene.step(fills(a_fill(ENTRY, "0.5")))

    assert of(found, AfterItsEnd) == [AfterItsEnd(ended, "filled 0.5 more")]


def test_an_entry_that_is_found_alive_after_its_end_is_told_and_cancelled() -> None:
    scene = a_scene()
    scene.place()
    scene.answer(NotSent("late", is_final=True))
    ended = told(scene)

    found = scene.listed(a_seen(ENTRY))

    assert of(found, AfterItsEnd) == [AfterItsEnd(ended, "alive")]
    assert of(found, effects.Cancel) == [effects.Cancel("venue-1")]
    assert scene.why() == "found alive after its end"


def test_an_entry_goes_with_the_reason_of_its_product_or_its_breaker() -> None:
    stalled, halted = an_open_entry(), an_open_entry()
    (wake,) = stalled.step(FeedStalled(BTC, "frozen", Nanos(0)))
    assert isinstance(wake, effects.WakeAt)
    stalled.later(wake.at_ns - stalled.market)
    stalled.step(PriceLost(BTC))
    halted.halt()

    assert stalled.why() == NO_PRICE
    assert halted.why() == halted.breakers[0].name


@pytest.mark.parametrize("cause", ["halt", "price"])
def test_an_entry_on_its_way_goes_with_the_same_reason_once_it_has_a_name(cause: str) -> None:
    scene = a_scene()
    scene.place()
    if cause == "halt":
        scene.halt()
    else:
        scene.step(FeedStalled(BTC, "frozen", Nanos(100 * SECOND)))

    found = scene.answer(Accepted("venue-1"))

    assert of(found, effects.Cancel) == [effects.Cancel("venue-1")]
    assert scene.why() == (scene.breakers[0].name if cause == "halt" else NO_PRICE)


def test_entries_go_on_by_the_list_after_the_snapshot() -> None:
    scene = a_streaming_scene()

    found = scene.listed(reason=AfterSnapshot(1))

    evidence = "orders listed after the user stream's snapshot"
    assert found == (ReleaseEntries(ENTRIES_BLOCKED_BY_USER_STREAM, evidence),)


def test_a_gap_in_what_we_were_told_begins_the_stream_anew() -> None:
    assert a_scene().step(GapSeen(Nanos(3))) == (effects.RestartUserStream(AFTER_GAP),)


def test_an_order_that_is_sent_again_asks_for_the_same_intent() -> None:
    scene = a_scene()
    (first,) = published(scene.step(OrderApproved(ENTRY.order)), IntentRaised)
    scene.step(a_receipt(first.intent))

    (again,) = published(scene.answer(NotSent("refused", is_final=False)), IntentRaised)

    assert again == first
    assert Decimal(2) == again.intent.order.quantity
