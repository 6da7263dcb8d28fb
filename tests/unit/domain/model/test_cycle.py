"""The stages of a cycle follow each other without a gap, so that they add up to the whole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.model.cycle import CycleStage, StageTime, Stopwatch, whole_ns
from domain.model.instants import Nanos

pytestmark = pytest.mark.req("OB1")

MOMENTS = st.lists(st.integers(min_value=0, max_value=10**12), min_size=1, max_size=5).map(sorted)


@given(MOMENTS)
def test_stages_add_up_to_the_time_from_due_to_the_last_of_them(moments: list[int]) -> None:
    watch = Stopwatch(Nanos(0))
    for stage, now_ns in zip(CycleStage, moments, strict=False):
        watch = watch.lap(stage, now_ns)

    assert whole_ns(watch.times) == moments[-1]
    assert [each.stage for each in watch.times] == list(CycleStage)[: len(moments)]


def test_a_clock_that_seems_to_go_back_takes_no_time() -> None:
    watch = Stopwatch(Nanos(10)).lap(CycleStage.WAIT, 7)

    assert watch.times == (StageTime(CycleStage.WAIT, Nanos(0)),)
