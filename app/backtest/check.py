"""Plays a plan on both engines, and names the first thing that is not the same.

Fills, verdicts and marks are compared: what was traded, what the gate said with its numbers, and
what the account was worth at the end of each minute.
"""

from __future__ import annotations

from itertools import zip_longest

from attrs import evolve, frozen

from actors.kernel.envelope import Envelope
from app.backtest.outcome import BacktestOutcome, run
from app.backtest.plan import BacktestEngine, BacktestPlan
from app.command_line.progress import Moved
from domain.messages.decisions import OrderApproved, ProposalRefused
from domain.messages.orders import FillBooked
from domain.messages.portfolio import EquityMarked
from domain.messages.supervision import BreakerTripped
from domain.model.approval import ApprovedEntry
from domain.model.instants import MINUTE, Nanos, iso
from domain.model.money import plain

NOTHING, UNMARKED = "nothing", "not marked"
Happening = tuple[Nanos, str]
"""When, market time, and what, in words that hold every number that has to be the same."""


@frozen(kw_only=True)
class EngineDifference:
    """The first instant at which the engines differ, and what each of them did there."""

    at_ns: Nanos
    columns: str
    events: str

    def __str__(self) -> str:
        return f"{iso(self.at_ns)}: columns: {self.columns}; events: {self.events}"


class EngineTrace:
    """Takes down fills, verdicts, halts and what each minute ended with."""

    def __init__(self) -> None:
        self.happenings: list[Happening] = []
        self.marks: dict[int, str] = {}

    def hear(self, envelope: Envelope) -> None:
        """Take down what is compared."""
        at_ns, told = envelope.at_ns, None
        match envelope.body:
            case EquityMarked(nlv=nlv):
                self.marks[at_ns // MINUTE] = "unknown" if nlv is None else plain(nlv)
            case FillBooked(fill=fill):
                amount = f"{plain(fill.quantity)} at {plain(fill.price)}, fee {plain(fill.fee)}"
                told = f"{fill.side} {fill.product} {amount}"
            case OrderApproved(order):
                worst = order.worst_case if isinstance(order, ApprovedEntry) else None
                cost = "" if worst is None else f", at worst {plain(worst)}"
                wanted = f"{order.side} {order.product} {plain(order.quantity)}"
                told = f"approved {wanted} for {order.strategy} as {order.order_type}{cost}"
            case ProposalRefused(_, strategy, product, side, refusals):
                why = "; ".join(f"{e.reason}: {e.observed} ({e.limit})" for e in refusals)
                told = f"refused {side} {product} for {strategy}: {why}"
            case BreakerTripped(breaker):
                told = f"{breaker.name} opened: {breaker.reason}"
            case _:
                pass
        if told is not None:
            self.happenings.append((at_ns, told))


def check(plan: BacktestPlan, moved: Moved) -> tuple[BacktestOutcome, EngineDifference | None]:
    """Play `plan` on both engines; return what the columns have come to, and where they differ.

    `moved` hears how many minutes of the two are done.
    """
    columns, events = EngineTrace(), EngineTrace()
    outcome = run(evolve(plan, engine=BacktestEngine.COLUMNS), moved, columns.hear)
    run(
        evolve(plan, engine=BacktestEngine.EVENTS),
        lambda done: moved(outcome.minutes + done),
        events.hear,
    )
    return outcome, difference(columns, events)


def difference(columns: EngineTrace, events: EngineTrace) -> EngineDifference | None:
    """Return the first instant at which the two differ, None if there is none."""
    found = (_happened(columns, events), _worth(columns, events))
    return min((each for each in found if each), key=lambda each: each.at_ns, default=None)


def _happened(columns: EngineTrace, events: EngineTrace) -> EngineDifference | None:
    for one, other in zip_longest(columns.happenings, events.happenings):
        if one != other:
            at_ns = min(each[0] for each in (one, other) if each is not None)
            told = [
                NOTHING if each is None or each[0] > at_ns else each[1] for each in (one, other)
            ]
            return EngineDifference(at_ns=at_ns, columns=told[0], events=told[1])
    return None


def _worth(columns: EngineTrace, events: EngineTrace) -> EngineDifference | None:
    """Compare the newest marks at the end of each minute: one that is not told has not changed."""
    known = told = UNMARKED
    for minute in sorted(columns.marks.keys() | events.marks.keys()):
        known, told = columns.marks.get(minute, known), events.marks.get(minute, told)
        if known != told:
            at_ns = Nanos(minute * MINUTE)
            return EngineDifference(at_ns=at_ns, columns=f"worth {known}", events=f"worth {told}")
    return None
