"""A world in which entries rest, ways to stop it, and what a confirmed stop must have been."""

from __future__ import annotations

from pathlib import Path

from attrs import evolve

from domain.messages.control import SweepFinished
from domain.model.instants import SECOND, parse_iso
from tests.builders.price_paths import RUNS_AWAY, Line, script
from tests.builders.steps import START
from tests.builders.world import Setting, World

NAMES = ("BTC", "ETH", "SOL", "AVAX", "DOGE", "LINK")


def with_resting_entries(folder: Path) -> World:
    """Return a world in which an entry rests on each product."""
    lines = [evolve(RUNS_AWAY, name=f"{name}-USD") for name in NAMES]
    sets = (
        "policy.exits.max_hold=4h",
        "policy.execution.ttl_seconds=3600",
        "strategies.breakout.max_trades_per_cycle=10",
        "strategies.breakout.notional_pct=1",
    )
    market = script([Line(each.name, each.corners, each.busy) for each in lines], minutes=30)
    world = World(Setting(folder=folder, market=market, sets=sets)).start()
    assert world.until(lambda: len(world.live_orders()) == len(NAMES), seconds=200)
    return world


def kill(world: World) -> int:
    """Touch the signal file and return the exit code."""
    (world.options.folders.data / "KILL_SWITCH").touch()
    return world.run_to_end()


def assert_each_end_is_true(world: World) -> None:
    """Nothing of ours was alive at the venue when a sweep was called finished."""
    ends = [at_ns for at_ns, each in world.messages() if isinstance(each, SweepFinished)]
    assert ends
    for at_ns in ends:
        alive = [
            order["client_order_id"]
            for order in world.books()["orders"]
            if order["side"] == "BUY"
            and parse_iso(order["created_time"]) < at_ns < parse_iso(order["last_update_time"])
        ]
        assert alive == [], f"alive at {(at_ns - START) / SECOND:.3f} s"
