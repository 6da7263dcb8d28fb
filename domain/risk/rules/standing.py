"""Rules about the state of the system: kill, halt, blocks, readiness."""

from __future__ import annotations

from domain.messages.decisions import EntryProposed
from domain.model.approval import Reason, Refusal
from domain.model.breakers import Effect
from domain.risk.sizing import Sized
from domain.risk.view import RiskView

_REASONS = {
    Effect.BLOCK: Reason.BLOCKED,
    Effect.REDUCE_ONLY: Reason.BLOCKED,
    Effect.HALT: Reason.HALTED,
    Effect.KILL: Reason.KILLED,
}


def no_open_breaker(entry: EntryProposed, sized: Sized | None, view: RiskView) -> Refusal | None:
    """Refuse while any breaker covers the entry (K1, SUP1, section 3)."""
    del sized
    breaker = view.breaker_for(entry)
    if breaker is None:
        return None
    observed = f"{breaker.effect.name} {breaker.name}: {breaker.reason}"
    return Refusal(reason=_REASONS[breaker.effect], observed=observed, limit="no open breaker")


def is_ready(entry: EntryProposed, sized: Sized | None, view: RiskView) -> Refusal | None:
    """Refuse until recovery is done (BOOT1)."""
    del entry, sized
    if view.is_ready:
        return None
    return Refusal(reason=Reason.NOT_READY, observed="still recovering", limit="recovered")


def once_a_bar(entry: EntryProposed, sized: Sized | None, view: RiskView) -> Refusal | None:
    """Refuse a second approval of the same strategy, product, side and bar (decision 9)."""
    del sized
    proposal = entry.proposal
    key = (entry.strategy, proposal.product, proposal.side, entry.bar_ns)
    if key not in view.approved:
        return None
    return Refusal(reason=Reason.ALREADY_APPROVED, observed="approved before", limit="once a bar")
