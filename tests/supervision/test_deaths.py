"""Whatever actor dies, however, wherever: its breaker opens, the others live, it comes back.

Each test breaks one real actor of the production wiring in virtual time while an entry of ours
rests at the venue; the venue's own books are the judge.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from actors.kernel.envelope import ReplyTo
from actors.kernel.policy import Reentry
from actors.kernel.supervision import policy_of, scope_of
from actors.kernel.topology import AUDITOR, KILL_SWITCH, START_ORDER, STRATEGY, SUPERVISOR
from app.commands.audit import check
from app.run.recovery import JOURNAL, operate_offline
from domain.messages.control import OperatorActed
from domain.messages.orders import IntentRaised
from domain.messages.supervision import ActorDown, ActorProven, BreakerReset, Drill
from domain.model.approval import Purpose
from domain.model.breakers import DrillKind, Effect
from domain.model.instants import SECOND, Nanos
from tests.builders.faults import (
    ERRORS,
    in_message,
    in_start,
    in_timer,
    open_breakers,
    override,
    wanted_breakers,
)
from tests.builders.full import IS_FULL, one_in
from tests.builders.price_paths import RUNS_AWAY, TO_MAX_HOLD, script
from tests.builders.world import Setting, World

pytestmark = [pytest.mark.supervision, pytest.mark.req("SUP1")]

ACTORS = tuple("strategy.breakout" if name == STRATEGY else name for name in START_ORDER)
RUN_NS = Nanos(400 * SECOND)
BACK_WITHIN_S = 75
"""The strategy and the allocator prove themselves in the next cycle, a minute later."""
CANCELLED_WITHIN_S = 3.0
PLACES = ("start", "message", "timer")
SECOND_STRATEGY = (
    "strategies.second={use: breakout, enabled: true, notional_pct: 1, stop_loss_pct: 4,"
    " take_profit_pct: 8, lookback_minutes: 5, volume_minutes: 3}"
)


def a_setting(folder: Path, **changes: Any) -> Setting:
    sets = ("policy.execution.ttl_seconds=170", *changes.pop("sets", ()))
    market = script((RUNS_AWAY, TO_MAX_HOLD))
    return Setting(folder=folder, market=market, sets=sets, duration_ns=RUN_NS, **changes)


def a_world(folder: Path, **changes: Any) -> World:
    """Return a world in which an entry rests at the venue."""
    world = World(a_setting(folder, **changes)).start()
    assert world.until(lambda: bool(world.live_orders()), seconds=200)
    return world


def break_it(world: World, actor: str, error: BaseException, place: str) -> None:
    """Break the actor and let its breaker trip."""
    if place == "timer":
        in_timer(world.runtime, actor, error)
    else:
        in_message(world.runtime, actor, error)
    assert world.until(lambda: bool(open_breakers(world.runtime, actor)), seconds=1)


def is_back(world: World, actor: str) -> bool:
    return not open_breakers(world.runtime, actor)


def downs(world: World, actor: str) -> list[ActorDown]:
    return [m for _, m in world.messages() if isinstance(m, ActorDown) and m.actor == actor]


def assert_only_it_is_down(world: World, actor: str) -> None:
    assert open_breakers(world.runtime, actor) == wanted_breakers(actor)
    assert world.runtime.down() == (actor,)


def assert_ends_well(world: World, code: int) -> None:
    assert world.run_to_end() == code, world.said
    verified = check(world.mode_folder / JOURNAL)
    assert verified.problems == ()


def test_every_actor_of_the_wiring_has_a_row_and_is_broken_here(tmp_path: Path) -> None:
    with World(a_setting(tmp_path)).start() as world:
        assert sorted(ACTORS) == sorted(world.runtime.members)


def deaths() -> Iterator[Any]:
    """Yield actor, place and kind: of each actor every kind, now here, now there; or all of all."""
    numbered = product(enumerate(ACTORS), enumerate(PLACES), enumerate(ERRORS))
    for (first, actor), (second, place), (third, kind) in numbered:
        if IS_FULL or (first + second + third) % len(PLACES) == 0:
            yield pytest.param(actor, place, kind, id=f"{actor}-{place}-{kind.__name__}")


@pytest.mark.parametrize(("actor", "place", "kind"), list(deaths()))
def test_a_death_trips_its_breaker_and_the_actor_comes_back_as_its_row_says(
    actor: str, place: str, kind: type[BaseException], tmp_path: Path
) -> None:
    with a_world(tmp_path) as world:
        if place == "start":
            with in_start(actor, kind("at start")):
                break_it(world, actor, ValueError("first, to have it started again"), "message")
                assert_only_it_is_down(world, actor)
                epoch = world.runtime.members[actor].epoch
                assert world.until(lambda: world.runtime.members[actor].epoch > epoch, seconds=30)
        else:
            break_it(world, actor, kind("on purpose"), place)
            assert_only_it_is_down(world, actor)

        policy = policy_of(actor)
        if policy.reentry is Reentry.ONLY_OPERATOR:
            assert world.until(lambda: not world.runtime.down(), seconds=30)
            assert not is_back(world, actor)
        else:
            assert world.until(lambda: is_back(world, actor), seconds=BACK_WITHIN_S)
        assert world.runtime.down() == ()
        assert world.runtime.members[actor].epoch == (3 if place == "start" else 2)
        assert world.until(lambda: len(downs(world, actor)) > 0, seconds=2)
        expected = 2 if place == "start" else 1
        assert [down.epoch for down in downs(world, actor)] == list(range(1, expected + 1))
        assert kind.__name__ in downs(world, actor)[-1].cause


@pytest.mark.parametrize("actor", one_in(2, ACTORS, "hangs"))
def test_an_actor_without_progress_is_given_up_and_replaced(actor: str, tmp_path: Path) -> None:
    with a_world(tmp_path) as world:
        world.runtime.post(ReplyTo(actor), Drill(DrillKind.HANG))
        hung_s = world.now_s

        assert world.until(lambda: bool(open_breakers(world.runtime, actor)), seconds=15)

        budget_s = policy_of(actor).hang_ns / SECOND
        assert budget_s < world.now_s - hung_s <= budget_s + 0.3
        assert_only_it_is_down(world, actor)
        assert world.until(lambda: world.runtime.members[actor].epoch == 2, seconds=10)
        if policy_of(actor).reentry is not Reentry.ONLY_OPERATOR:
            assert world.until(lambda: is_back(world, actor), seconds=BACK_WITHIN_S)
        world.runtime.release(actor)
        assert world.until(lambda: len(downs(world, actor)) == 1, seconds=2)
        assert_ends_well(world, 3 if actor == KILL_SWITCH else 0)


@pytest.mark.parametrize("actor", one_in(2, ACTORS, "back"))
def test_no_entry_reaches_the_venue_until_the_actor_is_back(actor: str, tmp_path: Path) -> None:
    """A strategy that always wants to buy; the venue counts what it accepts."""
    eager = (
        "strategies.breakout.lookback_minutes=1",
        "strategies.breakout.volume_minutes=1",
        "strategies.breakout.volume_ratio=0",
        "policy.loop.interval_seconds=1",
    )
    accepted: list[tuple[float, bool]] = []
    with a_world(tmp_path, sets=eager) as world:
        world.on_accept = lambda: accepted.append((world.now_s, is_back(world, actor)))

        break_it(world, actor, ValueError("on purpose"), "message")
        if policy_of(actor).effect >= Effect.HALT:
            begun_s = world.now_s
            assert world.until(lambda: not world.live_orders(), seconds=10)
            assert world.now_s - begun_s <= CANCELLED_WITHIN_S
        world.until(lambda: is_back(world, actor), seconds=BACK_WITHIN_S)
        assert_ends_well(world, 3 if actor == KILL_SWITCH else 0)

        placed = world.books()["orders"]
        sides = [order["side"] for order in placed[len(placed) - len(accepted) :]]
        blocked = [
            at_s
            for (at_s, was_back), side in zip(accepted, sides, strict=True)
            if side == "BUY" and not was_back
        ]
        if policy_of(actor).effect is not Effect.NONE:
            assert blocked == []


@pytest.mark.parametrize("actor", ["risk_gate", "order_manager", "portfolio", AUDITOR])
def test_a_safety_actor_is_released_once_by_itself_and_then_only_by_a_person(
    actor: str, tmp_path: Path
) -> None:
    with a_world(tmp_path) as world:
        break_it(world, actor, ValueError("the first"), "message")
        assert world.until(lambda: is_back(world, actor), seconds=30)
        acts = [m for _, m in world.messages() if isinstance(m, OperatorActed)]
        assert [act.verb for act in acts] == ["auto-resume"]

        break_it(world, actor, OSError("the second"), "message")
        assert world.until(lambda: not world.runtime.down(), seconds=30)

        assert not world.until(lambda: is_back(world, actor), seconds=60)
        assert_ends_well(world, 3)
        assert world.said[-1].startswith("STOPPED reason=halted")

    with World(a_setting(tmp_path)).start() as again:
        assert again.run_to_end() == 3
        assert f"entries=blocked by={actor}" in again.said[0]
    assert operate_offline(world.mode_folder, (), "resume", "looked into it")[0] == 0
    with World(a_setting(tmp_path)).start() as resumed:
        assert resumed.run_to_end() == 0
        assert "entries=on" in resumed.said[0]


def test_nothing_releases_itself_where_the_policy_says_never(tmp_path: Path) -> None:
    with a_world(tmp_path, sets=("policy.supervision.paper_auto_resumes=0",)) as world:
        break_it(world, "risk_gate", ValueError("on purpose"), "message")

        assert not world.until(lambda: is_back(world, "risk_gate"), seconds=60)

        assert_ends_well(world, 3)


def test_a_halt_of_another_kind_keeps_a_run_from_releasing_itself(tmp_path: Path) -> None:
    with a_world(tmp_path) as world:
        world.runtime.members["exits"].trip(
            "daily_loss", "lost too much", effect=Effect.HALT, is_latched=True
        )
        break_it(world, "risk_gate", ValueError("on purpose"), "message")

        assert not world.until(lambda: is_back(world, "risk_gate"), seconds=60)


def die_and_wait_for_news(world: World, actor: str, error: BaseException, seconds: int) -> bool:
    """Break the actor; tell whether it was started again within that time."""
    epoch = world.runtime.members[actor].epoch
    in_message(world.runtime, actor, error)
    return world.until(lambda: world.runtime.members[actor].epoch > epoch, seconds=seconds)


@pytest.mark.parametrize("actor", one_in(2, [n for n in ACTORS if n != SUPERVISOR], "same bug"))
def test_the_same_bug_twice_is_not_started_a_third_time(actor: str, tmp_path: Path) -> None:
    with a_world(tmp_path) as world:
        assert die_and_wait_for_news(world, actor, ValueError("the same"), 10)

        is_back_again = die_and_wait_for_news(world, actor, ValueError("the same"), 40)

        if policy_of(actor).budget.stops_on_repeat:
            assert not is_back_again
            assert world.runtime.down() == (actor,)
            scopes = {scope for _, scope, _, _ in wanted_breakers(actor)}
            latched = {(b.scope, b.is_latched) for b in world.runtime.board.open if b.name == actor}
            assert latched == {(scope, True) for scope in scopes}
            codes = [alert["code"] for alert in world.alerts()]
            assert codes.count("ACTOR_GIVEN_UP") == 1
        else:
            assert is_back_again
            assert world.runtime.down() == ()


def a_new_bug(number: int) -> BaseException:
    """Return an error that no other is equal to: its type has a name of its own."""
    kind: type[BaseException] = type(f"Bug{number}", (ValueError,), {})
    return kind("new")


def test_a_storm_of_crashes_is_bounded_latched_and_told_once(tmp_path: Path) -> None:
    """The feed dies as soon as it is back, each time of another bug."""
    with a_world(tmp_path) as world:
        steps = world.runtime.steps
        restarts = 0
        while die_and_wait_for_news(world, "feed", a_new_bug(restarts), 120):
            restarts += 1

        assert restarts == policy_of("feed").budget.limit
        assert world.runtime.steps - steps < 200_000
        codes = [alert["code"] for alert in world.alerts()]
        assert codes.count("ACTOR_GIVEN_UP") == 1
        assert codes.count("BREAKER:feed") <= 1 + restarts // 2
        assert all(b.is_latched for b in world.runtime.board.open if b.name == "feed")


def test_a_crashing_strategy_changes_nothing_for_the_others(tmp_path: Path) -> None:
    def proposals(folder: Path, *, is_crashing: bool) -> list[Any]:
        seen: list[Any] = []
        sets = (SECOND_STRATEGY,)
        with World(a_setting(folder, sets=sets)).start() as world:
            assert world.until(lambda: world.is_ready)
            host = world.runtime.members["strategy.second"]
            send = host.send

            def keep(to: str, message: Any) -> None:
                seen.append((message.cycle, message.proposals))
                send(to, message)

            override(host, send=keep)
            for minute in range(1, 7):
                if is_crashing and "strategy.breakout" not in world.runtime.down():
                    in_message(world.runtime, "strategy.breakout", ValueError(f"minute {minute}"))
                world.until(lambda: world.now_s >= 60 * minute, seconds=70)  # noqa: B023
            assert "strategy.second" not in world.runtime.down()
        return seen

    quiet = proposals(tmp_path / "quiet", is_crashing=False)
    stormy = proposals(tmp_path / "stormy", is_crashing=True)

    assert any(wanted for _, wanted in quiet)
    assert stormy == quiet


def test_a_strategy_that_dies_takes_only_its_own_entries_with_it(tmp_path: Path) -> None:
    sets = (SECOND_STRATEGY,)
    with a_world(tmp_path, sets=sets) as world:
        owner = next(
            m.intent.order.strategy
            for _, m in world.messages()
            if isinstance(m, IntentRaised) and m.intent.order.purpose is Purpose.ENTRY
        )
        other = "second" if owner == "breakout" else "breakout"

        break_it(world, f"strategy.{other}", ValueError("on purpose"), "message")

        world.until(lambda: False, seconds=5)
        assert world.live_orders(), "an entry of another strategy was cancelled"
        break_it(world, f"strategy.{owner}", ValueError("on purpose"), "message")
        assert world.until(lambda: not world.live_orders(), seconds=10)


def test_while_no_alert_can_be_written_entries_are_blocked_after_a_minute(tmp_path: Path) -> None:
    with a_world(tmp_path) as world, in_start("alerts", OSError("disk full")):
        break_it(world, "alerts", OSError("disk full"), "message")

        assert world.until(
            lambda: ("alerts", "global") in {(b.name, b.scope) for b in world.runtime.board.open},
            seconds=62,
        )


def test_the_supervisor_that_died_finds_out_who_else_is_down(tmp_path: Path) -> None:
    with a_world(tmp_path) as world:
        break_it(world, SUPERVISOR, ValueError("on purpose"), "message")
        break_it(world, "feed", ValueError("meanwhile"), "message")

        assert world.until(lambda: not world.runtime.down(), seconds=30)
        assert world.until(lambda: is_back(world, "feed"), seconds=30)


def test_core_and_auditor_dying_together_are_rebuilt_together(tmp_path: Path) -> None:
    with a_world(tmp_path) as world:
        in_message(world.runtime, "risk_gate", ValueError("first"))
        in_message(world.runtime, AUDITOR, ValueError("second"))

        assert world.until(lambda: not world.runtime.board.open, seconds=60)

        assert world.runtime.down() == ()
        assert_ends_well(world, 0)


@pytest.mark.req("AUD1")
def test_a_journal_that_cannot_be_written_ends_in_a_halt_that_nothing_releases(
    tmp_path: Path,
) -> None:
    with a_world(tmp_path) as world:
        world.opened.recorder._journal.failed = True
        break_it(world, AUDITOR, OSError("no space left on device"), "message")

        assert not world.until(lambda: is_back(world, AUDITOR), seconds=60)

        assert world.runtime.down() == (AUDITOR,)
        assert world.run_to_end() == 3


def test_every_return_is_in_the_journal_before_its_breaker_closes(tmp_path: Path) -> None:
    with a_world(tmp_path) as world:
        break_it(world, "exits", ValueError("on purpose"), "message")
        assert world.until(lambda: is_back(world, "exits"), seconds=30)
        assert_ends_well(world, 0)

        kinds = [
            type(m)
            for _, m in world.messages()
            if (isinstance(m, ActorProven | ActorDown) and m.actor == "exits")
            or (isinstance(m, BreakerReset) and m.name == "exits" and m.scope == scope_of("exits"))
        ]
    assert kinds[0] is ActorDown
    assert set(kinds[1:]) == {ActorProven, BreakerReset}
