"""Keeping our orders, and telling of each change: what everything the tracker does stands on."""

from __future__ import annotations

from collections.abc import Iterable

from domain.model.approval import Purpose
from domain.model.breakers import Scope
from domain.model.instants import SECOND, Nanos
from domain.model.orders import OrderState
from domain.orders.effects import (
    AfterItsEnd,
    AskAgain,
    BlockEntries,
    Cancel,
    Effect,
    ListFills,
    Publish,
    ReleaseEntries,
    WakeAfter,
)
from domain.orders.inputs import Now
from domain.orders.lifecycle import Event
from domain.orders.order import Order, advance, moved, needs_fills
from domain.orders.own_orders import OwnOrders

RESOLVE_EVERY_NS = Nanos(SECOND)
"""Machine time between questions to the venue while something is unsettled."""
UNKNOWN_ORDER = "unknown_order"


class OrderKeeper:
    """Our orders, the moment of the present step, and what is to be done after it."""

    def __init__(self, orders: Iterable[Order]) -> None:
        self.orders = OwnOrders(orders)
        self._is_asking = False
        self._now = Now(0, 0)
        self._effects: list[Effect] = []

    def _do(self, *effects: Effect) -> None:
        self._effects.extend(effects)

    def _taken(self) -> tuple[Effect, ...]:
        effects, self._effects = tuple(self._effects), []
        return effects

    def _judge_doubt(self, order: Order) -> None:
        """Keep a product blocked while an order of it may or may not exist."""
        product = order.intent.order.product
        scope = Scope.of_product(product)
        name = order.intent.client_order_id
        if order.state is OrderState.UNKNOWN:
            why = f"order {name} may or may not exist"
            self._do(BlockEntries(UNKNOWN_ORDER, why, scope))
        elif self.orders.missing.get(name):
            why = f"the venue does not know order {name}, which is {order.state.value} to us"
            self._do(BlockEntries(UNKNOWN_ORDER, why, scope))
        elif not self.orders.is_in_doubt(product):
            evidence = f"the venue shows the order as {order.state.value}"
            self._do(ReleaseEntries(UNKNOWN_ORDER, evidence, scope))

    def _keep(self, old: Order, new: Order, *, is_news: bool = False) -> None:
        """Take `new` in and tell of it, if its state has changed or there is other news."""
        has_moved = new.state is not old.state
        self.orders.keep(new)
        if has_moved and OrderState.UNKNOWN in (old.state, new.state):
            self._judge_doubt(new)
        if has_moved or is_news:
            self._do(Publish(moved(new)))
        if old.is_terminal and not new.is_terminal:
            self._do(AfterItsEnd(moved(old), "alive"))
            if new.intent.order.purpose is Purpose.ENTRY:  # nobody waits for it any more
                self._cancel(new.intent.client_order_id, "found alive after its end")

    def _cancel(self, name: str, why: str) -> None:
        order = self.orders.get(name)
        if order is None or order.is_terminal or order.order_id is None:
            return
        self._keep(order, advance(order, Event.CANCEL_ASKED, reason=why))
        self._do(Cancel(order.order_id))
        self._watch()

    def _ask_fills(self, order: Order) -> None:
        if order.order_id is not None and needs_fills(order):
            self._do(ListFills(order.order_id))
            self._watch()

    def _watch(self) -> None:
        """Ask again in a while if anything is unsettled beyond resting quietly."""
        if not self._is_asking and (self.orders.doubtful or self.orders.missing):
            self._is_asking = True
            self._do(WakeAfter(RESOLVE_EVERY_NS, AskAgain()))
