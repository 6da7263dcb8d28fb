"""A stream waits while its receiver is behind, and never for ever."""

import threading

import pytest

from actors.kernel.envelope import ReplyTo
from adapters.runtime.threads import FRAMES_WAITING
from domain.messages.market import HeartbeatSeen, MarketFrame
from domain.model.instants import Nanos
from tests.builders.runtime import ThreadRig
from tests.fakes.actors import Scripted


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
