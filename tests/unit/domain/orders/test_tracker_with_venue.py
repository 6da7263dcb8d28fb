"""The tracker against a small venue that loses answers, is late, and shows old pictures.

Method: a state machine in which the venue really fills, cancels and expires orders while answers,
frames and listings reach the tracker in any order; whatever happens, no order is sent twice, no
fill is booked twice, nothing that may exist is given up, and in the end both sides agree.
"""

from __future__ import annotations

from decimal import Decimal

import pytest
from attrs import define, field, frozen
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from domain.messages.decisions import OrderApproved
from domain.messages.market import StreamOpened
from domain.messages.orders import FillBooked, IntentRaised, OrderAdvanced, Receipt
from domain.messages.supervision import BreakerTripped
from domain.messages.venue import (
    CancelAnswered,
    CancelResult,
    FillsListed,
    OrdersListed,
    PlaceAnswered,
    UserFrame,
)
from domain.model.approval import Purpose
from domain.model.breakers import Breaker, Effect
from domain.model.instants import DAY, SECOND, Nanos
from domain.model.money import ZERO, Quantity
from domain.model.orders import (
    TERMINAL,
    Accepted,
    FillSeen,
    NotSent,
    OrderIntent,
    OrderSeen,
    OrderState,
    OutcomeLost,
    PlaceOutcome,
    Rejected,
    VenueStatus,
)
from domain.orders import effects
from domain.orders.inputs import Now, OrderBookState, OrdersFound, TrackerInput
from domain.orders.tracker import OrderTracker
from tests.builders.messages import LINEAGE, NOW, a_breaker, a_fill, a_seen, approved, approved_sale

H = 20 * SECOND
SIZE = 4
ENDS = [VenueStatus.CANCELLED, VenueStatus.EXPIRED, VenueStatus.FAILED]


@define
class AtVenue:
    """An order as the venue has it."""

    intent: OrderIntent
    status: VenueStatus = VenueStatus.OPEN
    fills: list[FillSeen] = field(factory=list)

    def total(self) -> Decimal:
        return sum((fill.quantity for fill in self.fills), ZERO)

    def picture(self) -> OrderSeen:
        return a_seen(self.intent, self.status, str(self.total()))

    def fill(self, part: int, at_ns: int) -> None:
        number, quantity = len(self.fills) + 1, min(Decimal(part), SIZE - self.total())
        entry_id = f"{self.intent.number}-{number}"
        self.fills.append(a_fill(self.intent, str(quantity), entry_id=entry_id, at_ns=Nanos(at_ns)))
        if self.total() == SIZE:
            self.status = VenueStatus.FILLED


@frozen
class Listing:
    """A question for orders, with what the venue had when it was asked."""

    reason: effects.ListReason
    begun_ns: int
    since_ns: Nanos | None
    there: tuple[OrderSeen, ...]


@frozen
class Late:
    """A request under way whose outcome we don't know: it may arrive until `until_ns`."""

    intent: OrderIntent
    until_ns: int


