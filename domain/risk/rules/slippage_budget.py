"""An entry costs no more than its tier allows above the price that it was decided at."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import ClassVar

from attrs import frozen

from domain.messages.portfolio import LimitUse
from domain.model.approval import Reason, Refusal
from domain.model.market import Quote
from domain.model.money import BPS, ONE, ZERO, Price, bps, plain
from domain.model.product import Product, ProductId
from domain.risk.caps import fullest
from domain.risk.rule import Candidate, EntryRule
from domain.risk.sizing import entry_price
from domain.risk.view import RiskView

SHOWN_TO = Decimal("0.01")


@frozen
class _Budgeted:
    """A product that has a budget: its newest quote, and the highest price that may be paid."""

    quote: Quote
    product: Product
    highest: Price


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
    known = _budgeted(name, view)
    if known is None or not known.quote.ask > 0:
        return None
    ask, offset_bps = known.quote.ask, view.mandate.entry_offset_bps
    priced = entry_price(known.product, known.quote, offset_bps), known.highest
    used, limit = (bps((price - ask) / ask).quantize(SHOWN_TO) for price in priced)
    return LimitUse(f"slippage {name}", max(ZERO, used), limit, "bps")


def _highest(wanted: Candidate, view: RiskView) -> Price | None:
    if wanted.chain is not None:
        return wanted.chain.order.highest_price
    known = _budgeted(wanted.product, view)
    return None if known is None else known.highest


def _budgeted(name: ProductId, view: RiskView) -> _Budgeted | None:
    tier = view.mandate.tiers.get(view.tier_of(name))
    quote, product = view.quotes.get(name), view.products.get(name)
    if tier is None or quote is None or product is None:
        return None
    highest = product.price_up(quote.ask * (ONE + tier.slippage_bps / BPS))
    return _Budgeted(quote, product, highest)
