"""The kill switch: what can't be read counts as there, and one look is enough."""

from __future__ import annotations

import pytest

from actors.safety.kill_switch import LOOK_EVERY_NS, LOOKS_TO_PROVE, KillSwitch
from domain.messages.control import KillSeen
from domain.messages.supervision import ActorProven
from domain.model.breakers import Effect
from tests.builders.harness import Harness


class Signal:
    """A signal file that says what the test wants."""

    text: str | None = None

    def read(self) -> str | None:
        return self.text


@pytest.mark.req("K1")
def test_the_signal_is_seen_at_the_next_look_and_ends_the_run() -> None:
    harness, signal, ended = Harness(), Signal(), list[str]()
    actor = harness.start(KillSwitch, "kill_switch", signal, ended.append)
    assert harness.trips() == ()

    signal.text = "looks wrong"
    said = harness.pass_time(actor, LOOK_EVERY_NS)

    assert [type(each) for each in said] == [KillSeen]
    assert [b.effect for b in harness.trips()] == [Effect.KILL]
    assert harness.trips()[0].is_latched
    assert ended == ["kill"]


@pytest.mark.req("K1", "SUP1")
def test_a_fresh_incarnation_has_proven_itself_after_ten_seconds_of_looking() -> None:
    harness = Harness()
    actor = harness.start(KillSwitch, "kill_switch", Signal(), lambda _: None, epoch=2)
    harness.sent.clear()

    harness.pass_time(actor, LOOK_EVERY_NS * (LOOKS_TO_PROVE - 2))
    assert harness.bodies(ActorProven) == []
    harness.pass_time(actor, LOOK_EVERY_NS)
    assert len(harness.bodies(ActorProven)) == 1
