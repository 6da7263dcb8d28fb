"""A target must pay for the way in and out."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from attrs import frozen

from domain.model.approval import Reason, Refusal
from domain.model.money import plain
from domain.model.settings import number
from domain.risk.rule import Candidate, EntryRule
from domain.risk.view import RiskView

HUNDRED = Decimal(100)


@frozen(kw_only=True)
class TargetBelowCost(EntryRule):
    """Refuses a target below the required multiple of fees (both legs) and spread."""

    CODE: ClassVar[Reason] = Reason("target_below_cost")
    FEES_UNKNOWN: ClassVar[Reason] = Reason("fees_unknown")
    ORDER: ClassVar[int] = 90
    DEMANDED_BY: ClassVar[tuple[str, ...]] = ("COST",)

    min_reward_ratio: Decimal = number(
        "3",
        "Target distance over round-trip cost (fees of both legs and spread)",
        low="3",
        high="100",
        tighter="higher",
        mandatory=True,
        at="cost.min_reward_ratio",
    )

    def judge(self, wanted: Candidate, view: RiskView) -> Refusal | None:
        """Refuse if the target is too near, or the fees are unknown."""
        maker, taker = view.maker, view.taker
        if maker is None or taker is None:
            return self.refuse("unknown", "known fee rates", reason=self.FEES_UNKNOWN)
        quote = view.quotes.get(wanted.product)
        if quote is None:
            return None  # the rule on quotes refuses this
        entry_fee = maker if wanted.sized is None or wanted.sized.post_only else taker
        spread = (quote.ask - quote.bid) / quote.ask
        needed = (entry_fee + taker + spread) * HUNDRED * self.min_reward_ratio
        target = wanted.proposal.take_profit_pct
        if not target >= needed:
            return self.refuse(f"target {plain(target)} %", f"at least {needed:.4f} %")
        return None
