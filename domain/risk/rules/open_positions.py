"""No more positions at a time than can be watched."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import ClassVar

from attrs import frozen

from domain.messages.portfolio import LimitUse
from domain.model.approval import Reason, Refusal
from domain.model.product import ProductId
from domain.model.settings import number
from domain.risk.rule import Candidate, EntryRule
from domain.risk.view import RiskView


@frozen(kw_only=True)
class OpenPositions(EntryRule):
    """Refuses another product while as many as allowed are owned or being bought."""

    CODE: ClassVar[Reason] = Reason("open_positions")
    ORDER: ClassVar[int] = 118
    DEMANDED_BY: ClassVar[tuple[str, ...]] = ("E1", "E2")

    open_positions: int = number(
        10,
        "Products owned at a time, those with an open entry included",
        low=1,
        high=50,
        unit="products",
        tighter="lower",
        mandatory=True,
        at="caps.open_positions",
    )

    def judge(self, wanted: Candidate, view: RiskView) -> Refusal | None:
        """Refuse a product that would be one too many; more of one that is there is none."""
        known = _open(view)
        if wanted.product in known or len(known) < self.open_positions:
            return None
        return self.refuse(f"{len(known)} open", f"{self.open_positions}")

    def uses(self, view: RiskView) -> Iterator[LimitUse]:
        """Yield how many positions are open."""
        used, limit = Decimal(len(_open(view))), Decimal(self.open_positions)
        yield LimitUse("open positions", used, limit, "products")


def _open(view: RiskView) -> frozenset[ProductId]:
    lots = view.portfolio.lots if view.portfolio is not None else ()
    entries = (each.order.product for each in view.exposure.entries())
    return frozenset((*(lot.product for lot in lots), *entries))
