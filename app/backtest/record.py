"""What a backtest keeps of what its actors say: the records that a journal would hold, folded."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from attrs import frozen

from actors.kernel.envelope import Envelope, ReplyTo
from actors.kernel.topology import ORDER_MANAGER
from app.backtest.exposure import ExposureShares
from app.backtest.trail import OrderTrail
from domain.messages.decisions import RoundJudged
from domain.messages.journal import RunStarted, RunStopped
from domain.messages.market import BidMoved, QuoteMoved
from domain.messages.orders import IntentRaised, Receipt
from domain.messages.portfolio import (
    EquityMarked,
    MinutesMarked,
    MinutesPassed,
    PortfolioMoved,
)
from domain.messages.supervision import ActorDown, BreakerTripped
from domain.messages.universe import RegimeJudged, StandingsChanged
from domain.model.breakers import Effect
from domain.model.instants import Nanos
from domain.model.money import Price
from domain.model.pnl import open_of
from domain.model.portfolio import Lot, PortfolioView
from domain.model.product import ProductId
from domain.results.fold import ResultsFold


@frozen(kw_only=True)
class Halt:
    """Trading stopped by itself at `at_ns`, market time, until a person would have gone on."""

    name: str
    reason: str
    at_ns: Nanos


SHOWN = (PortfolioMoved, QuoteMoved, BidMoved)
"""What a recorder looks at in the projector's place."""


class BacktestRecorder:
    """Hears everything that is for the record; gives the receipts that orders leave with."""

    def __init__(
        self,
        post: Callable[[ReplyTo, Any], None],
        machine_ns: Callable[[], Nanos],
        themes: Mapping[str, Collection[str]],
    ) -> None:
        """`themes` names the assets of each."""
        self._post, self._machine_ns = post, machine_ns
        self.fold = ResultsFold()
        self.trail = OrderTrail()
        self.exposure = ExposureShares(themes)
        self.halts: list[Halt] = []
        self.fallen: ActorDown | None = None
        self.view: PortfolioView | None = None
        self.marks: dict[ProductId, Price] = {}
        self._receipts = self.cycles = 0
        self.news = 0
        """How many records there were besides those of what the account is worth, and of where
        products and the market stand: only who buys hears of that.
        """

    @property
    def lots(self) -> tuple[Lot, ...]:
        """Return what is owned, as it was shown last."""
        return () if self.view is None else self.view.lots

    def begin(self, started: RunStarted, now_ns: Nanos) -> None:
        """Take down the beginning."""
        self.fold.take(now_ns, started)

    def end(self, now_ns: Nanos, reason: str) -> None:
        """Take down the end, with the equity of then."""
        view = self.view
        nlv = None if view is None else view.nlv
        pnl = None if view is None else view.pnl_net
        told = () if view is None else open_of(view.origins)
        stopped = RunStopped(reason, self.cycles, 0, 0, nlv=nlv, pnl=pnl, open_pnl=told)
        self.fold.take(now_ns, stopped)

    def hear(self, envelope: Envelope) -> None:
        """Take down what is for the record (in the auditor's place)."""
        message, at_ns = envelope.body, envelope.at_ns
        self.fold.take(at_ns, message)
        self.trail.take(at_ns, message)
        match message:
            case IntentRaised(intent):
                self._receipts += 1
                name = intent.client_order_id
                receipt = Receipt(name, self._receipts, "", self._machine_ns())
                self._post(ReplyTo(ORDER_MANAGER), receipt)
            case EquityMarked(nlv=nlv):
                self.exposure.take(self.view, at_ns, nlv, self.marks)
                return
            case BreakerTripped(breaker):
                if breaker.effect >= Effect.HALT:
                    self.halts.append(Halt(name=breaker.name, reason=breaker.reason, at_ns=at_ns))
            case ActorDown():
                self.fallen = self.fallen or message
            case RegimeJudged() | StandingsChanged():
                return
            case RoundJudged():
                self.cycles += 1
            case _:
                pass
        self.news += 1

    def pass_over(self, minutes: MinutesPassed, marked: MinutesMarked) -> None:
        """Take down what the account was worth in minutes in which nothing else happened."""
        self.fold.take_marks(marked.at_ns, marked.nlv, marked.opening_nlv)
        if marked.nlv:
            self.exposure.take_row(self.view, marked.at_ns, marked.nlv, minutes.bids)

    def show(self, envelope: Envelope) -> None:
        """Look at the newest prices and view of the portfolio (in the projector's place)."""
        if isinstance(envelope.body, PortfolioMoved):
            self.view = envelope.body.view
        else:
            self.trail.see(envelope.body)
