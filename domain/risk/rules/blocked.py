"""No entry while a breaker that covers it is open."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

from attrs import frozen

from domain.model.approval import Reason, Refusal
from domain.model.breakers import Effect
from domain.risk import reasons
from domain.risk.rule import Candidate, EntryRule
from domain.risk.view import RiskView


@frozen(kw_only=True)
class Blocked(EntryRule):
    """Refuses while any breaker covers the entry, by the strongest one's effect."""

    CODE: ClassVar[Reason] = Reason("blocked")
    HALTED: ClassVar[Reason] = Reason("halted")
    ORDER: ClassVar[int] = 10
    DEMANDED_BY: ClassVar[tuple[str, ...]] = ("K1", "SUP1")
    BY_EFFECT: ClassVar[Mapping[Effect, Reason]] = MappingProxyType(
        {
            Effect.BLOCK: CODE,
            Effect.REDUCE_ONLY: CODE,
            Effect.HALT: HALTED,
            Effect.KILL: reasons.KILLED,
        }
    )

    def judge(self, wanted: Candidate, view: RiskView) -> Refusal | None:
        """Refuse if a breaker is open for the product, the strategy, the venue or everything."""
        breaker = view.breaker_for(wanted.entry)
        if breaker is None:
            return None
        observed = f"{breaker.effect.name} {breaker.name}: {breaker.reason}"
        return self.refuse(observed, "no open breaker", reason=self.BY_EFFECT[breaker.effect])
