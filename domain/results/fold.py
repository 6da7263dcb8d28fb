"""From the records of a journal to the results that people read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from attrs import frozen

from domain.messages.decisions import (
    ExitProposed,
    OrderApproved,
    ProposalRefused,
    RoundJudged,
)
from domain.messages.journal import RunStarted, RunStopped
from domain.messages.orders import FillBooked, IntentRaised, WouldPlace
from domain.messages.portfolio import EquityMarked, LotAdopted, LotReleased
from domain.model.approval import ApprovedExit, ExitReason, Purpose
from domain.model.foregone import ForegoneTrades
from domain.model.instants import Nanos
from domain.model.money import ZERO, Amount
from domain.model.pnl import OpenPnl, Origin, OriginPnl
from domain.model.portfolio import Lot
from domain.portfolio.ledger import Ledger
from domain.portfolio.losses import EquityMark
from domain.results.account import AccountFold
from domain.results.execution import SalesFold, SalesQuality
from domain.results.performance import CurvePoint, TradeSummary, curve, summary
from domain.results.round_trips import RoundTrip, RoundTrips


@frozen(kw_only=True)
class Counts:
    """How often things happened; `refusals` by the reason that came first."""

    runs: int = 0
    cycles: int = 0
    approved: int = 0
    orders: int = 0
    fills: int = 0
    would_place: int = 0
    refused_entries: tuple[tuple[str, int], ...] = ()
    refused_exits: tuple[tuple[str, int], ...] = ()


@frozen(kw_only=True)
class Results:
    """The results of one account from `begun_ns` to `ended_ns` (market time of the records).

    `closed` are the round trips that ended in that time, `lots` what is owned at its end. `cash`,
    `realised`, `fees` and `flows` are those of the ledger since the account was opened; `flows`
    hold what is missing or released of lots too, at cost. `origins` are what each signal of each
    strategy has earned since then; they add up to `realised` and `fees`, and to `unrealised` where
    that is known of every origin. `last` is the newest equity that was
    known; unless `is_valued`, it is older than the newest attempt to value what is owned.
    `foregone` is what refused entries would have come to, by rule, of the runs that have ended.
    """

    quote_currency: str
    mode: str
    begun_ns: Nanos
    ended_ns: Nanos
    opening_cash: Amount
    cash: Amount
    realised: Amount
    fees: Amount
    flows: Amount
    trips: tuple[RoundTrip, ...]
    lots: tuple[Lot, ...]
    origins: tuple[OriginPnl, ...]
    points: tuple[CurvePoint, ...]
    last: EquityMark | None
    is_valued: bool
    counts: Counts
    sales: SalesQuality
    foregone: tuple[ForegoneTrades, ...] = ()

    @property
    def closed(self) -> tuple[RoundTrip, ...]:
        """The round trips of which nothing is left, by their last sale."""
        ended = [trip for trip in self.trips if trip.is_closed]
        return tuple(sorted(ended, key=lambda trip: trip.closed_ns or 0))

    @property
    def summary(self) -> TradeSummary:
        """What the closed trips add up to."""
        return summary(self.closed)

    @property
    def by_strategy(self) -> tuple[tuple[str, TradeSummary], ...]:
        """What the closed trips of each strategy add up to, by its name; none where none traded."""
        names = sorted({trip.strategy for trip in self.trips} | {lot.strategy for lot in self.lots})
        trips = {name: [each for each in self.closed if each.strategy == name] for name in names}
        return tuple((name, summary(trips[name])) for name in names)

    @property
    def stopped(self) -> TradeSummary:
        """What the closed trips add up to that a stop has ended, wholly or in part."""
        return summary(trip for trip in self.closed if ExitReason.STOP in trip.exits)

    @property
    def unrealised(self) -> Amount | None:
        """What owned lots would earn if they were sold now, fees included; None: not known."""
        if self.last is None or not self.is_valued:
            return None
        return Amount(self.last.pnl - self.realised)


class ResultsFold:
    """Takes a journal record by record; trips and marks outside the time asked for are left out."""

    def __init__(self, since_ns: int | None = None, until_ns: int | None = None) -> None:
        self._since_ns, self._until_ns = since_ns, until_ns
        self._account = AccountFold()
        self._trips, self._sales = RoundTrips(), SalesFold()
        self._marks: list[EquityMark] = []
        self._last: EquityMark | None = None
        self._is_valued = False
        self._open_pnl: tuple[OpenPnl, ...] = ()
        self._first_ns: Nanos | None = None
        self._last_ns: Nanos | None = None
        self._mode = ""
        self._runs = self._cycles = 0
        self._counted: Counter[str] = Counter()
        self._foregone: dict[str, ForegoneTrades] = {}
        self._refused: dict[Purpose, Counter[str]] = {each: Counter() for each in Purpose}
        self._newest = 0

    def take(self, at_ns: Nanos, message: Any) -> None:
        """Take the next record, of that market time."""
        if self._until_ns is not None and at_ns >= self._until_ns:
            return
        is_asked = self._since_ns is None or at_ns >= self._since_ns
        if is_asked:
            self._first_ns = at_ns if self._first_ns is None else self._first_ns
            self._last_ns = Nanos(max(self._last_ns or 0, at_ns))
            self._count(message)
        match message:
            case RunStarted(mode=mode):
                self._mode = mode
                if self._account.begins_anew(message):
                    self._begin_anew()
            case FillBooked():
                self._book(message, is_asked=is_asked)
            case ExitProposed() | IntentRaised():
                self._sales.take(message)
            case LotReleased():
                if self._account.take(message) is not None:
                    self._trips.release(message)
            case LotAdopted():
                if self._account.take(message) is not None:
                    self._trips.adopt(message)
            case EquityMarked(nlv=nlv, opening_nlv=opening) if nlv is not None:
                self._open_pnl = message.open_pnl
                self._mark(EquityMark(at_ns, nlv, opening), is_asked=is_asked)
            case RunStopped(nlv=nlv, pnl=pnl) if nlv is not None and pnl is not None:
                self._open_pnl = message.open_pnl
                self._mark(EquityMark(at_ns, nlv, Amount(nlv - pnl)), is_asked=is_asked)
            case EquityMarked() | RunStopped():
                self._is_valued = False
            case _:
                self._account.take(message)

    def take_marks(self, at_ns: Sequence[Nanos], nlv: Sequence[Amount], opening: Amount) -> None:
        """Take what the account was worth at those times, oldest first, as `take` takes records of
        it; before another record only.
        """
        for at, worth in zip(at_ns, nlv, strict=True):
            is_asked = self._since_ns is None or at >= self._since_ns
            if self._until_ns is None or at < self._until_ns:
                self._mark(EquityMark(at, worth, opening), is_asked=is_asked)

    def result(self) -> Results | None:
        """Return the results so far; None if nothing was recorded in the time asked for."""
        if self._first_ns is None or self._last_ns is None:
            return None
        ledger = self._account.ledger
        zero = Amount(ZERO)
        return Results(
            quote_currency=self._account.quote or "",
            mode=self._mode,
            begun_ns=self._first_ns,
            ended_ns=self._last_ns,
            opening_cash=ledger.opening_cash if ledger else zero,
            cash=ledger.cash if ledger else zero,
            realised=ledger.realised if ledger else zero,
            fees=ledger.fees if ledger else zero,
            flows=Amount(ledger.capital - ledger.opening_cash) if ledger else zero,
            trips=tuple(self._asked(self._trips.all())),
            lots=ledger.lots if ledger else (),
            origins=self._origins(ledger) if ledger else (),
            points=curve(self._marks),
            last=self._last,
            is_valued=self._is_valued,
            counts=self._counts(),
            sales=self._sales.result(),
            foregone=tuple(self._foregone[rule] for rule in sorted(self._foregone)),
        )

    def _origins(self, ledger: Ledger) -> tuple[OriginPnl, ...]:
        """Return who has earned what. What is open is not known unless the newest value of the
        account was made of just that: fills may have come since, and old records do not tell it.
        """
        known: dict[Origin, Amount | None] = {e.origin: e.unrealised for e in self._open_pnl}
        told = sum((each.unrealised for each in self._open_pnl), ZERO)
        earned = self._last.pnl - ledger.realised if self._last and self._is_valued else None
        return ledger.earnings.rows(ledger.lots, known if told == earned else {})

    def _asked(self, trips: Iterable[RoundTrip]) -> Iterable[RoundTrip]:
        since_ns = self._since_ns or 0
        return (trip for trip in trips if trip.closed_ns is None or trip.closed_ns >= since_ns)

    def _book(self, booked: FillBooked, *, is_asked: bool) -> None:
        change = self._account.take(booked)
        if change is None:
            return
        before, after = change.before, change.after
        self._trips.take(booked, before, after)
        if is_asked and after is not before and isinstance(booked.order, ApprovedExit):
            stops = (lot.stop_price for lot in before.lots if lot.id == booked.order.lot)
            self._sales.fill(booked, next(stops, None))

    def _mark(self, mark: EquityMark, *, is_asked: bool) -> None:
        self._last, self._is_valued = mark, True
        if is_asked:
            self._marks.append(mark)

    def _begin_anew(self) -> None:
        self._trips.forget()
        self._sales = SalesFold()
        self._marks.clear()
        self._last, self._is_valued, self._open_pnl = None, False, ()

    def _count(self, message: Any) -> None:
        match message:
            case RunStarted():
                self._runs += 1
            case RoundJudged():
                self._cycles += 1
            case ProposalRefused(purpose=purpose, refusals=refusals) if refusals:
                # What could not be protected is counted with what could not be sold.
                side = Purpose.ENTRY if purpose is Purpose.ENTRY else Purpose.EXIT
                self._refused[side][refusals[0].reason] += 1
            case RunStopped(foregone=foregone):
                for each in foregone:
                    known = self._foregone.get(each.rule)
                    self._foregone[each.rule] = each if known is None else known + each
            case IntentRaised(intent):
                # One that had to wait, or could not be sent, is told again under its number.
                self._counted["orders"] += intent.number > self._newest
                self._newest = max(self._newest, intent.number)
            case OrderApproved() | FillBooked() | WouldPlace():
                self._counted[type(message).__name__] += 1
            case _:
                pass

    def _counts(self) -> Counts:
        sides = Purpose.ENTRY, Purpose.EXIT
        entries, exits = (self._refused[each].most_common() for each in sides)
        return Counts(
            runs=self._runs,
            cycles=self._cycles,
            approved=self._counted["OrderApproved"],
            orders=self._counted["orders"],
            fills=self._counted["FillBooked"],
            would_place=self._counted["WouldPlace"],
            refused_entries=tuple(entries),
            refused_exits=tuple(exits),
        )
