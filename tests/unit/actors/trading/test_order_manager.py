"""The order manager carries out what its tracker decides: messages, timers, calls of the venue."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve

from actors.kernel.questions import NOBODYS
from actors.kernel.topology import AUDITOR, ORDER_MANAGER
from actors.trading.order_manager import OrderManager, OrderTimer
from domain.messages.control import AlertRaised, Synced, SyncRequested
from domain.messages.decisions import OrderApproved
from domain.messages.market import AFTER_GAP, StreamClosed, StreamOpened
from domain.messages.orders import (
    CancelProposed,
    EntryDropped,
    FillBooked,
    IntentRaised,
    OrderAdvanced,
    Receipt,
    WouldPlace,
)
from domain.messages.supervision import (
    ActorProven,
    BootCompleted,
    BreakerTripped,
    GapSeen,
    TradingReady,
)
from domain.messages.venue import (
    CancelAnswered,
    CancelResult,
    FillsListed,
    OrderPreviewed,
    OrdersListed,
    PlaceAnswered,
    UserFrame,
)
from domain.model.breakers import Effect, Severity
from domain.model.instants import HOUR, SECOND, Nanos
from domain.model.money import ZERO, Amount
from domain.model.orders import Accepted, NotSent, OrderState, OutcomeLost, VenueStatus
from domain.orders.effects import AskAgain, TimeIsUp
from domain.orders.inputs import OrderBookState
from domain.orders.lifecycle import Event
from domain.orders.order import Order, advance
from domain.orders.preview import ANSWER_WITHIN_NS, NO_ANSWER
from domain.system.recovery import fold
from tests.builders.harness import START_NS, Harness, deliver, of_kind
from tests.builders.messages import (
    LINEAGE,
    MAKER,
    TAKER,
    a_breaker,
    a_fill,
    a_limit,
    a_seen,
    an_intent,
    approved,
    approved_sale,
)
from tests.fakes.recording_venue import Call, RecordingVenue

LIFETIME_NS = RecordingVenue().request_lifetime_ns
TTL_NS = Nanos(45 * SECOND)
ENTRY = approved(order_type=a_limit(lifetime_ns=TTL_NS))
INTENT = an_intent(ENTRY)
ID = INTENT.client_order_id
BOOTED = BootCompleted((), MAKER, TAKER, True)


class Scene:
    """An order manager and the venue that notes what it is asked."""

    def __init__(self, *orders: Order, is_dry: bool = False, epoch: int = 1) -> None:
        self.harness, self.venue = Harness(), RecordingVenue()
        state = OrderBookState(LINEAGE, 1, orders)
        gateway = None if is_dry else self.venue
        self.actor = self.harness.start(
            OrderManager, ORDER_MANAGER, self.venue, state, gateway=gateway, epoch=epoch
        )

    def deliver(self, *messages: Any) -> tuple[Any, ...]:
        return deliver(self.actor, *messages)

    def machine_ns(self) -> Nanos:
        return self.harness.clock.machine_ns()

    def place(self) -> None:
        self.deliver(OrderApproved(ENTRY), a_receipt())

    def answer(self, outcome: Any) -> tuple[Any, ...]:
        return self.deliver(PlaceAnswered(ID, outcome, self.machine_ns()))

    def opened(self) -> Scene:
        """Have the order placed, answered and shown."""
        self.place()
        self.answer(Accepted("venue-1"))
        self.list(a_seen(INTENT), token=NOBODYS)
        return self

    def list(self, *seen: Any, is_complete: bool = True, token: int | None = None) -> None:
        number = self.venue.last("list_orders").token if token is None else token
        since_ns = Nanos(START_NS - HOUR)
        listed = OrdersListed(number, seen, is_complete, self.machine_ns(), None, since_ns)
        self.deliver(listed)


def a_receipt() -> Receipt:
    return Receipt(ID, 1, "hash", Nanos(0))


@pytest.mark.req("X1", "X2")
def test_an_approved_order_is_written_down_and_leaves_with_its_receipt() -> None:
    scene = Scene(epoch=3)

    (raised,) = of_kind(scene.deliver(OrderApproved(ENTRY)), IntentRaised)
    assert raised.intent.order == ENTRY
    assert scene.venue.calls == []

    scene.deliver(a_receipt())
    request = scene.venue.last("place").about["request"]
    assert (request.intent, request.receipt, request.epoch) == (raised.intent, a_receipt(), 3)


@pytest.mark.req("M1")
def test_a_dry_run_says_what_it_would_place_and_asks_the_venue_for_nothing() -> None:
    scene = Scene(is_dry=True)

    said = scene.deliver(OrderApproved(ENTRY), a_receipt(), BOOTED)

    assert [type(each) for each in said] == [WouldPlace]
    assert scene.venue.calls == []


@pytest.mark.req("M1")
def test_without_a_way_to_order_even_an_order_of_the_journal_is_answered_as_not_sent() -> None:
    (raised,) = Scene().deliver(OrderApproved(ENTRY))
    scene = Scene(Order.intended(raised.intent, START_NS), is_dry=True, epoch=2)

    said = scene.deliver(a_receipt())

    assert OrderState.VOID in [each.state for each in said if isinstance(each, OrderAdvanced)]
    assert scene.venue.named("place") == []


@pytest.mark.req("M1")
def test_without_a_way_to_order_nothing_is_cancelled_and_the_order_stays_as_it_is() -> None:
    (raised,) = Scene().deliver(OrderApproved(ENTRY))
    resting = evolve(
        Order.intended(raised.intent, START_NS), state=OrderState.OPEN, order_id="venue-1"
    )
    dry, armed = Scene(resting, is_dry=True), Scene(resting)

    for scene in (dry, armed):
        scene.deliver(BOOTED, CancelProposed(ID, "halt"))

    assert "cancel" in armed.venue.take()
    assert "cancel" not in dry.venue.take()


@pytest.mark.req("X5")
def test_an_entry_is_cancelled_when_its_time_to_live_is_over() -> None:
    scene = Scene().opened()

    scene.harness.pass_time(scene.actor, TTL_NS - 1)
    assert scene.venue.named("cancel") == []

    scene.harness.pass_time(scene.actor, 1)
    assert scene.venue.last("cancel").about["order_ids"] == ("venue-1",)


@pytest.mark.req("X4", "REC1")
def test_the_venue_is_asked_each_second_until_a_lost_order_is_found() -> None:
    scene = Scene()
    scene.place()
    scene.answer(OutcomeLost("timeout"))
    assert scene.harness.is_open("unknown_order", "product:BTC-USD")

    scene.harness.pass_time(scene.actor, 3 * SECOND)
    asked = scene.venue.named("list_orders")
    assert len(asked) == 3
    assert len({each.token for each in asked}) == 3
    assert not any(each.about["is_live_only"] for each in asked)

    scene.list(a_seen(INTENT))
    assert scene.harness.trips() == ()
    scene.harness.pass_time(scene.actor, 3 * SECOND)
    assert len(scene.venue.named("list_orders")) == 3


@pytest.mark.req("X4")
def test_absence_is_believed_after_the_venues_own_request_lifetime() -> None:
    scene = Scene()
    scene.place()
    scene.answer(OutcomeLost("timeout"))

    scene.harness.pass_time(scene.actor, LIFETIME_NS)
    scene.list()
    assert scene.harness.bodies(OrderAdvanced)[-1].state is OrderState.UNKNOWN

    scene.harness.pass_time(scene.actor, SECOND)
    scene.list(is_complete=False)
    assert scene.harness.bodies(OrderAdvanced)[-1].state is OrderState.UNKNOWN
    scene.list()
    assert scene.harness.bodies(OrderAdvanced)[-1].state is OrderState.VOID


@pytest.mark.req("X4", "AUD1")
def test_a_fill_that_the_stream_shows_is_fetched_and_booked_once() -> None:
    scene = Scene().opened()
    scene.deliver(StreamOpened("user", 1))
    seen = a_seen(INTENT, VenueStatus.FILLED, "2")

    scene.deliver(UserFrame(1, 0, Nanos(0), (seen,), False))
    asked = scene.venue.last("list_fills")
    listing = FillsListed(asked.token, (a_fill(INTENT, "2"),), True, None)
    said = scene.deliver(listing, listing)

    assert asked.about["order_ids"] == ("venue-1",)
    assert len(of_kind(said, FillBooked)) == 1
    assert of_kind(said, OrderAdvanced)[-1].state is OrderState.FILLED


@pytest.mark.req("K1")
def test_an_entry_that_is_accepted_after_a_halt_is_cancelled() -> None:
    scene = Scene()
    scene.place()
    breaker = a_breaker(Effect.HALT)
    scene.harness.board.trip(breaker)
    scene.deliver(BreakerTripped(breaker))
    assert scene.venue.named("cancel") == []

    scene.answer(Accepted("venue-1"))

    assert scene.venue.last("cancel").about["order_ids"] == ("venue-1",)


@pytest.mark.req("X4")
def test_a_refused_cancel_is_told_and_asked_again() -> None:
    scene = Scene().opened()
    scene.harness.pass_time(scene.actor, TTL_NS)
    (first,) = scene.venue.named("cancel")

    scene.deliver(CancelAnswered(first.token, (CancelResult("venue-1", False, "WHY"),), None))
    scene.harness.pass_time(scene.actor, 2 * SECOND)

    assert len(scene.venue.named("cancel")) == 3


def asks_for_orders(scene: Scene) -> None:
    scene.place()
    scene.answer(OutcomeLost("timeout"))


def asks_by_id(scene: Scene) -> None:
    scene.place()
    scene.answer(Accepted("venue-1"))


def asks_for_fills(scene: Scene) -> None:
    scene.opened()
    scene.deliver(StreamOpened("user", 1))
    filled = a_seen(INTENT, VenueStatus.FILLED, "2")
    scene.deliver(UserFrame(1, 0, Nanos(0), (filled,), False))


def asks_for_a_cancel(scene: Scene) -> None:
    scene.opened()
    scene.harness.pass_time(scene.actor, TTL_NS)


@pytest.mark.req("REC1", "X4")
@pytest.mark.parametrize(
    ("ask", "question"),
    [
        (asks_for_orders, "list_orders"),
        (asks_by_id, "find_orders"),
        (asks_for_fills, "list_fills"),
        (asks_for_a_cancel, "cancel"),
    ],
)
def test_what_nobody_answers_is_asked_again_each_second(
    ask: Callable[[Scene], None], question: str
) -> None:
    scene = Scene()
    ask(scene)
    before = len(scene.venue.named(question))

    scene.harness.pass_time(scene.actor, 3 * SECOND)

    asked = scene.venue.named(question)
    assert len(asked) == before + 3
    assert len({each.token for each in asked}) == len(asked)


@pytest.mark.req("X4", "E2")
def test_an_order_that_the_venue_denies_by_id_blocks_its_product() -> None:
    scene = Scene()
    scene.place()
    scene.answer(Accepted("venue-1"))
    scene.harness.pass_time(scene.actor, SECOND)
    asked = scene.venue.last("find_orders")
    assert asked.about["order_ids"] == ("venue-1",)

    scene.list(token=asked.token)

    assert scene.harness.is_open("unknown_order", "product:BTC-USD")


@pytest.mark.req("X4", "BOOT1")
def test_an_order_that_had_ended_and_lives_is_an_alert() -> None:
    scene = Scene(evolve(Order.intended(INTENT, START_NS), state=OrderState.VOID))

    scene.list(a_seen(INTENT), token=NOBODYS)

    (alert,) = scene.harness.bodies(AlertRaised)
    assert (alert.severity, alert.code) == (Severity.WARNING, "AFTER_ITS_END")


@pytest.mark.req("X1")
def test_orders_that_the_journal_has_lost_block_until_a_person_has_looked() -> None:
    scene = Scene()

    scene.list(a_seen(an_intent(ENTRY, 5)), token=NOBODYS)

    (breaker,) = scene.harness.trips()
    assert (breaker.name, breaker.effect, breaker.is_latched) == (
        "lost_orders",
        Effect.BLOCK,
        True,
    )


@pytest.mark.req("X4", "REC1")
def test_a_gap_in_the_stream_blocks_entries_until_a_listing_after_the_next_snapshot() -> None:
    scene = Scene()
    scene.deliver(StreamOpened("user", 1), UserFrame(1, 0, Nanos(0), (), True))
    scene.list()

    scene.deliver(UserFrame(1, 2, Nanos(0), (), False))
    assert scene.venue.last("restart_user_stream").about == {"reason": "sequence gap"}
    assert scene.harness.is_open("user_stream", "global")

    scene.deliver(StreamOpened("user", 2), UserFrame(2, 0, Nanos(0), (), True))
    scene.list(token=7)
    scene.list(is_complete=False)
    assert scene.harness.is_open("user_stream")


@pytest.mark.req("REC1")
def test_a_listing_is_the_answer_to_one_question_once() -> None:
    scene = Scene()
    scene.deliver(StreamOpened("user", 1), UserFrame(1, 0, Nanos(0), (), True))
    token = scene.venue.last("list_orders").token
    scene.deliver(StreamClosed("user", 1, "connection lost"))
    scene.list(token=token)
    assert scene.harness.is_open("user_stream")

    scene.deliver(StreamOpened("user", 2), UserFrame(2, 0, Nanos(0), (), True))
    scene.list(token=token)
    assert scene.harness.is_open("user_stream")
    scene.list()
    assert scene.harness.trips() == ()


def test_a_stream_that_we_had_begin_anew_may_close_as_often_as_we_like() -> None:
    scene = Scene()
    for number in range(1, 9):
        scene.deliver(StreamClosed("user", number, AFTER_GAP))
        scene.deliver(StreamOpened("user", number + 1))
        scene.deliver(UserFrame(number + 1, 0, Nanos(0), (), True))
        scene.list()

    assert scene.harness.trips() == ()


@pytest.mark.req("TIME2")
def test_boot_opens_the_stream_and_a_gap_of_the_process_begins_it_anew() -> None:
    scene = Scene()

    scene.deliver(BOOTED, GapSeen(Nanos(9 * SECOND)))

    assert scene.venue.calls == [
        Call("open_user_stream"),
        Call("restart_user_stream", about={"reason": AFTER_GAP}),
    ]


@pytest.mark.req("BOOT1", "X4")
def test_a_fresh_incarnation_blocks_and_asks_about_what_the_journal_leaves_open() -> None:
    sent = advance(Order.intended(INTENT, 0), Event.SENT, sent_ns=0)
    scene = Scene(advance(sent, Event.OUTCOME_LOST), epoch=2)

    assert scene.harness.is_open("unknown_order", "product:BTC-USD")
    assert OrderTimer(TimeIsUp(ID)) in [each.body for each in scene.harness.timers]
    scene.deliver(BOOTED)
    assert OrderTimer(AskAgain()) in [each.body for each in scene.harness.timers]


@pytest.mark.req("SUP1")
def test_a_fresh_incarnation_is_proven_once_it_is_asked_whether_all_is_taken_in() -> None:
    scene = Scene(epoch=2)

    said = scene.deliver(SyncRequested(5), SyncRequested(6))

    assert of_kind(said, Synced) == [Synced(ORDER_MANAGER, 5), Synced(ORDER_MANAGER, 6)]
    assert len(of_kind(said, ActorProven)) == 1


@pytest.mark.req("X2")
def test_what_did_not_leave_is_written_down_again_before_its_next_try() -> None:
    scene = Scene()
    scene.place()

    said = scene.answer(NotSent("connection refused", is_final=False))
    assert len(of_kind(said, IntentRaised)) == 1
    assert len(scene.venue.named("place")) == 1

    scene.deliver(evolve(a_receipt(), sequence=2))
    assert [each.about["request"].receipt.sequence for each in scene.venue.named("place")] == [1, 2]


def test_a_message_that_is_none_of_its_own_is_our_bug() -> None:
    scene = Scene()

    with pytest.raises(Exception, match="Expected code to be unreachable"):
        scene.deliver(TradingReady(""))


@pytest.mark.req("M1")
def test_a_start_that_was_provisional_opens_the_user_stream_once() -> None:
    scene = Scene()
    deliver(scene.actor, evolve(BOOTED, is_provisional=True), BOOTED)

    assert len(scene.venue.named("open_user_stream")) == 1


# Before an entry leaves.


class Asking(Scene):
    """An order manager that asks the venue first."""

    def __init__(self, *, is_dry: bool = False) -> None:
        self.harness, self.venue = Harness(), RecordingVenue()
        state = OrderBookState(LINEAGE, 1, ())
        gateway = None if is_dry else self.venue
        self.actor = self.harness.start(
            OrderManager, ORDER_MANAGER, self.venue, state, gateway=gateway, previews=True
        )

    def asked(self) -> int:
        """Return the token of the preview that was asked for."""
        deliver(self.actor, OrderApproved(ENTRY))
        (call,) = self.venue.named("preview")
        assert call.about["order"] is ENTRY
        return call.token


def previewed(token: int, *errors: str) -> OrderPreviewed:
    return OrderPreviewed(token, errors, Amount(ZERO), Amount(ZERO), None)


@pytest.mark.req("X2", "X5")
def test_an_entry_becomes_an_intent_only_once_the_venue_would_take_it() -> None:
    scene = Asking()
    token = scene.asked()
    assert scene.harness.bodies(IntentRaised) == []

    said = deliver(scene.actor, previewed(token))

    assert [each.intent.order for each in of_kind(said, IntentRaised)] == [ENTRY]
    assert of_kind(deliver(scene.actor, previewed(token)), IntentRaised) == [], "once"


@pytest.mark.req("X2", "X5")
def test_an_entry_that_the_venue_would_not_take_is_dropped_and_told() -> None:
    scene = Asking()

    said = deliver(scene.actor, previewed(scene.asked(), "PREVIEW_INSUFFICIENT_FUND"))

    (dropped,) = of_kind(said, EntryDropped)
    assert dropped.order == ENTRY
    assert "PREVIEW_INSUFFICIENT_FUND" in dropped.reason
    assert of_kind(said, IntentRaised) == []


@pytest.mark.req("X5")
def test_an_entry_whose_preview_is_late_is_dropped_and_a_later_answer_is_nothing() -> None:
    scene = Asking()
    token = scene.asked()

    late = scene.harness.pass_time(scene.actor, ANSWER_WITHIN_NS)
    assert [each.reason for each in of_kind(late, EntryDropped)] == [NO_ANSWER]
    assert deliver(scene.actor, previewed(token)) == ()


@pytest.mark.req("X5", "X6")
def test_sales_and_dry_runs_are_not_previewed() -> None:
    scene, dry = Asking(), Asking(is_dry=True)
    sale = an_intent(approved_sale("lot-1")).order

    assert len(of_kind(deliver(scene.actor, OrderApproved(sale)), IntentRaised)) == 1
    assert len(of_kind(deliver(dry.actor, OrderApproved(ENTRY)), WouldPlace)) == 1
    assert scene.venue.named("preview") == dry.venue.named("preview") == []


@pytest.mark.req("X1", "BOOT1")
def test_what_an_orderly_end_leaves_unsent_is_void_at_the_next_start_and_in_no_doubt() -> None:
    scene = Scene()
    scene.deliver(OrderApproved(ENTRY))
    told = scene.harness.bodies()
    before = fold([(START_NS, each) for each in told], "USD")
    assert before.own_orders(Nanos(0))[0].state is OrderState.UNKNOWN, "as after a crash"

    scene.actor.on_stop()

    (last,) = scene.harness.sent[len(told) :]
    assert last.to == (AUDITOR,)
    after = fold([(START_NS, each) for each in scene.harness.bodies()], "USD")
    assert [each.state for each in after.own_orders(Nanos(0))] == [OrderState.VOID]
    assert not after.has_unsettled
