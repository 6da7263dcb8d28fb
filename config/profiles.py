"""Profiles: how boldly it trades, one word for several values below all that is written.

A profile is a column of defaults: what a file or `--set` writes stands, and hard limits hold for
both. A value that comes from it says so in `config show`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from attrs import frozen

from config.errors import KeyPlace
from config.nodes import Tree
from domain.model.bounds import Path
from domain.model.settings import setting
from domain.universe.limits import shipped_tiers

KEY = ("policy", "profile")


class Profile(StrEnum):
    """How boldly it trades, each bolder than the one before it."""

    CONSERVATIVE = "conservative"
    SWING_TRADER = "swing_trader"
    DAY_TRADER = "day_trader"


@frozen(kw_only=True)
class ProfileChoice:
    """Which profile gives what is not written."""

    profile: Profile = setting(
        Profile.CONSERVATIVE,
        "Gives the least conviction, and per tier T1 to T3 the sizes, where they are not written",
        limits=", ".join(Profile),
        tighter="lower",
        at="profile",
    )


def _values(conviction: str, sizes: str, positions: str) -> Mapping[Path, Decimal]:
    found: dict[Path, Decimal] = {
        ("policy", "proposals", "min_conviction"): Decimal(conviction),
    }
    rows = zip(shipped_tiers(), sizes.split(), positions.split(), strict=True)
    for tier, size, position in rows:
        found["universe", "tiers", tier, "size_pct"] = Decimal(size)
        found["universe", "tiers", tier, "position_pct"] = Decimal(position)
    return MappingProxyType(found)


PROFILES: Mapping[Profile, Mapping[Path, Decimal]] = MappingProxyType(
    {
        Profile.CONSERVATIVE: _values("0.4", "1.5 1 0.5", "3 2 1"),
        Profile.SWING_TRADER: _values("0.34", "2 1.2 0.5", "4 3 2"),
        Profile.DAY_TRADER: _values("0.3", "3 1.8 0.7", "5 4.5 2.5"),
    }
)
"""What each gives, by key. No position is above the hard limit of `caps.position_pct`."""


def apply_profile(tree: Tree) -> None:
    """Put what the chosen profile gives into `tree`, where nothing is written.

    A choice that is none is left to the schema, which refuses it.
    """
    policy = tree.value.get("policy")
    said = policy.get(KEY[1]) if isinstance(policy, dict) else None
    chosen = Profile(said) if said in list(Profile) else Profile.CONSERVATIVE
    place = KeyPlace(f"profile {chosen}")
    _write_tiers(tree.value.get("universe"))
    most: dict[str | int, Decimal] = {}
    for path, value in PROFILES[chosen].items():
        holder = _holder(tree.value, path)
        if holder is None:
            continue
        key = str(path[-1])
        if key not in holder:
            holder[key] = _cut(value, most.get(key), holder.get("tier_pct"))
            tree.places[path] = place
        if isinstance(holder[key], Decimal):
            most[key] = holder[key]


def _cut(value: Decimal, *written: Any) -> Decimal:
    """Return what a profile gives, no more than what is `written` of the tier before, or its cap.

    Whoever makes one tier tighter contradicts no profile.
    """
    return min((value, *(each for each in written if isinstance(each, Decimal))))


def _write_tiers(universe: Any) -> None:
    """Write the tiers that hold where none are written, but for what the profile gives."""
    if isinstance(universe, dict) and "tiers" not in universe:
        universe["tiers"] = {
            name: {
                "min_volume": tier.min_volume,
                "max_spread_bps": tier.max_spread_bps,
                "min_depth": tier.min_depth,
                "slippage_bps": tier.slippage_bps,
                "tier_pct": tier.tier_pct,
            }
            for name, tier in shipped_tiers().items()
        }


def _holder(value: Any, path: Path) -> dict[str, Any] | None:
    """Return the mapping that the last key of `path` belongs into, None where there is none.

    A section of the policy that is missing is left to the schema, a tier that is not used too.
    """
    for step in path[:-1]:
        value = value.get(step) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else None


def profile_keys() -> Iterator[tuple[str, ...]]:
    """Yield a row for each key that profiles give: its name, then its value in each of them."""
    for path in PROFILES[Profile.CONSERVATIVE]:
        cells = (f"{PROFILES[each][path]:f}" for each in Profile)
        yield (".".join(map(str, path)), *cells)
