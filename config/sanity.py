"""What must hold between keys, across sections and files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from itertools import pairwise
from typing import Any

from attrs import frozen

from config.errors import dotted
from config.policy import Policy
from config.schema import App, Universe
from config.strategies import StrategySpec
from domain.model.bounds import Flaw, Path
from domain.model.instants import SECOND
from domain.model.money import ZERO, Amount, plain
from domain.risk.feasibility import USUAL_MINIMUM, USUAL_TAKER, obstacle
from domain.risk.rules.asset_cap import AssetCap
from domain.risk.rules.theme_cap import ThemeCap
from domain.risk.rules.total_cap import TotalCap
from domain.universe.limits import strictest_first
from domain.universe.regime import RegimeLimits

Strategies = Mapping[str, StrategySpec]


@frozen
class Check:
    """A rule over the parts named in `needs`; it is asked only when all of them could be read."""

    needs: tuple[str, ...]
    ask: Callable[..., Iterator[Flaw]]


def _above(low: Path, low_value: Any, high: Path, high_value: Any) -> Iterator[Flaw]:
    """Yield the flaw of `low` being above `high`."""
    if low_value > high_value:
        message = f"must be <= {dotted(high)} ({plain(high_value)}), was {plain(low_value)}"
        yield Flaw(low, message, see=(high,))


def _ascending(policy: Policy, names: Iterable[str]) -> Iterator[Flaw]:
    """Yield the flaw of each key of the policy that is above the one after it."""
    for low, high in pairwise(names):
        yield from _above(_at(low), policy.value(low), _at(high), policy.value(high))


def _at(name: str) -> Path:
    return ("policy", *name.split("."))


def _caps_nest(policy: Policy) -> Iterator[Flaw]:
    yield from _ascending(policy, ("caps.position_pct", "caps.asset_pct", "caps.total_pct"))


def _own_settings_ascend(policy: Policy) -> Iterator[Flaw]:
    """Ask each rule, and the limits on losses, in which order their own settings must be."""
    places = {(key.owner, key.attribute.name): key.name for key, _ in policy.settings()}
    for owner in policy.owners:
        for names in getattr(owner, "ASCENDING", ()):
            yield from _ascending(policy, [places[owner, name] for name in names])


def _entry_shorter_than_hold(policy: Policy) -> Iterator[Flaw]:
    if policy.execution.ttl_seconds * SECOND > policy.exits.max_hold:
        path = ("policy", "execution", "ttl_seconds")
        message = f"an entry of {policy.execution.ttl_seconds} s would outlive its own hold"
        yield Flaw(path, message, see=(("policy", "exits", "max_hold"),))


def _single_caps_tighten(policy: Policy) -> Iterator[Flaw]:
    rule = policy.rule(AssetCap)
    for asset, value in rule.max_per_asset_pct.items():
        yield from _above(_single(asset), value, _at("caps.asset_pct"), rule.asset_pct)


def _single(asset: str) -> Path:
    return (*_at("max_per_asset_pct"), asset)


def _themed(theme: str) -> Path:
    return (*_at("max_per_theme_pct"), theme)


def _members_below_theme(policy: Policy, universe: Universe) -> Iterator[Flaw]:
    single, themed = (
        policy.rule(AssetCap).max_per_asset_pct,
        policy.rule(ThemeCap).max_per_theme_pct,
    )
    for theme, assets in universe.themes.items():
        for asset in assets:
            if asset in single and theme in themed:
                yield from _above(_single(asset), single[asset], _themed(theme), themed[theme])


def themes_below(files: Mapping[str, Any], path: Path) -> Iterator[tuple[Path, Decimal]]:
    """Yield the caps of themes that a cap on an asset, written at `path`, is above.

    Asked of what is written while something is wrong with it, so that a contradiction is told
    beside a hard limit that is passed as well.
    """
    policy, universe = files.get("policy"), files.get("universe")
    themes = universe.get("themes") if isinstance(universe, dict) else None
    capped = policy.get("max_per_theme_pct") if isinstance(policy, dict) else None
    value: Any = files
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    is_single, is_any = path[:2] == _at("max_per_asset_pct"), path == _at("caps.asset_pct")
    if not isinstance(themes, dict) or not isinstance(capped, dict) or not (is_single or is_any):
        return
    for theme, cap in capped.items():
        members = themes.get(theme)
        is_member = isinstance(members, list) and (is_any or path[-1] in members)
        if is_member and isinstance(value, Decimal) and isinstance(cap, Decimal) and value > cap:
            yield _themed(theme), cap


def _themes_agree(policy: Policy, universe: Universe) -> Iterator[Flaw]:
    capped = policy.rule(ThemeCap).max_per_theme_pct
    for theme in capped:
        if theme not in universe.themes:
            hint = f"list its assets in universe.themes.{theme}, or drop the cap"
            yield Flaw(_themed(theme), "caps a theme that universe.themes does not have", (hint,))
    for theme in universe.themes:
        if theme not in capped:
            path = ("universe", "themes", theme)
            hint = f"add policy.max_per_theme_pct.{theme}, at most 10"
            yield Flaw(path, "has no cap in policy.max_per_theme_pct", (hint,))


def _never_traded_has_no_role(policy: Policy, universe: Universe) -> Iterator[Flaw]:
    capped = policy.rule(AssetCap).max_per_asset_pct
    paths: list[tuple[Path, str]] = [(_single(asset), asset) for asset in capped]
    paths += [
        (("universe", "themes", theme, index), asset)
        for theme, assets in universe.themes.items()
        for index, asset in enumerate(assets)
    ]
    for path, asset in paths:
        if asset in universe.never_trade:
            message = f"{asset} is never traded, so this can never apply"
            yield Flaw(path, message, see=(("universe", "never_trade"),))


def _tiers_fit(universe: Universe) -> Iterator[Flaw]:
    for tier, limits in universe.tiers.items():
        position, whole = _tier(tier, "position_pct"), _tier(tier, "tier_pct")
        yield from _above(position, limits.position_pct, whole, limits.tier_pct)


def _tiers_loosen(universe: Universe) -> Iterator[Flaw]:
    """The first tier whose limits hold is taken: none may be stricter than one before it."""
    for (above, strict), (below, loose) in pairwise(strictest_first(universe.tiers).items()):
        for name in ("min_depth", "position_pct"):
            yield from _above(
                _tier(below, name), getattr(loose, name), _tier(above, name), getattr(strict, name)
            )
        yield from _above(
            _tier(above, "max_spread_bps"),
            strict.max_spread_bps,
            _tier(below, "max_spread_bps"),
            loose.max_spread_bps,
        )


def _tier(tier: str, name: str) -> Path:
    return ("universe", "tiers", tier, name)


def _regimes_ascend(universe: Universe) -> Iterator[Flaw]:
    for low, high in pairwise(RegimeLimits.ASCENDING):
        limits, at = universe.regime, ("universe", "regime")
        yield from _above((*at, low), getattr(limits, low), (*at, high), getattr(limits, high))


def _strategies_fit(policy: Policy, strategies: Strategies) -> Iterator[Flaw]:
    for name, spec in strategies.items():
        at = ("strategies", name)
        yield from _sizes_fit(at, spec, policy)
        yield from _exits_fit(at, spec, policy)


def _sizes_fit(at: Path, spec: StrategySpec, policy: Policy) -> Iterator[Flaw]:
    size = getattr(spec.strategy, "notional_pct", None)
    if size is not None:
        for bound in ("caps.position_pct", "proposals.max_notional_pct"):
            yield from _above((*at, "notional_pct"), size, _at(bound), policy.value(bound))


def _exits_fit(at: Path, spec: StrategySpec, policy: Policy) -> Iterator[Flaw]:
    stop = getattr(spec.strategy, "stop_loss_pct", None)
    target = getattr(spec.strategy, "take_profit_pct", None)
    for name, value, kind in (
        ("stop_loss_pct", stop, "stop"),
        ("take_profit_pct", target, "target"),
    ):
        if value is not None:
            most, least = f"proposals.max_{kind}_pct", f"proposals.min_{kind}_pct"
            yield from _above((*at, name), value, _at(most), policy.value(most))
            yield from _below((*at, name), value, _at(least), policy.value(least))
    if stop is not None and target is not None and target <= stop:
        message = f"must be > stop_loss_pct ({plain(stop)}), was {plain(target)}"
        yield Flaw((*at, "take_profit_pct"), message, see=((*at, "stop_loss_pct"),))


def _below(path: Path, value: Decimal, bound: Path, least: Decimal) -> Iterator[Flaw]:
    if value < least:
        message = f"must be >= {dotted(bound)} ({plain(least)}), was {plain(value)}"
        yield Flaw(path, message, see=(bound,))


CHECKS = (
    Check(("policy",), _caps_nest),
    Check(("policy",), _own_settings_ascend),
    Check(("policy",), _entry_shorter_than_hold),
    Check(("policy",), _single_caps_tighten),
    Check(("policy", "universe"), _members_below_theme),
    Check(("policy", "universe"), _themes_agree),
    Check(("policy", "universe"), _never_traded_has_no_role),
    Check(("universe",), _tiers_fit),
    Check(("universe",), _tiers_loosen),
    Check(("universe",), _regimes_ascend),
    Check(("policy", "strategies"), _strategies_fit),
)


def notes(app: App, policy: Policy, universe: Universe, strategies: Strategies) -> tuple[str, ...]:
    """Return what is legal and yet worth a sentence: what binds, what cannot trade."""
    return (
        *_binding_caps(policy, universe),
        *_idle(app, policy, strategies),
    )


def _binding_caps(policy: Policy, universe: Universe) -> Iterator[str]:
    total, single = policy.rule(TotalCap).total_pct, policy.rule(AssetCap).max_per_asset_pct
    for theme, cap in policy.rule(ThemeCap).max_per_theme_pct.items():
        if cap > total:
            yield f"theme {theme}: caps.total_pct ({plain(total)} %) binds before {plain(cap)} %"
        members = sum((single.get(asset, ZERO) for asset in universe.themes[theme]), ZERO)
        if members > cap:
            yield f"theme {theme}: its cap ({plain(cap)} %) binds before its members' sum"
    for tier, limits in universe.tiers.items():
        for key, cap in (("position_pct", limits.position_pct), ("total_pct", limits.tier_pct)):
            bound = policy.value(f"caps.{key}")
            if cap > bound:
                yield f"tier {tier}: caps.{key} ({plain(bound)} %) binds before {plain(cap)} %"


def _idle(app: App, policy: Policy, strategies: Strategies) -> Iterator[str]:
    stops, balance = stops_of(strategies), app.paper.balances.get(app.quote)
    if not stops:
        yield "no strategy is enabled: nothing will be bought"
    if balance is None:
        yield f"app.paper.balances holds no {app.quote}: a new paper world can buy nothing"
    elif stops:
        currency, rules = app.quote.value, policy.rules
        found = obstacle(Amount(balance), currency, USUAL_MINIMUM, USUAL_TAKER, stops, rules)
        if found is not None:
            yield f"app.paper.balances: {found}"


def stops_of(strategies: Strategies) -> tuple[Decimal, ...]:
    """Return the stop of each enabled strategy in percent; one that has none has no distance."""
    enabled = (spec.strategy for spec in strategies.values() if spec.enabled)
    return tuple(getattr(strategy, "stop_loss_pct", ZERO) for strategy in enabled)
