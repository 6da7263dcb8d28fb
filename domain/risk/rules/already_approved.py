"""One bar leads to one order."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from domain.model.approval import Reason, Refusal
from domain.risk.rule import Candidate, EntryRule
from domain.risk.view import RiskView, approved_key


@frozen(kw_only=True)
class AlreadyApproved(EntryRule):
    """Refuses a second approval of the same strategy, product, side and bar.

    The rest of an entry is of the same decision: it was approved once, and is no second one.
    """

    CODE: ClassVar[Reason] = Reason("already_approved")
    ORDER: ClassVar[int] = 100
    DEMANDED_BY: ClassVar[tuple[str, ...]] = ("decision 9",)

    def judge(self, wanted: Candidate, view: RiskView) -> Refusal | None:
        """Refuse if the bar has led to an order before."""
        if wanted.chain is not None or approved_key(wanted.entry) not in view.approved:
            return None
        return self.refuse("approved before", "once a bar")
