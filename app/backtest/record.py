"""What a backtest keeps of what its actors say: the records that a journal would hold, folded."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from typing import Any

from attrs import define, field, frozen

from actors.kernel.envelope import Envelope, ReplyTo
from actors.kernel.topology import ORDER_MANAGER
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
from domain.model.instants import HOUR, MINUTE, Nanos
from domain.model.money import ZERO, Amount, Price, Quantity
from domain.model.pnl import open_of
from domain.model.portfolio import Lot, PortfolioView
from domain.model.product import ProductId, base_of
from domain.results.fold import ResultsFold

HUNDRED = Decimal(100)


@frozen(kw_only=True)
class Halt:
    """Trading stopped by itself at `at_ns`, market time, until a person would have gone on."""

    name: str
    reason: str
    at_ns: Nanos


@define
class Share:
    """What of the equity was at work in something: sum over minutes, and the most, in percent."""

    total: Decimal = ZERO
    most: Decimal = ZERO
    last: Decimal = ZERO
    last_minute: int = -1

    def take(self, minute: int, percent: Decimal) -> None:
        """Count the share of a minute; the newest of one minute counts."""
        if minute == self.last_minute:
            self.total -= self.last
        self.total += percent
        self.most = max(self.most, percent)
        self.last, self.last_minute = percent, minute


@frozen
class AtWork:
    """What of the equity was at work at one time, in percent: in all, by asset and by theme."""

    whole: Decimal = ZERO
    assets: Mapping[str, Decimal] = field(factory=dict)
    themes: Mapping[str, Decimal] = field(factory=dict)


NOTHING = AtWork()


@define
class ExposureShares:
    """Shares of the equity at market value: in all, by asset and by theme.

    `hours` has the last of each hour, by its number since 1970.
    """

    whole: Share = field(factory=Share)
    assets: dict[str, Share] = field(factory=dict)
    themes: dict[str, Share] = field(factory=dict)
    hours: dict[int, AtWork] = field(factory=dict)


@frozen
class _Held:
    """Product, asset and quantity of each lot, and which of the assets each theme has."""

    lots: tuple[tuple[ProductId, str, Quantity], ...]
    themes: Mapping[str, tuple[str, ...]]


def _held(lots: tuple[Lot, ...], themes: Mapping[str, Collection[str]]) -> _Held:
    parts = tuple((lot.product, base_of(lot.product), lot.held) for lot in lots)
    assets = {asset for _, asset, _ in parts}
    named = {
        theme: tuple(asset for asset in members if asset in assets)
        for theme, members in themes.items()
    }
    return _Held(parts, {theme: members for theme, members in named.items() if members})


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
        self._post, self._machine_ns, self._themes = post, machine_ns, themes
        self.fold = ResultsFold()
        self.trail = OrderTrail()
        self.exposure = ExposureShares()
        self.halts: list[Halt] = []
        self.fallen: ActorDown | None = None
        self.view: PortfolioView | None = None
        self.marks: dict[ProductId, Price] = {}
        # The lots that were looked at last, and what of them does not change with prices.
        self._held: tuple[tuple[Lot, ...], _Held] = (), _Held((), {})
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
                self._measure(at_ns, nlv, self.marks)
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
        bids = minutes.bids.items()
        for row, (at_ns, nlv) in enumerate(zip(marked.at_ns, marked.nlv, strict=True)):
            self._measure(at_ns, nlv, {product: column[row] for product, column in bids})

    def show(self, envelope: Envelope) -> None:
        """Look at the newest prices and view of the portfolio (in the projector's place)."""
        if isinstance(envelope.body, PortfolioMoved):
            self.view = envelope.body.view
        else:
            self.trail.see(envelope.body)

    def _measure(self, at_ns: Nanos, nlv: Amount | None, marks: Mapping[ProductId, Price]) -> None:
        """Take down what is at work, at the bids by which it is valued."""
        view, shown = self.view, self.exposure
        if view is None or not nlv or not view.lots:
            shown.hours[at_ns // HOUR] = NOTHING
            return
        if self._held[0] is not view.lots:
            self._held = view.lots, _held(view.lots, self._themes)
        held = self._held[1]
        minute, worth = at_ns // MINUTE, dict[str, Decimal]()
        for product, asset, quantity in held.lots:
            mark = marks.get(product)
            if mark is not None:
                worth[asset] = worth.get(asset, ZERO) + quantity * mark
        assets = {asset: HUNDRED * value / nlv for asset, value in worth.items()}
        themes = {}
        for theme, members in held.themes.items():
            if len(members) == 1:  # as it is where little is owned
                (asset,) = members
                if worth.get(asset):
                    themes[theme] = assets[asset]
                continue
            value = sum((worth.get(asset, ZERO) for asset in members), ZERO)
            if value:
                themes[theme] = HUNDRED * value / nlv
        for kept, found in ((shown.assets, assets), (shown.themes, themes)):
            for name, percent in found.items():
                kept.setdefault(name, Share()).take(minute, percent)
        if len(assets) == 1:
            (whole,) = assets.values()
        else:
            whole = HUNDRED * sum(worth.values(), ZERO) / nlv
        shown.whole.take(minute, whole)
        shown.hours[at_ns // HOUR] = AtWork(whole, assets, themes)
