"""An order against a venue that repeats, reorders and delays what it says.

Method: single claims first, then a state machine in which a small venue really fills, cancels and
expires an order, and its messages reach us in any order, any number of times.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from domain.model.approval import Market, OrderType, StopLimit
from domain.model.errors import InvariantBroken
from domain.model.instants import DAY, SECOND, Nanos
from domain.model.money import ZERO, Price, Quantity
from domain.model.orders import TERMINAL, FillSeen, OrderSeen, OrderState, VenueStatus
from domain.orders.lifecycle import Event
from domain.orders.order import (
    CLOCKS_NS,
    Order,
    advance,
    apply_fill,
    apply_seen,
    given_up,
    is_another,
    is_anothers,
    is_doubtful,
    is_within,
    needs_fills,
    takes_at_once,
    without_venue,
)
from tests.builders.messages import NOW, a_fill, a_limit, a_seen, an_intent, approved

INTENT = an_intent()


def an_order(*events: Event) -> Order:
    order = Order.intended(INTENT, 5)
    for event in events:
        order = advance(order, event)
    return order


def an_open_order() -> Order:
    return an_order(Event.SENT, Event.ACCEPTED)


@pytest.mark.req("X4")
def test_an_end_at_the_venue_counts_only_with_all_its_fills() -> None:
    order = apply_seen(an_open_order(), a_seen(INTENT, VenueStatus.CANCELLED, "1.5"))

    assert order.state is OrderState.OPEN
    assert needs_fills(order)
    assert not order.is_settled

    order = apply_fill(order, a_fill(INTENT, "1"))
    assert order.state is OrderState.PARTIALLY_FILLED

    order = apply_fill(order, a_fill(INTENT, "0.5"))
    assert order.state is OrderState.CANCELLED
    assert order.is_settled


@pytest.mark.req("X4")
def test_one_of_which_the_answer_was_lost_lives_until_all_fills_of_its_end_are_booked() -> None:
    lost = an_order(Event.SENT, Event.OUTCOME_LOST)

    seen = apply_seen(lost, a_seen(INTENT, VenueStatus.CANCELLED, "1"))

    assert seen.state is OrderState.OPEN
    assert needs_fills(seen)
    assert apply_fill(seen, a_fill(INTENT, "1")).state is OrderState.CANCELLED


def test_an_order_that_lives_is_not_settled_though_nothing_is_missing() -> None:
    assert not an_open_order().is_settled


@pytest.mark.req("X4")
def test_a_fill_is_booked_once() -> None:
    fill = a_fill(INTENT, "1")
    once = apply_fill(an_open_order(), fill)

    assert apply_fill(once, fill) == once
    assert once.filled == 1


@pytest.mark.req("X4")
def test_a_late_fill_overrides_a_cancel() -> None:
    cancelled = apply_seen(an_open_order(), a_seen(INTENT, VenueStatus.CANCELLED))

    order = apply_fill(cancelled, a_fill(INTENT, "2"))

    assert cancelled.state is OrderState.CANCELLED
    assert order.state is OrderState.FILLED
    assert order.remaining == 0


@pytest.mark.req("X4")
def test_an_order_whose_id_stands_for_another_one_keeps_nothing_of_what_that_one_shows() -> None:
    order = apply_seen(an_order(Event.SENT), a_seen(INTENT, VenueStatus.UNKNOWN, "1.5"))

    void = without_venue(evolve(order, state=OrderState.PENDING_SUBMIT), "it is another one")

    assert void == evolve(an_order(Event.SENT), state=OrderState.VOID, reason="it is another one")


@pytest.mark.req("X4")
def test_an_order_that_is_given_up_keeps_its_fills_and_waits_for_no_more() -> None:
    order = apply_fill(an_open_order(), a_fill(INTENT, "0.5"))
    order = apply_seen(order, a_seen(INTENT, VenueStatus.OPEN, "1.5"))

    over = given_up(order, "denied")

    assert (over.state, over.reason) == (OrderState.CANCELLED, "denied")
    assert (over.filled, over.venue_filled) == (Decimal("0.5"), Decimal("0.5"))
    assert over.is_settled


@pytest.mark.req("X4")
def test_a_fill_may_come_before_the_answer() -> None:
    order = apply_fill(an_order(Event.SENT), a_fill(INTENT, "1"))

    assert order.state is OrderState.PARTIALLY_FILLED
    assert order.order_id == "venue-1"
    assert advance(order, Event.ACCEPTED).state is OrderState.PARTIALLY_FILLED


@pytest.mark.req("X4")
def test_more_filled_than_ordered_is_our_bug() -> None:
    with pytest.raises(InvariantBroken, match="3 filled of 2 ordered"):
        apply_fill(an_open_order(), a_fill(INTENT, "3"))


@pytest.mark.req("X4")
def test_an_older_picture_changes_nothing() -> None:
    order = apply_seen(an_open_order(), a_seen(INTENT, VenueStatus.CANCEL_QUEUED, "1"))

    again = apply_seen(order, a_seen(INTENT, VenueStatus.OPEN, "0.5"))

    assert again == order
    assert again.venue_filled == 1


@pytest.mark.req("X4")
def test_an_unknown_status_still_proves_that_the_order_exists() -> None:
    order = apply_seen(
        an_order(Event.SENT, Event.OUTCOME_LOST), a_seen(INTENT, VenueStatus.UNKNOWN)
    )

    assert order.state is OrderState.OPEN
    assert order.order_id == "venue-1"


def test_an_order_that_the_venue_closes_short_of_its_quantity_has_ended() -> None:
    order = apply_fill(an_open_order(), a_fill(INTENT, "1"))

    order = apply_seen(order, a_seen(INTENT, VenueStatus.FILLED, "1"))

    assert order.state is OrderState.CANCELLED
    assert order.reason == "closed by the venue below its quantity"


@pytest.mark.req("X4")
def test_each_sending_is_a_try() -> None:
    first = an_order(Event.SENT)
    retried = advance(advance(first, Event.NOT_SENT_RETRY), Event.SENT)

    assert (first.tries, retried.tries) == (1, 2)
    assert retried.intended_ns == 5


@pytest.mark.req("X4")
def test_when_a_request_could_last_leave_is_forgotten_by_nothing_that_happens_later() -> None:
    """From that instant on it is counted whether a list proves that the order does not exist."""
    lost = advance(an_order(Event.SENT), Event.OUTCOME_LOST, sent_ns=10)

    assert lost.last_sent_ns == 10
    assert advance(lost, Event.CANCEL_REFUSED).last_sent_ns == 10
    assert advance(lost, Event.OUTCOME_LOST, sent_ns=20).last_sent_ns == 20


@pytest.mark.req("X4")
@pytest.mark.parametrize(
    ("shown", "state"),
    [
        (VenueStatus.UNKNOWN, OrderState.OPEN),
        (VenueStatus.PENDING, OrderState.OPEN),
        (VenueStatus.QUEUED, OrderState.OPEN),
        (VenueStatus.OPEN, OrderState.OPEN),
        (VenueStatus.EDIT_QUEUED, OrderState.OPEN),
        (VenueStatus.CANCEL_QUEUED, OrderState.PENDING_CANCEL),
        (VenueStatus.CANCELLED, OrderState.CANCELLED),
        (VenueStatus.EXPIRED, OrderState.EXPIRED),
        (VenueStatus.FAILED, OrderState.REJECTED),
        (VenueStatus.FILLED, OrderState.CANCELLED),
    ],
)
def test_what_the_venue_shows_first_of_an_order_is_how_it_stands(
    shown: VenueStatus, state: OrderState
) -> None:
    assert apply_seen(an_order(Event.SENT), a_seen(INTENT, shown)).state is state


@pytest.mark.req("X4")
def test_of_two_pictures_that_may_follow_each_other_the_later_one_counts() -> None:
    edited = apply_seen(an_open_order(), a_seen(INTENT, VenueStatus.EDIT_QUEUED))

    order = apply_seen(edited, a_seen(INTENT, VenueStatus.CANCEL_QUEUED))

    assert order.state is OrderState.PENDING_CANCEL


@pytest.mark.req("X4")
@pytest.mark.parametrize("ended", sorted(TERMINAL - {OrderState.FILLED}))
def test_an_order_that_has_ended_stays_so_while_its_late_fills_are_fetched(
    ended: OrderState,
) -> None:
    over = evolve(an_open_order(), state=ended)

    seen = apply_seen(over, a_seen(INTENT, VenueStatus.CANCELLED, "1"))

    assert seen.state is ended
    assert needs_fills(seen)


@pytest.mark.req("X4")
def test_a_proven_absence_voids_and_a_late_appearance_revives() -> None:
    void = advance(an_order(Event.SENT, Event.OUTCOME_LOST), Event.PROVEN_ABSENT)

    assert void.state is OrderState.VOID
    assert void.is_settled
    assert apply_seen(void, a_seen(INTENT)).state is OrderState.OPEN


class VenueAndOrder(RuleBasedStateMachine):
    """A venue's true order, what it has ever said about it, and our picture of it."""

    def __init__(self) -> None:
        super().__init__()
        self.intent = an_intent(approved(quantity=Quantity(Decimal(8))))
        self.status = VenueStatus.OPEN
        self.fills: list[FillSeen] = []
        self.said = [a_seen(self.intent)]
        self.booked: set[str] = set()
        self.ours = advance(Order.intended(self.intent, NOW), Event.SENT)
        self.past: list[OrderState] = []

    def total(self) -> Decimal:
        return sum((fill.quantity for fill in self.fills), ZERO)

    def say(self, filled: Decimal | None = None) -> None:
        shown = self.total() if filled is None else filled
        self.said.append(a_seen(self.intent, self.status, str(shown)))

    def hear(self, order: Order) -> None:
        self.past.append(self.ours.state)
        self.ours = order

    # What happens at the venue.

    @precondition(lambda self: not self.status.is_terminal)
    @rule(part=st.integers(1, 8), is_shown=st.booleans())
    def fill(self, part: int, *, is_shown: bool) -> None:
        quantity = min(Decimal(part), 8 - self.total())
        number = len(self.fills) + 1
        self.fills.append(a_fill(self.intent, str(quantity), entry_id=f"entry-{number}"))
        if self.total() == 8:
            self.status = VenueStatus.FILLED
        if is_shown or self.status.is_terminal:
            self.say()

    @precondition(lambda self: not self.status.is_terminal)
    @rule(
        end=st.sampled_from([VenueStatus.CANCELLED, VenueStatus.EXPIRED, VenueStatus.FAILED]),
        forgets=st.booleans(),
    )
    def end(self, end: VenueStatus, *, forgets: bool) -> None:
        self.status = end
        if forgets and self.fills:  # shows the end before its last fill is in the count
            self.say(self.total() - self.fills[-1].quantity)
        self.say()

    @precondition(lambda self: self.status is VenueStatus.OPEN)
    @rule()
    def queue_the_cancel(self) -> None:
        self.status = VenueStatus.CANCEL_QUEUED
        self.say()

    # What reaches us, of all that was ever said.

    @rule(data=st.data())
    def show(self, data: st.DataObject) -> None:
        seen: OrderSeen = data.draw(st.sampled_from(self.said))
        self.hear(apply_seen(self.ours, seen))

    @precondition(lambda self: self.fills)
    @rule(data=st.data())
    def book(self, data: st.DataObject) -> None:
        fill: FillSeen = data.draw(st.sampled_from(self.fills))
        self.hear(apply_fill(self.ours, fill))
        self.booked.add(fill.entry_id)

    @precondition(lambda self: self.ours.state is OrderState.PENDING_SUBMIT)
    @rule()
    def lose_the_answer(self) -> None:
        self.hear(advance(self.ours, Event.OUTCOME_LOST))

    @rule(event=st.sampled_from([Event.ACCEPTED, Event.REJECTED, Event.OUTCOME_LOST]))
    def answer_late(self, event: Event) -> None:
        if self.ours.venue_status is not None or self.booked:
            self.hear(advance(self.ours, event))

    @precondition(lambda self: self.ours.order_id is not None and not self.ours.is_terminal)
    @rule(is_refused=st.booleans())
    def cancel(self, *, is_refused: bool) -> None:
        asked = advance(self.ours, Event.CANCEL_ASKED)
        self.hear(advance(asked, Event.CANCEL_REFUSED) if is_refused else asked)

    # What must hold whatever happens.

    @invariant()
    def no_fill_is_lost_or_counted_twice(self) -> None:
        wanted = sum((f.quantity for f in self.fills if f.entry_id in self.booked), ZERO)
        assert self.ours.filled == wanted
        assert self.ours.fills == self.booked

    @invariant()
    def it_ends_only_with_the_venue(self) -> None:
        if self.ours.state in TERMINAL:
            assert self.status.is_terminal

    @invariant()
    def it_is_settled_only_with_every_fill_that_was_shown(self) -> None:
        if self.ours.is_settled:
            assert self.ours.filled >= self.ours.venue_filled

    @invariant()
    def the_end_is_final_but_for_late_fills(self) -> None:
        if self.past and self.past[-1] in TERMINAL:
            assert self.ours.state in (self.past[-1], OrderState.FILLED)

    @invariant()
    def a_complete_order_is_filled(self) -> None:
        assert (self.ours.state is OrderState.FILLED) == (self.ours.filled == 8)

    def teardown(self) -> None:
        """Deliver all there is: then both sides agree."""
        if not self.status.is_terminal:
            self.status = VenueStatus.CANCELLED
            self.say()
        order = self.ours
        for seen in self.said:
            order = apply_seen(order, seen)
        for fill in self.fills:
            order = apply_fill(order, fill)
        assert order.is_settled
        assert order.filled == self.total()
        assert not needs_fills(order)


