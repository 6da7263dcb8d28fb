"""A cap on everything at risk together."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import ClassVar

from attrs import frozen

from domain.messages.portfolio import LimitUse
from domain.model.approval import Reason, Refusal
from domain.model.settings import number
from domain.risk.caps import CapRule
from domain.risk.order_bound import OrderBound, Prospect
from domain.risk.rule import Candidate
from domain.risk.view import RiskView


@frozen(kw_only=True)
class TotalCap(CapRule):
    """Refuses if everything at risk would pass the total cap."""

    CODE: ClassVar[Reason] = Reason("total_cap")
    ORDER: ClassVar[int] = 120
    DEMANDED_BY: ClassVar[tuple[str, ...]] = ("E1", "E2")

    total_pct: Decimal = number(
        "15",
        "All assets",
        low="0",
        high="15",
        unit="% of equity",
        tighter="lower",
        mandatory=True,
        at="caps.total_pct",
    )

    def judge(self, wanted: Candidate, view: RiskView) -> Refusal | None:
        """Refuse if lots, open entries and this one together pass the cap."""
        return self.over("total", view.at_risk.total, self.total_pct, wanted, view)

    def uses(self, view: RiskView) -> Iterator[LimitUse]:
        """Yield how far the cap is used."""
        yield from self.use("total", view.at_risk.total, self.total_pct, view)

    def bounds(self, prospect: Prospect) -> Iterator[OrderBound]:
        """Yield the cap."""
        yield prospect.share("policy.caps.total_pct", self.total_pct)
