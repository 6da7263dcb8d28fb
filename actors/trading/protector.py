"""Protection of owned lots at the venue: an order for each that waits for its stop (PROT1).

It works while this process does not. What sells a lot otherwise, and when, the exits know.
"""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from actors.kernel.base import Actor, ActorContext
from actors.kernel.timers import Timer
from domain.decisions.protection import GuardedLot, Later, Protect, Withdraw
from domain.decisions.watched_lot import end_of
from domain.messages.decisions import ProposalRefused, ProtectionProposed, ProtectionWithdrawn
from domain.messages.orders import IntentRaised, OrderAdvanced
from domain.messages.portfolio import PortfolioMoved
from domain.messages.supervision import BootCompleted, ProductsChanged
from domain.model.approval import ApprovedExit, Purpose
from domain.model.breakers import Effect
from domain.model.instants import MILLISECOND, SECOND
from domain.model.orders import TERMINAL, OrderState
from domain.model.portfolio import Lot
from domain.model.product import Product, ProductId
from domain.model.wording import counted
from domain.orders.order import Order
from domain.orders.sales import SOLD_INSTEAD, SOLD_MEANWHILE
from domain.orders.venue_stops import VenueStops
from domain.system.alert_ends import of_end, stop_of
from domain.system.alerts import of_bare_lot, without_numbers

LOOK_AGAIN_NS = 250 * MILLISECOND
"""Market time until a lot is judged again that had to wait."""
TOLD_AFTER_NS = 3 * SECOND
"""Market time after which a lot that can't be protected at the venue is told."""
GONE, SWITCHED_OFF = "its lot is gone", "protection at the venue is switched off"
_FAILED = (OrderState.REJECTED, OrderState.VOID)
_SOLD = (SOLD_INSTEAD, SOLD_MEANWHILE)
"""Ends of protection that has become needless before it left: no failures."""


@frozen
class LookAgain(Timer):
    """Time to judge again what had to wait."""


Inbox = (
    PortfolioMoved
    | IntentRaised
    | OrderAdvanced
    | ProposalRefused
    | BootCompleted
    | ProductsChanged
    | LookAgain
)


