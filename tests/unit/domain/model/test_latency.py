"""Times in fixed memory: never told shorter than they were, and at most 1 % longer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.model.instants import HOUR, MICROSECOND, MILLISECOND, SECOND
from domain.model.latency import LONGEST_US, MOST_CELLS, Histogram, rounded_us

pytestmark = pytest.mark.req("OB1")

TIMES = st.integers(min_value=-SECOND, max_value=2 * HOUR)


@given(TIMES)
def test_a_time_is_rounded_up_and_by_less_than_one_percent(took_ns: int) -> None:
    told_ns = rounded_us(took_ns) * MICROSECOND
    within = min(max(0, took_ns), LONGEST_US * MICROSECOND)

    assert within <= told_ns <= max(within + MICROSECOND, within * 101 // 100 + MICROSECOND)


@pytest.mark.parametrize(
    ("took_ns", "told_us"),
    [
        (0, 0),
        (-5, 0),
        (1, 1),
        (999 * MICROSECOND, 999),
        (SECOND, 1_000_000),
        (SECOND + 1, 1_010_000),
        (1_234_567, 1_240),
        (999_999_999, 1_000_000),
        (3 * HOUR, LONGEST_US),
    ],
)
def test_three_digits_are_kept(took_ns: int, told_us: int) -> None:
    assert rounded_us(took_ns) == told_us


def test_memory_is_fixed_whatever_is_measured() -> None:
    powers = [10**k for k in range(8)]
    whole = {rounded_us(us * MICROSECOND) for us in range(1_000)}
    whole |= {
        rounded_us((100 + step) * power * MICROSECOND) for power in powers for step in range(900)
    }

    assert len(whole) == MOST_CELLS


@given(st.lists(TIMES, min_size=1), st.integers(min_value=1, max_value=100))
def test_a_percentile_is_the_nearest_rank_of_what_was_counted(
    times: list[int], percent: int
) -> None:
    histogram = Histogram()
    for each in times:
        histogram.add(each)
    ranked = sorted(map(rounded_us, times))

    assert histogram.percentile_us(percent) == ranked[-(-len(ranked) * percent // 100) - 1]
    assert histogram.longest_us == ranked[-1]
    assert (histogram.count, histogram.sum_us) == (len(ranked), sum(ranked))


@given(st.lists(TIMES), st.sampled_from([1_000, 250_000, 1_000_000, 2_000_000]))
def test_what_stays_within_a_limit_of_three_digits_is_counted_exactly(
    times: list[int], limit_us: int
) -> None:
    histogram = Histogram()
    for each in times:
        histogram.add(each)

    assert histogram.within(limit_us) == sum(each <= limit_us * MICROSECOND for each in times)


@given(st.lists(TIMES), st.lists(TIMES))
def test_two_parts_merged_are_the_whole(first: list[int], second: list[int]) -> None:
    whole, part, rest = Histogram(), Histogram(), Histogram()
    for each in first:
        whole.add(each)
        part.add(each)
    for each in second:
        whole.add(each)
        rest.add(each)
    part.merge(rest.cells)

    assert part.cells == whole.cells == Histogram(whole.cells).cells


def test_of_nothing_nothing_is_told() -> None:
    empty = Histogram()

    assert (empty.count, empty.percentile_us(95), empty.longest_us) == (0, None, None)


def test_a_copy_goes_on_by_itself() -> None:
    histogram = Histogram(((1, 2),))
    copy = histogram.copy()
    histogram.add(MILLISECOND)

    assert copy.cells == ((1, 2),)
