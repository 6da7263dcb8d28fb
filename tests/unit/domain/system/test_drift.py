"""How far our clock is off, by those who can be believed: servers of time lie."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from domain.model.instants import DAY, MILLISECOND, SECOND
from domain.system.drift import (
    Consequence,
    NtpAnswer,
    TimeAnswers,
    TimeTrip,
    best_of,
    consequence,
    drift_words,
    fault_of,
    read_clock,
)

pytestmark = pytest.mark.req("TIME1")

LIMIT = 150 * MILLISECOND
GOOD = NtpAnswer(
    server="good",
    offset_ns=0,
    delay_ns=20 * MILLISECOND,
    vague_ns=10 * MILLISECOND,
    leap=0,
    stratum=2,
    is_echo=True,
)
offsets = st.integers(-DAY, DAY)


def ntp(*offsets_ms: int) -> tuple[NtpAnswer, ...]:
    return tuple(
        evolve(GOOD, server=f"s{number}", offset_ns=each * MILLISECOND)
        for number, each in enumerate(offsets_ms)
    )


def trips(offset_ms: int, trip_ms: int = 40) -> tuple[TimeTrip, ...]:
    return (TimeTrip(trip_ms * MILLISECOND, offset_ms * MILLISECOND),)


def drift_ms(ntp_answers: tuple[NtpAnswer, ...], venue: tuple[TimeTrip, ...]) -> int | None:
    drift_ns = read_clock(TimeAnswers(ntp_answers, venue), LIMIT).drift_ns
    return None if drift_ns is None else drift_ns // MILLISECOND


def test_servers_of_time_that_agree_say_how_far_our_clock_is_ahead() -> None:
    reading = read_clock(TimeAnswers(ntp(-80, -81, -79), trips(-85)), LIMIT)

    assert (reading.drift_ns, reading.source) == (80 * MILLISECOND, "3 NTP servers")
    assert reading.doubts == ()


def test_without_servers_of_time_the_venue_says_it_by_the_shortest_of_its_round_trips() -> None:
    venue = (*trips(900, 280), *trips(-30, 12), *trips(400, 90))

    reading = read_clock(TimeAnswers((), venue, ("pool: no answer",)), LIMIT)

    assert (reading.drift_ns, reading.source) == (30 * MILLISECOND, "the venue")
    assert reading.doubts == ("pool: no answer",)


def test_a_venue_that_answers_too_slowly_to_tell_says_nothing() -> None:
    assert best_of(trips(0, 301), LIMIT) is None
    assert best_of(trips(0, 300), LIMIT) is not None
    assert drift_ms((), trips(0, 302)) is None


LIES: dict[str, dict[str, Any]] = {
    "another request": {"is_echo": False},
    "an unset clock": {"leap": 3},
    "a kiss of death": {"stratum": 0},
    "no clock behind it": {"stratum": 16},
    "far away": {"delay_ns": 2 * LIMIT + 1},
    "an answer before the question": {"delay_ns": -2 * MILLISECOND},
    "vague": {"vague_ns": 2 * SECOND},
    "vague below zero": {"vague_ns": -1},
    "another century": {"offset_ns": 40_000 * DAY},
    "its own time": {"offset_ns": 400 * MILLISECOND},
}


@pytest.mark.parametrize("lie", LIES)
@pytest.mark.parametrize("count", [1, 4])
def test_a_server_that_lies_is_not_believed_and_the_venue_is(lie: str, count: int) -> None:
    liars = tuple(evolve(GOOD, server=f"liar{number}", **LIES[lie]) for number in range(count))

    reading = read_clock(TimeAnswers(liars, trips(-20)), LIMIT)

    assert (reading.drift_ns, reading.source) == (20 * MILLISECOND, "the venue")
    assert len(reading.doubts) == count
    assert all(each.startswith("liar") for each in reading.doubts)


@given(st.lists(offsets, min_size=1, max_size=4), st.integers(-100, 100), st.integers(0, 300))
def test_whatever_servers_say_with_a_venue_the_drift_is_near_the_venues(
    said: list[int], venue_ms: int, trip_ms: int
) -> None:
    answers = tuple(evolve(GOOD, offset_ns=each) for each in said)

    reading = read_clock(TimeAnswers(answers, trips(venue_ms, trip_ms)), LIMIT)

    assert reading.drift_ns is not None
    room = LIMIT + (trip_ms * MILLISECOND + GOOD.delay_ns) // 2
    assert abs(reading.drift_ns + venue_ms * MILLISECOND) <= room


@given(st.integers(-1_000, 1_000), st.lists(offsets, max_size=2), st.permutations(range(5)))
def test_without_a_venue_a_minority_of_liars_moves_nothing(
    truth_ms: int, lies: list[int], order: list[int]
) -> None:
    honest = ntp(*[truth_ms + each for each in (-5, 0, 5)])
    answers = (*honest, *(evolve(GOOD, server="liar", offset_ns=each) for each in lies))
    mixed = tuple(answers[each] for each in order if each < len(answers))

    found = drift_ms(mixed, ())

    assert found is not None
    assert abs(found + truth_ms) <= LIMIT // MILLISECOND + 5


def test_without_a_venue_servers_that_contradict_each_other_say_nothing() -> None:
    assert drift_ms(ntp(0, 2_000), ()) is None
    assert drift_ms(ntp(0), ()) is None, "one alone is not enough"
    assert drift_ms(ntp(0, 40), ()) == -20


@pytest.mark.parametrize("sign", [1, -1])
def test_a_drift_at_the_limit_is_too_much_and_one_below_is_none(sign: int) -> None:
    def fault(drift_ns: int) -> str | None:
        reading = read_clock(TimeAnswers((), (TimeTrip(0, -drift_ns),)), LIMIT)
        return fault_of(reading, LIMIT)

    assert fault(sign * (LIMIT - 1)) is None
    told = fault(sign * LIMIT)
    assert told is not None
    side = "ahead" if sign > 0 else "behind"
    assert told == f"this machine's clock is 150.0 ms {side} by the venue (limit 150 ms)"


def test_nobody_to_ask_is_a_fault_that_names_everybody() -> None:
    told = fault_of(read_clock(TimeAnswers(silent=("a: no answer",)), LIMIT), LIMIT)

    assert (
        told == "nobody can be believed about the time: a: no answer; the venue: it tells no time"
    )


def test_live_is_refused_and_paper_warned_at_the_start_and_both_are_blocked_later() -> None:
    def follows(fault: str | None) -> list[Consequence]:
        return [
            consequence(fault, is_start=is_start, is_live=is_live)
            for is_live in (True, False)
            for is_start in (True, False)
        ]

    assert follows(None) == [Consequence.NOTHING] * 4
    block = Consequence.BLOCK
    assert follows("off") == [block, block, Consequence.WARN, block]


def test_a_drift_is_told_in_milliseconds_with_its_side() -> None:
    assert drift_words(-12_340_000) == "12.3 ms behind"
    assert drift_words(0) == "0.0 ms ahead"
