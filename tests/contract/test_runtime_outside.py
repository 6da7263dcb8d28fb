"""Who is no actor hears by the routes, and sees of the actors what may be seen."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from actors.kernel.envelope import Envelope
from domain.messages.supervision import ActorDown, BreakerReset
from domain.model.breakers import GLOBAL
from tests.builders.runtime import RIGS, Rig, tell
from tests.fakes.actors import WITNESS, Event, Scripted, Urgent


@pytest.fixture(params=sorted(RIGS))
def rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    made = RIGS[request.param]()
    yield made
    made.close()


def test_a_listener_hears_what_is_published_to_its_name(rig: Rig) -> None:
    heard: list[Envelope] = []
    rig.runtime.listen("nobody_by_this_name", heard.append)
    first, second = (ActorDown(name, 1, "on purpose") for name in ("first", "second"))

    rig.runtime.spawn(Scripted, "speaker", lambda self, _: self.publish(second))
    rig.runtime.announce(first)
    tell(rig.runtime, "speaker", Event(1))
    rig.until(lambda: len(heard) >= 2)

    assert [(each.body, each.sender) for each in heard] == [
        (first, "outside"),
        (second, "speaker"),
    ]
    assert not rig.runtime.dead_letters


def test_a_listener_of_some_kinds_hears_no_others_and_senders_know_it(rig: Rig) -> None:
    heard: list[Envelope] = []
    asked: list[bool] = []
    rig.runtime.listen(WITNESS, heard.append, (BreakerReset,))
    reset, down = BreakerReset("a", GLOBAL, "test", "on purpose"), ActorDown("a", 1, "on purpose")

    def speak(speaker: Scripted, _: object) -> None:
        asked.extend(speaker.is_heard(kind) for kind in (BreakerReset, ActorDown))
        speaker.publish(down)
        speaker.publish(reset)

    rig.runtime.spawn(Scripted, "speaker", speak)
    tell(rig.runtime, "speaker", Event(1))
    rig.until(lambda: bool(heard))

    assert [each.body for each in heard] == [reset]
    assert asked == [True, False]


def test_an_actor_of_the_same_name_is_heard_instead(rig: Rig) -> None:
    heard: list[Envelope] = []
    seen: list[object] = []
    rig.runtime.listen("twice", heard.append)
    rig.runtime.spawn(Scripted, "twice", lambda _, message: seen.append(message))

    tell(rig.runtime, "twice", Event(1))
    rig.until(lambda: bool(seen))

    assert heard == []


@pytest.mark.req("SUP1")
def test_sights_tell_by_name_who_is_up_who_has_work_and_who_is_down(rig: Rig) -> None:
    def die(_: Scripted, message: object) -> None:
        if isinstance(message, Urgent):
            raise ValueError("on purpose")

    for name in ("b", "a"):
        rig.runtime.spawn(Scripted, name, die)
    assert [each.name for each in rig.runtime.sights()] == ["a", "b"]
    assert rig.runtime.down() == ()

    with rig.hold("a"):
        tell(rig.runtime, "a", Event(1))
        sight = rig.runtime.sight("a")
        assert (sight.is_loaded, sight.waiting, sight.is_down) == (True, 1, False)
    rig.until(lambda: not rig.runtime.sight("a").is_loaded)
    assert rig.runtime.sight("a").handled >= 1

    tell(rig.runtime, "b", Urgent(1))
    rig.until(lambda: rig.runtime.down() == ("b",))

    assert rig.runtime.sight("b").is_down
    assert rig.runtime.sight("b").epoch == 1
