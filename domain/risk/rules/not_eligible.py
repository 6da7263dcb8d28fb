"""Only what the universe holds."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from domain.model.approval import Reason, Refusal
from domain.risk.rule import Candidate, EntryRule
from domain.risk.view import RiskView


@frozen(kw_only=True)
class NotEligible(EntryRule):
    """Refuses what is in no tier, or excluded from it, or not judged."""

    CODE: ClassVar[Reason] = Reason("not_eligible")
    ORDER: ClassVar[int] = 55
    DEMANDED_BY: ClassVar[tuple[str, ...]] = ("U1",)

    def judge(self, wanted: Candidate, view: RiskView) -> Refusal | None:
        """Refuse with the reason of the exclusion and its numbers."""
        standing = view.standings.get(wanted.product)
        if standing is None:
            return self.refuse("not judged yet", "a tier of universe.yaml")
        if standing.is_eligible and standing.tier in view.mandate.tiers:
            return None
        found = f"{standing.exclusion_reason}: {standing.observed}"
        return self.refuse(found, standing.limit)
