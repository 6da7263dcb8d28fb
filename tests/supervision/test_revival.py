"""What a person's `resume` does while the system runs: revive, reconcile, write down, release."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from actors.kernel.topology import AUDITOR, KILL_SWITCH
from domain.messages.control import OperatorActed, ReconcileFinished
from domain.messages.supervision import ActorDown, BreakerReset
from tests.builders.faults import in_message, open_breakers
from tests.builders.price_paths import script
from tests.builders.world import Setting, World

pytestmark = [pytest.mark.supervision, pytest.mark.req("SUP1")]

REASON = "looked into it"
ANSWER_WITHIN_S = 5


def a_world(folder: Path) -> World:
    never = ("policy.supervision.paper_auto_resumes=0",)
    world = World(Setting(folder=folder, market=script(), sets=never)).start()
    assert world.until(lambda: world.is_ready)
    return world


def ask(world: World, number: int = 1, verb: str = "resume") -> dict[str, Any]:
    """Do what the command line does: leave a request in the control folder, read the reply."""
    control = world.mode_folder / "control"
    request, reply = control / f"{number}.json", control / f"{number}.reply.json"
    request.write_text(json.dumps({"verb": verb, "reason": REASON}), encoding="utf-8")
    assert world.until(reply.exists, seconds=ANSWER_WITHIN_S), "no answer in time"
    answer: dict[str, Any] = json.loads(reply.read_text(encoding="utf-8"))
    return answer


def give_up(world: World, actor: str) -> None:
    """Let the actor die of the same bug twice."""
    in_message(world.runtime, actor, ValueError("the same"))
    assert world.until(lambda: world.runtime.members[actor].epoch == 2, seconds=20)
    in_message(world.runtime, actor, ValueError("the same"))
    assert world.until(lambda: world.runtime.down() == (actor,), seconds=5)
    assert not world.until(lambda: not world.runtime.down(), seconds=20)


@pytest.mark.parametrize("actor", ["risk_gate", "order_manager", "exits", "canceller"])
def test_resume_revives_what_was_given_up_and_opens_the_latches(actor: str, tmp_path: Path) -> None:
    with a_world(tmp_path) as world:
        give_up(world, actor)
        assert {each.name for each in world.runtime.board.latched()} == {actor}

        answer = ask(world)

        assert answer == {"code": 0, "lines": ["resumed"]}
        assert world.runtime.down() == ()
        assert world.runtime.members[actor].epoch == 3
        assert world.until(lambda: not world.runtime.board.open, seconds=5)
        told = [message for _, message in world.messages()]
        begun = max(
            n for n, each in enumerate(told) if isinstance(each, ActorDown) and each.actor == actor
        )
        after = told[begun:]
        acted = after.index(OperatorActed("resume", REASON))
        resets = [
            n
            for n, each in enumerate(after)
            if isinstance(each, BreakerReset) and (each.name, each.by) == (actor, "operator")
        ]
        reconciled = [each for each in after if isinstance(each, ReconcileFinished)]
        assert len(resets) == 2
        assert acted < min(resets)
        assert any(each.is_clean and each.reason.startswith("resume:") for each in reconciled)


def test_a_revived_actor_starts_with_a_clean_sheet(tmp_path: Path) -> None:
    with a_world(tmp_path) as world:
        give_up(world, "exits")
        assert ask(world)["code"] == 0

        in_message(world.runtime, "exits", ValueError("the same"))

        assert world.until(lambda: world.runtime.members["exits"].epoch == 4, seconds=20)


@pytest.mark.req("AUD1")
def test_with_a_failed_journal_nothing_is_resumed_and_the_answer_names_the_auditor(
    tmp_path: Path,
) -> None:
    with a_world(tmp_path) as world:
        world.opened.recorder._journal.failed = True
        in_message(world.runtime, AUDITOR, OSError("no space left on device"))
        assert world.until(lambda: world.runtime.down() == (AUDITOR,), seconds=5)

        answer = ask(world)

        assert answer["code"] == 1
        assert answer["lines"][:2] == ["not resumed", f"actor {AUDITOR} is down (given up)"]
        assert "by a new start" in answer["lines"][2]
        assert world.runtime.down() == (AUDITOR,)
        assert open_breakers(world.runtime, AUDITOR)


@pytest.mark.req("K1")
def test_the_kill_switch_is_resumed_only_after_it_has_looked_for_ten_seconds(
    tmp_path: Path,
) -> None:
    with a_world(tmp_path) as world:
        in_message(world.runtime, KILL_SWITCH, ValueError("on purpose"))
        assert world.until(lambda: world.runtime.members[KILL_SWITCH].epoch == 2, seconds=5)

        early = ask(world, 1)

        assert early["code"] == 1
        assert early["lines"][0] == "not resumed"
        assert KILL_SWITCH in early["lines"][1]
        assert "absent for 10 s" in early["lines"][1]
        assert open_breakers(world.runtime, KILL_SWITCH)
        assert not any(isinstance(each, OperatorActed) for _, each in world.messages())

        world.until(lambda: False, seconds=11)
        assert ask(world, 2) == {"code": 0, "lines": ["resumed"]}
        assert not world.runtime.board.open


def test_where_nothing_is_latched_resume_says_so(tmp_path: Path) -> None:
    with a_world(tmp_path) as world:
        assert ask(world) == {"code": 0, "lines": ["nothing is latched"]}


def test_an_unknown_request_is_answered_and_changes_nothing(tmp_path: Path) -> None:
    with a_world(tmp_path) as world:
        answer = ask(world, verb="reboot")

        assert answer == {"code": 1, "lines": ["unknown request 'reboot'"]}
