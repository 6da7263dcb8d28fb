"""An entry must be payable whatever else is filled."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import ClassVar

from attrs import frozen

from domain.messages.portfolio import LimitUse
from domain.model.approval import Reason, Refusal
from domain.model.money import ZERO, Amount, plain
from domain.risk.rule import Candidate, EntryRule
from domain.risk.view import RiskView


@frozen(kw_only=True)
class InsufficientCash(EntryRule):
    """Refuses an order that allotted cash, less what is reserved, can't pay at worst."""

    CODE: ClassVar[Reason] = Reason("insufficient_cash")
    ORDER: ClassVar[int] = 170
    DEMANDED_BY: ClassVar[tuple[str, ...]] = ("E1", "E2")

    def judge(self, wanted: Candidate, view: RiskView) -> Refusal | None:
        """Refuse if the worst case is more than what is free."""
        sized = wanted.sized
        if sized is None or view.portfolio is None:
            return None  # refused by the rules on size and value
        free = Amount(view.portfolio.allotted - _reserved(view))
        if sized.worst_case <= free:
            return None
        return self.refuse(f"{plain(sized.worst_case)} needed", f"{plain(free)} free")

    def uses(self, view: RiskView) -> Iterator[LimitUse]:
        """Yield how much of the cash open entries may take."""
        portfolio = view.portfolio
        if portfolio is not None:
            cash, currency = portfolio.allotted, portfolio.quote_currency
            yield LimitUse("cash for open orders", _reserved(view), cash, currency)


def _reserved(view: RiskView) -> Decimal:
    return sum((each.worst_case for each in view.exposure.entries()), ZERO)
