"""What strategies propose that stand in for the owner's: in drills, and beside hostile ones."""

from __future__ import annotations

from decimal import Decimal

from domain.model.bars import Bars
from domain.model.product import Side
from domain.model.proposal import TradeProposal


def small_purchase(bars: Bars, signal: str) -> TradeProposal:
    """Return a purchase of half a percent of the equity, with a stop and a target far away."""
    return TradeProposal(
        product=bars.product,
        side=Side.BUY,
        notional_pct=Decimal("0.5"),
        stop_loss_pct=Decimal(4),
        take_profit_pct=Decimal(9),
        conviction=Decimal("0.6"),
        signal=signal,
    )
