"""No entry while bid and ask are far apart: the way out would cost what the target earns."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from attrs import frozen

from domain.model.approval import Reason, Refusal
from domain.model.money import bps, plain
from domain.model.settings import number
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
        quote = view.quotes.get(wanted.product)
        if quote is None or not 0 < quote.bid < quote.ask:
            return None  # refused by the rule on quotes
        limit = self.max_spread_bps
        tier = view.mandate.tiers.get(view.tier_of(wanted.product))
        if tier is not None:
            limit = min(limit, tier.max_spread_bps)
        spread = bps((quote.ask - quote.bid) / ((quote.bid + quote.ask) / 2))
        if spread <= limit:
            return None
        return self.refuse(f"{spread.quantize(SHOWN_TO)} bps", f"{plain(limit)} bps")
