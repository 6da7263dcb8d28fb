"""How far a client has read is what it has answered for, and nobody waits for it too long."""

from __future__ import annotations

import pytest

from adapters.simulator.server.read_mark import WAIT_SECONDS, ReadMark

pytestmark = pytest.mark.req("ST1")


def test_who_was_sent_nothing_or_has_read_all_is_not_behind() -> None:
    mark = ReadMark(is_asked=True)
    assert mark.behind_ns(0) is None
    assert mark.ping(0) is None

    mark.sent(100, 110)
    payload = mark.ping(0)

    assert payload is not None
    assert mark.behind_ns(0.1) == 100
    mark.pong(payload)
    assert mark.behind_ns(0.1) is None


def test_one_ping_is_on_its_way_at_a_time_and_the_next_is_for_all_sent_behind_it() -> None:
    mark = ReadMark(is_asked=True)
    mark.sent(100, 110)
    first = mark.ping(0)
    mark.sent(110, 120)
    mark.sent(120, 130)
    assert first is not None
    assert mark.ping(0) is None
    assert mark.behind_ns(0) == 100

    mark.pong(first)
    assert mark.behind_ns(0) == 110
    second = mark.ping(0)
    assert second is not None
    assert second != first
    mark.pong(first)
    assert mark.behind_ns(0) == 110
    mark.pong(second)
    assert mark.behind_ns(0) is None


def test_frames_that_are_being_sent_count_before_they_are_asked_about() -> None:
    mark = ReadMark(is_asked=True)
    mark.sent(100, 110)

    assert mark.behind_ns(0) == 100


def test_who_takes_too_long_is_waited_for_no_more_until_it_answers() -> None:
    mark = ReadMark(is_asked=True)
    mark.sent(100, 110)
    payload = mark.ping(5.0)
    mark.sent(110, 120)

    assert mark.behind_ns(5.0 + WAIT_SECONDS) == 100
    assert mark.behind_ns(5.1 + WAIT_SECONDS) is None
    assert payload is not None
    mark.pong(payload)
    assert mark.behind_ns(9.0) == 110


def test_an_answer_that_nobody_asked_for_says_nothing() -> None:
    mark = ReadMark(is_asked=True)
    mark.pong(b"1")
    mark.sent(100, 110)
    mark.ping(0)

    mark.pong(b"anything")

    assert mark.behind_ns(0) == 100


def test_who_is_not_asked_is_never_behind() -> None:
    mark = ReadMark(is_asked=False)
    mark.sent(100, 110)

    assert mark.ping(0) is None
    assert mark.behind_ns(0) is None
