"""Every breaker has a way out, and its sentence names the command."""

from __future__ import annotations

import pytest

from domain.model.breakers import Effect
from domain.system.ways_out import RESUME, UNPAUSE, WAYS_OUT, sentence, sentences, way_out
from tests.builders.messages import a_breaker

pytestmark = pytest.mark.req("SUP1")


@pytest.mark.parametrize("name", [*WAYS_OUT, "risk_gate", "mailbox:auditor", "strategy.breakout"])
def test_a_way_out_says_what_a_person_does_and_by_which_command(name: str) -> None:
    way = way_out(name)

    assert way.person
    assert way.command.startswith("python run.py ")
    told = sentence(a_breaker(Effect.BLOCK, name=name))
    assert told.startswith(f"{name}: ")
    assert way.command in told


def test_what_nothing_closes_needs_a_person_who_can() -> None:
    latched = {name for name, way in WAYS_OUT.items() if not way.by_itself}

    assert all(
        way_out(name).command in (RESUME, UNPAUSE) or "stop" in way_out(name).person
        for name in latched
    )


def test_a_latched_one_is_not_said_to_close_by_itself() -> None:
    opened = a_breaker(Effect.BLOCK, name="sentinel", is_latched=True)

    assert "closes when" not in sentence(opened)
    assert len(sentences([opened, opened])) == 1
