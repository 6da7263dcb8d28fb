"""Who is stuck: alive, with work, and nothing done; and who is not to blame."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.kernel.progress import LOOK_EVERY_NS, ProgressWatch, Sight, hang_cause
from actors.kernel.supervision import policy_of
from actors.kernel.topology import RISK_GATE
from domain.model.instants import MILLISECOND, SECOND

pytestmark = pytest.mark.req("SUP1")

NAME = RISK_GATE
BUDGET_NS = policy_of(NAME).hang_ns


def sight(handled: int = 0, *, epoch: int = 1, is_loaded: bool = True, name: str = NAME) -> Sight:
    return Sight(name, epoch, handled, is_loaded)


def looks(watch: ProgressWatch, first_ns: int, until_ns: int, seen: Sight) -> list[int]:
    """Look on time from the first to the last instant; return when the actor was stuck."""
    times = range(first_ns, until_ns + 1, LOOK_EVERY_NS)
    return [at_ns for at_ns in times if watch.look(at_ns, [seen])]


def test_an_actor_with_work_that_does_nothing_is_stuck_after_its_budget() -> None:
    stuck = looks(ProgressWatch(), 0, 4 * SECOND, sight())

    assert stuck[0] == BUDGET_NS + LOOK_EVERY_NS


def test_a_verdict_names_the_actor_its_epoch_and_how_long() -> None:
    watch = ProgressWatch()
    looks(watch, 0, BUDGET_NS, sight(epoch=3))

    assert watch.look(BUDGET_NS + LOOK_EVERY_NS, [sight(epoch=3)]) == (
        (sight(epoch=3), BUDGET_NS + LOOK_EVERY_NS),
    )
    assert hang_cause(2_100 * MILLISECOND, "here") == "hangs for 2100 ms: here"


def test_an_idle_actor_is_never_stuck() -> None:
    assert looks(ProgressWatch(), 0, 60 * SECOND, sight(is_loaded=False)) == []


def test_waiting_for_work_does_not_count_against_an_actor() -> None:
    watch = ProgressWatch()
    looks(watch, 0, 60 * SECOND, sight(is_loaded=False))

    begin = 60 * SECOND + LOOK_EVERY_NS
    assert looks(watch, begin, begin + BUDGET_NS - LOOK_EVERY_NS, sight()) == []


def test_each_finished_message_is_progress() -> None:
    watch = ProgressWatch()

    for step in range(600):
        assert watch.look(step * LOOK_EVERY_NS, [sight(handled=step)]) == ()


def test_a_new_incarnation_starts_with_a_whole_budget() -> None:
    watch = ProgressWatch()
    looks(watch, 0, BUDGET_NS, sight())
    begin = BUDGET_NS + LOOK_EVERY_NS

    assert looks(watch, begin, begin + BUDGET_NS, sight(epoch=2)) == []
    assert watch.look(begin + BUDGET_NS + LOOK_EVERY_NS, [sight(epoch=2)])


@pytest.mark.parametrize("pause_s", [1, 60, 3_600])
def test_while_the_looker_did_not_run_nobody_is_to_blame(pause_s: int) -> None:
    watch = ProgressWatch()
    half = BUDGET_NS // 2
    looks(watch, 0, half, sight())
    begin = half + pause_s * SECOND

    assert watch.look(begin, [sight()]) == ()
    assert watch.look(begin + LOOK_EVERY_NS, [sight()]) == ()


@given(st.lists(st.integers(LOOK_EVERY_NS, 100 * SECOND), max_size=9))
def test_however_late_the_looks_fewer_than_a_budget_of_them_condemn_nobody(
    pauses: list[int],
) -> None:
    watch, now_ns = ProgressWatch(), 0
    watch.look(now_ns, [sight()])

    for pause_ns in pauses:
        now_ns += pause_ns
        assert watch.look(now_ns, [sight()]) == ()


def test_looks_are_due_ten_times_a_second() -> None:
    watch = ProgressWatch()
    assert watch.is_due(0)
    watch.look(0, [])

    assert not watch.is_due(LOOK_EVERY_NS - 1)
    assert watch.is_due(LOOK_EVERY_NS)


def test_a_strategy_may_think_longer_than_others() -> None:
    seen = sight(name="strategy.breakout")

    assert looks(ProgressWatch(), 0, 10 * SECOND, seen) == []
    assert looks(ProgressWatch(), 0, 11 * SECOND, seen)[0] == 10 * SECOND + LOOK_EVERY_NS
