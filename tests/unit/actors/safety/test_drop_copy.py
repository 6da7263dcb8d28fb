"""A fill at the venue that we do not book stops trading; one that we book is forgotten in time."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from attrs import evolve

from actors.kernel.ports import ANSWER_LIMIT_NS
from actors.safety.drop_copy import (
    AGREE_WITHIN_NS,
    BOOKED_LINGER_NS,
    LISTS,
    POLL_EVERY_NS,
    WINDOW_NS,
    DropCopy,
)
from domain.messages.control import DiscrepancyFound
from domain.messages.orders import FillBooked, IntentRaised
from domain.messages.supervision import ActorProven, BootCompleted
from domain.messages.venue import FillsListed, OrdersListed
from domain.model.breakers import Effect
from domain.model.instants import Nanos
from domain.model.orders import FillSeen, OrderIntent, OrderState
from domain.orders.order import Order
from tests.builders.harness import START_NS, Harness, deliver, of_kind
from tests.builders.messages import (
    MAKER,
    TAKER,
    a_fill,
    a_moved,
    a_seen,
    an_intent,
    approved,
    booked,
)
from tests.builders.operator import resume_board
from tests.fakes.recording_venue import RecordingVenue

pytestmark = pytest.mark.req("REC1")

OURS, FOREIGN = an_intent(approved(), 1), an_intent(approved(), 2)
FILL = a_fill(OURS, at_ns=Nanos(START_NS))
BOOT = BootCompleted((), MAKER, TAKER, is_clean=True)


class Scene:
    def __init__(self, known: Iterable[str] = (), *, epoch: int = 1) -> None:
        self.harness, self.venue = Harness(), RecordingVenue()
        orders = [Order.intended(OURS, START_NS)]
        self.actor = self.harness.start(
            DropCopy, "drop_copy", self.venue, orders, known, epoch=epoch
        )
        deliver(self.actor, BOOT)

    def poll(self, *fills: FillSeen, orders: Iterable[OrderIntent] = (OURS, FOREIGN)) -> None:
        """Let one poll be answered whole."""
        self.harness.pass_time(self.actor, POLL_EVERY_NS)
        token = self.venue.last("list_orders").token
        seen = tuple(a_seen(each) for each in orders)
        deliver(self.actor, OrdersListed(token, seen, True, Nanos(0), None))
        self.answer(fills)

    def answer(self, fills: Iterable[FillSeen], failure: str | None = None) -> None:
        token = self.venue.last("list_fills").token
        deliver(self.actor, FillsListed(token, tuple(fills), failure is None, failure))

    @property
    def is_halted(self) -> bool:
        return self.harness.is_open("unbooked_fill")

    @property
    def handed_over(self) -> list[FillsListed]:
        return self.harness.bodies(FillsListed)


def test_a_fill_that_is_not_booked_is_handed_over_and_halts_when_it_stays_unbooked() -> None:
    scene = Scene()
    scene.poll(FILL)
    assert [sent.to for sent in scene.harness.sent[-1:]] == [("order_manager",)]
    assert scene.handed_over[0].fills == (FILL,)
    assert not scene.is_halted

    scene.poll(FILL)
    assert not scene.is_halted
    scene.poll(FILL)

    assert 2 * POLL_EVERY_NS > AGREE_WITHIN_NS
    (breaker,) = scene.harness.trips()
    assert (breaker.name, breaker.effect, breaker.is_latched) == (
        "unbooked_fill",
        Effect.HALT,
        True,
    )
    (found,) = scene.harness.bodies(DiscrepancyFound)
    assert FILL.entry_id in found.subject


@pytest.mark.way_out("unbooked_fill")
@pytest.mark.req("SUP1")
def test_a_fill_that_is_booked_at_last_halts_no_more_once_a_person_has_resumed() -> None:
    scene = Scene()
    for _ in range(3):
        scene.poll(FILL)
    assert scene.is_halted

    deliver(scene.actor, FillBooked(FILL, OURS.client_order_id, OURS.order))
    assert resume_board(scene.harness.board).code == 0
    for _ in range(3):
        scene.poll(FILL)

    assert scene.harness.trips() == ()


def test_a_fill_that_the_order_manager_books_in_time_is_agreed_on() -> None:
    scene = Scene()
    scene.poll(FILL)
    deliver(scene.actor, FillBooked(FILL, OURS.client_order_id, OURS.order))
    for _ in range(5):
        scene.poll(FILL)

    assert not scene.is_halted
    assert len(scene.handed_over) == 1


def test_a_fill_that_was_booked_before_the_start_is_known() -> None:
    scene = Scene(known=[FILL.entry_id])
    for _ in range(5):
        scene.poll(FILL)

    assert scene.handed_over == []
    assert not scene.is_halted


def test_fills_of_foreign_orders_are_nobodys_business() -> None:
    scene = Scene()
    for _ in range(5):
        scene.poll(a_fill(FOREIGN, at_ns=Nanos(START_NS)))

    assert scene.handed_over == []
    assert not scene.is_halted


@pytest.mark.parametrize("how", ["intended", "moved"])
def test_an_order_of_this_run_is_ours(how: str) -> None:
    scene = Scene()
    fill = a_fill(FOREIGN, at_ns=Nanos(START_NS))
    if how == "intended":
        deliver(scene.actor, IntentRaised(FOREIGN))
    else:
        deliver(scene.actor, a_moved(FOREIGN, OrderState.OPEN))
    for _ in range(3):
        scene.poll(fill)

    assert scene.is_halted


def test_a_handed_over_listing_looks_like_no_answer_to_the_receiver() -> None:
    scene = Scene()
    scene.poll(FILL)

    assert [each.token for each in scene.handed_over] == [0]


@pytest.mark.parametrize("part", ["list_orders", "list_fills"])
def test_a_failed_question_is_asked_again_at_the_next_poll(part: str) -> None:
    scene = Scene()
    scene.harness.pass_time(scene.actor, POLL_EVERY_NS)
    token = scene.venue.last("list_orders").token
    failure = "HTTP 503" if part == "list_orders" else None
    deliver(scene.actor, OrdersListed(token, (a_seen(OURS),), True, Nanos(0), failure))
    if part == "list_fills":
        scene.answer((FILL,), failure="HTTP 503")

    assert scene.handed_over == []
    scene.poll(FILL)
    assert len(scene.handed_over) == 1


def test_while_the_venue_is_slow_there_is_one_question_at_a_time() -> None:
    scene = Scene()
    scene.harness.pass_time(scene.actor, 10 * POLL_EVERY_NS)

    assert len(scene.venue.calls) == 1


def test_a_question_that_is_never_answered_is_asked_again() -> None:
    scene = Scene()
    scene.harness.pass_time(scene.actor, POLL_EVERY_NS)
    scene.harness.pass_time(scene.actor, ANSWER_LIMIT_NS + POLL_EVERY_NS)
    assert len(scene.venue.calls) == 2

    scene.poll(FILL)
    assert len(scene.handed_over) == 1


def test_the_window_follows_the_present_only_while_nothing_is_missing() -> None:
    scene = Scene()
    scene.poll()
    scene.poll(FILL)
    since_ns = scene.venue.last("list_orders").about["since_ns"]
    for _ in range(100):
        scene.poll(FILL)
    assert scene.venue.last("list_orders").about["since_ns"] - since_ns <= 2 * POLL_EVERY_NS

    deliver(scene.actor, FillBooked(FILL, OURS.client_order_id, OURS.order))
    scene.poll()
    scene.poll()
    now_ns = scene.harness.clock.market_ns()
    window_ns = now_ns - scene.venue.last("list_orders").about["since_ns"]
    assert WINDOW_NS <= window_ns <= WINDOW_NS + POLL_EVERY_NS


def test_a_booked_fill_is_remembered_as_long_as_it_can_be_listed_and_no_longer() -> None:
    scene = Scene(known=["of-the-last-run"])
    scene.poll(FILL)
    deliver(scene.actor, booked(OURS, at_ns=Nanos(START_NS)))
    scene.harness.clock.move(WINDOW_NS + BOOKED_LINGER_NS - 10 * POLL_EVERY_NS)
    scene.poll()
    assert set(scene.actor._booked) == {"of-the-last-run", FILL.entry_id}

    scene.harness.clock.move(20 * POLL_EVERY_NS)
    scene.poll()
    scene.poll()

    assert scene.actor._booked == {}
    assert not scene.is_halted


def test_before_the_boot_is_over_nothing_is_asked() -> None:
    harness, venue = Harness(), RecordingVenue()
    actor = harness.start(DropCopy, "drop_copy", venue, (), ())

    harness.pass_time(actor, 10 * POLL_EVERY_NS)

    assert venue.calls == []


@pytest.mark.req("SUP1")
def test_a_fresh_incarnation_is_proven_when_nothing_is_missing() -> None:
    scene = Scene(epoch=2)
    scene.poll(FILL)
    assert scene.harness.bodies(ActorProven) == []

    deliver(scene.actor, FillBooked(FILL, OURS.client_order_id, OURS.order))
    scene.poll(FILL)

    assert len(of_kind(scene.harness.bodies(), ActorProven)) == 1


@pytest.mark.req("E2")
@pytest.mark.parametrize("part", ["orders", "fills"])
@pytest.mark.parametrize("is_cut", [False, True], ids=["fails", "not whole"])
def test_a_list_that_stays_away_blocks_entries_and_comes_back_by_itself(
    part: str, is_cut: bool
) -> None:
    scene = Scene()
    failure = None if is_cut else "HTTP 500"
    for _ in range(5):
        scene.harness.pass_time(scene.actor, POLL_EVERY_NS)
        token = scene.venue.last("list_orders").token
        lost = part == "orders"
        orders = OrdersListed(token, (), not lost, Nanos(0), failure if lost else None)
        deliver(scene.actor, orders)
        if not lost:
            token = scene.venue.last("list_fills").token
            deliver(scene.actor, FillsListed(token, (), False, failure))

    (breaker,) = scene.harness.trips()
    assert (breaker.name, breaker.effect, breaker.is_latched) == (LISTS, Effect.BLOCK, False)
    assert part in breaker.reason
    assert len(scene.harness.log.of("warning")) == 1

    scene.poll()
    assert scene.harness.trips() == ()


@pytest.mark.req("E2")
def test_one_list_that_fails_blocks_nothing() -> None:
    scene = Scene()
    scene.harness.pass_time(scene.actor, POLL_EVERY_NS)
    token = scene.venue.last("list_orders").token
    deliver(scene.actor, OrdersListed(token, (), False, Nanos(0), "HTTP 500"))
    scene.poll()

    assert scene.harness.trips() == ()


@pytest.mark.req("M1")
def test_nothing_is_compared_before_the_start_is_complete() -> None:
    harness, venue = Harness(), RecordingVenue()
    actor = harness.start(DropCopy, "drop_copy", venue, (), ())
    deliver(actor, evolve(BOOT, is_provisional=True))
    harness.pass_time(actor, 3 * POLL_EVERY_NS)
    assert venue.calls == []

    deliver(actor, BOOT)
    harness.pass_time(actor, POLL_EVERY_NS)

    assert [call.what for call in venue.calls] == ["list_orders"]
