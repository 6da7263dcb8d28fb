"""The limits of the risk gate, as numbers that rules compare with."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from attrs import frozen

from domain.model.instants import Nanos
from domain.model.money import Amount


@frozen(kw_only=True)
class Limits:
    """Percentages are percent of NLV (caps) or of the entry price (proposals); times market time.

    `themes` maps a theme to its assets, `theme_pct` to its cap; `asset_pcts` are tighter caps of
    single assets. `strategy_pct` is each strategy's budget.
    """

    total_pct: Decimal
    position_pct: Decimal
    asset_pct: Decimal
    asset_pcts: Mapping[str, Decimal]
    themes: Mapping[str, tuple[str, ...]]
    theme_pct: Mapping[str, Decimal]
    strategy_pct: Mapping[str, Decimal]
    max_order: Amount
    allotment: Amount | None
    quote_limit_ns: Nanos
    bar_limit_ns: Nanos
    min_reward_ratio: Decimal
    min_stop_pct: Decimal
    max_stop_pct: Decimal
    min_target_pct: Decimal
    max_target_pct: Decimal
    min_conviction: Decimal
    max_notional_pct: Decimal
    entry_offset_bps: Decimal
    lifetime_ns: Nanos
    max_hold_ns: Nanos
    never_trade: frozenset[str]
    quote_currency: str

    def cap_of_asset(self, asset: str) -> Decimal:
        """Return the cap of one asset: the stricter of its own and the general one."""
        return min(self.asset_pct, self.asset_pcts.get(asset, self.asset_pct))
