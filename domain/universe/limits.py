"""How liquid a product has to be to be bought at all, and how much of it may be held then."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType

from attrs import frozen

from domain.model.instants import DAY, MINUTE, Nanos
from domain.model.settings import duration, number
from domain.model.universe import DEPTH_WITHIN_BPS


@frozen(kw_only=True)
class TierLimits:
    """One tier: what a product must show to be in it, and the caps of what is in it.

    What is not written is as strict as can be found in the tiers that are shipped.
    """

    min_volume: Decimal = number(
        "10000000",
        "Least 24 h volume",
        low="0",
        high=None,
        unit="quote currency",
        tighter="higher",
    )
    max_spread_bps: Decimal = number(
        "20", "Widest spread", low="0", high="200", unit="bps", tighter="lower"
    )
    min_depth: Decimal = number(
        "100000",
        f"Least value that rests on each side within {DEPTH_WITHIN_BPS} bps",
        low="0",
        high=None,
        unit="quote currency",
        tighter="higher",
    )
    slippage_bps: Decimal = number(
        "20",
        "How far above the first price of an entry its rest may be bought, fees apart",
        low="0",
        high="60",
        unit="bps",
        tighter="lower",
    )
    position_pct: Decimal = number(
        "1",
        "One position of the tier; sizes are cut to it",
        low="0",
        high="5",
        unit="% of equity",
        tighter="lower",
    )
    size_pct: Decimal | None = number(
        None,
        "One entry of the tier, whatever is asked for; null: as a position",
        low="0",
        high="5",
        unit="% of equity",
        tighter="lower",
    )
    tier_pct: Decimal = number(
        "5",
        "All positions of the tier together",
        low="0",
        high="15",
        unit="% of equity",
        tighter="lower",
    )


Tiers = Mapping[str, TierLimits]
"""By name."""


def strictest_first(tiers: Tiers) -> dict[str, TierLimits]:
    """Return the tiers by falling volume: a product is in the first whose limits it meets."""
    return dict(sorted(tiers.items(), key=lambda tier: (-tier[1].min_volume, tier[0])))


def shipped_tiers() -> Tiers:
    """Return the tiers that hold where `universe.yaml` names none."""
    return MappingProxyType(
        {
            "T1": _tier("10000000", "20", "100000", "20", "3", "15"),
            "T2": _tier("5000000", "35", "25000", "35", "2", "10"),
            "T3": _tier("100000", "60", "2000", "60", "1", "5"),
        }
    )


def _tier(
    volume: str, spread: str, depth: str, slippage: str, position: str, total: str
) -> TierLimits:
    return TierLimits(
        min_volume=Decimal(volume),
        max_spread_bps=Decimal(spread),
        min_depth=Decimal(depth),
        slippage_bps=Decimal(slippage),
        position_pct=Decimal(position),
        tier_pct=Decimal(total),
    )


@frozen(kw_only=True)
class Stability:
    """How slowly products change their tier, so that one near a limit does not come and go."""

    enter_after: Nanos = duration(
        Nanos(3 * MINUTE),
        "How long a product must meet the limits before it is bought (again)",
        low=Nanos(0),
        high=Nanos(DAY),
        tighter="higher",
    )
    leave_after: Nanos = duration(
        Nanos(3 * MINUTE),
        "How long a product in a tier must miss the limits before it is bought no more",
        low=Nanos(0),
        high=Nanos(60 * MINUTE),
        tighter="lower",
    )
    keep_pct: Decimal = number(
        "95",
        "Share of a limit that is enough for a product that is in the tier",
        low="50",
        high="100",
        unit="%",
        tighter="higher",
    )