VenueAndOrder.TestCase.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)
TestVenueAndOrder = pytest.mark.req("X4")(VenueAndOrder.TestCase)


@pytest.mark.req("X4")
@pytest.mark.parametrize(("filled", "end"), [("1", OrderState.CANCELLED), ("", OrderState.VOID)])
def test_what_is_given_up_while_it_is_cancelled_keeps_its_fills(
    filled: str, end: OrderState
) -> None:
    intent = an_intent()
    order = advance(Order.intended(intent, 0), Event.SENT, sent_ns=Nanos(0))
    order = advance(order, Event.ACCEPTED, order_id="venue-1")
    if filled:
        order = apply_fill(order, a_fill(intent, filled))

    over = given_up(advance(order, Event.CANCEL_ASKED), "the venue denies it")

    assert over.state is end
    assert over.filled == Decimal(filled or 0)


@pytest.mark.req("X4", "X5")
def test_an_entry_that_takes_at_once_is_asked_about_until_it_has_ended() -> None:
    taking = an_intent(approved(order_type=a_limit(post_only=False, lifetime_ns=None)))
    open_order = apply_seen(Order.intended(taking, NOW), a_seen(taking))

    assert is_doubtful(open_order)
    assert not is_doubtful(apply_seen(Order.intended(an_intent(), NOW), a_seen(an_intent())))


