"""No entry while the account's value is unknown."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from domain.model.approval import Reason, Refusal
from domain.risk.rule import Candidate, EntryRule
from domain.risk.view import RiskView


@frozen(kw_only=True)
class NlvUnknown(EntryRule):
    """Refuses while NLV is unknown or not positive: caps in percent mean nothing then."""

    CODE: ClassVar[Reason] = Reason("nlv_unknown")
    ORDER: ClassVar[int] = 80
    DEMANDED_BY: ClassVar[tuple[str, ...]] = ("E1", "E2")

    def judge(self, wanted: Candidate, view: RiskView) -> Refusal | None:
        """Refuse without a positive NLV."""
        del wanted
        portfolio = view.portfolio
        if portfolio is not None and portfolio.nlv is not None and portfolio.nlv > 0:
            return None
        return self.refuse("unknown", "a positive NLV")
