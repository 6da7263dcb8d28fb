from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.model.instants import MILLISECOND, SECOND
from domain.system.rate_budget import (
    LONGEST_PAUSE_NS,
    UNSAID,
    URGENT_EVERY_NS,
    Pace,
    RateBudget,
)

pytestmark = pytest.mark.req("RB1")
START = 5 * SECOND
SHARES = (80, 90, 95, 100)
EVERY = 100


def budget(limit: int = 30) -> RateBudget:
    return RateBudget("private", limit)


def used_up(budget: RateBudget, share: int, now_ns: int = START) -> int:
    """Let requests leave until there is no room; return how many did."""
    count = 0
    while budget.wait_ns(now_ns, share) == 0:
        budget.take(now_ns)
        count += 1
    return count


arrivals = st.lists(
    st.tuples(st.integers(0, SECOND // 2), st.sampled_from(SHARES)), min_size=1, max_size=150
)


@given(arrivals=arrivals, limit=st.integers(1, 40))
def test_in_no_window_leaves_more_than_the_limit(
    arrivals: list[tuple[int, int]], limit: int
) -> None:
    asked, now_ns, left = budget(limit), START, []
    for pause_ns, share in arrivals:
        now_ns += pause_ns
        if asked.wait_ns(now_ns, share) == 0:
            asked.take(now_ns)
            left.append(now_ns)

    for first in range(len(left) - limit):
        assert left[first + limit] - left[first] >= SECOND


@given(arrivals=arrivals, limit=st.integers(5, 40))
def test_whatever_else_is_asked_there_is_room_for_a_cancel(
    arrivals: list[tuple[int, int]], limit: int
) -> None:
    asked, now_ns = budget(limit), START
    for pause_ns, share in arrivals:
        now_ns += pause_ns
        if share < EVERY and asked.wait_ns(now_ns, share) == 0:
            asked.take(now_ns)
        assert asked.wait_ns(now_ns, EVERY) == 0


@given(arrivals=arrivals, limit=st.integers(1, 40))
def test_who_waits_as_long_as_told_may_leave(arrivals: list[tuple[int, int]], limit: int) -> None:
    asked, now_ns = budget(limit), START
    for pause_ns, share in arrivals:
        now_ns += pause_ns
        wait_ns = asked.wait_ns(now_ns, share)
        assert wait_ns is not None
        assert 0 <= wait_ns <= SECOND
        now_ns += wait_ns
        assert asked.wait_ns(now_ns, share) == 0
        asked.take(now_ns)


def test_ordinary_requests_stop_at_their_share_of_the_limit() -> None:
    assert [used_up(budget(30), share) for share in SHARES] == [24, 27, 28, 30]


def test_a_limit_of_one_lets_every_lane_have_it() -> None:
    assert [used_up(budget(1), share) for share in SHARES] == [1, 1, 1, 1]


def test_a_pause_that_the_venue_asks_for_is_kept() -> None:
    asked = budget()
    asked.take(START)
    asked.refused(START, START, Pace(retry_ns=7 * SECOND), 0.5)
    assert asked.wait_ns(START + SECOND, EVERY) == 6 * SECOND
    assert asked.use(START).pause_ns == 7 * SECOND


def test_nobody_is_silent_for_longer_than_a_minute_whatever_the_venue_asks_for() -> None:
    asked = budget()
    asked.take(START)
    asked.refused(START, START, Pace(retry_ns=86_400 * SECOND), 0.5)
    assert asked.wait_ns(START, EVERY) == LONGEST_PAUSE_NS


def test_without_a_word_of_the_venue_pauses_double_up_to_eight_seconds() -> None:
    asked, now_ns, pauses = budget(), START, []
    for _ in range(6):
        asked.take(now_ns)
        asked.refused(now_ns, now_ns, UNSAID, 0.5)
        wait_ns = asked.wait_ns(now_ns, EVERY)
        assert wait_ns
        pauses.append(wait_ns / SECOND)
        now_ns += wait_ns
    assert pauses == [1.5, 2, 3, 5, 5, 5]


def test_after_a_pause_one_request_asks_and_the_others_wait_for_its_answer() -> None:
    asked = budget()
    asked.take(START)
    asked.refused(START, START, Pace(retry_ns=SECOND), 0.5)
    now_ns = START + SECOND
    assert asked.wait_ns(now_ns, EVERY) == 0
    asked.take(now_ns)
    assert asked.wait_ns(now_ns + 9 * SECOND, EVERY) is None

    asked.answered(now_ns, now_ns + 9 * SECOND, UNSAID)
    assert asked.wait_ns(now_ns + 9 * SECOND, 80) == 0
    assert not asked.use(now_ns).is_doubtful


def test_a_request_that_is_lost_leaves_the_question_to_the_next() -> None:
    asked = budget()
    asked.take(START)
    asked.refused(START, START, Pace(retry_ns=SECOND), 0.5)
    now_ns = START + SECOND
    asked.take(now_ns)
    asked.lost(now_ns)
    assert asked.wait_ns(now_ns + URGENT_EVERY_NS, EVERY) == 0
    assert asked.use(now_ns).is_doubtful


def test_what_is_urgent_waits_for_no_pause_and_no_answer_but_asks_once_a_second() -> None:
    asked = budget()
    asked.take(START)
    asked.refused(START, START, Pace(retry_ns=3 * SECOND), 0.5)
    left = []
    for tenth in range(60):
        now_ns = START + tenth * SECOND // 10
        if asked.wait_ns(now_ns, EVERY, is_urgent=True) == 0:
            asked.take(now_ns)
            left.append(tenth)
    assert left == [10, 20, 30, 40, 50]


def test_an_urgent_request_that_is_refused_within_a_pause_does_not_make_it_longer() -> None:
    asked = budget()
    asked.take(START)
    asked.refused(START, START, UNSAID, 1.0)
    ends_ns = START + asked.use(START).pause_ns
    asked.take(START + URGENT_EVERY_NS)
    asked.refused(START + URGENT_EVERY_NS, START + URGENT_EVERY_NS, UNSAID, 1.0)
    assert START + URGENT_EVERY_NS + asked.use(START + URGENT_EVERY_NS).pause_ns == ends_ns


@given(
    moves=st.lists(
        st.tuples(st.integers(0, SECOND // 2), st.booleans(), st.sampled_from("arl")), max_size=80
    )
)
def test_a_venue_that_refuses_is_asked_once_a_second_at_most(
    moves: list[tuple[int, bool, str]],
) -> None:
    asked, now_ns = budget(), START
    asked.take(START)
    asked.refused(START, START, UNSAID, 0.5)
    tried_ns = START
    for pause_ns, is_urgent, end in moves:
        now_ns += pause_ns
        if asked.wait_ns(now_ns, EVERY, is_urgent=is_urgent) != 0:
            continue
        if asked.use(now_ns).is_doubtful:
            assert now_ns - tried_ns >= URGENT_EVERY_NS
        asked.take(now_ns)
        tried_ns = now_ns
        if end == "a":
            asked.answered(now_ns, now_ns, UNSAID)
        elif end == "r":
            asked.refused(now_ns, now_ns, UNSAID, 0.5)
        else:
            asked.lost(now_ns)


def test_what_left_before_the_pause_neither_ends_nor_doubles_it() -> None:
    asked = budget()
    for at_ns in (START, START + 1, START + 2):
        asked.take(at_ns)
    asked.refused(START, START + 10, UNSAID, 0.5)
    pause_ns = asked.use(START + 10).pause_ns
    asked.refused(START + 1, START + 10, UNSAID, 0.99)
    asked.answered(START + 2, START + 10, UNSAID)
    assert asked.use(START + 10).pause_ns == pause_ns
    assert asked.use(START + 10).is_doubtful
    assert asked.use(START + 10).refused == 2


def test_what_the_venue_counts_of_others_is_room_that_we_do_not_have() -> None:
    asked = budget(30)
    asked.take(START)
    asked.answered(START, START, Pace(limit=30, remaining=4, reset_ns=3 * SECOND))
    assert used_up(asked, 80) == 0
    assert used_up(asked, EVERY) == 4
    assert asked.wait_ns(START + SECOND, 80) == 2 * SECOND
    assert asked.wait_ns(START + 3 * SECOND, 80) == 0


@pytest.mark.parametrize(("said", "expected"), [(10, 8), (30, 24), (1000, 24), (None, 24)])
def test_a_smaller_limit_of_the_venue_counts_and_a_larger_one_does_not(
    said: int | None, expected: int
) -> None:
    asked = budget(30)
    asked.answered(START, START, Pace(limit=said))
    assert used_up(asked, 80) == expected


paces = st.builds(
    Pace,
    limit=st.none() | st.integers(1, 10**6),
    remaining=st.none() | st.integers(0, 10**6),
    reset_ns=st.none() | st.integers(1, 10**6 * SECOND),
    retry_ns=st.none() | st.integers(1, 10**6 * SECOND),
)


@given(paces=st.lists(st.tuples(st.booleans(), paces), max_size=30), drawn=st.floats(0, 0.999))
def test_whatever_a_venue_says_it_is_asked_again_within_a_minute_and_a_window(
    paces: list[tuple[bool, Pace]], drawn: float
) -> None:
    asked, now_ns, left = budget(), START, [START - SECOND]
    for is_refused, pace in paces:
        since_ns = now_ns
        while (wait_ns := asked.wait_ns(now_ns, EVERY)) != 0:
            assert wait_ns is not None
            now_ns += wait_ns  # after a pause there may still be no room in the window
        assert now_ns - since_ns <= LONGEST_PAUSE_NS + SECOND
        asked.take(now_ns)
        left.append(now_ns)
        if is_refused:
            asked.refused(now_ns, now_ns + MILLISECOND, pace, drawn)
        else:
            asked.answered(now_ns, now_ns + MILLISECOND, pace)
        now_ns += MILLISECOND
    assert all(first <= then for first, then in pairwise(left))
