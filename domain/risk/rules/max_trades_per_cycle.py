"""A strategy gets so many entries out of one decision, and no more."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from domain.model.approval import Reason, Refusal
from domain.risk.rule import Candidate, EntryRule
from domain.risk.view import RiskView


@frozen(kw_only=True)
class MaxTradesPerCycle(EntryRule):
    """Refuses what a strategy wants beyond its `max_trades_per_cycle`.

    The allocator drops it before; nothing depends on that.
    """

    CODE: ClassVar[Reason] = Reason("max_trades_per_cycle")
    ORDER: ClassVar[int] = 108
    DEMANDED_BY: ClassVar[tuple[str, ...]] = ("STR3",)

    def judge(self, wanted: Candidate, view: RiskView) -> Refusal | None:
        """Refuse if as many entries of the strategy were approved in this cycle as it may have."""
        if wanted.chain is not None:
            return None  # the rest of an entry that was counted in its own cycle
        strategy = wanted.entry.strategy
        limit = view.mandate.trades_per_cycle.get(strategy, 0)
        approved = view.approved_in_cycle.get(strategy, 0)
        if approved < limit:
            return None
        return self.refuse(f"{approved} approved in this cycle", f"{limit} a cycle")
