"""Cancels at the venue, from the venue's own list, until two complete listings show nothing left.

Knows which client order ids are ours; everything else on the account is foreign and left alone.
What our books call alive is cancelled and asked for by id though no list shows it, and a request on
its way is waited for: an order may appear long after the halt that its request slipped past.
"""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from actors.kernel.base import FIRST_EPOCH, Actor, ActorContext
from actors.kernel.ports import ANSWER_LIMIT_NS, OrderGateway, VenueReader
from actors.kernel.questions import Questions
from actors.kernel.timers import Timer
from actors.safety.list_judge import ListJudge
from domain.messages.control import (
    DiscrepancyFound,
    KillSeen,
    StopRequested,
    SweepFinished,
    SweepRequested,
)
from domain.messages.orders import IntentRaised, OrderAdvanced
from domain.messages.supervision import BreakerTripped
from domain.messages.venue import CancelAnswered, OrdersListed
from domain.model.breakers import ACTOR, GLOBAL, Effect, Scope
from domain.model.instants import MILLISECOND, SECOND, Nanos
from domain.orders.order import Order
from domain.orders.outstanding import LEAVES_WITHIN_NS, Outstanding
from domain.orders.recent import UNPLACED, RecentOrders
from domain.orders.sweep import Sweep

LIST_AGAIN_NS, LONGEST_AGAIN_NS = 150 * MILLISECOND, SECOND
"""Machine time between a listing and the next; it doubles up to the longest while they fail."""
AWAIT_EVERY_NS = 500 * MILLISECOND
"""The same while no list shows anything, and only what we know ourselves keeps the sweep going."""
LISTS = "live_orders"
"""Name of the breaker while a sweep can't list what is alive at the venue."""
BY_ID = "orders by id"
UNLISTED = 0
"""Token of a cancel that follows from no listing."""
LOOK_EVERY_NS = 10 * SECOND
"""Machine time between looks for a listing that was never answered."""


@frozen
class ListAgain(Timer):
    """Time for the next listing of the sweep."""


@frozen
class Look(Timer):
    """Time to look whether a listing was lost."""


@frozen
class WholeList:
    """What a listing is for: everything alive on the account, for this sweep."""

    sweep: Sweep


