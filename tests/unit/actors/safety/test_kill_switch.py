"""The kill switch: what can't be read counts as there, and one look is enough."""

from __future__ import annotations

import pytest

from actors.safety.kill_switch import LOOK_EVERY_NS, LOOKS_TO_PROVE, KillSwitch
from domain.messages.control import KillSeen
from domain.messages.supervision import ActorProven
from domain.model.breakers import Effect
from domain.model.kill import KillOrder
from tests.builders.harness import Harness


class Signal:
    """A signal file that says what the test wants."""

    order: KillOrder | None = None

    def read(self) -> KillOrder | None:
        return self.order


class Scene:
    def __init__(self, *, epoch: int = 1) -> None:
        self.harness, self.signal, self.ended = Harness(), Signal(), list[str]()
        self.actor = self.harness.start(
            KillSwitch, "kill_switch", self.signal, self.ended.append, epoch=epoch
        )

    def look(self) -> list[KillSeen]:
        self.harness.pass_time(self.actor, LOOK_EVERY_NS)
        return self.harness.bodies(KillSeen)


@pytest.mark.req("K1")
def test_the_signal_is_seen_at_the_next_look_and_ends_the_run() -> None:
    scene = Scene()
    assert scene.harness.trips() == ()

    scene.signal.order = KillOrder("looks wrong")

    assert scene.look() == [KillSeen("looks wrong", includes_exits=False)]
    (breaker,) = scene.harness.trips()
    assert (breaker.effect, breaker.is_latched) == (Effect.KILL, True)
    assert scene.ended == ["kill"]


@pytest.mark.req("K1")
def test_protection_ends_only_if_the_order_says_so_whatever_words_its_reason_has() -> None:
    careful, thorough = Scene(), Scene()
    careful.signal.order = KillOrder("not all of it")
    thorough.signal.order = KillOrder("gone", includes_exits=True)

    assert careful.look() == [KillSeen("not all of it", includes_exits=False)]
    assert thorough.look() == [KillSeen("gone", includes_exits=True)]


@pytest.mark.req("K1")
def test_an_empty_file_is_an_order_with_a_reason_for_people() -> None:
    scene = Scene()
    scene.signal.order = KillOrder("")

    assert scene.look() == [KillSeen("signal file", includes_exits=False)]


@pytest.mark.req("K1")
def test_what_is_seen_once_is_not_looked_at_again() -> None:
    scene = Scene()
    scene.signal.order = KillOrder("looks wrong")
    scene.look()
    scene.signal.order = None

    scene.harness.pass_time(scene.actor, 100 * LOOK_EVERY_NS)

    assert scene.harness.is_open("kill")
    assert len(scene.harness.bodies(KillSeen)) == 1
    assert scene.ended == ["kill"]


@pytest.mark.req("K1")
def test_a_file_that_is_there_at_the_start_is_seen_at_once() -> None:
    harness, signal, ended = Harness(), Signal(), list[str]()
    signal.order = KillOrder("before the start")

    harness.start(KillSwitch, "kill_switch", signal, ended.append)

    assert harness.is_open("kill")
    assert ended == ["kill"]


@pytest.mark.req("K1", "SUP1")
def test_a_fresh_incarnation_has_proven_itself_after_ten_seconds_of_looking() -> None:
    scene = Scene(epoch=2)
    scene.harness.sent.clear()

    scene.harness.pass_time(scene.actor, LOOK_EVERY_NS * (LOOKS_TO_PROVE - 2))
    assert scene.harness.bodies(ActorProven) == []
    scene.harness.pass_time(scene.actor, LOOK_EVERY_NS)
    assert len(scene.harness.bodies(ActorProven)) == 1
