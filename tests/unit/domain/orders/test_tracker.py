"""What is done about our orders: single claims, each the death of one planted bug.

That whatever the venue does no order is sent twice and none is lost is claimed in
`test_tracker_with_venue.py`.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, TypeVar

import pytest
from attrs import define, evolve

from domain.messages.control import Settled, SettleRequested
from domain.messages.decisions import OrderApproved
from domain.messages.market import AFTER_GAP, FeedRecovered, FeedStalled, StreamClosed, StreamOpened
from domain.messages.orders import (
    CancelProposed,
    FillBooked,
    IntentRaised,
    OrderAdvanced,
    Receipt,
    WouldPlace,
)
from domain.messages.supervision import BootCompleted, BreakerTripped, GapSeen
from domain.messages.venue import (
    CancelAnswered,
    CancelResult,
    FillsListed,
    OrdersListed,
    PlaceAnswered,
    UserFrame,
)
from domain.model.approval import ApprovedOrder
from domain.model.breakers import Breaker, Effect
from domain.model.entries import EntryKind, Unread
from domain.model.instants import DAY, MILLISECOND, MINUTE, SECOND, Nanos
from domain.model.money import Quantity
from domain.model.orders import (
    Accepted,
    FillSeen,
    IdKnown,
    NotSent,
    OrderIntent,
    OrderSeen,
    OrderState,
    OutcomeLost,
    PlaceOutcome,
    Rejected,
    VenueStatus,
)
from domain.model.product import Side
from domain.orders import effects
from domain.orders.doubt import FAR_BACK_NS, WINDOW_NS
from domain.orders.effects import AskAgain, FindOrders, ListOrders, ListReason, TimeIsUp
from domain.orders.identity import client_order_id
from domain.orders.inputs import FillsFound, Now, OrderBookState, OrdersFound, TrackerInput
from domain.orders.keeper import RESOLVE_EVERY_NS, UNKNOWN_ORDER
from domain.orders.lifecycle import Event
from domain.orders.numbers import AHEAD
from domain.orders.order import END_GRACE_NS, LIVING, Order, advance
from domain.orders.tracker import (
    CANCEL_UNDER_WAY,
    ENTRIES_BLOCKED_BY_USER_STREAM,
    LOST_ORDERS,
    TRIES,
    OrderTracker,
)
from domain.orders.unread import UNREADABLE_ORDERS
from tests.builders.messages import (
    BTC,
    ETH,
    LINEAGE,
    MAKER,
    NOW,
    TAKER,
    a_breaker,
    a_fill,
    a_limit,
    a_seen,
    an_intent,
    an_unread,
    approved,
    approved_sale,
)

H = 20 * SECOND
ENTRY = an_intent(evolve(approved(), order_type=a_limit(lifetime_ns=Nanos(45 * SECOND))))
ID = ENTRY.client_order_id
E = TypeVar("E")
M = TypeVar("M")


@define
class Scene:
    """A tracker, and the time and breakers that it is told."""

    tracker: OrderTracker
    market: int = NOW
    machine: int = 1_000 * SECOND
    breakers: tuple[Breaker, ...] = ()

    def now(self) -> Now:
        return Now(self.market, self.machine, self.breakers)

    def step(self, message: TrackerInput) -> tuple[effects.Effect, ...]:
        return self.tracker.step(message, self.now())

    def later(self, by_ns: int) -> None:
        self.market += by_ns
        self.machine += by_ns

    def halt(self, scope: str = "global") -> tuple[effects.Effect, ...]:
        breaker = a_breaker(Effect.HALT, scope)
        self.breakers += (breaker,)
        return self.step(BreakerTripped(breaker))

    def state(self, intent: OrderIntent = ENTRY) -> OrderState:
        order = self.tracker.orders.get(intent.client_order_id)
        assert order is not None
        return order.state

    def why(self) -> str:
        order = self.tracker.orders.get(ID)
        assert order is not None
        return order.reason

    def place(self, order: ApprovedOrder | None = None) -> tuple[effects.Effect, ...]:
        """Approve an order and give the receipt for it."""
        (raised,) = published(self.step(OrderApproved(order or ENTRY.order)), IntentRaised)
        return self.step(a_receipt(raised.intent))

    def answer(
        self, outcome: PlaceOutcome, intent: OrderIntent = ENTRY
    ) -> tuple[effects.Effect, ...]:
        return self.step(PlaceAnswered(intent.client_order_id, outcome, Nanos(self.machine)))

    def listed(
        self,
        *seen: OrderSeen,
        begun_ns: int | None = None,
        is_complete: bool = True,
        reason: ListReason | None = None,
        since_ago_ns: int = WINDOW_NS,
        unread: tuple[Unread, ...] = (),
    ) -> tuple[effects.Effect, ...]:
        begun = Nanos(self.machine if begun_ns is None else begun_ns)
        since_ns = Nanos(self.market - since_ago_ns)
        listing = OrdersListed(1, seen, is_complete, begun, None, since_ns, unread)
        return self.step(OrdersFound(listing, reason))

    def found(self, *seen: OrderSeen, asked: tuple[str, ...]) -> tuple[effects.Effect, ...]:
        """Answer a question for orders by id."""
        listing = OrdersListed(1, seen, True, Nanos(self.machine), None)
        return self.step(OrdersFound(listing, FindOrders(asked)))


def a_scene(*orders: Order, is_dry: bool = False) -> Scene:
    return Scene(OrderTracker(OrderBookState(LINEAGE, 1, orders), H, is_dry=is_dry))


def an_open_entry() -> Scene:
    scene = a_scene()
    scene.place()
    scene.answer(Accepted("venue-1"))
    return scene


def a_lost_entry() -> Scene:
    scene = a_scene()
    scene.place()
    scene.answer(OutcomeLost("timeout"))
    return scene


def a_receipt(intent: OrderIntent, sequence: int = 1) -> Receipt:
    return Receipt(intent.client_order_id, sequence, "hash", Nanos(0))


def fills(*found: FillSeen) -> FillsListed:
    return FillsListed(1, found, True, None)


def of(found: tuple[effects.Effect, ...], kind: type[E]) -> list[E]:
    return [each for each in found if isinstance(each, kind)]


def published(found: tuple[effects.Effect, ...], kind: type[M]) -> list[M]:
    return [p.message for p in of(found, effects.Publish) if isinstance(p.message, kind)]


def frame(
    sequence: int, *seen: OrderSeen, connection: int = 1, is_snapshot: bool = False
) -> UserFrame:
    return UserFrame(connection, sequence, Nanos(NOW), seen, is_snapshot)


# Sending.


@pytest.mark.req("X1", "X2")
def test_an_order_leaves_with_the_receipt_of_its_intent_and_not_before() -> None:
    scene = a_scene()

    asked = scene.step(OrderApproved(ENTRY.order))
    end_ns = Nanos(NOW + 45 * SECOND + END_GRACE_NS)
    assert asked == (effects.Publish(IntentRaised(evolve(ENTRY, end_ns=end_ns))),)

    receipt = a_receipt(ENTRY)
    moved, place, timer = scene.step(receipt)
    assert isinstance(moved, effects.Publish)
    assert place == effects.Place(evolve(ENTRY, end_ns=end_ns), receipt)
    assert timer == effects.WakeAt(Nanos(NOW + 45 * SECOND), TimeIsUp(ID))


def test_intents_are_numbered_on_from_the_journal() -> None:
    scene = Scene(OrderTracker(OrderBookState(LINEAGE, 7, ()), H))

    raised = [
        published(scene.step(OrderApproved(approved(approval=n))), IntentRaised)[0] for n in (1, 2)
    ]

    assert [each.intent for each in raised] == [
        evolve(an_intent(approved(approval=n), 6 + n), end_ns=each.intent.end_ns)
        for n, each in enumerate(raised, 1)
    ]


def test_a_market_order_has_no_end_and_no_time_to_live() -> None:
    scene = a_scene()

    found = scene.place(approved_sale("lot-1"))

    (place,) = of(found, effects.Place)
    assert place.intent.end_ns is None
    assert of(found, effects.WakeAt) == []


@pytest.mark.req("M1")
def test_a_dry_run_says_what_it_would_place_and_asks_the_venue_for_nothing() -> None:
    scene = a_scene(is_dry=True)

    (said,) = scene.step(OrderApproved(ENTRY.order))

    end_ns = Nanos(NOW + 45 * SECOND + END_GRACE_NS)
    assert said == effects.Publish(WouldPlace(evolve(ENTRY, end_ns=end_ns)))
    assert scene.step(a_receipt(ENTRY)) == ()
    assert scene.step(BootCompleted((), MAKER, TAKER, True)) == ()


@pytest.mark.req("X2")
def test_a_second_receipt_of_an_open_order_sends_nothing() -> None:
    assert an_open_entry().step(a_receipt(ENTRY, 2)) == ()


@pytest.mark.req("X2")
def test_what_did_not_leave_is_tried_again_with_a_new_receipt_three_times_in_all() -> None:
    scene = a_scene()
    scene.place()
    for number in range(2, TRIES + 1):
        found = scene.answer(NotSent("connection refused", is_final=False))
        assert published(found, IntentRaised)
        assert of(scene.step(a_receipt(ENTRY, number)), effects.Place)

    found = scene.answer(NotSent("connection refused", is_final=False))

    assert published(found, IntentRaised) == []
    assert scene.state() is OrderState.VOID


@pytest.mark.req("X2")
def test_a_second_try_does_not_set_a_second_time_to_live() -> None:
    scene = a_scene()
    scene.place()
    scene.answer(NotSent("connection refused", is_final=False))

    assert of(scene.step(a_receipt(ENTRY, 2)), effects.WakeAt) == []


@pytest.mark.req("K1")
def test_what_the_last_gate_stops_is_not_tried_again() -> None:
    scene = a_scene()
    scene.place()

    found = scene.answer(NotSent("kill switch", is_final=True))

    assert published(found, IntentRaised) == []
    assert scene.state() is OrderState.VOID


@pytest.mark.req("X2", "X4")
def test_what_may_have_been_sent_is_never_sent_again() -> None:
    scene = a_lost_entry()

    assert scene.state() is OrderState.UNKNOWN
    assert scene.step(a_receipt(ENTRY, 2)) == ()
    found = scene.answer(NotSent("late and of another try", is_final=False))
    assert published(found, IntentRaised) == []


@pytest.mark.req("X4", "REC1")
def test_a_lost_outcome_blocks_its_product_until_the_venue_shows_the_order() -> None:
    scene = a_scene()
    scene.place()

    lost = scene.answer(OutcomeLost("timeout"))
    (block,) = of(lost, effects.BlockEntries)
    assert (block.breaker, block.scope) == (UNKNOWN_ORDER, "product:BTC-USD")
    assert of(lost, effects.WakeAfter) == [effects.WakeAfter(RESOLVE_EVERY_NS, AskAgain())]

    shown = scene.listed(a_seen(ENTRY))
    (release,) = of(shown, effects.ReleaseEntries)
    assert (release.breaker, release.scope) == (UNKNOWN_ORDER, "product:BTC-USD")
    assert scene.state() is OrderState.OPEN


def test_a_product_stays_blocked_while_another_order_of_it_is_in_doubt() -> None:
    scene = a_lost_entry()
    scene.place(approved(approval=2))
    other = an_intent(approved(approval=2), 2)
    scene.answer(OutcomeLost("timeout"), other)

    assert of(scene.listed(a_seen(ENTRY)), effects.ReleaseEntries) == []
    assert len(of(scene.listed(a_seen(other)), effects.ReleaseEntries)) == 1


def test_a_message_that_nobody_provided_for_is_an_error_and_not_passed_over() -> None:
    riddle: Any = "a riddle"

    with pytest.raises(AssertionError, match="a riddle"):
        a_scene().step(riddle)


def test_an_answer_to_a_predecessor_about_a_settled_order_is_nothing() -> None:
    assert a_scene().answer(Accepted("venue-9")) == ()


@pytest.mark.req("X4")
def test_a_refused_order_has_ended_with_the_venues_reason() -> None:
    scene = a_scene()
    scene.place()

    (moved,) = published(scene.answer(Rejected("INSUFFICIENT_FUND", "too little")), OrderAdvanced)

    assert (moved.state, moved.reason) == (OrderState.REJECTED, "INSUFFICIENT_FUND: too little")


# Absence.


@pytest.mark.req("X4")
def test_absence_is_believed_only_from_a_listing_begun_after_the_last_possible_arrival() -> None:
    scene = a_lost_entry()
    sent_ns = scene.machine

    scene.listed(begun_ns=sent_ns + H)
    assert scene.state() is OrderState.UNKNOWN

    scene.listed(begun_ns=sent_ns + H + 1)
    assert scene.state() is OrderState.VOID


@pytest.mark.req("X4")
@pytest.mark.parametrize("outcome", [OutcomeLost("timeout"), IdKnown("used before")])
def test_absence_counts_from_when_the_request_could_last_leave(outcome: PlaceOutcome) -> None:
    scene = a_scene()
    scene.place()
    handed_over_ns = scene.machine
    scene.later(10 * SECOND)  # it waited in the lane for so long
    scene.answer(outcome)

    scene.listed(begun_ns=handed_over_ns + H + 1)
    assert scene.state() is OrderState.UNKNOWN

    scene.listed(begun_ns=scene.machine + H + 1)
    assert scene.state() is OrderState.VOID


@pytest.mark.req("X4")
def test_an_entry_given_up_and_accepted_after_all_is_ours_and_cancelled() -> None:
    scene = a_lost_entry()
    scene.later(H + SECOND)
    scene.listed()
    assert scene.state() is OrderState.VOID

    found = scene.answer(Accepted("venue-1"))

    assert scene.state() is OrderState.PENDING_CANCEL
    assert of(found, effects.Cancel) == [effects.Cancel("venue-1")]


@pytest.mark.req("X4")
def test_a_listing_proves_the_absence_of_each_order_that_it_lacks() -> None:
    """Whatever it shows of others, and in whatever order they were made."""
    other = an_intent(approved(approval=2), 2)
    scene = a_lost_entry()
    scene.place(other.order)
    scene.answer(OutcomeLost("timeout"), other)
    scene.later(H + SECOND)

    scene.listed(a_seen(ENTRY))

    assert (scene.state(), scene.state(other)) == (OrderState.OPEN, OrderState.VOID)


@pytest.mark.req("X4")
def test_an_incomplete_listing_proves_nothing_and_shows_nothing() -> None:
    scene = a_lost_entry()
    scene.later(H + SECOND)

    found = scene.listed(is_complete=False)

    assert scene.state() is OrderState.UNKNOWN
    assert of(found, effects.Warn)
    scene.listed(a_seen(ENTRY), is_complete=False)
    assert scene.state() is OrderState.UNKNOWN


@pytest.mark.req("X4")
def test_a_listing_that_failed_proves_nothing() -> None:
    scene = a_lost_entry()
    scene.later(H + SECOND)

    listing = OrdersListed(1, (), True, Nanos(scene.machine), "503")
    scene.step(OrdersFound(listing, None))

    assert scene.state() is OrderState.UNKNOWN


@pytest.mark.req("X4")
def test_an_open_order_that_a_listing_does_not_show_stays_open() -> None:
    scene = an_open_entry()
    scene.later(MINUTE)

    scene.listed()

    assert scene.state() is OrderState.OPEN


@pytest.mark.req("X4")
def test_an_order_that_was_lost_from_sight_and_found_is_not_proven_absent_by_a_later_list() -> None:
    scene = a_lost_entry()
    scene.listed(a_seen(ENTRY))
    scene.later(H + MINUTE)

    scene.listed()

    assert scene.state() is OrderState.OPEN


@pytest.mark.req("X4")
def test_an_order_on_its_way_is_not_missed_by_a_list() -> None:
    scene = a_scene()
    scene.place()

    assert scene.listed(since_ago_ns=3 * MINUTE) == ()
    assert scene.tracker.orders.missing == {}


@pytest.mark.req("X4")
def test_a_list_that_begins_in_the_life_of_a_resting_order_misses_nothing() -> None:
    scene = an_open_entry()
    scene.listed(a_seen(ENTRY))
    scene.step(AskAgain())
    scene.later(3 * MINUTE)

    assert scene.listed(since_ago_ns=2 * MINUTE) == ()
    assert scene.tracker.orders.missing == {}

    (again,) = scene.listed(since_ago_ns=4 * MINUTE)
    assert again == effects.WakeAfter(RESOLVE_EVERY_NS, AskAgain())
    assert scene.tracker.orders.missing == {ID: False}, "missing, and not denied by id yet"


@pytest.mark.req("X4", "K1")
def test_an_entry_that_comes_alive_after_its_end_in_a_halt_is_cancelled_once() -> None:
    scene = a_lost_entry()
    scene.listed(begun_ns=scene.machine + H + 1)
    scene.halt()

    found = scene.listed(a_seen(ENTRY))

    assert of(found, effects.Cancel) == [effects.Cancel("venue-1")]


@pytest.mark.req("X4")
def test_an_entry_that_comes_alive_after_its_end_is_told_and_cancelled() -> None:
    scene = a_lost_entry()
    scene.listed(begun_ns=scene.machine + H + 1)
    assert scene.state() is OrderState.VOID

    found = scene.listed(a_seen(ENTRY))

    assert [each.state for each in published(found, OrderAdvanced)] == [
        OrderState.OPEN,
        OrderState.PENDING_CANCEL,
    ]
    assert of(found, effects.Cancel) == [effects.Cancel("venue-1")]


@pytest.mark.req("X4")
def test_an_exit_that_comes_alive_after_its_end_is_told_and_left_to_sell() -> None:
    scene = a_scene()
    scene.place(approved_sale("lot-1"))
    intent = an_intent(approved_sale("lot-1"))
    scene.answer(Rejected("", ""), intent)

    found = scene.listed(a_seen(intent))

    assert [each.state for each in published(found, OrderAdvanced)] == [OrderState.OPEN]
    assert of(found, effects.Cancel) == []


# Cancelling.


@pytest.mark.req("X5")
def test_an_entry_is_cancelled_when_its_time_is_up() -> None:
    found = an_open_entry().step(TimeIsUp(ID))

    assert of(found, effects.Cancel) == [effects.Cancel("venue-1")]


@pytest.mark.req("X5")
def test_an_entry_is_cancelled_when_somebody_wants_to_move_it() -> None:
    scene = an_open_entry()
    found = scene.step(CancelProposed(ID, "left"))

    assert of(found, effects.Cancel) == [effects.Cancel("venue-1")]
    assert "left" in str(of(found, effects.Publish))
    assert scene.step(CancelProposed("long forgotten", "left")) == ()


@pytest.mark.req("X5", "X4")
def test_the_time_of_an_order_in_doubt_is_up_as_soon_as_it_is_found() -> None:
    scene = a_lost_entry()

    (again,) = scene.step(TimeIsUp(ID))
    assert again == effects.WakeAt(Nanos(scene.market + SECOND), TimeIsUp(ID))

    scene.listed(a_seen(ENTRY))
    assert of(scene.step(TimeIsUp(ID)), effects.Cancel) == [effects.Cancel("venue-1")]


@pytest.mark.parametrize("name", [ID, "long forgotten"])
def test_the_time_of_an_order_that_has_ended_is_nobodys_concern(name: str) -> None:
    scene = an_open_entry()
    scene.listed(a_seen(ENTRY, VenueStatus.CANCELLED))

    assert scene.step(TimeIsUp(name)) == ()


@pytest.mark.req("K1")
@pytest.mark.parametrize("scope", ["global", "venue", "product:BTC-USD", "strategy:breakout"])
def test_a_halt_cancels_the_entries_that_it_covers(scope: str) -> None:
    assert of(an_open_entry().halt(scope), effects.Cancel) == [effects.Cancel("venue-1")]


@pytest.mark.req("K1")
@pytest.mark.parametrize("scope", ["actor", "product:ETH-USD", "strategy:another"])
def test_a_halt_that_does_not_cover_an_entry_lets_it_rest(scope: str) -> None:
    assert an_open_entry().halt(scope) == ()


@pytest.mark.req("K1")
def test_a_block_lets_entries_rest() -> None:
    scene = an_open_entry()

    assert scene.step(BreakerTripped(a_breaker(Effect.BLOCK))) == ()


@pytest.mark.req("ST1")
@pytest.mark.parametrize("age_s", [0, 4, 6])
def test_an_entry_whose_price_is_not_known_is_cancelled(age_s: int) -> None:
    scene = an_open_entry()

    (wake,) = of(scene.step(FeedStalled(BTC, "frozen", Nanos(age_s * SECOND))), effects.WakeAt)
    scene.later(wake.at_ns - scene.market)
    found = scene.step(wake.news)

    assert wake.at_ns - NOW == max(0, 5 - age_s) * SECOND
    assert of(found, effects.Cancel) == [effects.Cancel("venue-1")]


@pytest.mark.req("ST1")
@pytest.mark.parametrize("how", ["recovered", "another product"])
def test_an_entry_whose_price_is_known_rests(how: str) -> None:
    scene = an_open_entry()
    product = ETH if how == "another product" else BTC
    (wake,) = of(scene.step(FeedStalled(product, "frozen", Nanos(0))), effects.WakeAt)
    if how == "recovered":
        scene.step(FeedRecovered(BTC))
    scene.later(wake.at_ns - scene.market)

    assert scene.step(wake.news) == ()


@pytest.mark.req("ST1")
def test_an_entry_that_is_accepted_after_its_price_was_lost_is_cancelled() -> None:
    scene = a_scene()
    scene.place()
    scene.step(FeedStalled(BTC, "frozen", Nanos(6 * SECOND)))

    found = scene.answer(Accepted("venue-1"))

    assert of(found, effects.Cancel) == [effects.Cancel("venue-1")]


@pytest.mark.req("ST1", "X6")
def test_a_lost_price_leaves_exits_alone() -> None:
    scene = a_scene()
    scene.place(approved_sale("lot-1"))
    scene.answer(Accepted("venue-1"), an_intent(approved_sale("lot-1")))
    (wake,) = of(scene.step(FeedStalled(BTC, "frozen", Nanos(6 * SECOND))), effects.WakeAt)

    assert scene.step(wake.news) == ()


@pytest.mark.req("K1")
def test_a_halt_leaves_exits_alone() -> None:
    scene = a_scene()
    scene.place(approved_sale("lot-1"))
    scene.answer(Accepted("venue-1"), an_intent(approved_sale("lot-1")))

    assert scene.halt() == ()


@pytest.mark.req("K1")
@pytest.mark.parametrize("scope", ["global", "venue", "product:BTC-USD", "strategy:breakout"])
def test_an_entry_that_is_accepted_after_a_halt_that_covers_it_is_cancelled(scope: str) -> None:
    scene = a_scene()
    scene.place()
    assert of(scene.halt(scope), effects.Cancel) == []  # nothing to cancel: it has no order id

    found = scene.answer(Accepted("venue-1"))

    assert of(found, effects.Cancel) == [effects.Cancel("venue-1")]


@pytest.mark.req("K1", "X6")
def test_an_exit_that_is_accepted_after_a_halt_sells() -> None:
    scene = a_scene()
    scene.place(approved_sale("lot-1"))
    scene.halt()

    found = scene.answer(Accepted("venue-1"), an_intent(approved_sale("lot-1")))

    assert of(found, effects.Cancel) == []


@pytest.mark.req("K1")
def test_an_entry_that_the_stream_shows_after_a_halt_is_cancelled() -> None:
    scene = a_lost_entry()
    scene.step(StreamOpened("user", 1))
    scene.halt()

    found = scene.step(frame(0, a_seen(ENTRY)))

    assert of(found, effects.Cancel) == [effects.Cancel("venue-1")]


@pytest.mark.req("K1")
@pytest.mark.parametrize("scope", ["actor", "product:ETH-USD", "strategy:another"])
def test_a_halt_of_something_else_lets_a_fresh_entry_rest(scope: str) -> None:
    scene = a_scene()
    scene.place()
    scene.halt(scope)

    assert of(scene.answer(Accepted("venue-1")), effects.Cancel) == []


@pytest.mark.req("X4")
def test_a_cancel_is_asked_again_until_the_venue_shows_the_end() -> None:
    scene = an_open_entry()
    scene.step(TimeIsUp(ID))
    scene.step(CancelAnswered(1, (CancelResult("venue-1", True, ""),), None))

    for _ in range(3):
        found = scene.step(AskAgain())
        assert of(found, effects.Cancel) == [effects.Cancel("venue-1")]
        assert of(found, FindOrders) == [FindOrders(("venue-1",))]
        assert of(found, effects.WakeAfter)

    scene.listed(a_seen(ENTRY, VenueStatus.CANCELLED))
    assert scene.step(AskAgain()) == ()


@pytest.mark.req("X4")
@pytest.mark.parametrize("failure", [None, "timeout"])
def test_a_refused_or_unanswered_cancel_is_no_end(failure: str | None) -> None:
    scene = an_open_entry()
    scene.step(TimeIsUp(ID))
    results = () if failure else (CancelResult("venue-1", False, "UNKNOWN"),)

    scene.step(CancelAnswered(1, results, failure))

    assert scene.state() is OrderState.PENDING_CANCEL


@pytest.mark.req("X4")
def test_that_another_cancel_is_under_way_does_not_hide_why_the_order_goes() -> None:
    scene = an_open_entry()
    scene.step(TimeIsUp(ID))
    why = scene.why()
    scene.step(CancelAnswered(1, (CancelResult("venue-1", False, CANCEL_UNDER_WAY),), None))
    scene.listed(a_seen(ENTRY, VenueStatus.CANCELLED))

    assert scene.state() is OrderState.CANCELLED
    assert why
    assert scene.why() == why


@pytest.mark.req("X4")
def test_that_a_cancel_was_taken_does_not_hide_why_the_order_goes() -> None:
    scene = an_open_entry()
    scene.step(TimeIsUp(ID))
    why = scene.why()

    scene.step(CancelAnswered(1, (CancelResult("venue-1", True, ""),), None))

    assert scene.why() == why != ""


@pytest.mark.req("X4")
def test_a_cancel_of_an_order_that_is_not_ours_is_nothing() -> None:
    """A sweep cancels what the venue lists, whoever made it."""
    answer = CancelAnswered(1, (CancelResult("venue-9", False, "UNKNOWN"),), None)

    assert a_scene().step(answer) == ()


# Fills.


@pytest.mark.req("X4", "AUD1")
def test_a_fill_is_booked_and_told_once() -> None:
    scene = an_open_entry()
    fill = a_fill(ENTRY, "1")

    first, again = scene.step(fills(fill, fill)), scene.step(fills(fill))

    assert published(first, FillBooked) == [
        FillBooked(fill, ID, published(first, FillBooked)[0].order)
    ]
    assert again == ()


@pytest.mark.req("X4", "AUD1")
def test_each_part_that_is_filled_is_told() -> None:
    scene = an_open_entry()

    told = [
        moved
        for n in (1, 2)
        for moved in published(
            scene.step(fills(a_fill(ENTRY, "0.5", entry_id=f"fill-{n}"))), OrderAdvanced
        )
    ]

    assert [(each.state, each.filled) for each in told] == [
        (OrderState.PARTIALLY_FILLED, Decimal("0.5")),
        (OrderState.PARTIALLY_FILLED, Decimal(1)),
    ]


@pytest.mark.req("X4", "AUD1")
def test_what_a_list_of_fills_has_besides_keeps_none_of_ours_from_being_booked() -> None:
    scene = an_open_entry()
    known, new = (a_fill(ENTRY, "0.5", entry_id=f"fill-{n}") for n in (1, 2))
    scene.step(fills(known))

    found = scene.step(fills(a_fill(an_intent(number=8)), known, new))

    assert [each.fill for each in published(found, FillBooked)] == [new]


@pytest.mark.req("X4")
def test_fills_that_the_venue_shows_are_asked_for_until_they_are_booked() -> None:
    scene = an_open_entry()

    shown = scene.listed(a_seen(ENTRY, VenueStatus.FILLED, "2"))
    assert of(shown, effects.ListFills) == [effects.ListFills("venue-1")]
    assert of(scene.step(AskAgain()), effects.ListFills) == [effects.ListFills("venue-1")]
    scene.step(FillsListed(1, (), False, "503"))
    assert of(scene.step(AskAgain()), effects.ListFills) == [effects.ListFills("venue-1")]

    scene.step(fills(a_fill(ENTRY, "2")))
    assert scene.state() is OrderState.FILLED
    assert scene.step(AskAgain()) == ()


@pytest.mark.req("X4")
def test_a_late_fill_overrides_a_cancel() -> None:
    scene = an_open_entry()
    scene.listed(a_seen(ENTRY, VenueStatus.CANCELLED))

    found = scene.step(fills(a_fill(ENTRY, "2")))

    assert [each.state for each in published(found, OrderAdvanced)] == [OrderState.FILLED]


def test_whose_a_fill_is_that_we_do_not_know_is_asked_once_and_nothing_is_booked() -> None:
    scene, foreign = an_open_entry(), fills(a_fill(an_intent(number=8)))

    assert scene.step(foreign) == (FindOrders(("venue-8",)),)
    assert scene.found(evolve(a_seen(ENTRY), client_order_id="foreign"), asked=("venue-8",)) == ()
    assert scene.step(foreign) == ()


# Orders that have ended, by our books.


def an_ended_order(state: OrderState, intent: OrderIntent = ENTRY, **known: Any) -> Scene:
    """Return a tracker that begins with an order that the journal says has ended."""
    return a_scene(evolve(Order.intended(intent, NOW), state=state, **known))


@pytest.mark.req("X4", "BOOT1")
@pytest.mark.parametrize(
    "state", [OrderState.CANCELLED, OrderState.EXPIRED, OrderState.REJECTED, OrderState.VOID]
)
def test_an_order_that_ended_before_the_start_and_was_filled_is_booked_to_its_intent_and_told(
    state: OrderState,
) -> None:
    scene = an_ended_order(state, order_id="venue-1")

    shown = scene.listed(a_seen(ENTRY, VenueStatus.CANCELLED, "2"))
    assert of(shown, effects.ListFills) == [effects.ListFills("venue-1")]
    found = scene.step(fills(a_fill(ENTRY, "2")))

    (booking,) = published(found, FillBooked)
    assert (booking.client_order_id, booking.order) == (ID, ENTRY.order)
    assert scene.state() is OrderState.FILLED
    told = of((*shown, *found), effects.AfterItsEnd)
    assert {each.order.client_order_id for each in told} == {ID}


@pytest.mark.req("X4", "BOOT1")
def test_a_fill_of_an_ended_order_whose_venue_id_was_never_heard_finds_its_intent() -> None:
    scene = an_ended_order(OrderState.VOID)

    assert scene.step(fills(a_fill(ENTRY, "2"))) == (FindOrders(("venue-1",)),)
    shown = scene.found(a_seen(ENTRY, VenueStatus.FILLED, "2"), asked=("venue-1",))
    assert of(shown, effects.ListFills) == [effects.ListFills("venue-1")]

    assert len(published(scene.step(fills(a_fill(ENTRY, "2"))), FillBooked)) == 1


@pytest.mark.req("X4", "BOOT1")
@pytest.mark.parametrize("state", [OrderState.REJECTED, OrderState.VOID])
def test_an_entry_that_ended_before_the_start_and_lives_is_told_and_cancelled(
    state: OrderState,
) -> None:
    found = an_ended_order(state).listed(a_seen(ENTRY))

    assert of(found, effects.Cancel) == [effects.Cancel("venue-1")]
    (told,) = of(found, effects.AfterItsEnd)
    assert (told.order.state, told.what) == (state, "alive")


# A window proves absence only of what it could have held.


@pytest.mark.req("X4")
def test_absence_is_not_believed_from_a_window_that_begins_in_the_orders_life() -> None:
    scene = a_lost_entry()
    scene.later(900 * SECOND)

    scene.listed(since_ago_ns=596 * SECOND)
    assert scene.state() is OrderState.UNKNOWN

    scene.listed(since_ago_ns=960 * SECOND)
    assert scene.state() is OrderState.VOID


@pytest.mark.req("X4")
def test_what_is_in_doubt_is_looked_for_in_its_whole_life() -> None:
    scene = a_lost_entry()
    scene.later(900 * SECOND)

    (asked,) = of(scene.step(AskAgain()), effects.ListOrders)

    assert asked.since_ns <= NOW - MINUTE


# What is alive to us.


SALE = approved_sale("lot-1")
EXIT = an_intent(SALE)


def a_living_exit() -> Scene:
    scene = a_scene()
    scene.place(SALE)
    scene.answer(Accepted("venue-1"), EXIT)
    return scene


@pytest.mark.req("X6")
def test_a_living_exit_is_asked_for_by_id_each_second_though_no_stream_says_a_word() -> None:
    scene = a_living_exit()
    for _ in range(5):
        found = scene.step(AskAgain())
        assert of(found, FindOrders) == [FindOrders(("venue-1",))]
        assert of(found, effects.WakeAfter) == [effects.WakeAfter(RESOLVE_EVERY_NS, AskAgain())]
        scene.found(a_seen(EXIT), asked=("venue-1",))

    shown = scene.found(a_seen(EXIT, VenueStatus.CANCELLED, "1"), asked=("venue-1",))
    assert of(shown, effects.ListFills) == [effects.ListFills("venue-1")]
    scene.step(fills(a_fill(EXIT, "1")))
    assert scene.state(EXIT) is OrderState.CANCELLED
    assert scene.step(AskAgain()) == ()


@pytest.mark.req("X4")
def test_an_entry_that_rests_quietly_is_asked_for_once_if_nothing_has_shown_it() -> None:
    scene = an_open_entry()

    assert of(scene.step(AskAgain()), FindOrders) == [FindOrders(("venue-1",))]
    scene.found(a_seen(ENTRY), asked=("venue-1",))

    assert scene.step(AskAgain()) == ()


@pytest.mark.req("E2", "X4")
def test_an_order_that_a_list_lacks_is_asked_for_by_id_and_one_that_is_denied_blocks() -> None:
    scene = an_open_entry()
    scene.listed(a_seen(ENTRY))
    scene.later(MINUTE)

    assert of(scene.listed(since_ago_ns=3 * MINUTE), effects.BlockEntries) == []
    assert of(scene.step(AskAgain()), FindOrders) == [FindOrders(("venue-1",))]
    (block,) = of(scene.found(asked=("venue-1",)), effects.BlockEntries)
    assert (block.breaker, block.scope) == (UNKNOWN_ORDER, "product:BTC-USD")
    assert scene.state() is OrderState.OPEN

    scene.listed(since_ago_ns=3 * MINUTE)
    assert of(scene.step(AskAgain()), FindOrders) == [FindOrders(("venue-1",))]
    (release,) = of(scene.found(a_seen(ENTRY), asked=("venue-1",)), effects.ReleaseEntries)
    assert release.scope == "product:BTC-USD"


ASKED = SettleRequested("r1", "support says it was lost")


def a_denied_entry() -> Scene:
    """Return an entry that was shown open and that the venue does not know by id any more."""
    scene = an_open_entry()
    scene.listed(a_seen(ENTRY))
    scene.later(20 * MINUTE)
    scene.found(asked=("venue-1",))
    return scene


def asked(scene: Scene) -> tuple[FindOrders, ListOrders, effects.ListFills]:
    """Return what the venue is asked for the person."""
    found = scene.step(ASKED)
    (ids,), (window,), (fills,) = (
        of(found, FindOrders),
        of(found, ListOrders),
        of(found, effects.ListFills),
    )
    return ids, window, fills


def denials(scene: Scene, **differently: Any) -> dict[str, TrackerInput]:
    """Return the answers of a venue that has nothing of the order, each of them `differently`."""
    ids, window, fills = asked(scene)
    begun_ns = Nanos(scene.machine)
    orders = evolve(OrdersListed(1, (), True, begun_ns, None, window.since_ns), **differently)
    return {
        "id": OrdersFound(evolve(orders, since_ns=None), ids),
        "window": OrdersFound(orders, window.reason),
        "fills": FillsFound(evolve(FillsListed(1, (), True, None), **differently), fills.request),
    }


@pytest.mark.req("X4", "SUP1")
def test_what_the_venue_denies_by_id_in_its_whole_life_and_by_fills_a_person_may_give_up() -> None:
    scene = a_denied_entry()

    *_, last = [scene.step(answer) for answer in denials(scene).values()]

    (moved,) = published(last, OrderAdvanced)
    assert (moved.state, moved.order_id) == (OrderState.VOID, "venue-1")
    assert moved.reason == "the venue denies it; operator: support says it was lost"
    (release,) = of(last, effects.ReleaseEntries)
    assert (release.breaker, release.scope) == (UNKNOWN_ORDER, "product:BTC-USD")
    assert published(last, Settled) == [Settled("r1", (ID,), ())]
    assert scene.step(AskAgain()) == ()


@pytest.mark.req("X4")
def test_a_person_has_the_orders_whole_possible_life_listed() -> None:
    scene = a_denied_entry()

    ids, window, fills = asked(scene)

    assert ids == FindOrders(("venue-1",), "r1")
    assert window.since_ns <= NOW - MINUTE
    assert fills == effects.ListFills("venue-1", "r1")


@pytest.mark.req("X4", "E2", "SUP1")
@pytest.mark.parametrize("part", ["id", "window", "fills"])
@pytest.mark.parametrize(
    "answered",
    [
        {"failure": "503", "is_complete": False},
        {"is_complete": False},
        {"unread": (an_unread(order_id="venue-1"),)},
    ],
)
def test_what_can_not_be_asked_for_whole_is_not_given_up(
    part: str, answered: dict[str, Any]
) -> None:
    scene = a_denied_entry()
    whole = denials(scene)
    doubtful: Any = whole[part]
    whole[part] = evolve(doubtful, listing=evolve(doubtful.listing, **answered))

    *_, last = [scene.step(answer) for answer in whole.values()]

    (settled,) = published(last, Settled)
    assert settled.given_up == ()
    assert ID in settled.items[0]
    why = answered.get("failure", "not every entry was read")
    assert settled.items[0].endswith(f": the venue could not be asked ({why})")
    assert scene.state() is OrderState.OPEN


@pytest.mark.req("X4")
@pytest.mark.parametrize("part", ["id", "window", "fills"])
def test_what_any_of_the_three_shows_is_not_given_up(part: str) -> None:
    scene = a_denied_entry()
    answers = denials(scene)
    there: Any = answers[part]
    shown = {"fills": (a_fill(ENTRY, "1"),)} if part == "fills" else {"orders": (a_seen(ENTRY),)}
    answers[part] = evolve(there, listing=evolve(there.listing, **shown))

    *_, last = [scene.step(answer) for answer in answers.values()]

    assert [each.given_up for each in published(last, Settled)] == [()]
    assert scene.state() in LIVING


@pytest.mark.req("X4")
def test_a_fill_of_what_was_given_up_is_booked_and_told() -> None:
    scene = a_denied_entry()
    for answer in denials(scene).values():
        scene.step(answer)

    found = scene.step(FillsListed(1, (a_fill(ENTRY, "1"),), True, None))

    assert len(published(found, FillBooked)) == 1
    assert of(found, effects.AfterItsEnd)


@pytest.mark.req("X4")
def test_of_a_denied_order_that_has_fills_only_the_rest_is_given_up() -> None:
    scene = a_denied_entry()
    scene.step(FillsListed(1, (a_fill(ENTRY, "1"),), True, None))
    scene.listed(since_ago_ns=30 * MINUTE)
    scene.found(asked=("venue-1",))

    for answer in denials(scene).values():
        scene.step(answer)

    assert scene.state() is OrderState.CANCELLED


@pytest.mark.req("SUP1")
def test_where_the_venue_denies_nothing_a_person_is_answered_at_once() -> None:
    assert published(an_open_entry().step(ASKED), Settled) == [Settled("r1", (), ())]
    (settled,) = published(a_lost_entry().step(ASKED), Settled)
    assert ID in settled.items[0]


# Numbers that the venue knows and our journal does not.


def an_older_order(intent: OrderIntent = ENTRY, **differently: Any) -> OrderSeen:
    """Return what the venue has under the id of `intent` since yesterday."""
    old = evolve(a_seen(intent, VenueStatus.FILLED, "2"), created_ns=Nanos(NOW - DAY))
    return evolve(old, **differently)


@pytest.mark.req("X1")
@pytest.mark.parametrize("outcome", [IdKnown("used before"), Accepted("venue-1")])
@pytest.mark.parametrize(
    "old",
    [
        an_older_order(EXIT),
        an_older_order(EXIT, created_ns=None, quantity=Quantity(Decimal(7))),
        an_older_order(EXIT, created_ns=None, product=ETH),
        an_older_order(EXIT, created_ns=None, side=Side.BUY),
    ],
    ids=["older", "of other size", "of another product", "of the other side"],
)
def test_what_the_venue_has_under_a_used_id_is_never_taken_for_ours(
    outcome: PlaceOutcome, old: OrderSeen
) -> None:
    scene = a_scene()
    scene.place(SALE)
    scene.answer(outcome, EXIT)

    found = scene.listed(old)
    scene.step(fills(a_fill(EXIT, "2", at_ns=Nanos(NOW - DAY))))

    assert scene.state(EXIT) is OrderState.VOID
    assert of(found, effects.ListFills) == []
    order = scene.tracker.orders.get(EXIT.client_order_id)
    assert order is not None
    assert (str(order.filled), order.order_id) == ("0", None)
    assert scene.listed(old) == ()  # told once


@pytest.mark.req("X1", "R1")
def test_an_order_that_has_fills_is_ours_whatever_the_venue_says_of_it_later() -> None:
    scene = an_open_entry()
    scene.step(fills(a_fill(ENTRY, "1")))

    scene.listed(an_older_order(ENTRY, created_ns=None, quantity=Quantity(Decimal(7))))

    assert scene.state() is OrderState.PARTIALLY_FILLED


@pytest.mark.req("X1")
def test_an_old_fill_is_not_booked_for_a_new_order_that_was_answered_with_an_old_one() -> None:
    scene = a_living_exit()

    assert scene.step(fills(a_fill(EXIT, "2", at_ns=Nanos(NOW - DAY)))) == ()
    assert scene.state(EXIT) is OrderState.OPEN


@pytest.mark.req("X1")
def test_an_id_that_the_venue_calls_used_is_looked_for_far_back() -> None:
    scene = a_scene()
    scene.place()

    (asked,) = of(scene.answer(IdKnown("used before")), effects.ListOrders)

    assert asked.since_ns == NOW - FAR_BACK_NS


@pytest.mark.req("X1")
@pytest.mark.parametrize("lost", [(1, 2, 3), (3,), (1, AHEAD, 2 * AHEAD - 1)])
def test_numbers_that_the_venue_knows_are_not_used_again_and_that_is_told(
    lost: tuple[int, ...],
) -> None:
    scene = a_scene()
    shown = (an_older_order(an_intent(number=number)) for number in lost)

    (block,) = of(scene.listed(*shown), effects.BlockEntries)
    (raised,) = published(scene.step(OrderApproved(ENTRY.order)), IntentRaised)

    assert (block.breaker, block.is_latched) == (LOST_ORDERS, True)
    assert raised.intent.number == max(lost) + 1


@pytest.mark.req("X1")
def test_what_the_venue_has_of_a_journal_that_a_backup_replaced_is_told() -> None:
    older = "ab" * 16
    state = OrderBookState(LINEAGE, 1, (), former=((older, 5),))
    scene = Scene(OrderTracker(state, H))
    known, lost = (
        an_older_order(client_order_id=client_order_id(older, number)) for number in (5, 6)
    )

    assert of(scene.listed(known), effects.BlockEntries) == []
    (block,) = of(scene.listed(lost), effects.BlockEntries)

    assert (block.breaker, block.is_latched) == (LOST_ORDERS, True)


@pytest.mark.req("X1", "K1")
def test_an_entry_that_the_journal_has_lost_and_that_lives_is_cancelled() -> None:
    scene = a_scene()

    found = scene.listed(a_seen(an_intent(number=2)), a_seen(an_intent(SALE, 3)))

    assert of(found, effects.Cancel) == [effects.Cancel("venue-2")]


@pytest.mark.req("X1")
def test_foreign_orders_and_orders_of_ours_move_no_number() -> None:
    scene = an_open_entry()

    found = scene.listed(a_seen(ENTRY), evolve(a_seen(ENTRY), client_order_id="foreign"))
    (raised,) = published(scene.step(OrderApproved(ENTRY.order)), IntentRaised)

    assert of(found, effects.BlockEntries) == []
    assert raised.intent.number == 2


# The user stream.


def a_streaming_scene() -> Scene:
    scene = a_scene()
    scene.step(StreamOpened("user", 1))
    scene.step(frame(0, is_snapshot=True))
    scene.listed(reason=effects.AfterSnapshot(1))
    return scene


def test_the_stream_is_opened_when_the_boot_is_done() -> None:
    assert a_scene().step(BootCompleted((), MAKER, TAKER, True)) == (effects.OpenUserStream(),)


@pytest.mark.parametrize("connection", [0, 1])
def test_before_a_stream_is_there_and_after_it_is_lost_no_frame_counts(connection: int) -> None:
    scene = an_open_entry()
    late = [frame(n, a_seen(ENTRY, VenueStatus.CANCELLED), connection=connection) for n in (0, 2)]

    assert [scene.step(each) for each in late] == [(), ()]
    scene.step(StreamOpened("user", 1))
    scene.step(StreamClosed("user", 1, "connection lost"))
    assert [scene.step(each) for each in late] == [(), ()]
    assert scene.state() is OrderState.OPEN


@pytest.mark.req("X4", "REC1")
def test_a_gap_in_the_stream_blocks_entries_and_begins_anew() -> None:
    block, restart = a_streaming_scene().step(frame(2))

    assert block == effects.BlockEntries(ENTRIES_BLOCKED_BY_USER_STREAM, "sequence gap")
    assert restart == effects.RestartUserStream("sequence gap")


def test_a_frame_seen_before_changes_nothing() -> None:
    scene = a_streaming_scene()
    scene.step(frame(1))

    assert scene.step(frame(1, a_seen(ENTRY))) == ()


def test_frames_of_another_connection_are_nothing() -> None:
    scene = a_streaming_scene()

    assert scene.step(frame(1, connection=2)) == ()
    scene.step(StreamOpened("user", 2))
    assert scene.step(frame(5, connection=1)) == ()


@pytest.mark.req("X4", "REC1")
def test_after_a_gap_only_a_listing_asked_for_after_the_snapshot_lets_entries_on() -> None:
    scene = a_streaming_scene()
    scene.step(StreamClosed("user", 1, "connection lost"))
    scene.step(StreamOpened("user", 2))

    (asked,) = of(scene.step(frame(0, connection=2, is_snapshot=True)), effects.ListOrders)
    assert asked == ListOrders(Nanos(NOW - WINDOW_NS), effects.AfterSnapshot(2))
    for other in (None, effects.OfDoubt(), effects.AfterSnapshot(1)):
        assert of(scene.listed(reason=other), effects.ReleaseEntries) == []

    (release,) = of(scene.listed(reason=asked.reason), effects.ReleaseEntries)
    assert release.breaker == ENTRIES_BLOCKED_BY_USER_STREAM


@pytest.mark.req("X4", "REC1")
def test_an_incomplete_listing_after_the_snapshot_lets_nothing_on() -> None:
    scene = a_streaming_scene()
    scene.step(StreamOpened("user", 2))
    scene.step(frame(0, connection=2, is_snapshot=True))

    found = scene.listed(reason=effects.AfterSnapshot(2), is_complete=False)

    assert of(found, effects.ReleaseEntries) == []


@pytest.mark.req("X4", "REC1")
def test_a_listing_that_comes_when_the_stream_is_lost_again_lets_nothing_on() -> None:
    scene = a_streaming_scene()
    scene.step(StreamOpened("user", 2))
    scene.step(frame(0, connection=2, is_snapshot=True))
    scene.step(StreamClosed("user", 2, "connection lost"))

    assert of(scene.listed(reason=effects.AfterSnapshot(2)), effects.ReleaseEntries) == []


@pytest.mark.parametrize(("reason", "may_flap"), [("connection lost", False), (AFTER_GAP, True)])
def test_a_stream_that_we_had_begin_anew_says_nothing_about_the_stream(
    reason: str, may_flap: bool
) -> None:
    (block,) = of(a_streaming_scene().step(StreamClosed("user", 1, reason)), effects.BlockEntries)

    assert block.may_flap is may_flap


@pytest.mark.req("TIME2")
def test_after_a_gap_of_the_process_the_stream_begins_anew() -> None:
    found = a_streaming_scene().step(GapSeen(Nanos(10 * SECOND)))

    assert found == (effects.RestartUserStream(AFTER_GAP),)


# Going on after a start.


def an_unknown_order() -> Order:
    order = advance(Order.intended(ENTRY, NOW - MINUTE), Event.SENT, sent_ns=0)
    return advance(order, Event.OUTCOME_LOST)


@pytest.mark.req("BOOT1", "X4")
def test_a_start_blocks_what_is_in_doubt_and_times_out_what_rests() -> None:
    scene = a_scene(an_unknown_order())

    block, timer = scene.tracker.begin()

    assert isinstance(block, effects.BlockEntries)
    assert (block.breaker, block.scope) == (UNKNOWN_ORDER, "product:BTC-USD")
    assert timer == effects.WakeAt(Nanos(NOW - MINUTE + 45 * SECOND), TimeIsUp(ID))


@pytest.mark.req("BOOT1", "X4")
def test_what_is_in_doubt_is_asked_about_once_the_boot_is_done() -> None:
    scene = a_scene(an_unknown_order())
    scene.tracker.begin()

    found = scene.step(BootCompleted((), MAKER, TAKER, True))

    assert of(found, effects.WakeAfter) == [effects.WakeAfter(RESOLVE_EVERY_NS, AskAgain())]


@pytest.mark.req("X4")
@pytest.mark.parametrize(
    ("age_ns", "since_ns"),
    [(SECOND, WINDOW_NS), (MINUTE * 60, MINUTE * 61)],
    ids=["young", "older than the window"],
)
def test_a_listing_looks_back_far_enough_for_the_oldest_unsettled_order(
    age_ns: int, since_ns: int
) -> None:
    scene = a_scene(evolve(an_unknown_order(), intended_ns=NOW - age_ns))

    (asked,) = of(scene.step(AskAgain()), effects.ListOrders)

    assert asked == effects.ListOrders(Nanos(NOW - since_ns), effects.OfDoubt())


def test_one_question_at_a_time_is_waited_for() -> None:
    scene = a_lost_entry()
    scene.later(100 * MILLISECOND)

    assert of(scene.listed(), effects.WakeAfter) == []
    assert len(of(scene.step(AskAgain()), effects.WakeAfter)) == 1


# Entries that can't be read.

BY_HAND = an_unread(order_id="o-hand", client_order_id="by-hand-1")
NAMELESS = an_unread(order_id="o-hand")
WITHOUT_IDS = an_unread()
OURS_ODD = an_unread(order_id="venue-1", client_order_id=ID)


def blocks(found: tuple[effects.Effect, ...]) -> list[str]:
    return [each.breaker for each in of(found, effects.BlockEntries)]


def releases(found: tuple[effects.Effect, ...]) -> list[str]:
    return [each.breaker for each in of(found, effects.ReleaseEntries)]


@pytest.mark.req("REC1", "E2")
@pytest.mark.parametrize("unread", [BY_HAND, NAMELESS], ids=["named", "nameless"])
def test_an_unreadable_order_of_somebody_else_changes_nothing(unread: Unread) -> None:
    scene = an_open_entry()

    assert scene.listed(a_seen(ENTRY), unread=(unread,)) == ()


@pytest.mark.req("REC1", "E2")
def test_on_a_fresh_account_nothing_unreadable_can_be_ours() -> None:
    scene = a_scene()

    assert scene.listed(unread=(BY_HAND, NAMELESS, WITHOUT_IDS)) == ()
    fill = an_unread(EntryKind.FILL, order_id="o-hand")
    assert scene.step(FillsListed(1, (), True, None, (fill,))) == ()


@pytest.mark.req("E2")
@pytest.mark.parametrize(
    "unread",
    [OURS_ODD, an_unread(order_id="venue-1"), an_unread(client_order_id=ID), WITHOUT_IDS],
    ids=["both ids", "the venue's id", "our id", "no id"],
)
def test_an_unreadable_order_that_may_be_ours_blocks_until_it_is_shown_readably(
    unread: Unread,
) -> None:
    scene = an_open_entry()

    assert blocks(scene.listed(unread=(unread,))) == [UNREADABLE_ORDERS]

    scene.breakers = (a_breaker(name=UNREADABLE_ORDERS),)
    assert releases(scene.listed(a_seen(ENTRY), unread=(unread,))) == []
    assert releases(scene.listed(a_seen(ENTRY))) == [UNREADABLE_ORDERS]


@pytest.mark.req("X4", "E2")
@pytest.mark.parametrize("unread", [NAMELESS, WITHOUT_IDS, an_unread(client_order_id=ID)])
def test_a_listing_with_what_may_be_ours_proves_no_absence(unread: Unread) -> None:
    scene = a_lost_entry()
    scene.later(H + SECOND)

    scene.listed(unread=(unread,))
    assert scene.state() is OrderState.UNKNOWN

    scene.listed(unread=(BY_HAND,))
    assert scene.state() is OrderState.VOID


@pytest.mark.req("E2", "REC1")
def test_an_unreadable_fill_of_ours_blocks_until_all_of_the_order_is_booked() -> None:
    scene = an_open_entry()
    scene.listed(a_seen(ENTRY, VenueStatus.FILLED, "2"))
    odd = an_unread(EntryKind.FILL, order_id="venue-1")

    assert blocks(scene.step(FillsListed(1, (), True, None, (odd,)))) == [UNREADABLE_ORDERS]

    scene.breakers = (a_breaker(name=UNREADABLE_ORDERS),)
    assert releases(scene.step(fills())) == []
    assert releases(scene.step(fills(a_fill(ENTRY)))) == [UNREADABLE_ORDERS]


@pytest.mark.req("E2")
def test_what_a_frame_leaves_out_of_ours_is_asked_for_by_a_listing() -> None:
    scene = an_open_entry()
    scene.step(StreamOpened("user", 1))

    foreign = UserFrame(1, 0, Nanos(NOW), (), False, (BY_HAND,))
    assert scene.step(foreign) == ()
    ours = UserFrame(1, 1, Nanos(NOW), (), False, (OURS_ODD,))
    assert len(of(scene.step(ours), effects.ListOrders)) == 1
