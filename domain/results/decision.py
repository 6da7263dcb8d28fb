"""What the journal says about one product at one decision: what kept it out, or became of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from attrs import evolve, frozen

from domain.messages.decisions import OrderApproved, ProposalRefused, RoundJudged
from domain.messages.journal import RunStarted
from domain.messages.orders import FillBooked, IntentRaised, OrderAdvanced
from domain.messages.supervision import BreakerReset, BreakerTripped
from domain.messages.universe import RegimeJudged, StandingsChanged
from domain.model.approval import ApprovedEntry, ApprovedExit, Purpose
from domain.model.breakers import Breaker, covering
from domain.model.instants import Nanos
from domain.model.money import ZERO
from domain.model.orders import OrderState
from domain.model.product import ProductId
from domain.model.regime import RegimeReading
from domain.model.universe import Standing


@frozen(kw_only=True)
class Fate:
    """What became of an order: its newest state, and what was filled of it in base and quote."""

    order: ApprovedEntry | ApprovedExit
    state: OrderState | None = None
    reason: str = ""
    base: Decimal = ZERO
    worth: Decimal = ZERO
    at_ns: Nanos = Nanos(0)

    def filled(self, booked: FillBooked, at_ns: Nanos) -> Fate:
        """Return the fate after one more fill."""
        fill = booked.fill
        worth = self.worth + fill.price * fill.quantity
        return evolve(self, base=self.base + fill.quantity, worth=worth, at_ns=at_ns)


@frozen(kw_only=True)
class Decision:
    """One product at the decision `judged`, made at market time `at_ns`; None: there was none.

    `standing` holds since `since_ns`; None: the product was never judged. `breakers` are those
    open then that cover it, `entries` what was approved of it, `sale` what was sold of it last.
    """

    product: ProductId
    judged: RoundJudged | None = None
    at_ns: Nanos = Nanos(0)
    standing: Standing | None = None
    since_ns: Nanos = Nanos(0)
    is_universe_known: bool = False
    regime: RegimeReading | None = None
    breakers: tuple[Breaker, ...] = ()
    refusals: tuple[ProposalRefused, ...] = ()
    entries: tuple[Fate, ...] = ()
    sale: Fate | None = None


class DecisionFold:
    """Reads a journal to its end: the newest decision at or before a time, and its fate since."""

    def __init__(self, product: ProductId, until_ns: Nanos | None = None) -> None:
        self._until_ns = until_ns
        self._now = Decision(product=product)
        """How things stand at the present record."""
        self._made = self._now
        self._verdicts: list[ProposalRefused] = []
        self._approved: list[ApprovedEntry] = []
        self._breakers: dict[tuple[str, str], Breaker] = {}
        self._fates: dict[int, Fate] = {}
        self._ids: dict[str, int] = {}
        self._sales: dict[int, Fate] = {}

    def take(self, at_ns: int, message: Any) -> None:
        """Take the next record, of that market time."""
        if self._until_ns is None or at_ns <= self._until_ns:
            self._look(Nanos(at_ns), message)
        self._follow(Nanos(at_ns), message)

    def result(self) -> Decision:
        """Return the decision with what became of its orders."""
        sale = next(reversed(self._sales.values()), None)
        return evolve(self._made, entries=tuple(self._fates.values()), sale=sale)

    def _look(self, at_ns: Nanos, message: Any) -> None:
        product = self._now.product
        match message:
            case RunStarted():
                self._now = Decision(product=product)
                self._breakers = {k: b for k, b in self._breakers.items() if b.is_latched}
                self._verdicts, self._approved = [], []
            case StandingsChanged(standings):
                self._now = evolve(self._now, is_universe_known=True)
                for each in standings:
                    if each.product == product:
                        self._now = evolve(self._now, standing=each, since_ns=at_ns)
            case RegimeJudged(reading):
                self._now = evolve(self._now, regime=reading)
            case BreakerTripped(breaker):
                self._breakers[breaker.name, breaker.scope] = breaker
            case BreakerReset(name, scope):
                self._breakers.pop((name, scope), None)
            case ProposalRefused(purpose=Purpose.ENTRY, product=name) if name == product:
                self._verdicts.append(message)
            case OrderApproved(ApprovedEntry() as order) if order.product == product:
                self._approved.append(order)
            case FillBooked(order=ApprovedExit() as order) if order.product == product:
                known = self._sales.pop(order.approval, Fate(order=order))
                self._sales = {order.approval: known.filled(message, at_ns)}
            case RoundJudged():
                self._judged(at_ns, message)
            case _:
                pass  # it says nothing about why

    def _judged(self, at_ns: Nanos, judged: RoundJudged) -> None:
        covers = tuple(covering(self._breakers.values(), self._now.product))
        refusals = tuple(self._verdicts)
        self._made = evolve(
            self._now, judged=judged, at_ns=at_ns, breakers=covers, refusals=refusals
        )
        self._fates = {order.approval: Fate(order=order) for order in self._approved}
        self._ids = {}
        self._verdicts, self._approved = [], []

    def _follow(self, at_ns: Nanos, message: Any) -> None:
        """Learn what becomes of the orders of the decision, also after the time asked about."""
        match message:
            case IntentRaised(intent) if intent.order.approval in self._fates:
                self._ids[intent.client_order_id] = intent.order.approval
            case OrderAdvanced(client_order_id=name) if name in self._ids:
                key = self._ids[name]
                fate = self._fates[key]
                self._fates[key] = evolve(fate, state=message.state, reason=message.reason)
            case FillBooked(client_order_id=name) if name in self._ids:
                key = self._ids[name]
                self._fates[key] = self._fates[key].filled(message, at_ns)
            case _:
                pass
