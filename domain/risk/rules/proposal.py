"""Rules about the proposal itself: complete, within policy, long only (R1, R2)."""

from __future__ import annotations

from decimal import Decimal

from domain.messages.decisions import EntryProposed
from domain.model.approval import Reason, Refusal
from domain.model.money import plain
from domain.model.product import Action, Side
from domain.risk.sizing import Sized
from domain.risk.view import RiskView


def within_bounds(entry: EntryProposed, sized: Sized | None, view: RiskView) -> Refusal | None:
    """Refuse a proposal with a field outside the policy's bounds, naming the first such field."""
    del sized
    proposal, limits = entry.proposal, view.limits
    bounds: tuple[tuple[str, Decimal, Decimal, Decimal], ...] = (
        ("notional_pct", proposal.notional_pct, Decimal(0), limits.max_notional_pct),
        ("stop_loss_pct", proposal.stop_loss_pct, limits.min_stop_pct, limits.max_stop_pct),
        ("take_profit_pct", proposal.take_profit_pct, limits.min_target_pct, limits.max_target_pct),
        ("conviction", proposal.conviction, limits.min_conviction, Decimal(1)),
    )
    for name, value, low, high in bounds:
        if not value.is_finite() or not low <= value <= high:
            limit = f"{plain(low)} to {plain(high)}"
            return Refusal(reason=Reason.INVALID_PROPOSAL, observed=f"{name} {value}", limit=limit)
    return None


def no_shorts(entry: EntryProposed, sized: Sized | None, view: RiskView) -> Refusal | None:
    """Refuse sales and negative sizes: lots are sold by the exit actor alone (R1)."""
    del sized, view
    proposal = entry.proposal
    if proposal.side is Side.BUY and proposal.notional_pct > 0:
        return None
    return Refusal(
        reason=Reason.SHORTING_DISALLOWED,
        observed=f"{proposal.side.value} {plain(proposal.notional_pct)} %",
        limit="buys of more than 0 %",
    )


def product_allows(entry: EntryProposed, sized: Sized | None, view: RiskView) -> Refusal | None:
    """Refuse what the venue's flags forbid, and what policy never trades (EX1)."""
    product = view.products.get(entry.proposal.product)
    if product is None:
        return _disabled("not in the catalogue", "a product of the venue")
    if product.base in view.limits.never_trade or product.quote != view.limits.quote_currency:
        return _disabled(f"{product.id} is never traded", "tradable by policy")
    action = Action.REST if sized is None or sized.post_only else Action.LIMIT
    if not product.flags.allows(action):
        return _disabled(f"flags {product.flags}", f"open for {action.value}")
    return None


def _disabled(observed: str, limit: str) -> Refusal:
    return Refusal(reason=Reason.PRODUCT_DISABLED, observed=observed, limit=limit)
