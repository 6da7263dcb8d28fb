"""An entry costs no more than its tier allows above the price that it was decided at."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from domain.model.approval import Reason, Refusal
from domain.model.money import BPS, ONE, Price, plain
from domain.risk.rule import Candidate, EntryRule
from domain.risk.view import RiskView


@frozen(kw_only=True)
class SlippageBudget(EntryRule):
    """Refuses a price above the budget: of the ask for a new entry, of the first price for a rest.

    The budget is that of the tier, fees apart. What takes refuses too while the ask is
    beyond its price: nothing could be had.
    """

    CODE: ClassVar[Reason] = Reason("slippage_budget")
    ORDER: ClassVar[int] = 95
    DEMANDED_BY: ClassVar[tuple[str, ...]] = ("COST", "X5", "decision 25")

    def judge(self, wanted: Candidate, view: RiskView) -> Refusal | None:
        """Refuse a price, or of what takes an ask, above the budget."""
        sized, quote = wanted.sized, view.quotes.get(wanted.product)
        highest = _highest(wanted, view)
        if sized is None or quote is None or highest is None:
            return None  # refused by the rules on size, quotes and the universe
        price = sized.limit_price if sized.post_only else max(sized.limit_price, quote.ask)
        if price <= highest:
            return None
        return self.refuse(f"a price of {plain(price)}", f"at most {plain(highest)}")


def _highest(wanted: Candidate, view: RiskView) -> Price | None:
    if wanted.chain is not None:
        return wanted.chain.order.highest_price
    tier = view.mandate.tiers.get(view.tier_of(wanted.product))
    quote, product = view.quotes.get(wanted.product), view.products.get(wanted.product)
    if tier is None or quote is None or product is None:
        return None
    return product.price_up(quote.ask * (ONE + tier.slippage_bps / BPS))
