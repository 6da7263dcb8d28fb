"""An absolute limit on one order."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import ClassVar

from attrs import frozen

from domain.messages.portfolio import LimitUse
from domain.model.approval import Reason, Refusal
from domain.model.money import ZERO, Amount, plain
from domain.model.settings import number
from domain.risk.order_bound import OrderBound, Prospect
from domain.risk.rule import Candidate, EntryRule
from domain.risk.view import RiskView


@frozen(kw_only=True)
class OrderCap(EntryRule):
    """Refuses an order that may cost more than the absolute limit."""

    CODE: ClassVar[Reason] = Reason("order_cap")
    ORDER: ClassVar[int] = 110
    DEMANDED_BY: ClassVar[tuple[str, ...]] = ("E1",)

    max_order_usd: Decimal = number(
        "1000",
        "Largest single entry",
        low="1",
        high="100000",
        unit="USD",
        tighter="lower",
        mandatory=True,
        at="max_order_usd",
    )

    def judge(self, wanted: Candidate, view: RiskView) -> Refusal | None:
        """Refuse if the worst case is above the limit."""
        del view
        sized = wanted.sized
        if sized is None or sized.worst_case <= self.max_order_usd:
            return None
        return self.refuse(
            f"{plain(sized.worst_case)} at worst",
            plain(self.max_order_usd),
            cap_type="max_order_usd",
        )

    def ceiling(self, nlv: Amount) -> Amount:
        """Return the limit."""
        del nlv
        return Amount(self.max_order_usd)

    def bounds(self, prospect: Prospect) -> Iterator[OrderBound]:
        """Yield the limit."""
        del prospect
        most = Amount(self.max_order_usd)
        yield OrderBound(key="policy.max_order_usd", most=most, grows=False)

    def uses(self, view: RiskView) -> Iterator[LimitUse]:
        """Yield the worst case of the largest entry that is open."""
        largest = max((each.worst_case for each in view.exposure.entries()), default=ZERO)
        yield LimitUse("largest open order", largest, self.max_order_usd, "USD")
