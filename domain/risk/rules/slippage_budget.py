"""An entry costs no more than its tier allows above the price that it was decided at."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import ClassVar

from attrs import frozen

from domain.messages.portfolio import LimitUse
from domain.model.approval import Reason, Refusal
from domain.model.money import BPS, ONE, ZERO, Price, bps, plain
from domain.model.product import ProductId
from domain.risk.caps import fullest
from domain.risk.rule import Candidate, EntryRule
from domain.risk.sizing import entry_price
from domain.risk.view import RiskView

SHOWN_TO = Decimal("0.01")


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

    def uses(self, view: RiskView) -> Iterator[LimitUse]:
        """Yield how far above the ask an entry would be priced now; at or below it, nothing."""
        found = (_priced_above_ask(each, view) for each in view.eligible)
        yield from fullest(each for each in found if each is not None)


def _priced_above_ask(name: ProductId, view: RiskView) -> LimitUse | None:
    quote, product, most = view.quotes.get(name), view.products.get(name), _budgeted(name, view)
    if quote is None or product is None or most is None or not quote.ask > 0:
        return None
    price = entry_price(product, quote, view.mandate.entry_offset_bps)
    used, limit = (bps((each - quote.ask) / quote.ask).quantize(SHOWN_TO) for each in (price, most))
    return LimitUse(f"slippage {name}", max(ZERO, used), limit, "bps")


def _highest(wanted: Candidate, view: RiskView) -> Price | None:
    if wanted.chain is not None:
        return wanted.chain.order.highest_price
    return _budgeted(wanted.product, view)


def _budgeted(name: ProductId, view: RiskView) -> Price | None:
    tier = view.mandate.tiers.get(view.tier_of(name))
    quote, product = view.quotes.get(name), view.products.get(name)
    if tier is None or quote is None or product is None:
        return None
    return product.price_up(quote.ask * (ONE + tier.slippage_bps / BPS))
