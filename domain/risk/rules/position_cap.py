"""A cap on one position."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import ClassVar

from attrs import frozen

from domain.messages.portfolio import LimitUse
from domain.model.approval import Reason, Refusal
from domain.model.money import ZERO, Amount
from domain.model.settings import number
from domain.risk.caps import HUNDRED, CapRule, fullest
from domain.risk.order_bound import OrderBound, Prospect
from domain.risk.rule import Candidate
from domain.risk.view import RiskView


@frozen(kw_only=True)
class PositionCap(CapRule):
    """Refuses if the position in one product would pass its cap."""

    CODE: ClassVar[Reason] = Reason("position_cap")
    ORDER: ClassVar[int] = 130
    DEMANDED_BY: ClassVar[tuple[str, ...]] = ("E1", "E2")

    position_pct: Decimal = number(
        "3",
        "One position",
        low="0",
        high="5",
        unit="% of equity",
        tighter="lower",
        mandatory=True,
        at="caps.position_pct",
    )

    def judge(self, wanted: Candidate, view: RiskView) -> Refusal | None:
        """Refuse if what is held of the product and this entry pass the cap."""
        held = view.at_risk.by_product.get(wanted.product, ZERO)
        return self.over("position", held, self.position_pct, wanted, view)

    def uses(self, view: RiskView) -> Iterator[LimitUse]:
        """Yield how far the fullest position uses the cap."""
        yield from fullest(
            use
            for product, held in view.at_risk.by_product.items()
            for use in self.use(f"position {product}", held, self.position_pct, view)
        )

    def ceiling(self, nlv: Amount) -> Amount:
        """Return the cap as quote currency."""
        return Amount(nlv * self.position_pct / HUNDRED)

    def bounds(self, prospect: Prospect) -> Iterator[OrderBound]:
        """Yield the cap."""
        yield prospect.share("policy.caps.position_pct", self.position_pct)
