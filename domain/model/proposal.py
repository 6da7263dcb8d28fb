"""What a strategy wants."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from attrs import field, frozen
from attrs.validators import instance_of

from domain.model.product import ProductId, Side

BEYOND_MEASURE = Decimal(1_000_000)
"""No share, distance or conviction is larger: policy refuses anything near it by its bounds."""


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
    NUMBERS: ClassVar[tuple[str, ...]] = (
        "notional_pct",
        "stop_loss_pct",
        "take_profit_pct",
        "conviction",
    )

    @property
    def unmeasured(self) -> str | None:
        """Return the first member that is no number or beyond all measure, None: there is none.

        Nobody calculates with such a member: what comes of it is another such number, or an error.
        """
        for name in self.NUMBERS:
            value: Decimal = getattr(self, name)
            if not value.is_finite() or abs(value) > BEYOND_MEASURE:
                return name
        return None
