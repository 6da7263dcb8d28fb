"""An order manager with its journal at the venue's engine, in one process and at a time that the
test sets: what the wire, the venue and a crash can do to an order, without the other actors.
"""

from __future__ import annotations

import heapq
import itertools
import json
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

from attrs import define, evolve, field

from actors.kernel.board import BreakerBoard
from actors.kernel.envelope import ReplyTo
from actors.kernel.questions import NOBODYS
from actors.trading.order_manager import OrderManager
from adapters.simulator.engine.wire import PREFIX
from adapters.venues.coinbase.connect import Inside, connect_in_process
from adapters.venues.coinbase.traits import EMBEDDED
from adapters.venues.transport.inprocess import Errand, Reply
from app.run.recovery import CODEC
from app.run.virtual_ports import errand
from domain.messages.decisions import OrderApproved
from domain.messages.journal import JournalCreated
from domain.messages.orders import FillBooked, IntentRaised, OrderAdvanced, Receipt
from domain.messages.portfolio import StatementTaken
from domain.messages.supervision import BootCompleted, BreakerTripped
from domain.messages.venue import FillsListed, OrdersListed, PlaceAnswered, UserFrame
from domain.model.approval import ApprovedOrder
from domain.model.breakers import Effect
from domain.model.instants import SECOND
from domain.model.orders import OrderState
from domain.model.portfolio import AccountBalance
from domain.orders.inputs import OrderBookState
from domain.system.recovery import Recovered, fold
from tests.builders.capability import a_right
from tests.builders.harness import Harness, HarnessClock, deliver
from tests.builders.messages import LINEAGE, MAKER, TAKER, a_breaker, a_level
from tests.builders.simulator import Client
from tests.builders.steps import START, step
from tests.fakes.markets import Script

CASH = Decimal(1_000_000)
EVERY_S, MINUTES = 2, 180
JOURNALED = (IntentRaised, OrderAdvanced, FillBooked)
ANSWERS = (UserFrame, OrdersListed, FillsListed, PlaceAnswered)
"""What the venue says: nothing else may end the doubt about an order."""
DOUBTFUL = (OrderState.INTENDED, OrderState.PENDING_SUBMIT, OrderState.UNKNOWN)
TOO_OLD: Reply = (401, b"Unauthorized", {})
"""What a venue says to a request that comes after the life of its token."""
TOO_MANY = 429
"""The one answer that proves that an order was not taken."""


