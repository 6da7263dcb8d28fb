"""Caps on what is at risk, this entry at its worst case included (E1, E2, U2, STR3)."""

from __future__ import annotations

from decimal import Decimal

from domain.messages.decisions import EntryProposed
from domain.model.approval import Reason, Refusal
from domain.model.money import Amount, plain
from domain.model.product import ProductId
from domain.risk.sizing import Sized
from domain.risk.view import RiskView

HUNDRED = Decimal(100)


def total_cap(entry: EntryProposed, sized: Sized | None, view: RiskView) -> Refusal | None:
    """Refuse if everything at risk would pass the total cap."""
    del entry
    return _check(Reason.TOTAL_CAP, "total", view.at_risk.total, view.limits.total_pct, sized, view)


def position_cap(entry: EntryProposed, sized: Sized | None, view: RiskView) -> Refusal | None:
    """Refuse if the position in this product would pass its cap."""
    held = view.at_risk.by_product.get(entry.proposal.product, Decimal(0))
    return _check(Reason.POSITION_CAP, "position", held, view.limits.position_pct, sized, view)


def asset_cap(entry: EntryProposed, sized: Sized | None, view: RiskView) -> Refusal | None:
    """Refuse if the base asset, over all its products, would pass its cap."""
    asset = _base(entry.proposal.product)
    held = sum(
        (worth for product, worth in view.at_risk.by_product.items() if _base(product) == asset),
        Decimal(0),
    )
    cap = view.limits.cap_of_asset(asset)
    return _check(Reason.ASSET_CAP, "asset", held, cap, sized, view)


def theme_cap(entry: EntryProposed, sized: Sized | None, view: RiskView) -> Refusal | None:
    """Refuse if a theme that the asset belongs to would pass its cap."""
    asset, by_product = _base(entry.proposal.product), view.at_risk.by_product
    for theme, assets in view.limits.themes.items():
        if asset not in assets:
            continue
        held = sum((w for p, w in by_product.items() if _base(p) in assets), Decimal(0))
        cap = view.limits.theme_pct[theme]
        refusal = _check(Reason.THEME_CAP, f"theme {theme}", held, cap, sized, view)
        if refusal is not None:
            return refusal
    return None


def strategy_cap(entry: EntryProposed, sized: Sized | None, view: RiskView) -> Refusal | None:
    """Refuse if the strategy would pass its budget, what it holds included."""
    held = view.at_risk.by_strategy.get(entry.strategy, Decimal(0))
    cap = view.limits.strategy_pct.get(entry.strategy, Decimal(0))
    return _check(Reason.STRATEGY_CAP, "strategy", held, cap, sized, view)


def order_cap(entry: EntryProposed, sized: Sized | None, view: RiskView) -> Refusal | None:
    """Refuse an order that may cost more than the absolute limit."""
    del entry
    if sized is None or sized.worst_case <= view.limits.max_order:
        return None
    return Refusal(
        reason=Reason.ORDER_CAP,
        observed=f"{plain(sized.worst_case)} at worst",
        limit=plain(view.limits.max_order),
        cap_type="max_order_usd",
    )


def enough_cash(entry: EntryProposed, sized: Sized | None, view: RiskView) -> Refusal | None:
    """Refuse an order that allotted cash, less what is reserved, can't pay at worst."""
    del entry
    if sized is None or view.portfolio is None:
        return None
    reserved = sum((each.worst_case for each in view.exposure.entries()), Decimal(0))
    free = Amount(view.portfolio.allotted - reserved)
    if sized.worst_case <= free:
        return None
    return Refusal(
        reason=Reason.INSUFFICIENT_CASH,
        observed=f"{plain(sized.worst_case)} needed",
        limit=f"{plain(free)} free",
    )


def _check(
    reason: Reason,
    cap_type: str,
    held: Decimal,
    cap_pct: Decimal,
    sized: Sized | None,
    view: RiskView,
) -> Refusal | None:
    portfolio = view.portfolio
    if sized is None or portfolio is None or portfolio.nlv is None or not portfolio.nlv > 0:
        return None  # refused by the rules on size and value
    nlv = portfolio.nlv
    effective = cap_pct * min(Decimal(1), view.regime.multiplier)
    proposed = (held + sized.worst_case) / nlv * HUNDRED
    if proposed <= effective:
        return None
    current = held / nlv * HUNDRED
    return Refusal(
        reason=reason,
        observed=f"{proposed:.4f} % of equity",
        limit=f"{plain(effective)} %",
        cap_type=cap_type,
        current_pct=current.quantize(Decimal("0.0001")),
        proposed_pct=proposed.quantize(Decimal("0.0001")),
    )


def _base(product: ProductId) -> str:
    return product.rpartition("-")[0]
