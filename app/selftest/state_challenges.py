"""Challenges of what must be known, open and plausible before anything is bought."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from attrs import evolve

from app.selftest.challenge import Challenge
from app.selftest.scene import (
    ASK,
    BID,
    HELD,
    MAKER,
    NOW,
    TAKER,
    Scene,
    asked,
)
from config.effective import Config
from domain.model.breakers import GLOBAL, Breaker, Effect, Scope
from domain.model.context import Regime
from domain.model.instants import SECOND
from domain.model.market import Doubt, DoubtKind
from domain.model.money import BPS, ONE, ZERO, plain
from domain.model.product import ALLOWED_BY_FLAG, DELISTED, ProductFlags, Side
from domain.model.universe import Exclusion
from domain.risk.rules.invalid_proposal import InvalidProposal
from domain.risk.rules.price_collar import PriceCollar
from domain.risk.rules.slippage_budget import SlippageBudget
from domain.risk.rules.spread_cap import SpreadCap
from domain.risk.rules.stale_bar import StaleBar
from domain.risk.rules.stale_quote import StaleQuote
from domain.risk.rules.target_below_cost import TargetBelowCost
from domain.risk.sizing import HUNDRED

TINY = Decimal("0.000001")


def state_challenges(config: Config) -> Iterator[Challenge]:
    """Yield the challenges of all rules that look at the state of things, and at the proposal."""
    scene = Scene(config=config)
    for part in (
        _stops,
        _unknown,
        _products,
        _prices,
        _spreads,
        _proposals,
        _costs,
        _collar,
        _slippage,
    ):
        yield from part(scene)


def _challenge(
    code: str, what: str, scene: Scene, *, is_inside: bool = False, **changes: Any
) -> Challenge:
    said = (asked(scene, **changes),)
    return Challenge(guard=code, what=what, scene=scene, said=said, code=code, is_inside=is_inside)


def _breaker(effect: Effect, scope: Scope = GLOBAL) -> Breaker:
    return Breaker(
        name="selftest",
        scope=scope,
        effect=effect,
        reason="the self-test says so",
        is_latched=False,
        at_ns=NOW,
    )


def _stops(scene: Scene) -> Iterator[Challenge]:
    own, other = Scope.of_product(scene.wanted), Scope.of_product(scene.of(HELD))
    for effect, scope, code in (
        (Effect.BLOCK, GLOBAL, "blocked"),
        (Effect.REDUCE_ONLY, own, "blocked"),
        (Effect.HALT, GLOBAL, "halted"),
        (Effect.KILL, GLOBAL, "killed"),
    ):
        stopped = evolve(scene, breakers=(_breaker(effect, scope),))
        what = f"an entry under a {effect.name} of {scope}"
        said = (asked(stopped),)
        yield Challenge(guard="blocked", what=what, scene=stopped, said=said, code=code)
    elsewhere = evolve(scene, breakers=(_breaker(Effect.BLOCK, other),))
    yield _challenge("blocked", "an entry beside a block of another", elsewhere, is_inside=True)


def _unknown(scene: Scene) -> Iterator[Challenge]:
    yield _challenge("not_ready", "an entry before READY", evolve(scene, is_ready=False))
    yield _challenge("nlv_unknown", "an entry without books", evolve(scene, cash=None))
    yield _challenge("nlv_unknown", "an entry with nothing left", evolve(scene, cash=ZERO))
    crash = evolve(scene, regime=Regime.CRASH)
    yield _challenge("crash_regime", "an entry in a crash", crash)
    yield _challenge("shorting_disallowed", "a sale of what is not owned", scene, side=Side.SELL)
    for size in (ZERO, Decimal(-1)):
        what = f"a size of {plain(size)} %"
        yield _challenge("shorting_disallowed", what, scene, notional_pct=size)
    for code in ("not_ready", "nlv_unknown", "crash_regime", "shorting_disallowed"):
        yield _challenge(code, "an entry when all is well", scene, is_inside=True)


def _products(scene: Scene) -> Iterator[Challenge]:
    for name, taken in ALLOWED_BY_FLAG.items():
        if not taken:
            flagged = evolve(scene, flags=ProductFlags.of("online", (name,)))
            yield _challenge("product_disabled", f"an entry under {name}", flagged)
    unread = evolve(scene, flags=ProductFlags.of("online", (), ("new_flag",)))
    yield _challenge("product_disabled", "an entry under an unknown flag", unread)
    gone = evolve(scene, flags=ProductFlags.of(DELISTED, ()))
    yield _challenge("product_disabled", "an entry of what is delisted", gone)
    for asset in scene.config.universe.never_trade[:1]:
        never = Scene(config=scene.config, asset=asset)
        yield _challenge("product_disabled", f"an entry of {asset}", never)
    yield _challenge("product_disabled", "an entry of what is open", scene, is_inside=True)
    known = scene.standing_of(scene.wanted)
    for what, standing in (
        ("an excluded product", evolve(known, exclusion_reason=Exclusion.BANNED)),
        ("a product without a tier", evolve(known, tier="")),
    ):
        yield _challenge("not_eligible", f"an entry of {what}", evolve(scene, standing=standing))
    yield _challenge("not_eligible", "an entry that nobody judged", evolve(scene, is_judged=False))
    yield _challenge("not_eligible", "an entry of what is in a tier", scene, is_inside=True)


def _prices(scene: Scene) -> Iterator[Challenge]:
    policy = scene.config.policy
    quote, bar = policy.rule(StaleQuote), policy.rule(StaleBar)
    for off, is_inside in ((1, False), (0, True)):
        old = evolve(scene, confirmed_ns=NOW - quote.limit_ns - off)
        what = f"an entry at a price about {plain(quote.quote_seconds)} s old"
        yield _challenge(quote.CODE, what, old, is_inside=is_inside)
        old = evolve(scene, bar_end_ns=NOW - int(bar.bar_seconds * SECOND) - off)
        what = f"an entry on a bar about {plain(bar.bar_seconds)} s old"
        yield _challenge(bar.CODE, what, old, is_inside=is_inside)
    yield _challenge(bar.CODE, "an entry without a bar", evolve(scene, bar_end_ns=None))
    yield _challenge(quote.CODE, "an entry on a stalled feed", evolve(scene, stalled="a gap"))
    crossed = evolve(scene, bid=ASK, ask=BID)
    yield _challenge(quote.CODE, "an entry at a crossed price", crossed)
    for kind in DoubtKind:
        doubt = Doubt(kind, "much", "little", NOW)
        doubtful = evolve(scene, doubtful=evolve(scene.quote(scene.wanted), doubt=doubt))
        yield _challenge("suspect_price", f"an entry at a price with a {kind.value}", doubtful)
    yield _challenge("suspect_price", "an entry at a price without a doubt", scene, is_inside=True)


def _spreads(scene: Scene) -> Iterator[Challenge]:
    rule = scene.config.policy.rule(SpreadCap)
    tier = scene.config.universe.tiers[scene.tier].max_spread_bps
    limit = min(rule.max_spread_bps, tier)
    for off, is_inside in ((TINY, False), (ZERO, True)):
        half = limit / BPS * HUNDRED / 2 + off
        if half > 0:
            wide = evolve(scene, bid=HUNDRED - half, ask=HUNDRED + half)
            what = f"an entry at a spread of about {plain(limit)} bps"
            yield _challenge(rule.CODE, what, wide, is_inside=is_inside)


def _proposals(scene: Scene) -> Iterator[Challenge]:
    rule = scene.config.policy.rule(InvalidProposal)
    for name, value, step in (
        ("notional_pct", rule.max_notional_pct, TINY),
        ("stop_loss_pct", rule.min_stop_pct, -TINY),
        ("stop_loss_pct", rule.max_stop_pct, TINY),
        ("take_profit_pct", rule.min_target_pct, -TINY),
        ("take_profit_pct", rule.max_target_pct, TINY),
        ("conviction", rule.min_conviction, -TINY),
        ("conviction", ONE, TINY),
    ):
        for off, is_inside in ((step, False), (ZERO, True)):
            what = f"a proposal with {name} {plain(value + off)}"
            changes: dict[str, Any] = {name: value + off}
            yield _challenge(rule.CODE, what, scene, is_inside=is_inside, **changes)
    for name in ("notional_pct", "stop_loss_pct", "take_profit_pct", "conviction"):
        for odd in ("NaN", "Infinity", "-1"):
            what = f"a proposal with {name} {odd}"
            strange: dict[str, Any] = {name: Decimal(odd)}
            yield _challenge(rule.CODE, what, scene, **strange)


def _costs(scene: Scene) -> Iterator[Challenge]:
    rule = scene.config.policy.rule(TargetBelowCost)
    is_resting = scene.config.policy.execution.entry_offset_bps >= 0
    first = MAKER if is_resting else TAKER
    spread = (scene.ask - scene.bid) / scene.ask
    least = (first + TAKER + spread) * HUNDRED * rule.min_reward_ratio
    for off, is_inside in ((-TINY, False), (TINY, True)):
        target = least + off
        what = f"a target of {target:.6f} %, where costs want {least:.6f} %"
        yield _challenge(rule.CODE, what, scene, is_inside=is_inside, take_profit_pct=target)
    unknown = evolve(scene, has_fees=False)
    said = (asked(unknown),)
    yield Challenge(
        guard=rule.CODE,
        what="an entry while fees are not known",
        scene=unknown,
        said=said,
        code=rule.FEES_UNKNOWN,
    )


def _collar(scene: Scene) -> Iterator[Challenge]:
    """Yield entries that cross by a hair, so that they pay the ask."""
    policy = scene.config.policy
    rule = policy.rule(PriceCollar)
    execution = evolve(policy.execution, entry_offset_bps=-TINY)
    eager = evolve(scene.config, policy=evolve(policy, execution=execution))
    crossing = evolve(scene, config=eager)
    above = rule.collar_bps / BPS * HUNDRED
    for off, is_inside in ((ZERO, False), (-TINY, True)):
        priced = evolve(crossing, bid=HUNDRED - above - off, ask=HUNDRED + above + off)
        what = f"an entry at a price about {plain(rule.collar_bps)} bps above the mid"
        yield _challenge(rule.CODE, what, priced, is_inside=is_inside)


def _slippage(scene: Scene) -> Iterator[Challenge]:
    """Yield entries that reach further above the ask than their tier's budget allows."""
    policy, tiers = scene.config.policy, scene.config.universe.tiers
    budgets = [tier.slippage_bps for tier in tiers.values()]
    for budget, is_inside in ((max(budgets) + ONE, False), (min(budgets) - ONE, True)):
        execution = evolve(policy.execution, entry_offset_bps=-budget)
        eager = evolve(scene.config, policy=evolve(policy, execution=execution))
        level = evolve(scene, config=eager, bid=HUNDRED, ask=HUNDRED)
        what = f"an entry about {plain(budget)} bps above the ask"
        yield _challenge(SlippageBudget.CODE, what, level, is_inside=is_inside)
