"""Keeping our orders, and telling of each change: what everything the tracker does stands on."""

from __future__ import annotations

from collections.abc import Iterable

from domain.messages.control import Settled, SettleRequested
from domain.messages.venue import FillsListed, OrdersListed
from domain.model.approval import Purpose
from domain.model.breakers import Scope
from domain.model.entries import Unread
from domain.model.instants import SECOND, Nanos
from domain.model.orders import OrderState
from domain.orders.denied import DeniedOrders
from domain.orders.effects import (
    AfterItsEnd,
    AskAgain,
    BlockEntries,
    Cancel,
    Effect,
    FindOrders,
    ListFills,
    Publish,
    ReleaseEntries,
    TimeIsUp,
    WakeAfter,
    WakeAt,
    Warn,
)
from domain.orders.inputs import Now
from domain.orders.lifecycle import Event
from domain.orders.order import (
    TIME_OVER,
    Order,
    advance,
    given_up,
    lifetime_of,
    moved,
    needs_fills,
    without_venue,
)
from domain.orders.own_orders import OwnOrders

TTL_AGAIN_NS = SECOND
RESOLVE_EVERY_NS = Nanos(SECOND)
"""Machine time between questions to the venue while something is unsettled."""
UNKNOWN_ORDER = "unknown_order"
STRANGERS = 1_000
"""Orders of fills that are none of ours as far as we know: so many are asked for once each."""


class OrderKeeper:
    """Our orders, the moment of the present step, and what is to be done after it."""

    def __init__(self, orders: Iterable[Order]) -> None:
        self.orders = OwnOrders(orders)
        self._denied = DeniedOrders(self.orders)
        self._strangers: dict[str, None] = {}
        self._is_asking = False
        self._now: Now  # of the present step: before the first there is none
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

    def _limit_life(self, order: Order, begun_ns: int) -> None:
        lifetime_ns = lifetime_of(order.intent.order.order_type)
        if lifetime_ns is not None:
            end_ns = Nanos(begun_ns + lifetime_ns)
            self._do(WakeAt(end_ns, TimeIsUp(order.intent.client_order_id)))

    def _time_out(self, name: str) -> None:
        order = self.orders.get(name)
        if order is None or order.is_terminal:
            return
        if order.order_id is None:  # in doubt: as soon as it is found, its time is over
            self._do(WakeAt(Nanos(self._now.market_ns + TTL_AGAIN_NS), TimeIsUp(name)))
        else:
            self._cancel(name, TIME_OVER)

    def _give_up(self, order: Order) -> None:
        """Never take for ours what the venue has under the id of `order`."""
        if order.is_terminal or order.fills:
            return
        name = order.intent.client_order_id
        self._do(Warn("another order has this id", "none was made", name))
        self._keep(order, without_venue(order, "its id stands for another order at the venue"))

    # What the venue denies, and a person asks about.

    def _settle(self, asked: SettleRequested) -> None:
        questions = tuple(self._denied.ask(asked, self._now.machine_ns))
        self._do(*questions)
        if not questions:
            self._do(Publish(Settled(asked.request_id, (), self._denied.sentences(None))))

    def _heard(
        self, request: str, listing: OrdersListed | FillsListed, unread: tuple[Unread, ...]
    ) -> None:
        """Once all is answered that a person asked, give up what the venue denies everywhere.

        `unread` of a listing that was taken in may be about orders of ours.
        """
        is_whole = listing.is_complete and not unread
        failure = listing.failure or (None if is_whole else "not every entry was read")
        found = self._denied.answered(request, failure)
        if found is None:
            return
        for order in found.denied:
            over = given_up(order, f"the venue denies it; operator: {found.reason}")
            self._keep(order, over)
            self._judge_doubt(over)
        names = tuple(order.intent.client_order_id for order in found.denied)
        self._do(Publish(Settled(request, names, self._denied.sentences(found.failure))))

    def _ask_fills(self, order: Order) -> None:
        if order.order_id is not None and needs_fills(order):
            self._do(ListFills(order.order_id))
            self._watch()

    def _ask_whose(self, order_id: str) -> None:
        """Ask once for the order of a fill: it may be one of ours whose venue id we never heard."""
        if order_id in self._strangers:
            return
        self._strangers.setdefault(order_id)
        if len(self._strangers) > STRANGERS:
            del self._strangers[next(iter(self._strangers))]
        self._do(FindOrders((order_id,)))

    def _watch(self) -> None:
        """Ask again in a while if anything is unsettled beyond resting quietly."""
        if not self._is_asking and (self.orders.doubtful or self.orders.missing):
            self._is_asking = True
            self._do(WakeAfter(RESOLVE_EVERY_NS, AskAgain()))
