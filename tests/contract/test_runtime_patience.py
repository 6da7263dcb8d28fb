"""Who waits for another actor waits for a time only: a stream, and who wants to compute."""

import threading

import pytest

from actors.kernel.envelope import ReplyTo
from adapters.runtime import threads
from adapters.runtime.threads import FRAMES_WAITING
from domain.messages.market import HeartbeatSeen, MarketFrame
from domain.model.instants import Nanos
from tests.builders.runtime import ThreadRig, tell
from tests.fakes.actors import PATIENCE_S, Event, Scripted


def frame(number: int) -> MarketFrame:
    return MarketFrame(1, number, Nanos(0), (HeartbeatSeen(number),))


@pytest.mark.req("ST1")
def test_a_stream_waits_for_a_receiver_that_is_behind() -> None:
    rig = ThreadRig()
    try:
        rig.runtime.spawn(Scripted, "slow")
        with rig.hold("slow"):
            for number in range(FRAMES_WAITING + 1):
                rig.runtime.post_patiently(ReplyTo("slow"), frame(number))
            late = threading.Thread(
                target=rig.runtime.post_patiently, args=(ReplyTo("slow"), frame(99))
            )
            late.start()
            late.join(0.05)
            assert late.is_alive()
        late.join(5)
        assert not late.is_alive()
    finally:
        rig.close()


@pytest.mark.req("STR4")
def test_one_actor_computes_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "TURN_SECONDS", PATIENCE_S)
    rig, inside, most, done = ThreadRig(), [0], [0], []

    def compute(self: Scripted, message: Event) -> None:
        with self.services.turn():
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            threading.Event().wait(0.001)  # others would come in now
            inside[0] -= 1
        done.append((self.name, message.number))

    try:
        names = ("one", "two", "three")
        for name in names:
            rig.runtime.spawn(Scripted, name, compute)
        for number in range(20):
            for name in names:
                tell(rig.runtime, name, Event(number))
        rig.until(lambda: len(done) == 60)
        assert most == [1]
    finally:
        rig.close()


@pytest.mark.req("STR4")
def test_an_actor_that_hangs_while_it_computes_holds_up_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(threads, "TURN_SECONDS", 0.001)
    rig, done = ThreadRig(), []
    entered, release = threading.Event(), threading.Event()

    def hang(self: Scripted, message: Event) -> None:
        del message
        with self.services.turn():
            entered.set()
            release.wait(PATIENCE_S)

    def compute(self: Scripted, message: Event) -> None:
        with self.services.turn():
            done.append(message.number)

    try:
        rig.runtime.spawn(Scripted, "hangs", hang)
        rig.runtime.spawn(Scripted, "works", compute)
        tell(rig.runtime, "hangs", Event(0))
        assert entered.wait(PATIENCE_S)
        for number in range(3):
            tell(rig.runtime, "works", Event(number))
        rig.until(lambda: done == [0, 1, 2])
        assert not release.is_set()
    finally:
        release.set()
        rig.close()