class TrackerAndVenue(RuleBasedStateMachine):
    """All that is under way between the two, and what was ever said."""

    def __init__(self) -> None:
        super().__init__()
        self.tracker = OrderTracker(OrderBookState(LINEAGE, 1, ()), H)
        self.market, self.machine, self.breakers = int(NOW), 1_000 * SECOND, list[Breaker]()
        self.approvals = self.receipts = 0
        self.intents = list[OrderIntent]()
        self.waiting = list[OrderIntent]()
        self.requests = list[OrderIntent]()
        self.late = list[Late]()
        self.may_send = dict[str, bool]()
        self.venue = dict[str, AtVenue]()
        self.said = list[OrderSeen]()
        self.listings = list[Listing]()
        self.fill_questions = list[str]()
        self.cancels = list[str]()
        self.timers = list[tuple[int, effects.TimerNews]]()
        self.booked = dict[str, FillBooked]()
        self.states = dict[str, OrderState]()
        self.connection, self.sequence = 0, -1

    # The tracker's side: every step, and what it wants done.

    def do(self, message: TrackerInput) -> tuple[effects.Effect, ...]:
        now = Now(self.market, self.machine, tuple(self.breakers))
        found = self.tracker.step(message, now)
        for effect in found:
            self.carry_out(effect)
        return found

    def carry_out(self, effect: effects.Effect) -> None:
        match effect:
            case effects.Publish(IntentRaised(intent)):
                assert self.may_send.setdefault(intent.client_order_id, True)
                self.waiting.append(intent)
            case effects.Publish(FillBooked() as booked):
                assert booked.fill.entry_id not in self.booked, "booked twice"
                self.booked[booked.fill.entry_id] = booked
            case effects.Publish(OrderAdvanced() as moved):
                self.check_move(moved)
            case effects.Place(intent):
                assert self.may_send[intent.client_order_id], "sent though it may be there"
                self.may_send[intent.client_order_id] = False
                self.requests.append(intent)
            case effects.Cancel(order_id):
                self.cancels.append(order_id)
            case effects.ListOrders(since_ns, reason):
                there = tuple(each.picture() for each in self.venue.values())
                self.listings.append(Listing(reason, self.machine, since_ns, there))
            case effects.FindOrders(order_ids):
                pictures = (each.picture() for each in self.venue.values())
                there = tuple(each for each in pictures if each.order_id in order_ids)
                self.listings.append(Listing(effect, self.machine, None, there))
            case effects.ListFills(order_id):
                self.fill_questions.append(order_id)
            case effects.WakeAt(at_ns, news):
                self.timers.append((at_ns - self.market + self.machine, news))
            case effects.WakeAfter(delay_ns, news):
                self.timers.append((self.machine + delay_ns, news))

    def check_move(self, moved: OrderAdvanced) -> None:
        name = moved.client_order_id
        old = self.states.get(name)
        self.states[name] = moved.state
        if old in TERMINAL and moved.state not in (old, OrderState.FILLED):
            assert old in (OrderState.VOID, OrderState.REJECTED), "an end that was shown is final"
            assert name in self.venue, "alive again only if it is there"
        if moved.state is OrderState.VOID and old is OrderState.UNKNOWN:
            assert name not in self.venue, "given up though it is there"
            assert not any(
                each.intent.client_order_id == name and each.until_ns >= self.machine
                for each in self.late
            ), "given up though it may still arrive"

    def arrives(self, intent: OrderIntent) -> AtVenue:
        return self.venue.setdefault(intent.client_order_id, AtVenue(intent))

    # Orders, receipts, answers.

    @rule(is_entry=st.booleans())
    def approve(self, *, is_entry: bool) -> None:
        self.approvals += 1
        size = Quantity(Decimal(SIZE))
        if is_entry:
            self.do(OrderApproved(approved(approval=self.approvals, quantity=size)))
        else:
            self.do(OrderApproved(approved_sale("lot", str(SIZE), approval=self.approvals)))

    @precondition(lambda self: self.waiting)
    @rule(data=st.data())
    def give_receipt(self, data: st.DataObject) -> None:
        intent = self.waiting.pop(data.draw(st.integers(0, len(self.waiting) - 1)))
        self.receipts += 1
        self.do(Receipt(intent.client_order_id, self.receipts, "hash", Nanos(self.machine)))

    @precondition(lambda self: self.requests)
    @rule(data=st.data(), how=st.sampled_from(["yes", "no", "lost", "late", "gone", "never"]))
    def answer(self, data: st.DataObject, how: str) -> None:
        intent = self.requests.pop(data.draw(st.integers(0, len(self.requests) - 1)))
        outcome: PlaceOutcome = OutcomeLost("timeout")
        match how:
            case "yes":
                self.said.append(self.arrives(intent).picture())
                outcome = Accepted(f"venue-{intent.number}")
            case "no":
                outcome = Rejected("INSUFFICIENT_FUND", "")
            case "lost":
                self.said.append(self.arrives(intent).picture())
            case "late":
                self.late.append(Late(intent, self.machine + H))
            case "gone":
                self.may_send[intent.client_order_id] = True
                outcome = NotSent("connection refused", is_final=False)
            case "never":
                outcome = NotSent("breaker", is_final=True)
        self.do(PlaceAnswered(intent.client_order_id, outcome, Nanos(self.machine)))

    @precondition(lambda self: self.late)
    @rule(data=st.data())
    def arrive_late(self, data: st.DataObject) -> None:
        late = self.late.pop(data.draw(st.integers(0, len(self.late) - 1)))
        if self.machine <= late.until_ns:
            self.said.append(self.arrives(late.intent).picture())

    # What happens at the venue.

    def living(self) -> list[AtVenue]:
        return [each for each in self.venue.values() if not each.status.is_terminal]

    @precondition(lambda self: self.living())
    @rule(data=st.data(), part=st.integers(1, SIZE), is_said=st.booleans())
    def fill(self, data: st.DataObject, part: int, *, is_said: bool) -> None:
        order = data.draw(st.sampled_from(self.living()))
        order.fill(part, self.market)
        if is_said:
            self.said.append(order.picture())

    @precondition(lambda self: self.living())
    @rule(data=st.data(), end=st.sampled_from(ENDS))
    def end(self, data: st.DataObject, end: VenueStatus) -> None:
        order = data.draw(st.sampled_from(self.living()))
        order.status = end
        self.said.append(order.picture())

    # What reaches us of it.

    @initialize()
    def open_stream(self) -> None:
        self.connection += 1
        self.sequence = -1
        self.do(StreamOpened("user", self.connection))

    def frame(self, *seen: OrderSeen, is_snapshot: bool = False) -> tuple[effects.Effect, ...]:
        self.sequence += 1
        number = self.sequence
        return self.do(UserFrame(self.connection, number, Nanos(self.market), seen, is_snapshot))

    @precondition(lambda self: self.said)
    @rule(data=st.data())
    def show_any_picture(self, data: st.DataObject) -> None:
        self.frame(data.draw(st.sampled_from(self.said)))

    @rule()
    def lose_a_frame(self) -> None:
        self.sequence += 1
        found = self.frame()
        assert any(isinstance(each, effects.RestartUserStream) for each in found)
        assert any(isinstance(each, effects.BlockEntries) for each in found)
        self.open_stream()
        alive = [each.picture() for each in self.living()]
        found = self.frame(*alive, is_snapshot=True)
        assert effects.AfterSnapshot(self.connection) in [
            each.reason for each in found if isinstance(each, effects.ListOrders)
        ]

    @precondition(lambda self: self.listings)
    @rule(data=st.data(), how=st.sampled_from(["whole", "whole", "part", "failed"]))
    def answer_listing(self, data: st.DataObject, how: str) -> None:
        asked = self.listings.pop(data.draw(st.integers(0, len(self.listings) - 1)))
        there = asked.there if how == "whole" else asked.there[:1]
        failure = "503" if how == "failed" else None
        begun_ns = Nanos(asked.begun_ns)
        listing = OrdersListed(0, there, how == "whole", begun_ns, failure, asked.since_ns)
        found = self.do(OrdersFound(listing, asked.reason))
        if how != "whole":
            assert not any(isinstance(each, effects.ReleaseEntries) for each in found)

    @precondition(lambda self: self.fill_questions)
    @rule(data=st.data(), has_failed=st.booleans())
    def answer_fills(self, data: st.DataObject, *, has_failed: bool) -> None:
        order_id = self.fill_questions.pop(data.draw(st.integers(0, len(self.fill_questions) - 1)))
        fills = [fill for o in self.venue.values() for fill in o.fills if fill.order_id == order_id]
        if has_failed:
            self.do(FillsListed(0, tuple(fills[:1]), False, "503"))
        else:
            self.do(FillsListed(0, tuple(fills), True, None))

    @precondition(lambda self: self.cancels)
    @rule(data=st.data(), how=st.sampled_from(["done", "refused", "lost"]))
    def answer_cancel(self, data: st.DataObject, how: str) -> None:
        order_id = self.cancels.pop(data.draw(st.integers(0, len(self.cancels) - 1)))
        if how == "lost":
            self.do(CancelAnswered(0, (), "timeout"))
            return
        for order in self.living():
            if how == "done" and order.picture().order_id == order_id:
                order.status = VenueStatus.CANCELLED
        result = CancelResult(order_id, how == "done", "" if how == "done" else "UNKNOWN")
        self.do(CancelAnswered(0, (result,), None))

    @rule()
    def halt(self) -> None:
        breaker = a_breaker(Effect.HALT)
        self.breakers.append(breaker)
        self.do(BreakerTripped(breaker))

    @rule(seconds=st.sampled_from([1, 5, 21, 60]))
    def pass_time(self, seconds: int) -> None:
        ends = self.machine + seconds * SECOND
        while True:
            due = min(
                (each for each in self.timers if each[0] <= ends), key=lambda e: e[0], default=None
            )
            if due is None:
                break
            self.timers.remove(due)
            self.move_to(max(self.machine, due[0]))
            self.ring(due[1])
        self.move_to(ends)

    def move_to(self, machine: int) -> None:
        self.market += machine - self.machine
        self.machine = machine

    def ring(self, news: effects.TimerNews) -> None:
        doubtful = tuple(self.tracker.orders.doubtful.values())
        found = self.do(news)
        if isinstance(news, effects.AskAgain) and doubtful:
            named = {name for each in found for name in getattr(each, "order_ids", ())}
            for order in doubtful:
                if order.order_id is None:
                    assert any(isinstance(each, effects.ListOrders) for each in found)
                else:
                    assert order.order_id in named
                if order.venue_filled > order.filled:
                    assert effects.ListFills(str(order.order_id)) in found
                if order.state is OrderState.PENDING_CANCEL:
                    assert effects.Cancel(str(order.order_id)) in found

    # What must hold whatever happens.

    @invariant()
    def whoever_is_in_doubt_is_asked_about(self) -> None:
        if self.tracker.orders.doubtful:
            assert any(isinstance(news, effects.AskAgain) for _, news in self.timers)

    @invariant()
    def booked_is_what_the_venue_filled_and_no_more(self) -> None:
        for name, order in self.venue.items():
            ours = self.tracker.orders.get(name)
            assert ours is not None
            assert ours.filled == sum(
                (
                    each.fill.quantity
                    for each in self.booked.values()
                    if each.client_order_id == name
                ),
                ZERO,
            )
            assert ours.filled <= order.total()

    @invariant()
    def after_a_halt_no_entry_rests_that_we_know_of(self) -> None:
        if self.breakers:
            for order in self.tracker.orders.unsettled.values():
                if order.intent.order.purpose is Purpose.ENTRY:
                    assert order.state not in (OrderState.OPEN, OrderState.PARTIALLY_FILLED)

    def teardown(self) -> None:
        """Answer everything, for as long as it takes: then both sides agree."""
        self.late.clear()
        for _ in range(12):
            for intent in self.waiting:
                self.receipts += 1
                self.do(Receipt(intent.client_order_id, self.receipts, "", Nanos(self.machine)))
            self.waiting.clear()
            for intent in self.requests:
                self.arrives(intent)
                outcome = Accepted(f"venue-{intent.number}")
                self.do(PlaceAnswered(intent.client_order_id, outcome, Nanos(self.machine)))
            self.requests.clear()
            for order in self.living():
                if order.picture().order_id in self.cancels:
                    order.status = VenueStatus.CANCELLED
                elif order.intent.order.purpose is Purpose.EXIT:
                    order.fill(SIZE, self.market)
            self.cancels.clear()
            there = tuple(each.picture() for each in self.venue.values())
            since_ns = Nanos(NOW - DAY)
            listing = OrdersListed(0, there, True, Nanos(self.machine), None, since_ns)
            self.do(OrdersFound(listing, None))
            self.fill_questions.clear()
            fills = tuple(fill for each in self.venue.values() for fill in each.fills)
            self.do(FillsListed(0, fills, True, None))
            self.pass_time(21)
        assert self.tracker.orders.unsettled == {}
        for name, order in self.venue.items():
            ours = self.tracker.orders.get(name)
            assert ours is not None
            assert ours.filled == order.total()
            assert ours.is_terminal


TrackerAndVenue.TestCase.settings = settings(
    max_examples=100, stateful_step_count=40, deadline=None
)
TestTrackerAndVenue = pytest.mark.req("X2", "X4")(TrackerAndVenue.TestCase)
