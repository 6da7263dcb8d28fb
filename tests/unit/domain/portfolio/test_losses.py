from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from domain.model.instants import DAY, HOUR, Nanos
from domain.model.money import Amount
from domain.portfolio.losses import EquityMark, LossLimits, measure
from tests.builders.messages import NOW

LIMITS = LossLimits(
    daily_pct=Decimal(3),
    weekly_pct=Decimal(6),
    drawdown_pct=Decimal(10),
    max_daily_loss_usd=Amount(Decimal(500)),
)


def mark(nlv: str, at_ns: int = NOW, opening: str = "10000") -> EquityMark:
    return EquityMark(Nanos(at_ns), Amount(Decimal(nlv)), Amount(Decimal(opening)))


def names(*marks: EquityMark, limits: LossLimits = LIMITS) -> list[str]:
    return [name for name, _ in breaches(marks, limits)]


def breaches(marks: Sequence[EquityMark], limits: LossLimits) -> tuple[tuple[str, str], ...]:
    return tuple((one.name, one.reason) for one in measure(marks, limits) if one.is_breached)


def test_without_marks_nothing_is_known_and_nothing_breached() -> None:
    assert breaches((), LIMITS) == ()


def test_one_mark_is_no_loss() -> None:
    assert names(mark("10000")) == []


@pytest.mark.parametrize(
    ("nlv", "expected"),
    [("9700.01", []), ("9700", ["daily_loss"]), ("9699.99", ["daily_loss"])],
)
def test_a_days_loss_breaches_at_the_limit_not_before(nlv: str, expected: list[str]) -> None:
    assert names(mark("10000"), mark(nlv, NOW + HOUR)) == expected


def test_a_breach_says_what_was_lost_and_what_is_allowed() -> None:
    (found,) = breaches((mark("10000"), mark("9690", NOW + HOUR)), LIMITS)

    assert found == ("daily_loss", "daily_loss 3.10 % reached the limit of 3 %")


@pytest.mark.parametrize(("nlv", "expected"), [("99500.01", []), ("99500", ["daily_loss_usd"])])
def test_a_days_loss_in_currency_breaches_at_the_limit(nlv: str, expected: list[str]) -> None:
    large = "100000"

    assert names(mark(large, opening=large), mark(nlv, NOW + HOUR, large)) == expected


def test_a_day_is_the_last_24_hours_and_begins_with_the_mark_before_them() -> None:
    marks = (mark("10000"), mark("9800", NOW + HOUR), mark("9600", NOW + DAY + HOUR))

    assert names(*marks) == []
    assert names(*marks[:1], mark("9600", NOW + DAY)) == ["daily_loss"]
    assert names(*marks[:1], mark("9600", NOW + DAY + HOUR)) == ["daily_loss"]


def test_a_slow_loss_breaches_the_week_alone() -> None:
    marks = [mark(str(10_000 - 100 * day), NOW + day * DAY) for day in range(7)]

    assert names(*marks) == ["weekly_loss"]


def test_drawdown_counts_from_the_peak_however_long_ago() -> None:
    marks = [mark("12000")]
    marks += [mark(str(12_000 - 60 * day), NOW + day * DAY) for day in range(1, 21)]

    assert names(*marks[:-1]) == []
    assert names(*marks) == ["drawdown"]


def test_a_withdrawal_is_no_loss() -> None:
    assert names(mark("10000"), mark("5000", NOW + HOUR, opening="5000")) == []


def test_a_deposit_hides_no_loss() -> None:
    assert names(mark("10000"), mark("14600", NOW + HOUR, opening="15000")) == ["daily_loss"]


def test_a_loss_from_nothing_is_a_whole_loss() -> None:
    empty = mark("0", opening="0")

    assert names(empty, mark("-1", NOW + HOUR, "0")) == ["daily_loss", "weekly_loss", "drawdown"]
    assert names(empty, mark("0", NOW + HOUR, "0")) == []


@given(some.lists(some.integers(1, 20_000), min_size=1, max_size=20))
def test_a_gain_upon_the_peak_breaches_nothing(values: list[int]) -> None:
    marks = [mark(str(value), NOW + day * DAY) for day, value in enumerate(values)]
    marks.append(mark(str(max(values)), NOW + len(values) * DAY))

    assert names(*marks) == []


@given(some.integers(1, 10_000), some.integers(0, 10_000))
def test_losing_more_never_breaches_less(low: int, more: int) -> None:
    less = names(mark("10000"), mark(str(low), NOW + HOUR))
    greater = names(mark("10000"), mark(str(low - more), NOW + HOUR))

    assert [name for name in less if name not in greater] == []
