"""The matrix of deaths on real threads: every actor, every kind of error, at every place.

One running system takes all of it, one death after the other, and is whole again in between.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from actors.kernel.envelope import ReplyTo
from actors.kernel.policy import Reentry
from actors.kernel.supervision import policy_of
from actors.kernel.topology import START_ORDER, STRATEGY, SUPERVISOR
from domain.messages.control import AlertRaised
from domain.messages.supervision import ActorDown, Drill
from domain.model.breakers import Breaker, DrillKind, Severity
from tests.builders.faults import (
    ERRORS,
    in_message,
    in_start,
    in_timer,
    open_breakers,
    wanted_breakers,
)
from tests.builders.full import IS_FULL
from tests.builders.threads import ThreadWorld, thread_world
from tests.builders.world import messages_of

pytestmark = [pytest.mark.supervision, pytest.mark.req("SUP1")]

"""With it every pair of error and place, as in virtual time; takes six minutes."""
PARTS = 3
PLACES = ("message", "timer", "start")
ACTORS = ["strategy.breakout" if name == STRATEGY else name for name in START_ORDER]


def is_whole(world: ThreadWorld) -> bool:
    return not world.runtime.down() and not any(
        open_breakers(world.runtime, name) for name in ACTORS
    )


def break_and_heal(world: ThreadWorld, actor: str, error: BaseException, place: str) -> None:
    """Break the actor and wait until its row of the table is fulfilled."""
    runtime = world.runtime
    epoch = runtime.members[actor].epoch
    if place == "start":
        with in_start(actor, error, times=1, after_epoch=epoch):
            in_message(runtime, actor, ValueError("to have it started again"))
            assert world.until(lambda: runtime.members[actor].epoch == epoch + 2), (actor, place)
    elif place == "timer":
        in_timer(runtime, actor, error)
    else:
        in_message(runtime, actor, error)
        # The breaker is open before the actor counts as dead, and stays until it is proven.
        assert world.until(lambda: open_breakers(runtime, actor)), (actor, error)
        found = open_breakers(runtime, actor)
        assert found <= wanted_breakers(actor), (actor, found)
    deaths = 2 if place == "start" else 1
    assert world.until(lambda: runtime.members[actor].epoch == epoch + deaths), (actor, place)
    assert world.until(lambda: not runtime.down()), runtime.down()
    if policy_of(actor).reentry is Reentry.ONLY_OPERATOR:
        assert open_breakers(runtime, actor) == wanted_breakers(actor)
        for breaker in runtime.board.latched():
            runtime.board.reset(breaker.name, breaker.scope, by="operator", evidence="test")
    assert world.until(lambda: is_whole(world)), (actor, place, runtime.board.open)
    world.forget_crashes()


def deaths_of(world: ThreadWorld) -> list[ActorDown]:
    folder = world.options.folders.of_mode(world.options.mode)
    return [message for _, message in messages_of(folder) if isinstance(message, ActorDown)]


def faults(number: int) -> list[tuple[str, type[BaseException]]]:
    """Return what the actor of this number suffers: every kind and every place, or all pairs."""
    if IS_FULL:
        return [(place, kind) for place in PLACES for kind in ERRORS]
    return [(PLACES[(number + n) % len(PLACES)], kind) for n, kind in enumerate(ERRORS)]


@pytest.mark.slow
@pytest.mark.timeout(900 if IS_FULL else 230)
@pytest.mark.parametrize("part", range(PARTS))
def test_each_actor_dies_in_start_message_and_timer_and_comes_back(
    part: int, tmp_path: Path
) -> None:
    suffered = [(number, actor) for number, actor in enumerate(ACTORS) if number % PARTS == part]
    deaths = 0
    with thread_world(tmp_path) as world:
        for number, actor in suffered:
            for place, kind in faults(number):
                break_and_heal(world, actor, kind(f"{actor} {place}"), place)
                deaths += 2 if place == "start" else 1
        cycles = world.status()["cycles"]
        assert world.until(lambda: world.status()["cycles"] != cycles), "no cycle"
        assert world.until(lambda: len(deaths_of(world)) == deaths)

    told = deaths_of(world)
    assert len({(down.actor, down.epoch) for down in told}) == len(told), "a death told twice"
    for kind in ERRORS:
        assert sum(kind.__name__ in down.cause for down in told) >= len(suffered)


@pytest.mark.timeout(60)
def test_a_hanging_actor_that_wakes_up_is_not_heard(tmp_path: Path) -> None:
    """The zombie of an actor comes back after its successor has taken over, and speaks."""
    with thread_world(tmp_path) as world:
        runtime = world.runtime
        zombie = runtime.members["exits"]
        runtime.post(ReplyTo("exits"), Drill(DrillKind.HANG))
        assert world.until(lambda: runtime.members["exits"].epoch == 2)
        assert world.until(lambda: is_whole(world))
        orders = orders_total(world)

        news = AlertRaised(
            severity=Severity.CRITICAL, code="Z", what="", done="", owned="", worst="", command=""
        )
        zombie.publish(news)
        zombie.close("kill", "a zombie's word")
        runtime._over.set()  # lets it wake up

        assert runtime.fenced[("exits", "AlertRaised")] >= 1
        assert world.until(lambda: not any(t == zombie for t in runtime.members.values()))
        assert orders_total(world) >= orders
        cause = deaths_of(world)[0].cause
    assert "hangs for 2" in cause
    assert "threads.py" in cause


@pytest.mark.timeout(60)
def test_a_storm_of_crashes_ends_and_is_told_once(tmp_path: Path) -> None:
    with thread_world(tmp_path) as world, in_start("feed", ValueError("at each start")):
        in_message(world.runtime, "feed", ValueError("to have it started again"))

        assert world.until(lambda: any(b.name == "feed" and b.is_latched for b in board(world)))

        alerts = tmp_path / "logs" / "alerts.jsonl"
        assert world.until(lambda: "ACTOR_GIVEN_UP" in alerts.read_text(encoding="utf-8"))
        assert alerts.read_text(encoding="utf-8").count("ACTOR_GIVEN_UP") == 1
        assert world.runtime.down() == ("feed",)
        assert SUPERVISOR not in world.runtime.down()


def orders_total(world: ThreadWorld) -> int:
    total = world.status()["orders_total"]
    assert isinstance(total, int)
    return total


def board(world: ThreadWorld) -> list[Breaker]:
    return list(world.runtime.board.open)
