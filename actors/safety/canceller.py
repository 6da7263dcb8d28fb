"""Cancels at the venue, from the venue's own list, until two complete listings show nothing left.

Knows which client order ids are ours; everything else on the account is foreign and left alone.
"""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from actors.kernel.base import Actor, ActorContext
from actors.kernel.ports import ANSWER_LIMIT_NS, Venue
from actors.kernel.questions import Questions
from actors.kernel.timers import Timer
from domain.messages.control import KillSeen, StopRequested, SweepFinished, SweepRequested
from domain.messages.orders import IntentRaised, OrderAdvanced
from domain.messages.supervision import BreakerTripped
from domain.messages.venue import CancelAnswered, OrdersListed
from domain.model.breakers import ACTOR, GLOBAL, Effect, Scope
from domain.model.instants import MILLISECOND, SECOND, Nanos
from domain.orders.order import Order
from domain.orders.recent import UNPLACED, RecentOrders
from domain.orders.sweep import Sweep

LIST_AGAIN_NS = 150 * MILLISECOND
"""Machine time between a listing and the next."""
LOOK_EVERY_NS = 10 * SECOND
"""Machine time between looks for a listing that was never answered."""


@frozen
class ListAgain(Timer):
    """Time for the next listing of the sweep."""


@frozen
class Look(Timer):
    """Time to look whether a listing was lost."""


Inbox = (
    IntentRaised
    | OrderAdvanced
    | SweepRequested
    | BreakerTripped
    | KillSeen
    | StopRequested
    | OrdersListed
    | CancelAnswered
    | ListAgain
    | Look
)


class Canceller(Actor):
    """Runs one sweep at a time; a request during a sweep widens it and starts its count anew."""

    def __init__(self, context: ActorContext, venue: Venue, orders: Iterable[Order]) -> None:
        super().__init__(context)
        self._venue = venue
        self._ours = RecentOrders.of(orders, self.clock.market_ns())
        self._sweep: Sweep | None = None
        self._begun_ns = 0
        self._listings: Questions[Sweep] = Questions(self.epoch)
        self._is_looking = False

    def starting(self) -> None:
        """A fresh incarnation begins with a sweep: it does not know how far the last one was."""
        if not self.is_proven:
            self._widen("canceller rebuilt", includes_exits=False)

    def receive(self, message: Inbox) -> None:
        """Handle one message."""
        match message:
            case IntentRaised(intent):
                now_ns = self.clock.market_ns()
                self._ours.intend(intent, now_ns)
                self._ours.forget(now_ns)
            case OrderAdvanced():
                self._advanced(message)
            case SweepRequested(reason, includes_exits, scope):
                self._widen(reason, includes_exits=includes_exits, scope=scope)
            case BreakerTripped(breaker):
                if breaker.effect >= Effect.HALT and breaker.scope != ACTOR:
                    self._widen(breaker.name, includes_exits=False, scope=breaker.scope)
            case KillSeen(includes_exits=includes_exits):
                self._widen("kill", includes_exits=includes_exits)
            case StopRequested(reason):
                self._widen(reason, includes_exits=False)
            case OrdersListed():
                self._listed(message)
            case CancelAnswered(failure=failure):
                if failure is not None:
                    self.log.warning("cancel unanswered", reason=failure)
            case ListAgain():
                self._list()
            case Look():
                self._look()
            case _:
                self.refuse(message)

    def _advanced(self, moved: OrderAdvanced) -> None:
        """Learn under which id the venue has an order, or that it has none."""
        if moved.order_id is not None:
            self._ours.show(moved.client_order_id, moved.order_id)
        elif moved.state in UNPLACED:
            self._ours.miss(moved.client_order_id)

    def _widen(self, reason: str, *, includes_exits: bool, scope: Scope = GLOBAL) -> None:
        sweep, is_new = self._sweep or Sweep(), self._sweep is None
        sweep.widen(reason, scope, includes_exits=includes_exits)
        self._sweep = sweep
        if is_new:
            self._begun_ns = self.clock.machine_ns()
            self._list()
            self._watch()

    def _list(self) -> None:
        if self._sweep is None:
            return
        token = self._listings.ask(self._sweep, self.clock.machine_ns())
        self._venue.list_orders(
            since_ns=None, is_live_only=True, token=token, reply_to=self.reply_to()
        )

    def _watch(self) -> None:
        if not self._is_looking:
            self._is_looking = True
            self.after_machine(LOOK_EVERY_NS, Look())

    def _look(self) -> None:
        """Ask again if the venue's client has swallowed a listing."""
        self._is_looking = False
        if self._sweep is None:
            return
        self._watch()
        if self._listings.overdue(self.clock.machine_ns(), ANSWER_LIMIT_NS):
            self.log.error("the venue's client did not answer", step="live orders")
            self._sweep.doubt()
            self._list()

    def _listed(self, listing: OrdersListed) -> None:
        sweep = self._listings.answered(listing.token)
        if sweep is None:
            return
        for seen in listing.orders:
            self._ours.show(seen.client_order_id, seen.order_id)
        # What is known to be ours goes, also where the rest of the list is not known.
        if alive := sweep.take(listing.orders, self._ours.find, listing.unread):
            self._venue.cancel(alive, listing.token, self.reply_to())
        if listing.failure is not None or not listing.is_complete:
            sweep.doubt()
            self.log.warning("live orders not listed", reason=listing.failure)
        elif any(self._ours.may_include(each) for each in listing.unread):
            sweep.doubt()
            self.log.warning("live orders not known", reason="one that may be ours can't be read")
        if sweep.is_over:
            self._finish(sweep)
        else:
            self.after_machine(LIST_AGAIN_NS, ListAgain())

    def _finish(self, sweep: Sweep) -> None:
        took_ns = Nanos(self.clock.machine_ns() - self._begun_ns)
        self._sweep = None
        self.prove("two complete listings without an entry of ours")
        self.publish(SweepFinished(tuple(sweep.reasons), len(sweep.asked), took_ns))
