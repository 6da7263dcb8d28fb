"""A cap on one asset, whatever it is bought with and whoever buys it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import ClassVar

from attrs import frozen

from domain.messages.portfolio import LimitUse
from domain.model.approval import Reason, Refusal
from domain.model.bounds import AN_ASSET, between, entries
from domain.model.money import ZERO
from domain.model.product import base_of
from domain.model.settings import number, setting
from domain.risk.caps import CapRule, fullest
from domain.risk.order_bound import OrderBound, Prospect
from domain.risk.rule import Candidate
from domain.risk.view import RiskView


def _nothing() -> Mapping[str, Decimal]:
    return MappingProxyType({})


@frozen(kw_only=True)
class AssetCap(CapRule):
    """Refuses if the base asset, over all its products, would pass its cap."""

    CODE: ClassVar[Reason] = Reason("asset_cap")
    ORDER: ClassVar[int] = 140
    DEMANDED_BY: ClassVar[tuple[str, ...]] = ("E1", "E2")

    asset_pct: Decimal = number(
        "5",
        "One asset, over all products and strategies",
        low="0",
        high="5",
        unit="% of equity",
        tighter="lower",
        mandatory=True,
        at="caps.asset_pct",
    )
    max_per_asset_pct: Mapping[str, Decimal] = setting(
        _nothing,
        "Cap of single assets, tighter than caps.asset_pct",
        unit="% of equity",
        limits="each 0 .. 5",
        check=entries(key=AN_ASSET, value=between(Decimal(0), Decimal(5))),
        tighter="lower",
        at="max_per_asset_pct",
    )

    def judge(self, wanted: Candidate, view: RiskView) -> Refusal | None:
        """Refuse if what is held of the asset and this entry pass the stricter of its caps."""
        asset = base_of(wanted.product)
        held = _by_asset(view).get(asset, ZERO)
        return self.over("asset", held, self._cap_pct(asset), wanted, view)

    def uses(self, view: RiskView) -> Iterator[LimitUse]:
        """Yield how far the fullest asset uses its cap."""
        yield from fullest(
            use
            for asset, held in _by_asset(view).items()
            for use in self.use(f"asset {asset}", held, self._cap_pct(asset), view)
        )

    def bounds(self, prospect: Prospect) -> Iterator[OrderBound]:
        """Yield the stricter of the asset's caps."""
        asset = base_of(prospect.product)
        cap_pct = self._cap_pct(asset)
        is_own = cap_pct < self.asset_pct
        key = f"policy.max_per_asset_pct.{asset}" if is_own else "policy.caps.asset_pct"
        yield prospect.share(key, cap_pct)

    def _cap_pct(self, asset: str) -> Decimal:
        return min(self.asset_pct, self.max_per_asset_pct.get(asset, self.asset_pct))


def _by_asset(view: RiskView) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for product, worth in view.at_risk.by_product.items():
        found[base_of(product)] = found.get(base_of(product), ZERO) + worth
    return found
