"""Challenges of what stands behind the rules: exits, the last gate, and the gateway itself."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from attrs import evolve

from actors.trading.last_gate import RECEIPT_LIFE_NS
from app.selftest.challenge import Challenge
from app.selftest.scene import HELD, HELD_BID, NOBODY, NOW, Scene, asked, lot_of
from app.selftest.stage import Walls
from config.effective import Config
from domain.messages.decisions import ExitProposed
from domain.model.approval import ExitReason
from domain.model.breakers import GLOBAL, Breaker, Effect
from domain.model.kill import KillOrder
from domain.model.money import Price, Quantity
from domain.model.portfolio import Lot
from domain.model.product import DELISTED, ProductFlags
from domain.model.synthetic import SYNTHETIC

GATEWAY, LAST_GATE, EXITS = "gateway", "last_gate", "exit_gate"


def wall_challenges(config: Config) -> Iterator[Challenge]:
    """Yield the challenges of exits, last gate and gateway."""
    scene = Scene(config=config)
    yield from _exits(scene)
    said = (asked(scene),)
    yield Challenge(
        guard=GATEWAY,
        what="an approved order of a type that is none",
        scene=scene,
        said=said,
        wall=SYNTHETIC,
    )
    for name, wall, walls in _walls():
        yield Challenge(
            guard=LAST_GATE,
            what=f"an approved order with {name}",
            scene=scene,
            said=said,
            wall=wall,
            walls=walls,
        )


def _walls() -> Iterator[tuple[str, str, Walls]]:
    late = Breaker(
        name="selftest",
        scope=GLOBAL,
        effect=Effect.BLOCK,
        reason="the self-test says so",
        is_latched=False,
        at_ns=NOW,
    )
    yield "the kill switch on", "kill switch", Walls(kill=KillOrder("the self-test says so"))
    yield "a breaker opened since", "breaker selftest", Walls(late_breaker=late)
    yield "the run ending", "the run is ending", Walls(is_ending=True)
    yield "an order manager of old", "fenced", Walls(is_fenced=True)
    yield "an approval that nobody gave", "approval", Walls(is_unknown=True)
    yield "an old receipt", "receipt is", Walls(receipt_age_ns=RECEIPT_LIFE_NS + 1)


def _exits(scene: Scene) -> Iterator[Challenge]:
    lot = lot_of(scene.of(HELD), Decimal(100), NOBODY)
    owning = evolve(scene, lots=(lot,))
    killed = Breaker(
        name="kill", scope=GLOBAL, effect=Effect.KILL, reason="", is_latched=True, at_ns=NOW
    )
    sale, tiny = _sale(lot), lot_of(lot.product, Decimal("0.001"), NOBODY)
    same = lot_of(scene.wanted, Decimal(1), NOBODY)
    closed = evolve(scene, lots=(same,), flags=ProductFlags.of(DELISTED, ()))
    for what, where, said, code, is_inside in (
        ("a sale of what is not owned", scene, (sale,), "shorting_disallowed", False),
        ("a second sale of the same", owning, (sale, sale), "nothing_owned", False),
        ("a sale under KILL", evolve(owning, breakers=(killed,)), (sale,), "killed", False),
        ("a sale of dust", evolve(scene, lots=(tiny,)), (_sale(tiny),), "below_minimum", False),
        ("a sale where nothing is taken", closed, (_sale(same),), "product_disabled", False),
        ("a sale of what is owned", owning, (sale,), "shorting_disallowed", True),
    ):
        yield Challenge(
            guard=EXITS,
            what=what,
            scene=where,
            said=said,
            code=code,
            is_inside=is_inside,
            walls=Walls(kill=KillOrder("no sale of a self-test leaves")),
        )


def _sale(lot: Lot) -> ExitProposed:
    quantity, bid = Quantity(lot.quantity), Price(HELD_BID)
    return ExitProposed(lot.id, lot.product, quantity, ExitReason.STOP, bid)
