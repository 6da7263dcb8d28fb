"""What a strategy wants."""

from __future__ import annotations

from decimal import Decimal

from attrs import field, frozen
from attrs.validators import instance_of

from domain.model.product import ProductId, Side


@frozen(kw_only=True)
class TradeProposal:
    """What a strategy wants. Percentages are of NLV (notional) or of the entry price.

    Conviction lies in 0..1. `reason` says in a trader's words why, for people; "" says nothing.
    `signal` is the short name of what triggered it, one of few: profit is told by it.
    """

    product: ProductId
    side: Side = field(validator=instance_of(Side))
    notional_pct: Decimal = field(validator=instance_of(Decimal))
    stop_loss_pct: Decimal = field(validator=instance_of(Decimal))
    take_profit_pct: Decimal = field(validator=instance_of(Decimal))
    conviction: Decimal = field(validator=instance_of(Decimal))
    reason: str = ""
    signal: str = ""
