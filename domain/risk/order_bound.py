"""The most that a single entry may cost by one limit, asked before there is an order at all."""

from __future__ import annotations

from decimal import Decimal

from attrs import frozen

from domain.model.money import ONE, Amount
from domain.model.product import ProductId
from domain.risk.mandate import Mandate

HUNDRED = Decimal(100)


@frozen(kw_only=True)
class OrderBound:
    """One limit: the `key` that says it, and what an entry may cost by it (quote currency).

    `grows`: in step with equity, so that more money opens what it closes.
    """

    key: str
    most: Amount
    grows: bool


@frozen(kw_only=True)
class Prospect:
    """An entry that might be wanted while nothing is held: of what, by whom, with which equity.

    `tier` is "" where the product is in none, `multiplier` that of the regime.
    """

    product: ProductId
    tier: str
    strategy: str
    nlv: Amount
    multiplier: Decimal
    mandate: Mandate

    def share(self, key: str, cap_pct: Decimal) -> OrderBound:
        """Return the bound of a cap in percent of equity; a bad market makes it smaller."""
        most = self.nlv * cap_pct / HUNDRED * min(ONE, self.multiplier)
        return OrderBound(key=key, most=Amount(most), grows=True)
