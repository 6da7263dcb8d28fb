"""Caps of a tier: the less liquid, the less of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
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
class TierCap(CapRule):
    """Refuses if a position, or all of its tier, would pass the caps in universe.yaml."""

    CODE: ClassVar[Reason] = Reason("tier_cap")
    ORDER: ClassVar[int] = 135
    DEMANDED_BY: ClassVar[tuple[str, ...]] = ("U1",)

    def judge(self, wanted: Candidate, view: RiskView) -> Refusal | None:
        """Refuse by the cap of a single position of the tier, then by that of the tier."""
        tier = view.tier_of(wanted.product)
        limits = view.mandate.tiers.get(tier)
        if limits is None:
            return None  # refused by the rule on the universe
        held = view.at_risk.by_product.get(wanted.product, ZERO)
        position = self.over(f"position in {tier}", held, limits.position_pct, wanted, view)
        if position is not None:
            return position
        total = _by_tier(view).get(tier, ZERO)
        return self.over(f"tier {tier}", total, limits.tier_pct, wanted, view)

    def uses(self, view: RiskView) -> Iterator[LimitUse]:
        """Yield how far each tier uses its cap."""
        held = _by_tier(view)
        for tier, limits in view.mandate.tiers.items():
            yield from self.use(f"tier {tier}", held.get(tier, ZERO), limits.tier_pct, view)

    def bounds(self, prospect: Prospect) -> Iterator[OrderBound]:
        """Yield the two caps of the product's tier, nothing where it is in none."""
        tier = prospect.tier
        limits = prospect.mandate.tiers.get(tier)
        if limits is not None:
            yield prospect.share(f"universe.tiers.{tier}.position_pct", limits.position_pct)
            yield prospect.share(f"universe.tiers.{tier}.tier_pct", limits.tier_pct)


def _by_tier(view: RiskView) -> Mapping[str, Decimal]:
    found: dict[str, Decimal] = {}
    for product, worth in view.at_risk.by_product.items():
        tier = view.tier_of(product)
        found[tier] = found.get(tier, ZERO) + worth
    return found
