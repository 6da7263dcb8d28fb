"""No entry while bid and ask are far apart: the way out would cost what the target earns."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import ClassVar

from attrs import evolve, frozen

from domain.messages.portfolio import LimitUse
from domain.model.approval import Reason, Refusal
from domain.model.money import bps, plain
from domain.model.product import ProductId
from domain.model.settings import number
from domain.risk.caps import fullest
from domain.risk.rule import Candidate, EntryRule
from domain.risk.view import RiskView

SHOWN_TO = Decimal("0.01")


@frozen(kw_only=True)
class SpreadCap(EntryRule):
    """Refuses a spread above the limit, or above what the product's tier allows.

    The universe leaves a product in its tier for a while although its spread has grown; nothing is
    bought meanwhile.
    """

    CODE: ClassVar[Reason] = Reason("spread_cap")
    ORDER: ClassVar[int] = 66
    DEMANDED_BY: ClassVar[tuple[str, ...]] = ("U1", "O1")

    max_spread_bps: Decimal = number(
        "60",
        "Widest spread at which anything is bought; the tier's own limit binds too",
        low="1",
        high="200",
        unit="bps of the mid",
        tighter="lower",
        mandatory=True,
        at="liquidity.max_spread_bps",
    )

    def judge(self, wanted: Candidate, view: RiskView) -> Refusal | None:
        """Refuse if the newest quote is wider than the stricter of the two limits."""
        found = self._measured(wanted.product, view)
        if found is None or found.used <= found.limit:
            return None  # where there is none, the rule on quotes refuses
        return self.refuse(f"{found.used.quantize(SHOWN_TO)} bps", f"{plain(found.limit)} bps")

    def uses(self, view: RiskView) -> Iterator[LimitUse]:
        """Yield the spread that is nearest to its limit, of what may be bought."""
        found = (self._measured(each, view) for each in view.eligible)
        for use in fullest(each for each in found if each is not None):
            yield evolve(use, used=use.used.quantize(SHOWN_TO))

    def _measured(self, product: ProductId, view: RiskView) -> LimitUse | None:
        quote = view.quotes.get(product)
        if quote is None or not 0 < quote.bid < quote.ask:
            return None
        limit = self.max_spread_bps
        tier = view.mandate.tiers.get(view.tier_of(product))
        if tier is not None:
            limit = min(limit, tier.max_spread_bps)
        spread = bps((quote.ask - quote.bid) / ((quote.bid + quote.ask) / 2))
        return LimitUse(f"spread {product}", spread, limit, "bps")