def wandering() -> Script:
    """Return a market whose trades wander between 92 and 108, a step each two seconds."""
    steps = []
    for number in range(1, MINUTES * 60 // EVERY_S - 1):
        middle = Decimal(100 + (number * 7) % 17 - 8)
        steps.append(
            step(
                number * EVERY_S,
                (str(middle), "0.7"),
                bids=(a_level(str(middle - 1), "5"), a_level(str(middle - 2), "5")),
                asks=(a_level(str(middle + 1), "5"), a_level(str(middle + 2), "5")),
            )
        )
    return Script(*steps, minutes=MINUTES)


MARKET = wandering()


@define
class Journal:
    """Records as they are on the disk: what was not synced may be lost with the process."""

    records: list[tuple[int, str, Mapping[str, Any]]] = field(factory=list)
    synced: int = 0

    def write(self, at_ns: int, message: Any) -> None:
        self.records.append((at_ns, CODEC.name(message), CODEC.encode(message)))

    def sync(self) -> None:
        self.synced = len(self.records)

    def crash(self, kept: float) -> None:
        """Keep this part of what was not synced."""
        unsynced = len(self.records) - self.synced
        del self.records[self.synced + int(kept * unsynced) :]
        self.sync()

    def messages(self) -> list[tuple[int, Any]]:
        return [(at_ns, CODEC.decode(name, data)) for at_ns, name, data in self.records]

    def of(self, kind: type) -> list[Any]:
        wanted = kind.__name__
        return [CODEC.decode(name, data) for _, name, data in self.records if name == wanted]


class Desk:
    """The order manager in its present life, the wire, and the venue that outlives it."""

    def __init__(self, *, seed: int) -> None:
        self.clock = HarnessClock()
        self.clock.market = START
        self.venue = Client(MARKET, opening={"USD": str(CASH)})
        self.journal = Journal()
        self.arriving: list[tuple[int, Any]] = []
        """Messages on their way to a life of the order manager."""
        self.sent: dict[str, list[int | None]] = {}
        """What came of each request for an order, by its client order id: a status, or nothing."""
        self.under_way: dict[str, int] = {}
        """Requests for an order that have left and not arrived, by client order id."""
        self.lives = 0
        self.doubts = 0
        """How many orders were unknown for a while."""
        self._draw = random.Random(seed).random
        self._wire: list[tuple[int, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._receipts = self._approvals = 0
        self._states: dict[str, OrderState] = {}
        self._taken = 0
        cash = AccountBalance("USD", CASH, Decimal(0))
        self._write(JournalCreated(LINEAGE))
        self._write(StatementTaken("start", (cash,)))
        self.journal.sync()
        self._begin()

    # Lives.

    def crash(self, kept: float) -> None:
        """Let the process vanish, with that part of what it had not synced kept; start again."""
        self._client.close()
        self.journal.crash(kept)
        self._begin()

    def _begin(self) -> None:
        self.lives += 1
        recovered = self.recovered()
        self._states = {name: order.state for name, order in recovered.orders.items()}
        self.harness = Harness(self.clock)
        self._taken = 0
        inside = Inside(
            engine=self.venue.engine,
            ask=self._ask,
            open_connection=self.venue.engine.connect,
            after=self._after,
            clock=self.clock,
            post=partial(self._post, self.lives),
            draw=self._draw,
        )
        self._client = connect_in_process(inside, lambda _: None, a_right())
        orders = recovered.own_orders(self.clock.machine_ns())
        state = OrderBookState(LINEAGE, recovered.next_number, orders)
        self.manager = self.harness.start(
            OrderManager,
            "order_manager",
            self._client,
            state,
            gateway=self._client,
            epoch=self.lives,
        )
        self._hear(None)
        self.compare()
        self._deliver(BootCompleted((), MAKER, TAKER, True))

    def recovered(self) -> Recovered:
        """Return what a start would make of the journal."""
        return fold(self.journal.messages(), "USD")

    # What the test does.

    def approve(self, order: ApprovedOrder) -> None:
        """Hand over an order that the gate has approved."""
        self._approvals += 1
        self._deliver(OrderApproved(evolve(order, approval=self._approvals)))

    def halt(self) -> None:
        """Trip a breaker that cancels entries."""
        breaker = a_breaker(Effect.HALT)
        self.harness.board.trip(breaker)
        self._deliver(BreakerTripped(breaker))

    def resume(self) -> None:
        """Close that breaker again, and with it all others: who is in doubt says so anew."""
        self.harness.board = BreakerBoard()

    def compare(self) -> None:
        """List orders and fills and hand them over, as the reconciler does."""
        me = ReplyTo("reconciler")
        self._client.list_orders(since_ns=START, is_live_only=False, token=0, reply_to=me)
        self._client.list_fills(since_ns=START, order_ids=(), token=0, reply_to=me)

    def sync(self) -> None:
        """Make durable what is written, and give the receipts for it."""
        raised = [CODEC.decode(*each[1:]) for each in self.journal.records[self.journal.synced :]]
        self.journal.sync()
        for message in raised:
            if isinstance(message, IntentRaised):
                self._receipts += 1
                name, now_ns = message.intent.client_order_id, self.clock.machine_ns()
                self._deliver(Receipt(name, self._receipts, "hash", now_ns))

    def deliver(self, number: int = 0, *, times: int = 1) -> None:
        """Deliver the message at this place of what is on its way, so many times."""
        life, message = self.arriving.pop(number)
        if life == self.lives:
            for _ in range(times):
                self._deliver(message)

    def pass_time(self, seconds: float, *, is_held: bool = False) -> None:
        """Let the wire, the venue and timers work; `is_held`: nothing reaches us meanwhile."""
        ends = self.clock.machine + round(seconds * SECOND)
        while True:
            if not is_held:
                self._take_all()
            due = [(self._due(each), n) for n, each in enumerate(self.harness.timers)]
            timer = min(due, default=(ends + 1, 0))
            wire = self._wire[0][0] if self._wire else ends + 1
            if min(timer[0], wire) > ends:
                break
            self.clock.move(max(0, min(timer[0], wire) - self.clock.machine))
            if wire <= timer[0]:
                heapq.heappop(self._wire)[2]()
            else:
                self._deliver(self.harness.timers.pop(timer[1]).body)
        self.clock.move(ends - self.clock.machine)
        self.venue.engine.advance(self.clock.market_ns())

    def books(self) -> dict[str, Any]:
        """Return the venue's own books."""
        return self.venue.engine.books()

    @property
    def unsettled(self) -> Mapping[str, Any]:
        """The orders that the order manager still looks after."""
        return self.manager._tracker.orders.unsettled

    # The wire.

    def _after(self, delay_ns: int, call: Callable[[], None]) -> None:
        heapq.heappush(self._wire, (self.clock.machine + delay_ns, next(self._order), call))

    def _ask(
        self, method: str, path: str, query: Mapping[str, Sequence[str]], body: bytes
    ) -> Errand:
        passed = errand(self.venue.engine, method, path, query, body)
        if (method, path) != ("POST", f"{PREFIX}/orders"):
            return passed
        name = json.loads(body)["client_order_id"]
        before = self.sent.setdefault(name, [])
        assert all(each == TOO_MANY for each in before), f"{name} sent again, after {before}"
        intents = self.journal.records[: self.journal.synced]
        assert any(
            kind == "IntentRaised" and data["intent"]["client_order_id"] == name
            for _, kind, data in intents
        ), f"{name} left before it was durable"
        before.append(None)

        self.under_way[name] = self.under_way.get(name, 0) + 1

        def run() -> Reply | None:
            self.under_way[name] -= 1
            is_valid = passed.before_ns <= EMBEDDED.token_life_ns
            answer = passed.run() if is_valid else TOO_OLD
            before[-1] = None if answer is None else answer[0]
            return answer

        return evolve(passed, run=run)

    def _post(self, life: int, reply_to: ReplyTo, message: Any) -> None:
        if reply_to.actor == "reconciler":
            message = evolve(message, token=NOBODYS)
        self.arriving.append((life, message))

    def _due(self, waiting: Any) -> int:
        if waiting.is_machine_time:
            return int(waiting.due_ns)
        return int(waiting.due_ns) - self.clock.market + self.clock.machine

    # Our side.

    def _take_all(self) -> None:
        self.sync()
        while self.arriving:
            self.deliver()
            self.sync()

    def _deliver(self, message: Any) -> None:
        deliver(self.manager, message)
        self._hear(message)

    def _hear(self, cause: Any) -> None:
        """Write what the order manager has said, and look whether it might."""
        news, self._taken = self.harness.sent[self._taken :], len(self.harness.sent)
        for each in news:
            if isinstance(each.body, JOURNALED):
                self._write(each.body)
            if isinstance(each.body, OrderAdvanced):
                self._judge(each.body, cause)

    def _judge(self, moved: OrderAdvanced, cause: Any) -> None:
        name = moved.client_order_id
        old = self._states.get(name)
        self._states[name] = moved.state
        self.doubts += moved.state is OrderState.UNKNOWN
        if old is OrderState.UNKNOWN and moved.state is not OrderState.UNKNOWN:
            assert isinstance(cause, ANSWERS), f"{name}: {moved.state} by {cause}"
        if old is OrderState.UNKNOWN and moved.state is OrderState.VOID:
            there = {each["client_order_id"] for each in self.books()["orders"]}
            assert name not in there, f"{name} was given up though it is there"
            assert not self.under_way.get(name), f"{name} was given up though it may arrive"

    def _write(self, message: Any) -> None:
        self.journal.write(self.clock.market_ns(), message)

    # What has to hold.

    def check(self) -> None:
        """Claim what holds at every moment."""
        orders = Counter(each["client_order_id"] for each in self.books()["orders"])
        assert max(orders.values(), default=1) == 1, "two venue orders of one intent"
        booked = Counter(each.fill.entry_id for each in self.journal.of(FillBooked))
        assert max(booked.values(), default=1) == 1, "a fill was booked twice"

    def check_end(self) -> None:
        """Claim that both sides agree to the last digit when all is quiet."""
        state, books = self.recovered(), self.books()
        theirs = {each["client_order_id"]: each["status"] for each in books["orders"]}
        for name, order in state.orders.items():
            assert order.is_settled, f"{name} is {order.state} at the end"
            assert order.state not in DOUBTFUL
            if name in theirs and theirs[name] != "FAILED":
                assert str(order.state) == theirs[name], name
            elif order.state not in (OrderState.VOID, OrderState.REJECTED):
                raise AssertionError(f"{name}: {order.state}, and the venue does not have it")
        assert set(theirs) <= set(state.orders)
        assert state.booked == {fill["entry_id"] for fill in books["fills"]}
        assert state.ledger is not None
        held = {
            each["currency"]: Decimal(each["total"])
            for each in books["accounts"]
            if each["owner"] == "own"
        }
        assert state.ledger.cash == held["USD"]
        assert sum(lot.quantity for lot in state.ledger.lots) == held.get("BTC", 0)
