"""Loss limits judge what was earned, over rolling windows, and never deposits."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.instants import DAY, HOUR, Nanos
from domain.losses import EquityMark, LossLimits, breaches
from domain.money import Amount
from tests.builders import NOW

LIMITS = LossLimits(
    daily_pct=Decimal(3),
    weekly_pct=Decimal(7),
    drawdown_pct=Decimal(10),
    max_daily_loss_usd=Amount(Decimal(500)),
)


def mark(offset_ns: int, nlv: str, opening: str = "10000") -> EquityMark:
    return EquityMark(Nanos(NOW + offset_ns), Amount(Decimal(nlv)), Amount(Decimal(opening)))


def names(*marks: EquityMark) -> list[str]:
    return [name for name, _ in breaches(marks, LIMITS)]


@pytest.mark.req("DD1")
def test_a_cent_before_the_daily_limit_passes_and_the_limit_breaches() -> None:
    assert names(mark(0, "10000"), mark(HOUR, "9700.01")) == []
    assert names(mark(0, "10000"), mark(HOUR, "9700")) == ["daily_loss"]


@pytest.mark.req("DD1")
def test_days_and_weeks_roll() -> None:
    slow = [mark(day * DAY, str(10_000 - 140 * day)) for day in range(5)]

    assert names(*slow) == []
    assert names(*slow, mark(5 * DAY, "9300.01")) == []
    assert names(*slow, mark(5 * DAY, "9300")) == ["weekly_loss"]
    assert names(*slow, mark(8 * DAY, "9300")) == []


@pytest.mark.req("DD1")
def test_the_fall_from_the_peak_counts_however_long_it_takes() -> None:
    path = [mark(2 * number * DAY, str(11_000 - 150 * number)) for number in range(7)]

    assert names(mark(-DAY, "10000"), *path, mark(14 * DAY, "9900.01")) == []
    assert names(mark(-DAY, "10000"), *path, mark(14 * DAY, "9900")) == ["drawdown"]


@pytest.mark.req("DD1")
def test_what_was_lost_while_nothing_ran_counts_as_lost_today() -> None:
    assert names(mark(0, "10000"), mark(40 * DAY, "9690")) == ["daily_loss"]


@pytest.mark.req("DD1", "E1")
def test_an_absolute_loss_of_a_day_binds_on_its_own() -> None:
    rich = [mark(0, "100000", "100000"), mark(HOUR, "99500", "100000")]

    assert names(*rich) == ["daily_loss_usd"]


@pytest.mark.req("DD1")
def test_a_withdrawal_is_no_loss_and_a_deposit_hides_none() -> None:
    withdrawn = [mark(0, "10000"), mark(HOUR, "5000", "5000")]
    topped_up = [mark(0, "10000"), mark(HOUR, "14600", "15000")]

    assert names(*withdrawn) == []
    assert names(*topped_up) == ["daily_loss"]


def test_without_any_mark_nothing_is_breached() -> None:
    assert names() == []
    assert names(mark(0, "10000")) == []


def test_an_account_without_equity_that_loses_has_lost_everything() -> None:
    assert "drawdown" in names(mark(0, "0", "0"), mark(HOUR, "-1", "0"))


@pytest.mark.req("DD1")
@given(
    st.lists(st.integers(5_000, 15_000), min_size=2, max_size=12),
    st.integers(0, 2_000),
    st.integers(-4_000, 4_000),
)
def test_a_deeper_loss_is_never_judged_more_kindly_and_flows_do_not_matter(
    path: list[int], deeper: int, flow: int
) -> None:
    marks = [mark(n * HOUR, str(nlv)) for n, nlv in enumerate(path)]
    last = marks[-1]
    worse = [*marks[:-1], mark((len(path) - 1) * HOUR, str(last.nlv - deeper))]
    flowed = [
        *marks[:-1],
        EquityMark(last.at_ns, Amount(last.nlv + flow), Amount(last.opening_nlv + flow)),
    ]

    assert set(names(*marks)) <= set(names(*worse))
    assert names(*marks) == names(*flowed)