@frozen
class ById:
    """What a listing is for: orders that our books call alive and no list shows."""

    order_ids: tuple[str, ...]


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

    def __init__(
        self,
        context: ActorContext,
        venue: VenueReader,
        orders: Iterable[Order],
        *,
        gateway: OrderGateway | None,
    ) -> None:
        """Without a `gateway` this is a dry run, which has sent nothing: what it sees, it tells."""
        super().__init__(context)
        self._venue = venue
        self._gateway = gateway
        known = tuple(orders)
        self._ours = RecentOrders.of(known, self.clock.market_ns())
        self._outstanding = Outstanding(venue.request_lifetime_ns)
        # What a process left that is gone has left; in the same run it may still be in its lane.
        leaves_ns = 0 if self.epoch == FIRST_EPOCH else LEAVES_WITHIN_NS
        self._outstanding.restore(known, self.clock.machine_ns() + leaves_ns)
        self._sweep: Sweep | None = None
        self._begun_ns = 0
        self._listings: Questions[WholeList | ById] = Questions(self.epoch)
        self._denied: set[str] = set()
        """Order ids of which people were told that the venue does not know them."""
        self._is_looking = False
        self._lists = ListJudge(self, LISTS)

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
            case SweepRequested(reason, includes_exits, scope, awaits_ours):
                self._widen(
                    reason, includes_exits=includes_exits, scope=scope, awaits_ours=awaits_ours
                )
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
        """Learn how far an order is: under which id the venue has it, or that it has none."""
        order = self._ours.get(moved.client_order_id)
        self._outstanding.hear(moved, order, self.clock.machine_ns())
        if moved.order_id is not None:
            self._ours.show(moved.client_order_id, moved.order_id)
        elif moved.state in UNPLACED:
            self._ours.miss(moved.client_order_id)

    def _widen(
        self,
        reason: str,
        *,
        includes_exits: bool,
        scope: Scope = GLOBAL,
        awaits_ours: bool = True,
    ) -> None:
        sweep, is_new = self._sweep or Sweep(), self._sweep is None
        sweep.widen(reason, scope, includes_exits=includes_exits, awaits_ours=awaits_ours)
        self._sweep = sweep
        if is_new:
            self._begun_ns = self.clock.machine_ns()
            self._list()
            self._watch()
        self._cancel_known(sweep)

    def _cancel_known(self, sweep: Sweep) -> None:
        """Cancel what our books call alive: a venue that is slow to list may be quick to cancel."""
        alive = self._outstanding.alive(sweep.is_meant)
        if alive:
            sweep.asked.update(alive)
            self._cancel(alive, UNLISTED)

    def _list(self) -> None:
        if self._sweep is None:
            return
        token = self._listings.ask(WholeList(self._sweep), self.clock.machine_ns())
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
        overdue = self._listings.overdue(self.clock.machine_ns(), ANSWER_LIMIT_NS)
        if any(isinstance(each, WholeList) for each in overdue):
            self._sweep.doubt()
            self._lists.missed("orders", "no answer")
            self._list()

    def _listed(self, listing: OrdersListed) -> None:
        match self._listings.answered(listing.token):
            case WholeList(sweep):
                self._judge(sweep, listing)
            case ById(order_ids):
                self._found(order_ids, listing)
            case None:
                pass  # asked by an incarnation before us

    def _judge(self, sweep: Sweep, listing: OrdersListed) -> None:
        for seen in listing.orders:
            self._ours.show(seen.client_order_id, seen.order_id)
        listed = {seen.order_id for seen in listing.orders}
        ours = self._outstanding.alive(sweep.is_meant)
        # What is known to be ours goes, also where the rest of the list is not known.
        alive = sweep.take(listing.orders, self._ours.find, ours, listing.unread)
        if alive:
            self._cancel(alive, listing.token)
        pause_ns = LIST_AGAIN_NS
        if not self._is_whole(listing):
            sweep.doubt()
        else:
            if not self._shows_all(sweep, listing):
                sweep.doubt()
            if not listed.intersection(alive) and not sweep.empty.count:
                pause_ns = AWAIT_EVERY_NS
            self._find(tuple(each for each in ours if each not in listed))
        if sweep.is_over:
            self._finish(sweep)
        else:
            self.after_machine(self._lists.pause_ns(pause_ns, LONGEST_AGAIN_NS), ListAgain())

    def _cancel(self, order_ids: tuple[str, ...], token: int) -> None:
        if self._gateway is None:
            self.log.warning("dry run: not cancelled", orders=", ".join(order_ids))
            return
        self._gateway.cancel(order_ids, token, self.reply_to())

    def _is_whole(self, listing: OrdersListed) -> bool:
        """Tell whether everything of ours that is alive is in the list, or would be."""
        if any(self._ours.may_include(each) for each in listing.unread):
            self._lists.missed("orders", "one that may be ours can't be read")
            return False
        return self._lists.is_whole(listing)

    def _shows_all(self, sweep: Sweep, listing: OrdersListed) -> bool:
        """Tell whether nothing on its way can still become an order behind this list."""
        return not sweep.awaits_ours or self._outstanding.is_proven(
            listing.begun_ns, sweep.is_meant
        )

    def _find(self, order_ids: tuple[str, ...]) -> None:
        """Ask for what no list shows, one question at a time."""
        is_asking = any(isinstance(each, ById) for each in self._listings.waiting)
        if order_ids and not is_asking:
            token = self._listings.ask(ById(order_ids), self.clock.machine_ns())
            self._venue.find_orders(order_ids, token, self.reply_to())

    def _found(self, order_ids: tuple[str, ...], listing: OrdersListed) -> None:
        for seen in listing.orders:
            self._outstanding.see(seen)
        if not self._lists.is_whole(listing, BY_ID):
            return
        for order_id in set(order_ids).difference(seen.order_id for seen in listing.orders):
            if order_id not in self._denied:
                self._denied.add(order_id)
                self.publish(DiscrepancyFound(f"order {order_id}", "open", "not known"))

    def _finish(self, sweep: Sweep) -> None:
        took_ns = Nanos(self.clock.machine_ns() - self._begun_ns)
        self._sweep = None
        self.prove("two complete listings without an entry of ours")
        self.publish(SweepFinished(tuple(sweep.reasons), len(sweep.asked), took_ns))
