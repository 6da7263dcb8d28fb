"""A strategy trades within its budget."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from attrs import frozen

from domain.messages.portfolio import LimitUse
from domain.model.approval import Reason, Refusal
from domain.model.money import ZERO
from domain.risk.caps import CapRule
from domain.risk.order_bound import OrderBound, Prospect
from domain.risk.rule import Candidate
from domain.risk.view import RiskView


@frozen(kw_only=True)
class StrategyCap(CapRule):
    """Refuses if the strategy would pass its budget, what it holds included."""

    CODE: ClassVar[Reason] = Reason("strategy_cap")
    ORDER: ClassVar[int] = 160
    DEMANDED_BY: ClassVar[tuple[str, ...]] = ("STR3",)

    def judge(self, wanted: Candidate, view: RiskView) -> Refusal | None:
        """Refuse if what the strategy holds and this entry pass its `max_at_risk_pct`."""
        strategy = wanted.entry.strategy
        held = view.at_risk.by_strategy.get(strategy, ZERO)
        cap_pct = view.mandate.budget_pct.get(strategy, ZERO)
        return self.over("strategy", held, cap_pct, wanted, view)

    def uses(self, view: RiskView) -> Iterator[LimitUse]:
        """Yield how far each strategy uses its budget."""
        for strategy, budget_pct in sorted(view.mandate.budget_pct.items()):
            held = view.at_risk.by_strategy.get(strategy, ZERO)
            yield from self.use(f"strategy {strategy}", held, budget_pct, view)

    def bounds(self, prospect: Prospect) -> Iterator[OrderBound]:
        """Yield the budget of the strategy."""
        budget_pct = prospect.mandate.budget_pct.get(prospect.strategy, ZERO)
        yield prospect.share(f"strategies.{prospect.strategy}.max_at_risk_pct", budget_pct)
