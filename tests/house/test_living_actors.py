"""Nobody reads a living actor from another thread: `app` asks the system, and gets messages."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.kernel.progress import Sight

ROOT = Path(__file__).parents[2]
WANTED = (
    "an actor belongs to its own thread: read what it published, have it answer by a message to"
    f" the guardian, or use `ActorSystem.sights()`, which tells {', '.join(Sight.__annotations__)}"
)


def reaches_into_actors(source: str) -> Iterator[int]:
    """Yield the lines that take hold of an actor: its entry in `members`, its ref, its inbox."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and node.attr in {
            "members",
            "actor_ref",
            "actor_inbox",
            "actor_stopped",
        }:
            yield node.lineno


def test_app_takes_hold_of_no_actor() -> None:
    found = [
        f"{file.relative_to(ROOT)}:{line}"
        for file in sorted((ROOT / "app").rglob("*.py"))
        for line in reaches_into_actors(file.read_text(encoding="utf-8"))
    ]

    assert not found, f"{found}: {WANTED}"


@pytest.mark.parametrize(
    "source",
    [
        "report = self._runtime.members[PROJECTOR].report()",
        "for actor in runtime.members.values(): actor.busy",
        "ref = actor.actor_ref",
        "waiting = actor.actor_inbox.empty()",
    ],
)
def test_the_check_sees_what_was_done_before(source: str) -> None:
    assert list(reaches_into_actors(source)) == [1]
