"""An independent copy of what the venue did: orders and fills by REST every two seconds.

Finds fills that the order manager has not booked and hands them over; one that stays unbooked is
a discrepancy.
"""

from __future__ import annotations

from typing import Any

from actors.kernel.base import Actor, ActorContext
from actors.kernel.ports import Venue
from actors.kernel.questions import Questions
from actors.kernel.topology import ORDER_MANAGER
from domain.messages.control import DiscrepancyFound
from domain.messages.orders import FillBooked, IntentRaised, OrderAdvanced
from domain.messages.supervision import BootCompleted, Tick
from domain.messages.venue import FillsListed, OrdersListed
from domain.model.breakers import Effect
from domain.model.instants import MINUTE, SECOND, Nanos

POLL_EVERY_NS = 2 * SECOND
AGREE_WITHIN_NS = 3 * SECOND
"""Machine time in which a fill at the venue must be booked by us."""
WINDOW_NS = 2 * MINUTE


class DropCopy(Actor):
    """Compares fills at the venue with fills booked, by identity."""

    def __init__(
        self,
        context: ActorContext,
        venue: Venue,
        ours: frozenset[str],
        booked: frozenset[str],
    ) -> None:
        super().__init__(context)
        self._venue = venue
        self._ours = set(ours)
        self._our_orders: set[str] = set()
        self._booked = set(booked)
        self._missing: dict[str, int] = {}
        self._since_ns = Nanos(0)
        self._questions: Questions[None] = Questions(self.epoch)
        self._is_waiting = False

    def receive(self, message: Any) -> None:
        """Handle one message."""
        match message:
            case Tick("poll"):
                self._poll()
            case OrdersListed():
                self._orders(message)
            case FillsListed():
                self._fills(message)
            case IntentRaised(intent):
                self._ours.add(intent.client_order_id)
            case OrderAdvanced(order_id=order_id):
                if order_id is not None:
                    self._our_orders.add(order_id)
            case FillBooked(fill):
                self._booked.add(fill.entry_id)
                self._missing.pop(fill.entry_id, None)
            case BootCompleted():
                if not self._since_ns:
                    self._since_ns = Nanos(self.clock.market_ns() - WINDOW_NS)
                    self.after_machine(POLL_EVERY_NS, Tick("poll"))
            case _:
                super().receive(message)

    def _poll(self) -> None:
        self.after_machine(POLL_EVERY_NS, Tick("poll"))
        if self._is_waiting:
            return  # the venue is slow: one question at a time
        self._is_waiting = True
        token = self._questions.ask(None, self.clock.machine_ns())
        self._venue.list_orders(
            since_ns=self._since_ns, is_live_only=False, token=token, reply_to=self.reply_to()
        )

    def _orders(self, listing: OrdersListed) -> None:
        if listing.failure is not None:
            self._is_waiting = False
            return
        ours = [seen for seen in listing.orders if seen.client_order_id in self._ours]
        self._our_orders.update(seen.order_id for seen in ours)
        self._venue.list_fills(
            since_ns=self._since_ns, order_ids=(), token=listing.token, reply_to=self.reply_to()
        )

    def _fills(self, listing: FillsListed) -> None:
        self._is_waiting = False
        if listing.failure is not None or not listing.is_complete:
            return
        now_ns = self.clock.machine_ns()
        news = [
            fill
            for fill in listing.fills
            if fill.order_id in self._our_orders and fill.entry_id not in self._booked
        ]
        if news:
            self.send(ORDER_MANAGER, listing)
        for fill in news:
            first_ns = self._missing.setdefault(fill.entry_id, now_ns)
            if now_ns - first_ns > AGREE_WITHIN_NS:
                self._disagree(fill.entry_id, fill.order_id)
        if not self._missing:
            self.prove("all recent fills of the venue are booked")
            self._since_ns = Nanos(max(self._since_ns, self.clock.market_ns() - WINDOW_NS))

    def _disagree(self, entry_id: str, order_id: str) -> None:
        self.publish(DiscrepancyFound(f"fill {entry_id} of order {order_id}", "unbooked", "filled"))
        reason = f"the venue shows fill {entry_id} of order {order_id}, we have not booked it"
        self.trip("unbooked_fill", reason, effect=Effect.HALT, is_latched=True)
