"""The canceller believes two complete listings in a row, and touches nothing that is not ours."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from attrs import evolve

from actors.kernel.ports import ANSWER_LIMIT_NS
from actors.safety.canceller import (
    AWAIT_EVERY_NS,
    LIST_AGAIN_NS,
    LISTS,
    LOOK_EVERY_NS,
    Canceller,
)
from actors.trading.approvals import APPROVAL_LIFE_NS
from adapters.venues.coinbase.gateway import PLACE_DEADLINE_NS
from domain.messages.control import (
    DiscrepancyFound,
    KillSeen,
    StopRequested,
    SweepFinished,
    SweepRequested,
)
from domain.messages.orders import IntentRaised
from domain.messages.supervision import ActorProven, BreakerTripped
from domain.messages.venue import CancelAnswered, OrdersListed
from domain.model.breakers import Effect
from domain.model.entries import Unread
from domain.model.instants import DAY, SECOND, Nanos
from domain.model.orders import OrderIntent, OrderSeen, OrderState, VenueStatus
from domain.orders.order import Order
from domain.orders.outstanding import LEAVES_WITHIN_NS
from tests.builders.harness import START_NS, Harness, deliver, of_kind
from tests.builders.messages import (
    a_breaker,
    a_moved,
    a_seen,
    an_intent,
    an_unread,
    approved,
    approved_sale,
)
from tests.fakes.recording_venue import RecordingVenue

pytestmark = pytest.mark.req("K1")

ENTRY = an_intent(approved(), 1)
EXIT = an_intent(approved_sale("lot-1"), 2)
FOREIGN = an_intent(approved(), 3)
BOOT = SweepRequested("boot", includes_exits=False, awaits_ours=False)
STOP = StopRequested("signal")


class Scene:
    """A canceller that knows an entry and an exit, and a venue that lists what the test wants.

    In our own books they stand as `state` says.
    """

    def __init__(
        self,
        known: Iterable[OrderIntent] = (ENTRY, EXIT),
        *,
        epoch: int = 1,
        state: OrderState = OrderState.CANCELLED,
        is_dry: bool = False,
    ) -> None:
        self.harness, self.venue = Harness(), RecordingVenue()
        orders = [evolve(Order.intended(each, START_NS), state=state) for each in known]
        self.actor = self.harness.start(
            Canceller,
            "canceller",
            self.venue,
            orders,
            gateway=None if is_dry else self.venue,
            epoch=epoch,
        )

    def tell(self, message: object) -> None:
        deliver(self.actor, message)

    def moves(self, intent: OrderIntent, state: OrderState) -> None:
        """Let our books tell that an order stands so."""
        moved = a_moved(intent, state)
        is_nameless = state in (OrderState.PENDING_SUBMIT, OrderState.UNKNOWN)
        self.tell(evolve(moved, order_id=None) if is_nameless else moved)

    def find(self, *there: OrderSeen, failure: str | None = None) -> tuple[Any, ...]:
        """Answer the newest question for orders by id; return what is said."""
        token = self.venue.last("find_orders").token
        listing = OrdersListed(token, there, failure is None, Nanos(0), failure)
        return deliver(self.actor, listing)

    def list(
        self,
        *alive: OrderIntent,
        failure: str | None = None,
        is_complete: bool = True,
        unread: tuple[Unread, ...] = (),
    ) -> list[SweepFinished]:
        """Answer the listing that is being asked for; wait for the next one to be asked for."""
        call = self.venue.last("list_orders")
        assert call.about["is_live_only"]
        seen = tuple(a_seen(each) for each in alive)
        begun_ns = Nanos(self.harness.clock.machine)
        answer = OrdersListed(call.token, seen, is_complete, begun_ns, failure, None, unread)
        said = deliver(self.actor, answer)
        while not of_kind(said, SweepFinished) and self.venue.last("list_orders") is call:
            self.harness.pass_time(self.actor, LIST_AGAIN_NS)
        return of_kind(said, SweepFinished)


def test_two_complete_listings_without_an_entry_end_the_sweep_and_one_does_not() -> None:
    scene = Scene()
    scene.tell(BOOT)

    assert scene.list() == []
    (finished,) = scene.list()

    assert finished.reasons == ("boot",)
    assert finished.cancelled == 0
    assert len(scene.venue.named("list_orders")) == 2


def test_what_rests_is_cancelled_until_the_venue_lists_it_no_more() -> None:
    scene = Scene()
    scene.tell(BOOT)

    assert scene.list(ENTRY) == []
    assert scene.list(ENTRY) == []
    assert scene.venue.cancelled == ["venue-1", "venue-1"]
    assert scene.list() == []
    (finished,) = scene.list()

    assert finished.cancelled == 1
    assert finished.took_ns == 3 * LIST_AGAIN_NS


@pytest.mark.req("M1")
def test_without_a_way_to_order_what_rests_is_told_and_left() -> None:
    scene = Scene(is_dry=True)
    scene.tell(BOOT)

    assert scene.list(ENTRY) == []
    assert scene.venue.cancelled == []
    assert any("not cancelled" in line.text for line in scene.harness.log.lines)


@pytest.mark.parametrize(
    "lost", [{"failure": "HTTP 503"}, {"is_complete": False}], ids=["failed", "incomplete"]
)
def test_a_listing_that_says_nothing_begins_the_count_anew(lost: dict[str, Any]) -> None:
    scene = Scene()
    scene.tell(BOOT)

    assert scene.list() == []
    assert scene.list(**lost) == []
    assert scene.list() == []
    assert len(scene.list()) == 1


def test_an_order_that_appears_late_begins_the_count_anew() -> None:
    scene = Scene()
    scene.tell(BOOT)

    assert scene.list() == []
    assert scene.list(ENTRY) == []
    assert scene.list() == []
    assert len(scene.list()) == 1


def test_foreign_orders_are_left_alone_and_do_not_keep_it_from_ending() -> None:
    scene = Scene()
    scene.tell(KillSeen("looks wrong", includes_exits=True))

    scene.list(FOREIGN)
    assert len(scene.list(FOREIGN)) == 1

    assert scene.venue.cancelled == []


BY_HAND = an_unread(order_id="o-hand", client_order_id="by-hand-1")
NAMELESS = an_unread(order_id="o-hand")


def test_what_cannot_be_read_and_is_not_ours_does_not_keep_it_from_ending() -> None:
    scene = Scene()
    for number, intent in enumerate((ENTRY, EXIT), 1):
        for state in (OrderState.OPEN, OrderState.CANCELLED):
            scene.tell(evolve(a_moved(intent, state), order_id=f"venue-{number}"))
    scene.tell(KillSeen("looks wrong", includes_exits=True))

    scene.list(unread=(BY_HAND, NAMELESS))
    assert len(scene.list(unread=(BY_HAND, NAMELESS))) == 1

    assert scene.venue.cancelled == []


def test_an_order_that_the_venue_refused_is_not_looked_for_in_what_cannot_be_read() -> None:
    scene = Scene(known=(ENTRY,))
    scene.tell(evolve(a_moved(ENTRY, OrderState.REJECTED), order_id=None))
    scene.tell(BOOT)

    scene.list(unread=(NAMELESS,))
    assert len(scene.list(unread=(NAMELESS,))) == 1


@pytest.mark.parametrize("unread", [NAMELESS, an_unread()], ids=["nameless", "no id"])
def test_what_cannot_be_read_and_may_be_ours_keeps_the_sweep_from_ending(unread: Unread) -> None:
    scene = Scene()
    scene.tell(BOOT)

    for _ in range(4):
        assert scene.list(unread=(unread,)) == []

    assert scene.venue.cancelled == []


def test_what_cannot_be_read_and_is_ours_is_cancelled() -> None:
    scene = Scene()
    scene.tell(BOOT)

    odd = an_unread(order_id="venue-1", client_order_id=ENTRY.client_order_id)
    assert scene.list(unread=(odd,)) == []

    assert scene.venue.cancelled == ["venue-1"]


def test_what_is_known_of_a_listing_that_failed_is_cancelled_all_the_same() -> None:
    scene = Scene()
    scene.tell(BOOT)

    scene.list(ENTRY, failure="HTTP 503")

    assert scene.venue.cancelled == ["venue-1"]


def test_exits_stay_unless_the_kill_order_includes_them() -> None:
    careful, thorough = Scene(), Scene()
    careful.tell(KillSeen("looks wrong", includes_exits=False))
    thorough.tell(KillSeen("looks wrong", includes_exits=True))
    for scene in (careful, thorough):
        scene.list(ENTRY, EXIT)

    assert careful.venue.cancelled == ["venue-1"]
    assert thorough.venue.cancelled == ["venue-1", "venue-2"]


def test_an_order_intended_after_the_start_is_ours() -> None:
    scene = Scene(known=())
    scene.tell(IntentRaised(ENTRY))
    scene.tell(StopRequested("signal"))
    scene.list(ENTRY)

    assert scene.venue.cancelled == ["venue-1"]


@pytest.mark.parametrize(
    ("effect", "scope", "is_swept"),
    [
        (Effect.BLOCK, "global", False),
        (Effect.REDUCE_ONLY, "global", False),
        (Effect.HALT, "global", True),
        (Effect.KILL, "global", True),
        (Effect.HALT, "actor", False),
    ],
)
def test_a_halt_is_swept_and_a_weaker_breaker_is_not(
    effect: Effect, scope: str, is_swept: bool
) -> None:
    scene = Scene()
    scene.tell(BreakerTripped(a_breaker(effect, scope, name="daily_loss")))

    assert bool(scene.venue.named("list_orders")) is is_swept


def test_a_halt_of_one_product_leaves_the_others_orders() -> None:
    scene = Scene()
    scene.tell(BreakerTripped(a_breaker(Effect.HALT, "product:ETH-USD", name="odd")))

    scene.list(ENTRY)
    assert [each.reasons for each in scene.list(ENTRY)] == [("odd",)]

    assert scene.venue.cancelled == []


def test_a_request_during_a_sweep_widens_it_and_begins_its_count_anew() -> None:
    scene = Scene()
    scene.tell(BreakerTripped(a_breaker(Effect.HALT, "product:ETH-USD", name="odd")))
    assert scene.list(ENTRY) == []

    scene.tell(KillSeen("looks wrong", includes_exits=True))
    assert scene.list(ENTRY, EXIT) == []
    assert scene.list() == []
    (finished,) = scene.list()

    assert scene.venue.cancelled == ["venue-1", "venue-2"]
    assert finished.reasons == ("odd", "kill")


def test_the_next_sweep_begins_from_nothing() -> None:
    scene = Scene()
    scene.tell(KillSeen("looks wrong", includes_exits=True))
    scene.list(ENTRY, EXIT)
    scene.list()
    scene.list()

    scene.tell(BOOT)
    scene.list(EXIT)
    (finished,) = scene.list(EXIT)

    assert finished == SweepFinished(("boot",), 0, finished.took_ns)
    assert scene.venue.cancelled == ["venue-1", "venue-2"]


def test_an_answer_to_an_older_question_is_not_counted() -> None:
    scene = Scene()
    scene.tell(BOOT)
    first = scene.venue.last("list_orders").token
    scene.list()

    for _ in range(3):
        scene.tell(OrdersListed(first, (), True, Nanos(0), None))

    assert scene.harness.bodies(SweepFinished) == []


def test_a_listing_that_is_never_answered_is_asked_for_again_and_counts_for_nothing() -> None:
    scene = Scene()
    scene.tell(BOOT)
    scene.list()
    lost = scene.venue.last("list_orders").token

    scene.harness.pass_time(scene.actor, ANSWER_LIMIT_NS - LOOK_EVERY_NS)
    assert scene.venue.last("list_orders").token == lost
    scene.harness.pass_time(scene.actor, 3 * LOOK_EVERY_NS)
    assert scene.venue.last("list_orders").token != lost

    scene.tell(OrdersListed(lost, (), True, Nanos(0), None))
    assert scene.list() == []
    assert len(scene.list()) == 1


# A request on its way when everything stops: its order may appear long after.


@pytest.mark.parametrize("state", [OrderState.PENDING_SUBMIT, OrderState.UNKNOWN])
def test_a_stop_is_not_confirmed_before_the_request_on_its_way_has_its_outcome(
    state: OrderState,
) -> None:
    scene = Scene()
    scene.moves(ENTRY, state)
    scene.tell(STOP)
    for _ in range(10):
        assert scene.list() == []

    assert scene.list(ENTRY) == []  # there it is
    assert scene.venue.cancelled == ["venue-1"]
    scene.moves(ENTRY, OrderState.OPEN)
    scene.moves(ENTRY, OrderState.CANCELLED)
    assert scene.list() == []

    (finished,) = scene.list()
    assert finished.cancelled == 1


@pytest.mark.parametrize("state", [OrderState.REJECTED, OrderState.VOID, OrderState.FILLED])
def test_a_request_that_has_its_outcome_is_not_waited_for(state: OrderState) -> None:
    scene = Scene()
    scene.moves(ENTRY, OrderState.PENDING_SUBMIT)
    scene.moves(ENTRY, state)
    scene.tell(STOP)

    scene.list()
    assert len(scene.list()) == 1


def test_a_list_begun_before_the_outcome_counts_for_nothing() -> None:
    scene = Scene()
    scene.moves(ENTRY, OrderState.PENDING_SUBMIT)
    scene.tell(STOP)
    begun_ns = Nanos(scene.harness.clock.machine)
    scene.harness.clock.move(1)
    scene.moves(ENTRY, OrderState.CANCELLED)
    token = scene.venue.last("list_orders").token

    scene.tell(OrdersListed(token, (), True, begun_ns, None))
    scene.harness.pass_time(scene.actor, AWAIT_EVERY_NS)
    assert scene.list() == []
    assert len(scene.list()) == 1


@pytest.mark.parametrize(
    ("state", "leaves_ns"),
    [(OrderState.PENDING_SUBMIT, LEAVES_WITHIN_NS), (OrderState.UNKNOWN, 0)],
)
def test_a_request_of_which_nothing_is_heard_is_waited_for_until_it_can_create_no_order(
    state: OrderState, leaves_ns: int
) -> None:
    scene = Scene()
    scene.moves(ENTRY, state)
    end_ns = scene.harness.clock.machine + leaves_ns + scene.venue.request_lifetime_ns
    scene.tell(STOP)
    while scene.harness.clock.machine <= end_ns:
        assert scene.list() == []

    assert scene.list() == []
    assert len(scene.list()) == 1


@pytest.mark.parametrize("state", [OrderState.INTENDED, OrderState.PENDING_SUBMIT])
def test_what_a_dead_process_may_have_sent_is_waited_for_by_a_stop_and_not_by_a_start(
    state: OrderState,
) -> None:
    starts, stops = (Scene([ENTRY], state=state) for _ in range(2))
    starts.tell(BOOT)
    starts.list()
    assert len(starts.list()) == 1

    stops.tell(STOP)
    end_ns = stops.harness.clock.machine + stops.venue.request_lifetime_ns
    while stops.harness.clock.machine <= end_ns:
        assert stops.list() == []
    assert stops.list() == []
    assert len(stops.list()) == 1


def test_an_exit_on_its_way_is_waited_for_only_where_exits_are_to_go() -> None:
    careful, thorough = Scene(), Scene()
    for scene, includes_exits in ((careful, False), (thorough, True)):
        scene.moves(EXIT, OrderState.PENDING_SUBMIT)
        scene.tell(KillSeen("looks wrong", includes_exits=includes_exits))
        scene.list()

    assert len(careful.list()) == 1
    assert thorough.list() == []


# What our own books call alive.


def test_what_our_books_call_alive_is_cancelled_before_any_list_has_come() -> None:
    scene = Scene()
    scene.moves(ENTRY, OrderState.OPEN)
    scene.moves(EXIT, OrderState.OPEN)
    scene.tell(STOP)

    assert scene.venue.cancelled == [a_seen(ENTRY).order_id]
    scene.tell(KillSeen("looks wrong", includes_exits=True))
    assert set(scene.venue.cancelled) == {a_seen(ENTRY).order_id, a_seen(EXIT).order_id}


@pytest.mark.parametrize("state", [OrderState.OPEN, OrderState.PENDING_CANCEL])
def test_what_our_books_call_alive_is_not_gone_because_no_list_shows_it(state: OrderState) -> None:
    scene = Scene()
    scene.moves(ENTRY, state)
    scene.tell(STOP)
    for _ in range(5):
        assert scene.list() == []

    assert set(scene.venue.cancelled) == {"venue-1"}
    assert scene.venue.last("find_orders").about["order_ids"] == ("venue-1",)
    scene.find(a_seen(ENTRY, VenueStatus.OPEN))
    assert scene.list() == []
    scene.find(a_seen(ENTRY, VenueStatus.CANCELLED))
    assert scene.list() == []
    assert len(scene.list()) == 1


def test_that_the_venue_denies_an_order_of_ours_confirms_nothing_and_is_told_once() -> None:
    scene = Scene()
    scene.moves(ENTRY, OrderState.OPEN)
    scene.tell(STOP)
    scene.list()
    said = [*scene.find()]
    for _ in range(4):
        assert scene.list() == []
        said += scene.find()

    assert of_kind(said, DiscrepancyFound) == [
        DiscrepancyFound("order venue-1", "open", "not known")
    ]


def test_a_question_by_id_that_fails_denies_nothing_and_is_asked_again() -> None:
    scene = Scene()
    scene.moves(ENTRY, OrderState.OPEN)
    scene.tell(STOP)
    scene.list()
    assert scene.find(failure="HTTP 503") == ()
    scene.list()

    assert len(scene.venue.named("find_orders")) == 2


def test_a_request_leaves_within_the_time_that_is_waited_for_it() -> None:
    assert LEAVES_WITHIN_NS >= APPROVAL_LIFE_NS + PLACE_DEADLINE_NS


def test_when_nothing_is_swept_no_timer_goes_on() -> None:
    scene = Scene()
    scene.tell(BOOT)
    scene.list()
    scene.list()
    scene.venue.take()

    scene.harness.pass_time(scene.actor, 3600 * SECOND)

    assert scene.venue.take() == []
    assert scene.harness.timers == []


def test_a_cancel_without_an_answer_is_told_and_the_listing_decides() -> None:
    scene = Scene()
    scene.tell(BOOT)
    scene.list(ENTRY)
    scene.tell(CancelAnswered(1, (), "no answer within 10 s"))
    scene.list(ENTRY)

    assert scene.venue.cancelled == ["venue-1", "venue-1"]


@pytest.mark.req("SUP1")
def test_a_fresh_incarnation_begins_with_a_sweep_and_is_proven_by_its_end() -> None:
    scene = Scene(epoch=2)

    scene.list(ENTRY)
    scene.list()
    assert scene.harness.bodies(ActorProven) == []
    (finished,) = scene.list()

    assert finished.reasons == ("canceller rebuilt",)
    assert len(scene.harness.bodies(ActorProven)) == 1


def test_a_long_run_holds_only_orders_that_can_still_rest() -> None:
    scene = Scene()
    for number in range(4, 200):
        scene.harness.clock.move(DAY // 24)
        scene.tell(IntentRaised(an_intent(approved_sale("lot-1"), number)))

    assert len(scene.actor._ours) < 30


@pytest.mark.way_out("live_orders")
@pytest.mark.req("E2", "K1")
@pytest.mark.parametrize("lost", [{"failure": "HTTP 500"}, {"is_complete": False}])
def test_live_orders_that_are_not_listed_are_asked_for_at_a_pace_and_told_once(
    lost: dict[str, Any],
) -> None:
    scene = Scene()
    scene.tell(BOOT)
    end_ns = scene.harness.clock.machine + 20 * SECOND
    while scene.harness.clock.machine < end_ns:
        scene.list(ENTRY, **lost)

    assert 15 <= len(scene.venue.named("list_orders")) <= 30
    (breaker,) = scene.harness.trips()
    assert (breaker.name, breaker.effect) == (LISTS, Effect.BLOCK)
    assert len(scene.harness.log.of("warning")) == 1
    assert set(scene.venue.cancelled) == {"venue-1"}, "what is known to be ours goes all the same"

    assert scene.list(ENTRY) == []
    assert scene.harness.trips() == ()
