"""No entry before recovery is done."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from domain.model.approval import Reason, Refusal
from domain.risk import reasons
from domain.risk.rule import Candidate, EntryRule
from domain.risk.view import RiskView


@frozen(kw_only=True)
class NotReady(EntryRule):
    """Refuses until everything was read, resolved and compared at the start."""

    CODE: ClassVar[Reason] = reasons.NOT_READY
    ORDER: ClassVar[int] = 20
    DEMANDED_BY: ClassVar[tuple[str, ...]] = ("BOOT1",)

    def judge(self, wanted: Candidate, view: RiskView) -> Refusal | None:
        """Refuse if the start is not over."""
        del wanted
        return None if view.is_ready else self.refuse("still recovering", "recovered")
