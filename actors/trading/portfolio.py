"""The only writer of the ledger: fills in, cash, lots and value out; limits on losses.

What it says is a fold of fills and cash flows, so it is the same after every restart.
"""

from __future__ import annotations

from typing import Any

from attrs import frozen

from actors.kernel.base import Actor, ActorContext
from actors.kernel.topology import ROUTES
from domain.messages.control import SyncRequested
from domain.messages.decisions import RoundJudged
from domain.messages.market import QuoteMoved
from domain.messages.orders import FillBooked
from domain.messages.portfolio import (
    CashFlowSeen,
    EquityMarked,
    LossesMeasured,
    PortfolioMoved,
    StatementTaken,
)
from domain.messages.supervision import ActorRestarted, BootCompleted, ProductsChanged, Tick
from domain.model.breakers import Effect
from domain.model.instants import MILLISECOND, Nanos
from domain.model.money import ZERO, Amount, Price, Rate
from domain.model.portfolio import PortfolioView
from domain.model.product import Product, ProductId
from domain.portfolio.ledger import Ledger, book, flow, open_ledger, report, value
from domain.portfolio.losses import EquityMark, LossLimits, measure

PUBLISH_EVERY_NS = 250 * MILLISECOND
"""Market time between two views when only prices moved."""


@frozen
class PortfolioState:
    """The state to go on with: the ledger (None before the first statement) and past equity."""

    quote_currency: str
    allotment: Amount | None
    ledger: Ledger | None
    marks: tuple[EquityMark, ...]


class Portfolio(Actor):
    """PortfolioState fills, values lots at the best bid less the taker fee, watches losses."""

    def __init__(
        self,
        context: ActorContext,
        books: PortfolioState,
        limits: LossLimits,
    ) -> None:
        super().__init__(context)
        self._books = books
        self._limits = limits
        self._ledger = books.ledger
        self._marks = list(books.marks)
        self._bids: dict[ProductId, Price] = {}
        self._products: dict[ProductId, Product] = {}
        self._taker: Rate | None = None
        self._is_due = False

    def receive(self, message: Any) -> None:
        """Handle one message."""
        match message:
            case QuoteMoved(quote):
                self._bids[quote.product] = quote.bid
                if self._ledger is not None and self._ledger.owns(quote.product):
                    self._publish_soon()
            case FillBooked():
                self._book(message)
            case RoundJudged(cycle=cycle):
                self._mark(cycle)
            case Tick("publish"):
                self._is_due = False
                self._publish()
            case StatementTaken():
                self._open(message)
            case CashFlowSeen():
                if self._ledger is not None:
                    self._ledger = flow(self._ledger, message)
                    self._publish()
            case SyncRequested(token):
                self.send(self.envelope.sender, report(self.name, token, self._ledger))
                self.prove("its books were compared")
            case ActorRestarted(actor):
                view = self._view()
                if view is not None and actor in ROUTES[PortfolioMoved].hears:
                    self.send(actor, PortfolioMoved(view))
            case ProductsChanged(products):
                self._products = {product.id: product for product in products}
            case BootCompleted():
                self._products = {product.id: product for product in message.products}
                self._taker = message.taker_rate
                self._publish()
            case _:
                super().receive(message)

    def _open(self, statement: StatementTaken) -> None:
        if self._ledger is not None:
            return
        currency = self._books.quote_currency
        cash = sum((a.total for a in statement.accounts if a.currency == currency), ZERO)
        self._ledger = open_ledger(currency, Amount(cash))

    def _book(self, booked: FillBooked) -> None:
        if self._ledger is None:
            raise RuntimeError("a fill arrived before the opening statement")
        product = self._products.get(booked.fill.product)
        self._ledger = book(self._ledger, booked, product)
        self._publish()

    # Value.

    def _view(self) -> PortfolioView | None:
        if self._ledger is None or self._taker is None:
            return None
        return value(self._ledger, self._bids, self._taker, self._books.allotment)

    def _publish_soon(self) -> None:
        if not self._is_due:
            self._is_due = True
            self.after(PUBLISH_EVERY_NS, Tick("publish"))

    def _publish(self) -> None:
        view = self._view()
        if view is not None:
            self.publish(PortfolioMoved(view))

    def _mark(self, cycle: int) -> None:
        view = self._view()
        if view is None:
            return
        self.publish(PortfolioMoved(view))
        self.publish(EquityMarked(cycle, view.nlv, view.opening_nlv))
        if view.nlv is None:
            return
        now_ns = Nanos(self.clock.market_ns())
        self._marks.append(EquityMark(now_ns, view.nlv, view.opening_nlv))
        losses = measure(self._marks, self._limits)
        self.publish(LossesMeasured(tuple((one.name, one.lost, one.limit) for one in losses)))
        for one in losses:
            if one.is_breached:
                self.trip(one.name, one.reason, effect=Effect.HALT, is_latched=True)
