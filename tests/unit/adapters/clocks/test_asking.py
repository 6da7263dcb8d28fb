"""Everybody asked at once for the time, over real sockets: who lies is heard and not believed."""

from __future__ import annotations

import threading

import pytest

from adapters.clocks.asking import TimeAsker, ask_all
from domain.model.errors import Unreachable
from domain.model.instants import MILLISECOND
from domain.system.drift import ClockReading, TimeAnswers, TimeTrip, fault_of, read_clock
from tests.builders.waiting import wait_for
from tests.fakes.time_server import Saying, TimeServer

pytestmark = pytest.mark.req("TIME1")

LIMIT = 150 * MILLISECOND
PATIENCE_S = 10.0


def no_venue(_: float) -> tuple[TimeTrip, ...]:
    raise Unreachable("the venue is away")


def a_venue(_: float) -> tuple[TimeTrip, ...]:
    return (TimeTrip(20 * MILLISECOND, 0),)


LIARS = {
    "an unset clock": Saying(leap=3),
    "a kiss of death": Saying(stratum=0),
    "no clock behind it": Saying(stratum=16),
    "another year": Saying(ahead_s=1e8),
    "an hour from the venue": Saying(ahead_s=3600.0),
    "no server": Saying(mode=3),
    "a request of others": Saying(echo=bytes(8)),
    "vague": Saying(root_dispersion_s=30.0),
}


@pytest.mark.parametrize("lie", LIARS)
def test_a_server_that_lies_is_heard_and_not_believed(lie: str) -> None:
    with TimeServer(LIARS[lie]) as liar:
        answers = ask_all((liar.address,), a_venue, PATIENCE_S)

    reading = read_clock(answers, LIMIT)
    assert len(answers.ntp) == 1
    assert (reading.drift_ns, reading.source) == (0, "the venue")
    assert [each.split()[0] for each in reading.doubts] == [liar.address]


def seen(*sayings: Saying | None) -> ClockReading:
    servers = [TimeServer(each) for each in sayings]
    for each in servers:
        each.__enter__()
    try:
        addresses = [each.address for each in servers]
        patience_s = PATIENCE_S if None not in sayings else 1.0
        return read_clock(ask_all(addresses, no_venue, patience_s), LIMIT)
    finally:
        for each in servers:
            each.__exit__(None, None, None)


@pytest.mark.parametrize(("ahead_s", "side"), [(2.0, "behind"), (-2.0, "ahead")])
def test_servers_ahead_and_behind_are_a_fault_with_its_side(ahead_s: float, side: str) -> None:
    reading = seen(Saying(ahead_s=ahead_s), Saying(ahead_s=ahead_s))

    told = fault_of(reading, LIMIT)
    assert told is not None
    assert f"ms {side} by 2 NTP servers (limit 150 ms)" in told


def test_one_server_is_silent_one_lies_and_the_others_are_believed() -> None:
    reading = seen(None, Saying(ahead_s=5.0), Saying(), Saying())

    assert fault_of(reading, LIMIT) is None
    assert reading.source == "2 NTP servers"
    assert any("no answer" in each for each in reading.doubts)


def answered(asker: TimeAsker) -> list[TimeAnswers]:
    """Wait for what is answered."""
    found: list[TimeAnswers] = []

    def is_there() -> bool:
        found.extend(filter(None, [asker.answers()]))
        return bool(found)

    wait_for(is_there)
    return found


def test_what_is_asked_in_the_background_is_told_once() -> None:
    may_answer = threading.Event()

    def ask() -> TimeAnswers:
        assert may_answer.wait(PATIENCE_S)
        return TimeAnswers(silent=("me",))

    asker = TimeAsker(ask)
    asker.ask()
    assert asker.answers() is None

    may_answer.set()
    assert answered(asker) == [TimeAnswers(silent=("me",))]
    assert asker.answers() is None


def test_a_question_that_breaks_is_answered_by_nobody_and_not_for_ever_open() -> None:
    def breaks() -> TimeAnswers:
        raise ValueError("odd")

    asker = TimeAsker(breaks)
    asker.ask()
    assert answered(asker) == [TimeAnswers(silent=("ValueError",))]
