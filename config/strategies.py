"""The strategies that `strategies.yaml` can name, and the keys that all of them share."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import attrs
from attrs import evolve, field, frozen

from config.fields import key, number
from domain.decisions.strategy import Strategy
from domain.strategies.breakout import Breakout

REGISTRY: Mapping[str, type] = MappingProxyType({"breakout": Breakout})
"""What `use:` may say. The fields of a class, without `id`, are its keys."""


@frozen(kw_only=True)
class StrategySettings:
    """What a field of that name means and may be, in whichever strategy it stands.

    Strategies give the defaults; these declare unit, range and the tighter direction.
    """

    notional_pct: Decimal = number(
        None, "Size of an entry", low="0.01", high="5", unit="% of equity", tighter="lower"
    )
    stop_loss_pct: Decimal = number(
        None, "Distance of the stop", low="0.1", high="25", unit="% of entry", tighter="lower"
    )
    take_profit_pct: Decimal = number(
        None, "Distance of the target", low="0.1", high="100", unit="% of entry"
    )
    lookback_minutes: int = number(
        None, "Bars whose highest high must be passed", low=1, high=10080, unit="min"
    )
    volume_ratio: Decimal = number(
        None,
        "Volume of the breaking bar over the mean before it",
        low="0",
        high="100",
        tighter="higher",
    )
    volume_minutes: int = number(None, "Bars that make that mean", low=1, high=10080, unit="min")


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
    strategy: Strategy = field()

    def named(self, identity: str) -> StrategySpec:
        """Return this entry with a strategy that knows the id it stands under."""
        return evolve(self, strategy=evolve(self.strategy, id=identity))  # type: ignore[misc]


def shared_fields() -> tuple[Any, ...]:
    """Return the attributes of the keys that every entry has."""
    fields = attrs.fields(attrs.resolve_types(StrategySpec))
    return tuple(one for one in fields if one.name != "strategy")


def own_fields(use: str) -> tuple[Any, ...]:
    """Return the attributes of the keys that only strategy `use` has, with their checks."""
    meanings = attrs.fields_dict(StrategySettings)
    return tuple(
        attribute.evolve(
            validator=meanings[attribute.name].validator,
            metadata=meanings[attribute.name].metadata,
        )
        for attribute in attrs.fields(attrs.resolve_types(REGISTRY[use]))
        if attribute.name != "id"
    )
