"""Whatever actor dies: entries stop and go, the process stays up, the halt is latched."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from loguru import logger

from actors.envelope import ReplyTo
from actors.topology import AUDITOR, START_ORDER, STRATEGY
from adapters.telemetry.log import ActorLog, configure
from app.recovery import resume_offline
from config.mode import Mode
from domain.instants import SECOND, Nanos
from domain.messages.orders import IntentRaised
from domain.messages.system import ActorDown, BreakerTripped, Effect
from tests.builders_world import RUNS_AWAY, Setting, World, script

ACTORS = tuple("strategy.breakout" if name == STRATEGY else name for name in START_ORDER)
RUN_NS = Nanos(40 * SECOND)
CANCELLED_WITHIN_S = 2.0


@pytest.fixture
def log_file(tmp_path: Path) -> Iterator[Path]:
    configure(tmp_path / "log", "INFO", console=None)
    yield tmp_path / "log" / "bulkhead.jsonl"
    logger.remove()


def a_setting(folder: Path) -> Setting:
    return Setting(folder=folder, market=script((RUNS_AWAY,)), duration_ns=RUN_NS, log=ActorLog)


def with_resting_entry(folder: Path) -> World:
    world = World(a_setting(folder)).start()
    assert world.until(lambda: bool(world.live_orders()), seconds=200)
    assert not world.live_orders("SELL")
    return world


def poison(world: World, actor: str) -> None:
    world.runtime.post(ReplyTo(actor), object())
    assert world.until(world.runtime.members[actor].actor_stopped.is_set, seconds=1)


def test_every_actor_of_the_wiring_is_broken_here(tmp_path: Path) -> None:
    with World(a_setting(tmp_path)).start() as world:
        assert sorted(ACTORS) == sorted(world.runtime.members)


@pytest.mark.supervision
@pytest.mark.req("SUP1")
@pytest.mark.parametrize("actor", ACTORS)
def test_a_crash_halts_and_leaves_no_entry_at_the_venue(
    actor: str, tmp_path: Path, log_file: Path
) -> None:
    with with_resting_entry(tmp_path) as world:
        poison(world, actor)

        latched = {breaker.name: breaker for breaker in world.runtime.board.latched()}
        assert latched[f"actor:{actor}"].effect is Effect.HALT
        asked_s = world.now_s
        assert world.until(lambda: not world.live_orders(), seconds=10)
        assert world.now_s - asked_s <= CANCELLED_WITHIN_S
        orders = len(world.books()["orders"])

        begun_s = world.now_s
        assert world.run_to_end() == 3
        assert world.now_s - begun_s >= RUN_NS / SECOND, "the process did not stay up"
        assert world.said[-1].startswith("STOPPED reason=halted")
        assert len(world.books()["orders"]) == orders
        alerts = [alert for alert in world.alerts() if alert["severity"] == "CRITICAL"]
        assert any(alert["code"] == f"BREAKER:actor:{actor}" for alert in alerts)
    lines = [json.loads(line) for line in log_file.read_text(encoding="utf-8").splitlines()]
    deaths = [line for line in lines if line["level"] == "CRITICAL" and line["actor"] == actor]
    assert "NotImplementedError" in deaths[0]["cause"]


@pytest.mark.supervision
@pytest.mark.req("SUP1")
@pytest.mark.parametrize("actor", ACTORS)
def test_after_a_crash_the_next_start_stays_halted_until_resume(
    actor: str, tmp_path: Path, log_file: Path
) -> None:
    del log_file
    with with_resting_entry(tmp_path) as world:
        poison(world, actor)
        world.run_to_end()

    with World(a_setting(tmp_path)).start() as again:
        assert again.run_to_end() == 3
        assert f"entries=blocked by=actor:{actor}" in again.said[0]
        assert again.said[-1].startswith("STOPPED reason=halted")

    code, told = resume_offline(tmp_path / "data", Mode.PAPER, "looked into it")
    assert (code, f"actor:{actor}" in told[0]) == (0, True)

    with World(a_setting(tmp_path)).start() as resumed:
        assert resumed.run_to_end() == 0
        assert "entries=on" in resumed.said[0]


@pytest.mark.supervision
@pytest.mark.req("SUP1", "AUD1")
@pytest.mark.parametrize("actor", [name for name in ACTORS if name != AUDITOR])
def test_a_death_is_on_disk_before_anything_else_can_happen_to_the_process(
    actor: str, tmp_path: Path, log_file: Path
) -> None:
    del log_file
    with with_resting_entry(tmp_path) as world:
        poison(world, actor)
        assert world.until(lambda: not world.live_orders(), seconds=10)

    said = [message for _, message in world.messages()]
    assert any(isinstance(m, ActorDown) and m.actor == actor for m in said)
    assert any(isinstance(m, BreakerTripped) and m.breaker.is_latched for m in said)
    with World(a_setting(tmp_path)).start() as again:
        assert again.run_to_end() == 3


@pytest.mark.supervision
@pytest.mark.req("SUP1")
def test_without_the_auditor_no_order_leaves(tmp_path: Path, log_file: Path) -> None:
    del log_file
    with World(a_setting(tmp_path)).start() as world:
        assert world.until(lambda: world.is_ready)
        poison(world, AUDITOR)
        assert world.until(lambda: world.now_s > 130, seconds=200)

        assert world.books()["orders"] == []
    assert not [m for _, m in world.messages() if isinstance(m, IntentRaised)]
