"""Exits of owned lots: stop, target and longest hold, independent of every entry guard."""

from __future__ import annotations

from attrs import frozen

from actors.kernel.base import Actor, ActorContext
from actors.kernel.timers import Timer
from domain.decisions.exits import due_exit
from domain.messages.decisions import ExitProposed, ProposalRefused
from domain.messages.market import QuoteMoved
from domain.messages.orders import IntentRaised, OrderAdvanced
from domain.messages.portfolio import PortfolioMoved
from domain.messages.supervision import BootCompleted
from domain.model.approval import ApprovedExit, ExitReason, Purpose
from domain.model.instants import SECOND, Nanos
from domain.model.market import Quote
from domain.model.orders import TERMINAL
from domain.model.portfolio import Lot
from domain.model.product import ProductId

RETRY_NS = SECOND
"""Market time that a proposal has to become an order before the next try."""
BUSY_NS = 60 * SECOND
"""Market time that a living order keeps its lot from being proposed again."""
CHECK_EVERY_NS = SECOND


@frozen
class Check(Timer):
    """Time to judge every lot, also where no price moves."""


Inbox = (
    QuoteMoved
    | PortfolioMoved
    | IntentRaised
    | OrderAdvanced
    | ProposalRefused
    | BootCompleted
    | Check
)


class Exits(Actor):
    """Watches every lot against the newest bid and proposes to sell it, once at a time."""

    def __init__(self, context: ActorContext, quote_limit_ns: Nanos) -> None:
        super().__init__(context)
        self._quote_limit_ns = quote_limit_ns
        self._judged: set[str] | None = None
        self._lots: dict[str, Lot] = {}
        self._by_product: dict[ProductId, tuple[Lot, ...]] = {}
        self._quotes: dict[ProductId, Quote] = {}
        # Both are as many as lots are owned: a lot that is gone and an order that has ended leave.
        self._busy: dict[str, Nanos] = {}
        self._orders: dict[str, str] = {}
        self._is_open = False

    def receive(self, message: Inbox) -> None:
        """Handle one message."""
        match message:
            case QuoteMoved(quote):
                self._quotes[quote.product] = quote
                for lot in self._by_product.get(quote.product, ()):
                    self._judge(lot, quote)
            case PortfolioMoved(view):
                self._take(view.lots)
            case IntentRaised(intent):
                if isinstance(intent.order, ApprovedExit):
                    self._orders[intent.client_order_id] = intent.order.lot
            case OrderAdvanced():
                self._order_moved(message)
            case ProposalRefused():
                self._refused(message)
            case Check():
                self._check()
            case BootCompleted():
                if not self._is_open:
                    self._is_open = True
                    self._show()
                    self.after(CHECK_EVERY_NS, Check())
            case _:
                self.refuse(message)

    def _take(self, lots: tuple[Lot, ...]) -> None:
        self._lots = {lot.id: lot for lot in lots}
        self._judged = self._judged or set()
        self._show()
        products = sorted({lot.product for lot in lots})
        self._by_product = {
            product: tuple(lot for lot in lots if lot.product == product) for product in products
        }
        for lot_id in [each for each in self._busy if each not in self._lots]:
            del self._busy[lot_id]

    def _check(self) -> None:
        self.after(CHECK_EVERY_NS, Check())
        for lot in tuple(self._lots.values()):
            quote = self._quotes.get(lot.product)
            if quote is not None:
                self._judge(lot, quote)

    def _judge(self, lot: Lot, quote: Quote) -> None:
        if not self._is_open:
            return
        now_ns = self.clock.market_ns()
        is_fresh = now_ns - quote.confirmed_ns <= self._quote_limit_ns
        if is_fresh and not self.is_proven:
            self._show(lot.id)
        reason = due_exit(lot, quote.bid, now_ns)
        if reason is None or self._busy.get(lot.id, 0) > now_ns:
            return
        if not is_fresh and reason is not ExitReason.MAX_HOLD:
            return  # a price from before a gap decides nothing; the feed is asking for a new one
        # Until an order says otherwise, the next try waits: one sale of a lot at a time.
        self._busy[lot.id] = Nanos(now_ns + RETRY_NS)
        self.publish(ExitProposed(lot.id, lot.product, lot.quantity, reason, quote.bid))

    def _show(self, lot: str | None = None) -> None:
        """Count what a fresh incarnation has judged; every lot once is its proof."""
        if self.is_proven or self._judged is None:
            return
        if lot is not None:
            self._judged.add(lot)
        if self._is_open and self._judged >= self._lots.keys():
            self.prove(f"{len(self._lots)} lots judged against fresh quotes")

    def _order_moved(self, moved: OrderAdvanced) -> None:
        lot = self._orders.get(moved.client_order_id)
        if lot is None:
            return
        if moved.state in TERMINAL:
            del self._orders[moved.client_order_id]
            self._busy.pop(lot, None)
        else:
            self._busy[lot] = Nanos(self.clock.market_ns() + BUSY_NS)

    def _refused(self, refused: ProposalRefused) -> None:
        if refused.purpose is Purpose.EXIT:
            reasons = ", ".join(f"{each.reason}: {each.observed}" for each in refused.refusals)
            self.log.error("exit refused", product=refused.product, reasons=reasons)
