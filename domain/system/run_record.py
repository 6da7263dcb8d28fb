"""What a journal shows of drills and of trading: evidence for the checklist, and nothing else.

Wall time is UTC; a record without one is of a run in virtual time, which proves no drill.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from attrs import define, evolve, frozen

from domain.messages.control import LIQUIDATION, ReconcileFinished
from domain.messages.journal import RunStarted, RunStopped
from domain.messages.orders import FillBooked
from domain.messages.supervision import BY_OPERATOR, BootCompleted, BreakerReset, BreakerTripped
from domain.model.breakers import Breaker
from domain.model.instants import Nanos
from domain.model.product import ProductId, Side
from domain.system.ways_out import LIVE_GATES

KILL = "kill"


@frozen(kw_only=True)
class RunRecord:
    """What was seen. `killed_ns`: the newest kill that was confirmed and resumed; `sold_ns`: the
    newest liquidation that sold of everything owned, which `sold` names; `ready_ns`: the newest
    start that could buy; `traded_ns`: how long runs lasted since the instant that was asked for;
    `sales`: orders that sold since then; `comparison`: the newest one with the venue; `latched`:
    what a person has to end.
    """

    killed_ns: Nanos | None = None
    sold_ns: Nanos | None = None
    sold: tuple[ProductId, ...] = ()
    ready_ns: Nanos | None = None
    traded_ns: int = 0
    sales: int = 0
    comparison: ReconcileFinished | None = None
    latched: tuple[str, ...] = ()


@define
class _Run:
    """The run that a journal is in: from when to when, since when it could buy, and whether a gate
    of live trading was shut.
    """

    begun_ns: Nanos
    newest_ns: Nanos
    ready_ns: Nanos | None = None
    is_shut: bool = False


class RunRecordFold:
    """The record while a journal is read."""

    def __init__(self, since_ns: int = 0) -> None:
        """`since_ns`: from when on trading and sales count, UTC wall time."""
        self._since_ns = since_ns
        self._found = RunRecord()
        self._run: _Run | None = None
        self._is_kill_confirmed: bool | None = None  # None: nobody has killed
        self._owned: frozenset[ProductId] = frozenset()
        self._sold: set[ProductId] = set()
        self._held: dict[ProductId, Decimal] = {}
        self._latched: dict[tuple[str, str], str] = {}
        self._sellers: set[str] = set()

    def take(self, wall_ns: Nanos | None, message: Any) -> None:
        """Take the next record, of that wall time."""
        if wall_ns is None:
            return
        self._count(wall_ns, message)
        match message:
            case BreakerTripped(breaker):
                self._trip(breaker)
            case BreakerReset():
                self._reset(message, wall_ns)
            case RunStopped(reason=kill, is_confirmed=True) if kill == KILL:
                if self._is_kill_confirmed is not None:
                    self._is_kill_confirmed = True
            case FillBooked():
                self._fill(wall_ns, message)
            case ReconcileFinished():
                self._found = evolve(self._found, comparison=message)
            case _:
                pass  # no evidence of anything

    def result(self) -> RunRecord:
        """Return what was seen so far, of the run that goes on too."""
        ready_ns, traded_ns = self._with_run()
        return evolve(
            self._found,
            ready_ns=ready_ns,
            traded_ns=traded_ns,
            sales=len(self._sellers),
            latched=tuple(self._latched.values()),
        )

    def _count(self, wall_ns: Nanos, message: Any) -> None:
        """Count the time of the run, and note whether it could buy."""
        if isinstance(message, RunStarted):
            ready_ns, traded_ns = self._with_run()
            self._found = evolve(self._found, ready_ns=ready_ns, traded_ns=traded_ns)
            self._run = _Run(wall_ns, wall_ns)
        run = self._run
        if run is None:
            return
        run.newest_ns = max(run.newest_ns, wall_ns)
        if isinstance(message, BootCompleted) and not message.is_provisional:
            run.ready_ns = run.ready_ns or wall_ns
        if isinstance(message, BreakerTripped) and message.breaker.name == LIVE_GATES:
            run.is_shut = True

    def _with_run(self) -> tuple[Nanos | None, int]:
        """Return when a start could buy last, and how long such runs lasted."""
        run, found = self._run, self._found
        if run is None or run.ready_ns is None or run.is_shut:
            return found.ready_ns, found.traded_ns
        lasted_ns = max(0, run.newest_ns - max(run.begun_ns, self._since_ns))
        return run.ready_ns, found.traded_ns + lasted_ns

    def _trip(self, breaker: Breaker) -> None:
        if breaker.is_latched:
            self._latched[(breaker.name, breaker.scope)] = breaker.name
        if breaker.name == KILL:
            self._is_kill_confirmed = False
        elif breaker.name == LIQUIDATION:
            self._owned = frozenset(each for each, size in self._held.items() if size > 0)
            self._sold = set()

    def _reset(self, reset: BreakerReset, wall_ns: Nanos) -> None:
        self._latched.pop((reset.name, reset.scope), None)
        if reset.name == KILL and reset.by == BY_OPERATOR:
            if self._is_kill_confirmed:
                self._found = evolve(self._found, killed_ns=wall_ns)
            self._is_kill_confirmed = None
        elif reset.name == LIQUIDATION:
            self._owned = frozenset()

    def _fill(self, wall_ns: Nanos, booked: FillBooked) -> None:
        fill = booked.fill
        is_sale = fill.side is Side.SELL
        size = -fill.quantity if is_sale else fill.quantity
        self._held[fill.product] = self._held.get(fill.product, Decimal(0)) + size
        if not is_sale:
            return
        if wall_ns >= self._since_ns:
            self._sellers.add(booked.client_order_id)
        self._sold.add(fill.product)
        if self._owned and self._owned <= self._sold:
            sold = tuple(sorted(self._owned))
            self._found = evolve(self._found, sold_ns=wall_ns, sold=sold)
