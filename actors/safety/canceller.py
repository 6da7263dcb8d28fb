"""Cancels at the venue, from the venue's own list, until two complete listings show nothing left.

Knows which client order ids are ours; everything else on the account is foreign and left alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from actors.kernel.base import Actor, ActorContext
from actors.kernel.board import ACTOR, GLOBAL
from actors.kernel.ports import Venue
from domain.messages.control import KillSeen, StopRequested, SweepFinished, SweepRequested
from domain.messages.orders import IntentRaised
from domain.messages.supervision import BreakerTripped, Tick
from domain.messages.venue import CancelAnswered, OrdersListed
from domain.model.approval import ApprovedOrder, Purpose, is_covered
from domain.model.breakers import Effect
from domain.model.instants import MILLISECOND, Nanos
from domain.model.orders import OrderSeen

LIST_AGAIN_NS = 150 * MILLISECOND
"""Machine time between a listing and the next."""
LISTINGS_TO_BELIEVE = 2


class Canceller(Actor):
    """Runs one sweep at a time; a request during a sweep widens it and starts its count anew."""

    def __init__(
        self,
        context: ActorContext,
        venue: Venue,
        ours: Mapping[str, ApprovedOrder],
    ) -> None:
        super().__init__(context)
        self._venue = venue
        self._ours = dict(ours)
        self._reasons: list[str] = []
        self._scopes: set[str] = set()
        self._includes_exits = False
        self._empty = 0
        self._token = 0
        self._cancelled: set[str] = set()
        self._begun_ns = 0

    def receive(self, message: Any) -> None:
        """Handle one message."""
        match message:
            case IntentRaised(intent):
                self._ours[intent.client_order_id] = intent.order
            case SweepRequested(reason, includes_exits, scope):
                self._sweep(reason, includes_exits=includes_exits, scope=scope)
            case BreakerTripped(breaker):
                if breaker.effect >= Effect.HALT and breaker.scope != ACTOR:
                    self._sweep(breaker.name, includes_exits=False, scope=breaker.scope)
            case KillSeen(includes_exits=includes_exits):
                self._sweep("kill", includes_exits=includes_exits)
            case StopRequested(reason):
                self._sweep(reason, includes_exits=False)
            case OrdersListed():
                self._listed(message)
            case CancelAnswered(failure=failure):
                if failure is not None:
                    self.log.warning("cancel unanswered", reason=failure)
            case Tick("list"):
                self._list()
            case _:
                super().receive(message)

    def starting(self) -> None:
        """A fresh incarnation begins with a sweep: it does not know how far the last one was."""
        if not self.is_proven:
            self._sweep("canceller rebuilt", includes_exits=False)

    def _sweep(self, reason: str, *, includes_exits: bool, scope: str = GLOBAL) -> None:
        is_running = bool(self._reasons)
        self._scopes.add(scope)
        if reason not in self._reasons:
            self._reasons.append(reason)
        self._includes_exits = self._includes_exits or includes_exits
        self._empty = 0
        if not is_running:
            self._begun_ns = self.clock.machine_ns()
            self._cancelled.clear()
            self._list()

    def _list(self) -> None:
        if not self._reasons:
            return
        self._token += 1
        self._venue.list_orders(
            since_ns=None, is_live_only=True, token=self._token, reply_to=self.reply_to()
        )

    def _listed(self, listing: OrdersListed) -> None:
        if listing.token != self._token or not self._reasons:
            return
        if listing.failure is not None or not listing.is_complete:
            self._empty = 0
            self.log.warning("live orders not listed", reason=listing.failure)
        else:
            self._act(listing.orders)
        if self._empty >= LISTINGS_TO_BELIEVE:
            self._finish()
        else:
            self.after_machine(LIST_AGAIN_NS, Tick("list"))

    def _act(self, orders: tuple[OrderSeen, ...]) -> None:
        alive = [seen.order_id for seen in orders if self._is_in_scope(seen)]
        if not alive:
            self._empty += 1
            return
        self._empty = 0
        self._cancelled.update(alive)
        self._venue.cancel(tuple(alive), self._token, self.reply_to())

    def _is_in_scope(self, seen: OrderSeen) -> bool:
        if seen.status.is_terminal:
            return False
        order = self._ours.get(seen.client_order_id)
        if order is None or (order.purpose is Purpose.EXIT and not self._includes_exits):
            return False
        return any(is_covered(order, scope) for scope in self._scopes)

    def _finish(self) -> None:
        took_ns = Nanos(self.clock.machine_ns() - self._begun_ns)
        reasons, self._reasons = self._reasons, []
        self._includes_exits = False
        self._scopes.clear()
        self.prove("two complete listings without an entry of ours")
        self.publish(SweepFinished(tuple(reasons), len(self._cancelled), took_ns))