@pytest.mark.req("X5")
@pytest.mark.parametrize(
    ("order_type", "takes"),
    [
        (a_limit(post_only=False, lifetime_ns=None), True),
        (a_limit(post_only=False, lifetime_ns=Nanos(SECOND)), False),
        (a_limit(post_only=True, lifetime_ns=None), False),
        (a_limit(post_only=True, lifetime_ns=Nanos(SECOND)), False),
        (Market(), True),
        (StopLimit(stop_price=Price(Decimal(97)), price=Price(Decimal(95))), False),
    ],
)
def test_only_what_may_not_rest_takes_at_once(order_type: OrderType, *, takes: bool) -> None:
    assert takes_at_once(order_type) is takes


@pytest.mark.req("X5")
def test_of_a_type_that_nobody_knows_nothing_is_assumed() -> None:
    iceberg: Any = "an iceberg"

    with pytest.raises(AssertionError, match="an iceberg"):
        takes_at_once(iceberg)


# Clocks differ, by no more than a minute.


@pytest.mark.req("X1")
@pytest.mark.parametrize(
    ("after_ns", "is_ours"),
    [(-DAY, False), (-CLOCKS_NS - 1, False), (-CLOCKS_NS, True), (0, True), (SECOND, True)],
)
def test_what_the_venue_has_had_for_longer_than_clocks_differ_is_not_ours(
    after_ns: int, *, is_ours: bool
) -> None:
    order, at_ns = Order.intended(INTENT, NOW), Nanos(NOW + after_ns)

    assert is_another(order, evolve(a_seen(INTENT), created_ns=at_ns)) is not is_ours
    assert is_anothers(order, a_fill(INTENT, at_ns=at_ns)) is not is_ours


@pytest.mark.req("X4")
@pytest.mark.parametrize(
    ("after_ns", "holds"),
    [(-DAY, True), (-CLOCKS_NS, True), (-CLOCKS_NS + 1, False), (0, False), (SECOND, False)],
)
def test_a_list_holds_an_orders_whole_life_if_it_begins_earlier_than_clocks_differ(
    after_ns: int, *, holds: bool
) -> None:
    order = Order.intended(INTENT, NOW)

    assert is_within(order, NOW + after_ns) is holds
    assert not is_within(order, None)
