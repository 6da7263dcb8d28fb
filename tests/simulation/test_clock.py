"""A clock that is off blocks entries until it is right, in the whole system in virtual time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from app.run.clock_watch import AGAIN_NS, EVERY_NS, ClockWatch
from domain.messages.supervision import ClockChecked
from domain.model.instants import MILLISECOND, SECOND, Nanos
from domain.system.drift import CLOCK
from tests.builders.operator import is_open, may_enter
from tests.builders.world import Setting, World
from tests.fakes.time_sources import Sources, ahead

pytestmark = pytest.mark.req("TIME1")

LINK = "LINK-USD"
LIMIT = 150 * MILLISECOND
EVERY_S, AGAIN_S = EVERY_NS // SECOND, AGAIN_NS // SECOND


def later(world: World, seconds: int) -> bool:
    """Let time pass; tell whether entries may be sent, which only the clock may keep them from."""
    world.until(lambda: False, seconds)
    assert is_open(world, CLOCK) != may_enter(world, LINK)
    return may_enter(world, LINK)


def status(world: World) -> Any:
    world.guardian.publish()
    return json.loads((world.mode_folder / "status.json").read_text(encoding="utf-8"))["clock"]


@pytest.mark.way_out("clock")
def test_a_clock_that_goes_off_while_it_trades_blocks_entries_until_it_is_right_again(
    tmp_path: Path,
) -> None:
    duration_ns = Nanos(3600 * SECOND)
    with World(Setting(folder=tmp_path, duration_ns=duration_ns)).start() as world:
        sources = Sources(ahead(-149))
        watch = ClockWatch(world.runtime, sources, LIMIT, is_live=False)
        world.driver.attend(watch.look)
        assert later(world, 20)
        told = status(world)
        assert (told["drift_ms"], told["limit_ms"], told["source"]) == ("-149", "150", "the venue")

        sources.says = ahead(-151)
        assert not later(world, EVERY_S)
        (alert,) = (each for each in world.alerts() if each["code"] == f"BREAKER:{CLOCK}")
        assert "this machine's clock is 151.0 ms behind by the venue" in alert["what"]
        assert "to set it: timedatectl set-ntp true" in alert["what"]
        assert status(world)["fault"] is not None

        sources.says = ahead(1)
        assert later(world, AGAIN_S + 5)
        assert status(world)["fault"] is None
        checks = [body for _, body in world.messages() if isinstance(body, ClockChecked)]

    assert [each.drift_ns // MILLISECOND for each in checks if each.drift_ns is not None] == [
        *(-149, -151, 1)
    ]


def test_a_clock_that_is_off_at_the_start_of_a_paper_run_warns_and_blocks_at_the_next_look(
    tmp_path: Path,
) -> None:
    duration_ns = Nanos(3600 * SECOND)
    with World(Setting(folder=tmp_path, duration_ns=duration_ns)).start() as world:
        watch = ClockWatch(world.runtime, Sources(ahead(5_000)), LIMIT, is_live=False)
        world.driver.attend(watch.look)
        assert later(world, 20)
        (alert,) = (each for each in world.alerts() if each["code"] == "CLOCK")
        assert (alert["severity"], alert["command"]) == ("WARNING", "timedatectl set-ntp true")

        assert not later(world, AGAIN_S + 5)
