"""Challenges of pace: an instant too early, and just late enough."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from attrs import evolve

from app.selftest.challenge import Challenge
from app.selftest.scene import BAR_NS, HELD, NOBODY, NOW, Scene, asked, lot_of, strategy_of
from config.effective import Config
from domain.model.breakers import GLOBAL, Scope
from domain.model.instants import HOUR, MINUTE, SECOND, Nanos
from domain.model.product import Side
from domain.risk.past_trades import FilledEntry, PastTrades
from domain.risk.rules.already_held import AlreadyHeld
from domain.risk.rules.cooldown import Cooldown
from domain.risk.rules.losing_streak import LosingStreak
from domain.risk.rules.max_trades_per_cycle import MaxTradesPerCycle
from domain.risk.rules.spacing import Spacing
from domain.risk.rules.trade_cap import TradeCap
from domain.risk.throttle import REJECTED, REPEATED, Counted
from domain.risk.view import approved_key

OTHER = "another"
"""A strategy that owns something, and proposes nothing."""


def pace_challenges(config: Config) -> Iterator[Challenge]:
    """Yield the challenges of all rules on how often, and of the throttles."""
    scene = Scene(config=config)
    for guard, what, past, is_inside in _pasts(scene):
        then = evolve(scene, past_trades=past)
        said = (asked(then),)
        yield Challenge(
            guard=guard, what=what, scene=then, said=said, code=guard, is_inside=is_inside
        )
    yield from _once(scene)
    yield from _cycle(scene)
    yield from _throttles(scene)


_Past = tuple[str, str, PastTrades, bool]


def _pasts(scene: Scene) -> Iterator[_Past]:
    policy, asset = scene.config.policy, scene.asset
    cooldown, spacing = policy.rule(Cooldown), policy.rule(Spacing)
    fill_s, stop_s = cooldown.after_fill_seconds, cooldown.after_stop_seconds
    for at_ns, is_inside in _around(fill_s * SECOND):
        past = PastTrades(filled={asset: at_ns})
        yield cooldown.CODE, f"an entry about {fill_s} s after a fill", past, is_inside
    for at_ns, is_inside in _around(stop_s * SECOND):
        past = PastTrades(stopped={asset: at_ns})
        yield cooldown.CODE, f"an entry about {stop_s} s after a stop-out", past, is_inside
    for product, limit in (
        (scene.of(HELD), spacing.spacing_seconds),
        (scene.wanted, spacing.product_spacing_seconds),
    ):
        for at_ns, is_inside in _around(limit * SECOND):
            past = PastTrades(entries=(FilledEntry("earlier", product, at_ns),))
            yield spacing.CODE, f"an entry about {limit} s after one of {product}", past, is_inside
    yield from _counts(scene)


def _counts(scene: Scene) -> Iterator[_Past]:
    cap = scene.config.policy.rule(TradeCap)
    streak = scene.config.policy.rule(LosingStreak)
    for name, limit, ago_ns in (
        ("an hour", cap.trades_per_hour, HOUR - 1),
        ("a day", cap.trades_per_day, 24 * HOUR - 1),
    ):
        for count, is_inside in ((limit, False), (limit - 1, True)):
            at_ns, product = Nanos(NOW - ago_ns), scene.of(HELD)
            entries = tuple(FilledEntry(str(n), product, at_ns) for n in range(count))
            past = PastTrades(entries=entries)
            yield cap.CODE, f"an entry after {count} within {name}", past, is_inside
    for losses, is_inside in ((streak.losses_in_a_row, False), (streak.losses_in_a_row - 1, True)):
        past = PastTrades(losses=losses, lost_ns=NOW)
        yield streak.CODE, f"an entry after {losses} losses in a row", past, is_inside
    for at_ns, is_inside in _around(streak.loss_pause_minutes * MINUTE):
        past = PastTrades(losses=streak.losses_in_a_row, lost_ns=at_ns)
        what = f"an entry about {streak.loss_pause_minutes} min after a loss too many"
        yield streak.CODE, what, past, is_inside


def _around(limit_ns: int) -> tuple[tuple[Nanos, bool], tuple[Nanos, bool]]:
    """Return an instant that is not long enough ago, and one that is."""
    return (Nanos(NOW - limit_ns + 1), False), (Nanos(NOW - limit_ns), True)


def _once(scene: Scene) -> Iterator[Challenge]:
    """Yield what one bar, and one product, may lead to once."""
    code, entry = "already_approved", asked(scene)
    for bar_ns, is_inside in ((BAR_NS, False), (BAR_NS - MINUTE, True)):
        known = approved_key(asked(scene, bar_ns=bar_ns))
        before = evolve(scene, approved=(known,))
        what = f"an entry of {'another' if is_inside else 'the same'} bar as one before"
        yield Challenge(
            guard=code, what=what, scene=before, said=(entry,), code=code, is_inside=is_inside
        )
    yield from _held(scene)


def _held(scene: Scene) -> Iterator[Challenge]:
    """Yield an entry beside a lot: of a strategy that does not pyramid, and of others.

    Where all of them do, it is one that has no entry: the rule is in force for whoever comes.
    """
    strategies = scene.config.strategies
    single = min((name for name, spec in strategies.items() if not spec.pyramids), default=NOBODY)
    lots = [(single, single, False), (single, OTHER, True)]
    lots += [(name, name, True) for name, spec in strategies.items() if spec.pyramids][:1]
    for buyer, owner, is_inside in lots:
        yield Challenge(
            guard=AlreadyHeld.CODE,
            what=f"an entry beside a lot of {'its own' if owner == buyer else 'another'} strategy",
            scene=evolve(scene, lots=(lot_of(scene.wanted, Decimal("0.01"), owner),)),
            said=(asked(scene, strategy=buyer),),
            code=AlreadyHeld.CODE,
            is_inside=is_inside,
        )


def _cycle(scene: Scene) -> Iterator[Challenge]:
    """Yield one entry more than a strategy may have of one decision."""
    spec = scene.config.strategies.get(strategy_of(scene.config))
    limit = 0 if spec is None else spec.max_trades_per_cycle
    names = tuple(f"MORE{n}" for n in range(limit))
    wide = evolve(scene, more=names)
    code = MaxTradesPerCycle.CODE
    entries = (*(asked(wide, asset=name) for name in names), asked(wide))
    for said, is_inside in ((entries, False), (entries[1:], True)):
        if said:
            what = f"entry {len(said)} of a decision"
            before = len(said) - 1
            yield Challenge(
                guard=code,
                what=what,
                scene=wide,
                said=said,
                code=code,
                is_inside=is_inside,
                before=before,
            )


def _throttles(scene: Scene) -> Iterator[Challenge]:
    """Yield an entry after as many orders of a kind as a throttle allows at most, and one less."""
    limits = scene.config.policy.throttle
    for name, scope, limit in (
        (REJECTED, GLOBAL, limits.rejected_orders),
        (REPEATED, Scope.of_product(scene.wanted), limits.entries_per_product),
    ):
        for count, is_inside in ((limit, False), (limit - 1, True)):
            known = (Counted(name, scope, str(n), NOW, scene.wanted) for n in range(count))
            then = evolve(scene, counted=tuple(known))
            yield Challenge(
                guard=name,
                what=f"an entry after {count} {name.replace('_', ' ')}",
                scene=then,
                said=(asked(then, side=Side.BUY),),
                code="blocked",
                is_inside=is_inside,
            )
