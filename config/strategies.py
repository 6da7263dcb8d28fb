"""The strategies that `strategies.yaml` can name, and the keys that all of them share."""

# ruff: noqa: RUF009 - these calls declare fields, they do not make defaults
from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from attrs import field, frozen

from config.fields import key, number


@frozen(kw_only=True)
class Breakout:
    """Placeholder."""

    notional_pct: Decimal
    stop_loss_pct: Decimal
    take_profit_pct: Decimal
    lookback_minutes: int = 1440
    volume_ratio: Decimal = Decimal("1.5")
    volume_minutes: int = 60


REGISTRY: Mapping[str, type] = MappingProxyType({"breakout": Breakout})
"""What `use:` may say. The fields of a class are its keys."""


@frozen(kw_only=True)
class StrategySpec:
    """One entry of `strategies.yaml`: whether and how much it may trade, and what it is."""

    use: str = key("", "Which strategy", limits=", ".join(REGISTRY), mandatory=True)
    enabled: bool = key(False, "Whether it decides", limits="true, false")
    max_at_risk_pct: Decimal = number(
        "15",
        "Most it may have at risk, what it holds included",
        low="0",
        high="15",
        unit="% of equity",
        tighter="lower",
    )
    max_trades_per_cycle: int = number(
        5, "Most proposals of one decision", low=0, high=20, tighter="lower"
    )
    strategy: Any = field(default=None)
