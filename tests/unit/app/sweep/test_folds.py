"""No trade of the search is open where it is judged, and no bar of it is looked back on there."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.sweep.folds import Fold, TimeSpan, TooShort, folds_of
from domain.model.instants import DAY, HOUR, MINUTE, Nanos

pytestmark = pytest.mark.req("BT2")
BEGIN = Nanos(1_700_000_000 * 10**9 // MINUTE * MINUTE)
SHARES = st.decimals("1", "6", places=1)


def folds(hours: float, **more: Any) -> tuple[Fold, ...]:
    asked: dict[str, Any] = {
        "count": 4,
        "in_sample": Decimal(3),
        "gap_ns": 0,
        "anchored": False,
        **more,
    }
    return folds_of(TimeSpan(BEGIN, Nanos(BEGIN + int(hours * HOUR))), **asked)


def offsets(stretch: TimeSpan) -> tuple[float, float]:
    return (stretch.start_ns - BEGIN) / HOUR, (stretch.end_ns - BEGIN) / HOUR


def test_four_folds_by_hand() -> None:
    """72 h less 2 h of gap are 7 parts of 10 h: 30 h of search, 2 h of gap, 10 h of judgement."""
    found = folds(72, gap_ns=2 * HOUR)

    assert [offsets(each.searched) for each in found] == [(0, 30), (10, 40), (20, 50), (30, 60)]
    assert [offsets(each.judged) for each in found] == [(32, 42), (42, 52), (52, 62), (62, 72)]
    assert [each.number for each in found] == [1, 2, 3, 4]


def test_anchored_ones_begin_together_and_grow() -> None:
    found = folds(72, gap_ns=2 * HOUR, anchored=True)

    assert [offsets(each.searched) for each in found] == [(0, 30), (0, 40), (0, 50), (0, 60)]
    assert [each.judged for each in found] == [each.judged for each in folds(72, gap_ns=2 * HOUR)]


def test_too_little_time_says_how_much_is_needed() -> None:
    with pytest.raises(TooShort, match=r"5\.0 h are too short for 4 folds.* they need 9\.0 h"):
        folds(5, gap_ns=2 * HOUR)
    assert folds(9, gap_ns=2 * HOUR)


@given(
    hours=st.integers(1, 24 * 400),
    count=st.integers(1, 20),
    in_sample=SHARES,
    look_back=st.integers(0, 30 * DAY // MINUTE),
    hold=st.integers(1, 30 * DAY // MINUTE),
    anchored=st.booleans(),
)
def test_search_and_judgement_share_no_trade_and_no_bar(
    hours: int, count: int, in_sample: Decimal, look_back: int, hold: int, anchored: bool
) -> None:
    gap_ns = (look_back + hold) * MINUTE
    try:
        found = folds(hours, count=count, in_sample=in_sample, gap_ns=gap_ns, anchored=anchored)
    except TooShort:
        assume(False)
        raise

    assert len(found) == count
    for each in found:
        assert BEGIN <= each.searched.start_ns < each.searched.end_ns
        assert each.judged.end_ns <= BEGIN + hours * HOUR
        assert (each.judged.end_ns - each.judged.start_ns) % HOUR == 0
        first_bar_seen = each.judged.start_ns - look_back * MINUTE
        last_trade_held = each.searched.end_ns + hold * MINUTE
        assert first_bar_seen >= last_trade_held
    for before, after in pairwise(found):
        assert before.judged.end_ns == after.judged.start_ns
        assert before.searched.end_ns < after.searched.end_ns


@given(hours=st.integers(1, 24 * 400), count=st.integers(1, 20), in_sample=SHARES)
def test_there_is_room_or_it_is_said(hours: int, count: int, in_sample: Decimal) -> None:
    has_room = hours >= count + in_sample
    try:
        folds(hours, count=count, in_sample=in_sample)
    except TooShort:
        assert not has_room
    else:
        assert has_room
