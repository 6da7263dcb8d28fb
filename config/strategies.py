"""The keys that every entry of `strategies.yaml` has, and where its own come from."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import attrs
from attrs import evolve, field, frozen

from config.plugins import IDENTITY
from domain.decisions.strategy import Strategy
from domain.model.bounds import between, duration_text
from domain.model.instants import DAY, MINUTE, Nanos
from domain.model.settings import number, setting


@frozen(kw_only=True)
class StrategySpec:
    """One entry of `strategies.yaml`: whether and how much it may trade, and what it is."""

    use: str = setting("", "Which strategy", mandatory=True)
    enabled: bool = setting(False, "Whether it decides", limits="true, false", tighter="lower")
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
    max_triggers_per_cycle: int = number(
        10,
        "Most products of one decision that it is asked about, those of the largest turnover first",
        low=1,
        high=100,
        tighter="lower",
    )
    pyramids: bool = setting(
        False, "Whether it may buy more of what it holds", limits="true, false", tighter="lower"
    )
    max_hold: Nanos | None = setting(
        None,
        "Longest time that it holds a lot; null means policy.exits.max_hold",
        unit="duration",
        limits=f"null or {duration_text(MINUTE)} .. {duration_text(90 * DAY)}",
        check=between(Nanos(MINUTE), Nanos(90 * DAY), duration_text),
        tighter="lower",
    )
    strategy: Strategy = field()

    def named(self, identity: str) -> StrategySpec:
        """Return this entry with a strategy that knows the id it stands under."""
        return evolve(self, strategy=evolve(self.strategy, id=identity))  # type: ignore[misc]


def shared_fields() -> tuple[Any, ...]:
    """Return the attributes of the keys that every entry has."""
    fields = attrs.fields(attrs.resolve_types(StrategySpec))
    return tuple(one for one in fields if one.name != "strategy")


def own_fields(kind: type[Any]) -> tuple[Any, ...]:
    """Return the attributes of the keys that only this strategy has, as its class declares them."""
    fields = attrs.fields(attrs.resolve_types(kind))
    return tuple(one for one in fields if one.name != IDENTITY)
