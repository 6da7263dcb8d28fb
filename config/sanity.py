"""What must hold between keys, across sections and files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from itertools import pairwise
from typing import Any

from attrs import frozen

from config.errors import Flaw, Path, dotted
from config.schema import App, Policy, Universe
from config.strategies import StrategySpec
from domain.model.instants import SECOND
from domain.model.money import plain

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


def _ascending(section: Path, value: Any, names: tuple[str, ...]) -> Iterator[Flaw]:
    for low, high in pairwise(names):
        yield from _above(
            (*section, low), getattr(value, low), (*section, high), getattr(value, high)
        )


def _caps_nest(policy: Policy) -> Iterator[Flaw]:
    names = ("position_pct", "asset_pct", "total_pct")
    yield from _ascending(("policy", "caps"), policy.caps, names)


def _stops_ascend(policy: Policy) -> Iterator[Flaw]:
    names = ("daily_pct", "weekly_pct", "drawdown_pct")
    yield from _ascending(("policy", "stops"), policy.stops, names)


def _proposal_ranges(policy: Policy) -> Iterator[Flaw]:
    section = ("policy", "proposals")
    yield from _ascending(section, policy.proposals, ("min_stop_pct", "max_stop_pct"))
    yield from _ascending(section, policy.proposals, ("min_target_pct", "max_target_pct"))


def _entry_shorter_than_hold(policy: Policy) -> Iterator[Flaw]:
    if policy.execution.ttl_seconds * SECOND > policy.exits.max_hold:
        path = ("policy", "execution", "ttl_seconds")
        message = f"an entry of {policy.execution.ttl_seconds} s would outlive its own hold"
        yield Flaw(path, message, see=(("policy", "exits", "max_hold"),))


def _single_caps_tighten(policy: Policy) -> Iterator[Flaw]:
    cap = policy.caps.asset_pct
    for asset, value in policy.max_per_asset_pct.items():
        path = ("policy", "max_per_asset_pct", asset)
        yield from _above(path, value, ("policy", "caps", "asset_pct"), cap)


def _members_below_theme(policy: Policy, universe: Universe) -> Iterator[Flaw]:
    for theme, assets in universe.themes.items():
        for asset in assets:
            if asset in policy.max_per_asset_pct and theme in policy.max_per_theme_pct:
                yield from _above(
                    ("policy", "max_per_asset_pct", asset),
                    policy.max_per_asset_pct[asset],
                    ("policy", "max_per_theme_pct", theme),
                    policy.max_per_theme_pct[theme],
                )


def _themes_agree(policy: Policy, universe: Universe) -> Iterator[Flaw]:
    for theme in policy.max_per_theme_pct:
        if theme not in universe.themes:
            path = ("policy", "max_per_theme_pct", theme)
            hint = f"list its assets in universe.themes.{theme}, or drop the cap"
            yield Flaw(path, "caps a theme that universe.themes does not have", (hint,))
    for theme in universe.themes:
        if theme not in policy.max_per_theme_pct:
            path = ("universe", "themes", theme)
            hint = f"add policy.max_per_theme_pct.{theme}, at most 10"
            yield Flaw(path, "has no cap in policy.max_per_theme_pct", (hint,))


def _never_traded_has_no_role(policy: Policy, universe: Universe) -> Iterator[Flaw]:
    named = [("policy", "max_per_asset_pct", asset) for asset in policy.max_per_asset_pct]
    paths: list[tuple[Path, str]] = [(path, path[-1]) for path in named]
    paths += [
        (("universe", "themes", theme, index), asset)
        for theme, assets in universe.themes.items()
        for index, asset in enumerate(assets)
    ]
    for path, asset in paths:
        if asset in universe.never_trade:
            message = f"{asset} is never traded, so this can never apply"
            yield Flaw(path, message, see=(("universe", "never_trade"),))


def _strategies_fit(policy: Policy, strategies: Strategies) -> Iterator[Flaw]:
    for name, spec in strategies.items():
        at = ("strategies", name)
        yield from _sizes_fit(at, spec, policy)
        yield from _exits_fit(at, spec, policy)


def _sizes_fit(at: Path, spec: StrategySpec, policy: Policy) -> Iterator[Flaw]:
    size = getattr(spec.strategy, "notional_pct", None)
    if size is not None:
        path = (*at, "notional_pct")
        yield from _above(path, size, ("policy", "caps", "position_pct"), policy.caps.position_pct)
        bound = ("policy", "proposals", "max_notional_pct")
        yield from _above(path, size, bound, policy.proposals.max_notional_pct)


def _exits_fit(at: Path, spec: StrategySpec, policy: Policy) -> Iterator[Flaw]:
    rules, bounds = policy.proposals, ("policy", "proposals")
    stop = getattr(spec.strategy, "stop_loss_pct", None)
    target = getattr(spec.strategy, "take_profit_pct", None)
    if stop is not None:
        path = (*at, "stop_loss_pct")
        yield from _above(path, stop, (*bounds, "max_stop_pct"), rules.max_stop_pct)
        yield from _below(path, stop, (*bounds, "min_stop_pct"), rules.min_stop_pct)
    if target is not None:
        path = (*at, "take_profit_pct")
        yield from _above(path, target, (*bounds, "max_target_pct"), rules.max_target_pct)
        yield from _below(path, target, (*bounds, "min_target_pct"), rules.min_target_pct)
    if stop is not None and target is not None and target <= stop:
        message = f"must be > stop_loss_pct ({plain(stop)}), was {plain(target)}"
        yield Flaw((*at, "take_profit_pct"), message, see=((*at, "stop_loss_pct"),))


def _below(path: Path, value: Decimal, bound: Path, least: Decimal) -> Iterator[Flaw]:
    if value < least:
        message = f"must be >= {dotted(bound)} ({plain(least)}), was {plain(value)}"
        yield Flaw(path, message, see=(bound,))


CHECKS = (
    Check(("policy",), _caps_nest),
    Check(("policy",), _stops_ascend),
    Check(("policy",), _proposal_ranges),
    Check(("policy",), _entry_shorter_than_hold),
    Check(("policy",), _single_caps_tighten),
    Check(("policy", "universe"), _members_below_theme),
    Check(("policy", "universe"), _themes_agree),
    Check(("policy", "universe"), _never_traded_has_no_role),
    Check(("policy", "strategies"), _strategies_fit),
)


def notes(app: App, policy: Policy, universe: Universe, strategies: Strategies) -> tuple[str, ...]:
    """Return what is legal and yet worth a sentence: what binds, what cannot trade."""
    return (
        *_binding_caps(policy, universe),
        *_idle(app, strategies),
    )


def _binding_caps(policy: Policy, universe: Universe) -> Iterator[str]:
    total = policy.caps.total_pct
    for theme, cap in policy.max_per_theme_pct.items():
        if cap > total:
            yield f"theme {theme}: caps.total_pct ({plain(total)} %) binds before {plain(cap)} %"
        single = policy.max_per_asset_pct
        members = sum(
            (single.get(asset, Decimal(0)) for asset in universe.themes[theme]), Decimal(0)
        )
        if members > cap:
            yield f"theme {theme}: its cap ({plain(cap)} %) binds before its members' sum"


def _idle(app: App, strategies: Strategies) -> Iterator[str]:
    if not any(spec.enabled for spec in strategies.values()):
        yield "no strategy is enabled: nothing will be bought"
    if app.quote not in app.paper.balances:
        yield f"app.paper.balances holds no {app.quote}: a new paper world can buy nothing"
