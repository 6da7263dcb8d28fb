"""Challenges of caps: a cent below each limit, and a cent above it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal

from attrs import evolve

from app.selftest.challenge import Challenge
from app.selftest.scene import (
    ASK,
    CENT,
    HELD,
    NLV,
    NOBODY,
    TAKER,
    Scene,
    asked,
    cost_of,
    lot_of,
    net_of,
    strategy_of,
)
from config.effective import Config
from domain.model.money import ONE, ZERO, plain
from domain.model.portfolio import Lot
from domain.risk.rules.asset_cap import AssetCap
from domain.risk.rules.invalid_proposal import InvalidProposal
from domain.risk.rules.open_positions import OpenPositions
from domain.risk.rules.order_cap import OrderCap
from domain.risk.rules.position_cap import PositionCap
from domain.risk.rules.shallow_book import ShallowBook
from domain.risk.rules.theme_cap import ThemeCap
from domain.risk.rules.tier_cap import TierCap
from domain.risk.rules.total_cap import TotalCap
from domain.risk.sizing import HUNDRED

Holds = Callable[[Scene, Decimal], Lot]
"""Makes the lot that is worth so much beside which an entry is tried."""


def cap_challenges(config: Config) -> Iterator[Challenge]:
    """Yield the challenges of all rules on sizes."""
    yield from _percentages(config)
    yield from _order(config)
    yield from _cash(config)
    yield from _positions(config)
    yield from _book(config)


def _percentages(config: Config) -> Iterator[Challenge]:
    policy, scene = config.policy, Scene(config=config)
    total, position = policy.rule(TotalCap), policy.rule(PositionCap)
    assets, themes = policy.rule(AssetCap), policy.rule(ThemeCap)
    tier = config.universe.tiers[scene.tier]
    yield from _cap(total.CODE, total.total_pct, scene, _other)
    yield from _cap(position.CODE, position.position_pct, scene, _same)
    yield from _cap(TierCap.CODE, tier.position_pct, scene, _same, "position in the tier")
    yield from _cap(TierCap.CODE, tier.tier_pct, scene, _other, "tier")
    yield from _cap(assets.CODE, assets.asset_pct, scene, _same)
    for asset, cap in assets.max_per_asset_pct.items():
        single = Scene(config=config, asset=asset)
        yield from _cap(assets.CODE, min(cap, assets.asset_pct), single, _same, asset)
    for theme, members in config.universe.themes.items():
        if members:
            themed = Scene(config=config, asset=members[0])
            cap = themes.max_per_theme_pct[theme]
            yield from _cap(themes.CODE, cap, themed, _of(members[-1]), theme)
    owner = strategy_of(config)
    budget = config.strategies[owner].max_at_risk_pct if owner in config.strategies else ZERO
    yield from _cap("strategy_cap", budget, scene, _of(HELD, owner))


def _cap(
    code: str, cap_pct: Decimal, scene: Scene, holds: Holds, name: str = "cap"
) -> Iterator[Challenge]:
    """Yield what passes a cap in percent of equity by a cent, and what just keeps it."""
    entry = asked(scene)
    room = NLV * cap_pct / HUNDRED - cost_of(scene, entry)
    for held, is_inside in ((max(room, ZERO) + CENT, False), (room, True)):
        if held < 0:
            continue  # the smallest entry is above the cap
        lot = holds(scene, held)
        owning = evolve(scene, lots=(lot,) if held else (), cash=NLV - _value(scene, lot))
        side = "keeps" if is_inside else "passes"
        yield Challenge(
            guard=code,
            what=f"an entry that {side} the {name} of {plain(cap_pct)} % by a cent",
            scene=owning,
            said=(asked(owning),),
            code=code,
            is_inside=is_inside,
        )


def _value(scene: Scene, lot: Lot) -> Decimal:
    """Return what a lot adds to the NLV."""
    if lot.product != scene.wanted:
        return net_of(lot)
    return lot.quantity * scene.bid * (ONE - TAKER)


def _other(scene: Scene, value: Decimal) -> Lot:
    return lot_of(scene.of(HELD), value, NOBODY)


def _same(scene: Scene, value: Decimal) -> Lot:
    return lot_of(scene.wanted, value / ASK, NOBODY)


def _of(asset: str, owner: str = NOBODY) -> Holds:
    def holds(scene: Scene, value: Decimal) -> Lot:
        product = scene.of(asset)
        is_same = product == scene.wanted
        return lot_of(product, value / ASK if is_same else value, owner)

    return holds


def _order(config: Config) -> Iterator[Challenge]:
    rule, bounds = config.policy.rule(OrderCap), config.policy.rule(InvalidProposal)
    scene = Scene(config=config)
    most = config.universe.tiers[scene.tier].position_pct
    share = min(ONE, bounds.max_notional_pct, most)
    for off, is_inside in ((CENT, False), (-CENT, True)):
        if not share > 0:
            continue  # nothing can be asked for
        nlv = (rule.max_order_usd + off) * HUNDRED / share
        rich = evolve(scene, cash=nlv)
        yield Challenge(
            guard=rule.CODE,
            what=f"an order that costs {plain(rule.max_order_usd + off)} at worst",
            scene=rich,
            said=(asked(rich, notional_pct=share),),
            code=rule.CODE,
            is_inside=is_inside,
        )


def _cash(config: Config) -> Iterator[Challenge]:
    scene = Scene(config=config)
    cost = cost_of(scene, asked(scene))
    for off, is_inside in ((-CENT, False), (CENT, True)):
        cash = cost + off
        if cash < 0:
            continue
        unit = net_of(lot_of(scene.of(HELD), ONE, NOBODY))
        poor = evolve(scene, cash=cash, lots=(_other(scene, (NLV - cash) / unit),))
        yield Challenge(
            guard="insufficient_cash",
            what=f"an order with {'enough cash' if is_inside else 'a cent too little cash'}",
            scene=poor,
            said=(asked(poor),),
            code="insufficient_cash",
            is_inside=is_inside,
        )


def _positions(config: Config) -> Iterator[Challenge]:
    rule, scene = config.policy.rule(OpenPositions), Scene(config=config)
    for count, is_inside in ((rule.open_positions, False), (rule.open_positions - 1, True)):
        lots = (lot_of(scene.of(f"{HELD}{n}"), ONE, NOBODY) for n in range(count))
        owning = evolve(scene, lots=tuple(lots))
        yield Challenge(
            guard=rule.CODE,
            what=f"another position beside {count}",
            scene=owning,
            said=(asked(owning),),
            code=rule.CODE,
            is_inside=is_inside,
        )


def _book(config: Config) -> Iterator[Challenge]:
    rule, scene = config.policy.rule(ShallowBook), Scene(config=config)
    needed = cost_of(scene, asked(scene)) * rule.depth_times
    known = scene.standing_of(scene.wanted)
    for depth, is_inside in ((needed - CENT, False), (None, False), (needed, True)):
        thin = evolve(scene, standing=evolve(known, depth=depth))
        told = "an unknown depth" if depth is None else f"a depth of {plain(depth)}"
        yield Challenge(
            guard=rule.CODE,
            what=f"an order of {plain(needed)} / {plain(rule.depth_times)} in {told}",
            scene=thin,
            said=(asked(thin),),
            code=rule.CODE,
            is_inside=is_inside,
        )
