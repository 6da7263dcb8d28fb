"""When a dead actor comes back: budgets that slide, bugs that repeat, pauses that double."""

from __future__ import annotations

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from domain.model.instants import MILLISECOND, MINUTE, SECOND, Nanos
from domain.system.restarts import Crash, CrashHistory, GiveUp, Restart, RestartBudget, decide, left

pytestmark = pytest.mark.req("SUP1")

BUDGET = RestartBudget(
    limit=3,
    period_ns=Nanos(10 * MINUTE),
    first_pause_ns=Nanos(250 * MILLISECOND),
    longest_pause_ns=Nanos(8 * SECOND),
)
ENDLESS = evolve(BUDGET, limit=None, stops_on_repeat=False)


def middle() -> float:
    return 0.5


def after(*times_ns: int, budget: RestartBudget = BUDGET) -> CrashHistory:
    """Return the history of crashes at those times, each of another bug."""
    history = CrashHistory()
    for number, at_ns in enumerate(times_ns):
        history = history.after(Crash(Nanos(at_ns), f"bug {number}"), budget)
    return history


def test_an_actor_comes_back_as_often_as_its_budget_says_and_not_once_more() -> None:
    times = [SECOND, 2 * SECOND, 3 * SECOND]
    assert isinstance(decide(after(*times), BUDGET, middle), Restart)

    verdict = decide(after(*times, 4 * SECOND), BUDGET, middle)

    assert verdict == GiveUp("4 crashes within 10 min, limit 3")


def test_a_crash_counts_for_exactly_the_period() -> None:
    early = (0, 1, 2)

    within = decide(after(*early, BUDGET.period_ns - 1), BUDGET, middle)
    beyond = decide(after(*early, BUDGET.period_ns), BUDGET, middle)

    assert isinstance(within, GiveUp)
    assert isinstance(beyond, Restart)


@given(st.lists(st.integers(0, 40 * MINUTE), min_size=1, max_size=30).map(sorted))
def test_never_are_more_restarts_granted_within_a_period_than_the_budget_allows(
    times: list[int],
) -> None:
    history, granted = CrashHistory(), []
    for number, at_ns in enumerate(times):
        history = history.after(Crash(Nanos(at_ns), f"bug {number}"), BUDGET)
        if isinstance(decide(history, BUDGET, middle), Restart):
            granted.append(at_ns)

    for at_ns in granted:
        same_period = [each for each in granted if 0 <= at_ns - each < BUDGET.period_ns]
        assert len(same_period) <= (BUDGET.limit or 0)


def test_the_same_bug_twice_within_the_period_ends_it() -> None:
    first, second = Crash(Nanos(0), "Quote ValueError feed.py:9"), Crash(Nanos(5), "another")
    again = Crash(Nanos(9), first.fingerprint)

    verdict = decide(CrashHistory((first, second, again)), BUDGET, middle)

    assert verdict == GiveUp("the same bug twice: Quote ValueError feed.py:9")


def test_the_same_bug_after_the_period_is_a_first_one() -> None:
    history = CrashHistory().after(Crash(Nanos(0), "bug"), BUDGET)
    history = history.after(Crash(BUDGET.period_ns, "bug"), BUDGET)

    assert decide(history, BUDGET, middle) == Restart(BUDGET.first_pause_ns)


def test_a_budget_without_limit_never_ends_not_even_for_the_same_bug() -> None:
    history = CrashHistory()
    for number in range(500):
        history = history.after(Crash(Nanos(number), "bug"), ENDLESS)

    assert isinstance(decide(history, ENDLESS, middle), Restart)
    assert left(history, ENDLESS, Nanos(500)) is None


def test_the_first_pause_is_exact_whatever_chance_says() -> None:
    assert decide(after(7), BUDGET, lambda: 0.999) == Restart(BUDGET.first_pause_ns)


def test_pauses_double_until_the_longest() -> None:
    history, pauses = CrashHistory(), []
    for number in range(8):
        history = history.after(Crash(Nanos(number), "bug"), ENDLESS)
        verdict = decide(history, ENDLESS, lambda: 1.0)
        assert isinstance(verdict, Restart)
        pauses.append(verdict.pause_ns // MILLISECOND)

    assert pauses == [250, 500, 1000, 2000, 4000, 8000, 8000, 8000]


@given(count=st.integers(2, 200), draw=st.floats(0, 1, exclude_max=True))
def test_later_pauses_lie_in_the_upper_half_of_the_doubled_one(count: int, draw: float) -> None:
    verdict = decide(after(*range(count), budget=ENDLESS), ENDLESS, lambda: draw)

    doubled = min(BUDGET.first_pause_ns * 2 ** (count - 1), BUDGET.longest_pause_ns)
    assert isinstance(verdict, Restart)
    assert doubled // 2 <= verdict.pause_ns <= doubled <= BUDGET.longest_pause_ns


@given(
    st.lists(st.integers(0, 30 * MINUTE), min_size=1, max_size=20).map(sorted),
    st.integers(0, 30 * MINUTE),
)
def test_what_is_left_is_what_the_next_crash_would_find(times: list[int], later: int) -> None:
    history, now_ns = after(*times), Nanos(times[-1] + later)

    remaining = left(history, BUDGET, now_ns)

    assert remaining is not None
    assert 0 <= remaining <= (BUDGET.limit or 0)
    verdict = decide(history.after(Crash(now_ns, "a new bug"), BUDGET), BUDGET, middle)
    assert isinstance(verdict, Restart) is (remaining > 0)


def test_a_shortage_is_no_bug_however_often_it_comes() -> None:
    history = CrashHistory()
    pauses = []
    for second in range(20):
        short = Crash(Nanos(second * SECOND), "start RuntimeError", is_shortage=True)
        history = history.after(short, BUDGET)
        verdict = decide(history, BUDGET, middle)
        assert isinstance(verdict, Restart)
        pauses.append(verdict.pause_ns)
    assert max(pauses) == BUDGET.longest_pause_ns

    history = history.after(Crash(Nanos(21 * SECOND), "a bug"), BUDGET)
    assert isinstance(decide(history, BUDGET, middle), Restart)
    assert left(history, BUDGET, Nanos(21 * SECOND)) == 2