class Protector(Actor):
    """Proposes an order for each lot that has none, and withdraws what protects nothing."""

    def __init__(self, context: ActorContext, orders: Iterable[Order], *, is_on: bool) -> None:
        super().__init__(context)
        known = tuple(orders)
        self._is_on = is_on
        self._stops = VenueStops(known)
        self._sales: dict[str, str] = {}
        for order in known:
            self._follow_sale(order.intent.client_order_id, order.intent.order, order.state)
        self._lots: dict[str, GuardedLot] = {}
        self._taken: tuple[Lot, ...] | None = None
        self._products: dict[ProductId, Product] = {}
        self._withdrawn: set[str] = set()
        """Lots whose protection is being withdrawn: said once, until it has ended."""
        self._is_looking = False

    def receive(self, message: Inbox) -> None:
        """Handle one message."""
        match message:
            case PortfolioMoved(view):
                if view.lots != self._taken:
                    self._take(view.lots)
            case IntentRaised(intent):
                self._stops.intend(intent)
                self._follow_sale(intent.client_order_id, intent.order, OrderState.INTENDED)
            case OrderAdvanced():
                self._advanced(message)
            case ProposalRefused():
                if message.purpose is Purpose.PROTECTION:
                    why = ", ".join(f"{each.reason}: {each.observed}" for each in message.refusals)
                    self._failed(message.lot, why)
            case BootCompleted(products=products) | ProductsChanged(products=products):
                self._products = {each.id: each for each in products}
                self._judge_all()
            case LookAgain():
                self._is_looking = False
                self._judge_all()
            case _:
                self.refuse(message)

    def _follow_sale(self, name: str, order: object, state: OrderState) -> None:
        is_sale = isinstance(order, ApprovedExit) and order.purpose is Purpose.EXIT
        if isinstance(order, ApprovedExit) and is_sale and state not in TERMINAL:
            self._sales[name] = order.lot

    def _take(self, lots: tuple[Lot, ...]) -> None:
        now_ns, known = self.clock.market_ns(), self._lots
        self._taken = lots
        self._lots = {lot.id: known.get(lot.id) or GuardedLot(lot, now_ns) for lot in lots}
        for name in known.keys() - self._lots.keys():
            self._relieve(known[name])
        for lot in lots:
            self._lots[lot.id].take(lot, now_ns)
        self._judge_all()

    def _advanced(self, moved: OrderAdvanced) -> None:
        now_ns, has_ended = self.clock.market_ns(), moved.state in TERMINAL
        stop = self._stops.advance(moved)
        lot = stop.lot if stop is not None else self._sales.get(moved.client_order_id)
        if has_ended:
            self._sales.pop(moved.client_order_id, None)
        guarded = None if lot is None else self._lots.get(lot)
        if lot is not None and has_ended:
            self._withdrawn.discard(lot)
        if guarded is None:
            if stop is not None:
                self._judge_all()
            return
        if has_ended:
            guarded.touch(now_ns)
            is_failed = moved.state in _FAILED and moved.reason not in _SOLD
            if stop is not None and not moved.filled and is_failed:
                self._failed(guarded.lot.id, end_of(moved))
        self._judge(guarded)

    def _failed(self, lot: str, hindrance: str) -> None:
        guarded = self._lots.get(lot)
        if guarded is None:
            return
        guarded.failed(hindrance, self.clock.market_ns())
        kind = without_numbers(hindrance)
        if kind != guarded.shown:
            guarded.shown = kind
            self.log.warning("not protected at the venue", lot=lot, by=hindrance)
        self._later()

    # Judging.

    def _judge_all(self) -> None:
        if self._taken is None or not self._products:
            return
        for guarded in tuple(self._lots.values()):
            self._judge(guarded)
        for lot in self._stops.lots():
            if lot not in self._lots:
                self._withdraw(lot, GONE)
        self.prove(f"{counted(len(self._lots), 'lot')} compared with their orders at the venue")

    def _judge(self, guarded: GuardedLot) -> None:
        lot, product = guarded.lot, self._products.get(guarded.lot.product)
        if product is None or not lot.held or lot.leaving is not None or self._is_killed():
            return
        if not self._is_on:
            self._withdraw(lot.id, SWITCHED_OFF)
            return
        stops, now_ns = self._stops.of(lot.id), self.clock.market_ns()
        is_sold = lot.id in self._sales.values()
        match guarded.judge(product, stops, now_ns, is_sold=is_sold):
            case Protect(quantity):
                self.publish(ProtectionProposed(lot.id, lot.product, quantity))
                self._later()
            case Withdraw(why):
                self._withdraw(lot.id, why)
            case Later():
                self._later()
            case None if guarded.bare_ns is None:
                self._relieve(guarded)
        self._tell(guarded, now_ns)

    def _is_killed(self) -> bool:
        strongest = self.board.strongest()
        return strongest is not None and strongest.effect >= Effect.KILL

    def _withdraw(self, lot: str, why: str) -> None:
        is_there = any(stop.is_resting for stop in self._stops.of(lot))
        if is_there and lot not in self._withdrawn:
            self._withdrawn.add(lot)
            self.publish(ProtectionWithdrawn(lot, why))

    def _later(self) -> None:
        if not self._is_looking:
            self._is_looking = True
            self.after(LOOK_AGAIN_NS, LookAgain())

    # What is told.

    def _tell(self, guarded: GuardedLot, now_ns: int) -> None:
        """Raise the alert of a lot that could not be protected for a while, once."""
        if guarded.bare_ns is None or guarded.hindrance is None or guarded.is_alerted:
            return
        if now_ns - guarded.bare_ns >= TOLD_AFTER_NS:
            guarded.is_alerted = True
            self.publish(of_bare_lot(guarded.lot, guarded.hindrance))

    def _relieve(self, guarded: GuardedLot) -> None:
        """What hindered is over: the lot is protected, or gone."""
        if guarded.is_alerted:
            lot = guarded.lot
            self.publish(of_end(stop_of(lot.id), f"{lot.product}: protected at the venue, or sold"))
        guarded.is_alerted, guarded.shown = False, None
