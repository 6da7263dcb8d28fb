"""A cap on assets that tend to move together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import ClassVar

from attrs import frozen

from domain.messages.portfolio import LimitUse
from domain.model.approval import Reason, Refusal
from domain.model.bounds import A_THEME, between, entries
from domain.model.money import ZERO
from domain.model.product import ProductId, base_of
from domain.model.settings import setting
from domain.risk.caps import CapRule
from domain.risk.order_bound import OrderBound, Prospect
from domain.risk.rule import Candidate
from domain.risk.view import RiskView


def _nothing() -> Mapping[str, Decimal]:
    return MappingProxyType({})


@frozen(kw_only=True)
class ThemeCap(CapRule):
    """Refuses if a theme that the asset belongs to would pass its cap."""

    CODE: ClassVar[Reason] = Reason("theme_cap")
    ORDER: ClassVar[int] = 150
    DEMANDED_BY: ClassVar[tuple[str, ...]] = ("U2",)

    max_per_theme_pct: Mapping[str, Decimal] = setting(
        _nothing,
        "Cap per theme; names the themes of universe.yaml, each of them",
        unit="% of equity",
        limits="each 0 .. 10",
        check=entries(key=A_THEME, value=between(Decimal(0), Decimal(10))),
        tighter="lower",
        mandatory=True,
        at="max_per_theme_pct",
    )

    def judge(self, wanted: Candidate, view: RiskView) -> Refusal | None:
        """Refuse by the first theme of the asset that would pass its cap."""
        asset, by_product = base_of(wanted.product), view.at_risk.by_product
        for theme, assets in view.mandate.themes.items():
            if asset not in assets:
                continue
            cap_pct = self.max_per_theme_pct[theme]
            refusal = self.over(f"theme {theme}", _held(assets, by_product), cap_pct, wanted, view)
            if refusal is not None:
                return refusal
        return None

    def uses(self, view: RiskView) -> Iterator[LimitUse]:
        """Yield how far each theme uses its cap."""
        for theme, assets in view.mandate.themes.items():
            held = _held(assets, view.at_risk.by_product)
            yield from self.use(f"theme {theme}", held, self.max_per_theme_pct[theme], view)

    def bounds(self, prospect: Prospect) -> Iterator[OrderBound]:
        """Yield the cap of each theme that the asset belongs to."""
        asset = base_of(prospect.product)
        for theme, assets in prospect.mandate.themes.items():
            if asset in assets:
                key = f"policy.max_per_theme_pct.{theme}"
                yield prospect.share(key, self.max_per_theme_pct[theme])


def _held(assets: tuple[str, ...], by_product: Mapping[ProductId, Decimal]) -> Decimal:
    return sum((worth for one, worth in by_product.items() if base_of(one) in assets), ZERO)
