"""An independent copy of what the venue did: orders and fills by REST every two seconds.

Finds fills that the order manager has not booked and hands them over; one that stays unbooked is
a discrepancy. While the venue does not list them, what we hold true is unknown, and entries wait.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum, auto

from attrs import evolve, frozen

from actors.kernel.base import Actor, ActorContext
from actors.kernel.ports import ANSWER_LIMIT_NS, VenueReader
from actors.kernel.questions import NOBODYS, Questions
from actors.kernel.timers import Timer
from actors.kernel.topology import ORDER_MANAGER
from actors.safety.budget_watch import BudgetWatch
from actors.safety.list_judge import ListJudge
from domain.messages.control import DiscrepancyFound
from domain.messages.orders import FillBooked, IntentRaised, OrderAdvanced
from domain.messages.supervision import BootCompleted
from domain.messages.venue import FillsListed, OrdersListed
from domain.model.breakers import Effect
from domain.model.instants import MINUTE, SECOND, Nanos
from domain.model.orders import FillSeen
from domain.orders.order import Order
from domain.orders.recent import UNPLACED, RecentOrders

POLL_EVERY_NS = 2 * SECOND
AGREE_WITHIN_NS = 3 * SECOND
"""Machine time in which a fill at the venue must be booked by us."""
WINDOW_NS = 2 * MINUTE
BOOKED_LINGER_NS = 10 * MINUTE
"""A booked fill is remembered for so much longer than the venue's list of fills looks back: its
clock may differ from ours."""

LISTS = "drop_copy_lists"
"""Name of the breaker while the venue does not list what is compared."""


@frozen
class Poll(Timer):
    """Time to ask the venue."""


class Part(Enum):
    """What the venue is asked for, one after the other."""

    ORDERS = auto()
    FILLS = auto()


Inbox = (
    Poll | OrdersListed | FillsListed | IntentRaised | OrderAdvanced | FillBooked | BootCompleted
)


class DropCopy(Actor):
    """Compares fills at the venue with fills booked, by identity.

    Asks for what happened since `_since_ns`, which follows the present as long as nothing is
    missing. Everything remembered is bounded by that: what ended before can't be listed any more.
    """

    def __init__(
        self,
        context: ActorContext,
        venue: VenueReader,
        orders: Iterable[Order],
        booked: Iterable[str],
    ) -> None:
        super().__init__(context)
        now_ns = self.clock.market_ns()
        self._venue = venue
        self._ours = RecentOrders.of(orders, now_ns - WINDOW_NS)
        self._booked = dict.fromkeys(booked, int(now_ns))
        self._missing: dict[str, int] = {}
        """Fills to be booked, since when: they are handed over each time, or trading halts."""
        self._since_ns = Nanos(0)
        self._questions: Questions[Part] = Questions(self.epoch)
        self._lists = ListJudge(self, LISTS)
        self._budgets = BudgetWatch(self, venue)

    def receive(self, message: Inbox) -> None:
        """Handle one message."""
        match message:
            case Poll():
                self._poll()
            case OrdersListed():
                self._orders(message)
            case FillsListed():
                self._fills(message)
            case IntentRaised(intent):
                self._ours.intend(intent, self.clock.market_ns())
            case OrderAdvanced(client_id, order_id, state=state):
                if order_id is not None:
                    self._ours.hear(client_id, order_id, self.clock.market_ns())
                elif state in UNPLACED:
                    self._ours.miss(client_id)
            case FillBooked(fill):
                self._booked[fill.entry_id] = max(fill.at_ns, self.clock.market_ns())
                self._missing.pop(fill.entry_id, None)
            case BootCompleted(is_provisional=is_provisional):
                if not self._since_ns and not is_provisional:
                    self._since_ns = Nanos(self.clock.market_ns() - WINDOW_NS)
                    self.after_machine(POLL_EVERY_NS, Poll())
            case _:
                self.refuse(message)

    def _poll(self) -> None:
        self.after_machine(POLL_EVERY_NS, Poll())
        self._budgets.look()
        now_ns = self.clock.machine_ns()
        for part in self._questions.overdue(now_ns, ANSWER_LIMIT_NS):
            self._lists.missed(part.name.lower(), "no answer")
        if self._questions.waiting:
            return  # the venue is slow: one question at a time
        token = self._questions.ask(Part.ORDERS, now_ns)
        self._venue.list_orders(
            since_ns=self._since_ns, is_live_only=False, token=token, reply_to=self.reply_to()
        )

    def _orders(self, listing: OrdersListed) -> None:
        if self._questions.answered(listing.token) is None or not self._lists.is_whole(listing):
            return
        for seen in listing.orders:
            self._ours.show(seen.client_order_id, seen.order_id)
        if self._may_miss(listing):
            self.send(ORDER_MANAGER, evolve(listing, token=NOBODYS))
        token = self._questions.ask(Part.FILLS, self.clock.machine_ns())
        self._venue.list_fills(
            since_ns=self._since_ns, order_ids=(), token=token, reply_to=self.reply_to()
        )

    def _fills(self, listing: FillsListed) -> None:
        if self._questions.answered(listing.token) is None or not self._lists.is_whole(listing):
            return
        now_ns = self.clock.machine_ns()
        news = [fill for fill in listing.fills if self._is_news(fill)]
        misses = self._may_miss(listing)
        if news or misses:
            self.send(ORDER_MANAGER, evolve(listing, token=NOBODYS))
        for fill in news:
            first_ns = self._missing.setdefault(fill.entry_id, now_ns)
            if now_ns - first_ns > AGREE_WITHIN_NS:
                self._disagree(fill.entry_id, fill.order_id)
        if not (self._missing or misses):
            self.prove("all recent fills of the venue are booked")
            self._move_on()

    def _may_miss(self, listing: OrdersListed | FillsListed) -> bool:
        """Tell whether an entry that can't be read may be about an order of ours."""
        return any(self._ours.may_include(each) for each in listing.unread)

    def _is_news(self, fill: FillSeen) -> bool:
        return self._ours.has_order_id(fill.order_id) and fill.entry_id not in self._booked

    def _move_on(self) -> None:
        """Look back no further than the window; forget what lies before it."""
        self._since_ns = Nanos(max(self._since_ns, self.clock.market_ns() - WINDOW_NS))
        self._ours.forget(self._since_ns)
        oldest_ns = self._since_ns - BOOKED_LINGER_NS
        while (entry_id := next(iter(self._booked), None)) is not None:
            if self._booked[entry_id] >= oldest_ns:
                break
            del self._booked[entry_id]

    def _disagree(self, entry_id: str, order_id: str) -> None:
        self.publish(DiscrepancyFound(f"fill {entry_id} of order {order_id}", "unbooked", "filled"))
        reason = f"the venue shows fill {entry_id} of order {order_id}, we have not booked it"
        self.trip("unbooked_fill", reason, effect=Effect.HALT, is_latched=True)
