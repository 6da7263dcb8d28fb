from __future__ import annotations

from collections.abc import Collection, Sequence
from decimal import Decimal, getcontext
from itertools import pairwise

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as some

from domain.model.instants import DAY, HOUR, MINUTE, SECOND, Nanos
from domain.model.money import Amount
from domain.portfolio.losses import LIMITS as LIMIT_NAMES
from domain.portfolio.losses import EquityHistory, EquityMark, Loss, LossLimits
from tests.builders.messages import NOW

LIMITS = LossLimits(
    daily_pct=Decimal(3),
    weekly_pct=Decimal(6),
    drawdown_pct=Decimal(10),
    max_daily_loss_usd=Amount(Decimal(500)),
)


def mark(nlv: str, at_ns: int = NOW, opening: str = "10000") -> EquityMark:
    return EquityMark(Nanos(at_ns), Amount(Decimal(nlv)), Amount(Decimal(opening)))


def passes(history: EquityHistory, now: EquityMark, told: Collection[str] = ()) -> bool:
    """Let a row of one mark pass; tell whether it was taken."""
    return bool(history.pass_row([now.at_ns], [now.nlv], now.opening_nlv, LIMITS, told))


def growth_after(history: EquityHistory, now: EquityMark) -> Decimal:
    """Return the growth that the history would give a mark."""
    other = EquityHistory(history.marks, history.peak)
    other.take(now)
    return other.marks[-1].growth or Decimal(1)


def names(*marks: EquityMark, limits: LossLimits = LIMITS) -> list[str]:
    return [name for name, _ in breaches(marks, limits)]


def breaches(marks: Sequence[EquityMark], limits: LossLimits) -> tuple[tuple[str, str], ...]:
    return tuple(
        (one.name, one.reason) for one in EquityHistory(marks).measure(limits) if one.is_breached
    )


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
    assert names(mark("10000"), mark("14600", NOW + HOUR, opening="15000")) == []
    assert names(mark("10000"), mark("14500", NOW + HOUR, opening="15000")) == [
        "daily_loss",
        "daily_loss_usd",
    ]


@pytest.mark.parametrize(
    ("flow", "lost", "percent"), [(-9_000, 250, "25"), (90_000, 310, "0.31"), (0, 310, "3.1")]
)
def test_percentages_are_of_the_equity_that_is_there_after_flows(
    flow: int, lost: int, percent: str
) -> None:
    there = 10_000 + flow
    history = EquityHistory((mark("10000"), mark(str(there), NOW + MINUTE, str(there))))

    losses = history.measure(LIMITS, mark(str(there - lost), NOW + HOUR, str(there)))

    assert [loss.lost for loss in losses if loss.unit == "%"] == [Decimal(percent)] * 3


def test_a_withdrawal_after_a_loss_makes_the_loss_no_larger() -> None:
    history = EquityHistory((mark("10000"), mark("9800", NOW + MINUTE)))

    losses = history.measure(LIMITS, mark("800", NOW + HOUR, "1000"))

    assert losses[0].lost == 2


NAMES = ("daily_loss", "weekly_loss", "drawdown", "daily_loss_usd")


def measured(history: EquityHistory, now: EquityMark | None = None) -> dict[str, Loss]:
    return {one.name: one for one in history.measure(LIMITS, now)}


def again(history: EquityHistory) -> EquityHistory:
    """Return what a next start goes on with."""
    return EquityHistory(history.marks, history.peak, history.resumed)


@pytest.mark.parametrize("name", NAMES)
def test_a_limit_counts_anew_from_the_first_mark_after_a_resume_and_no_other_does(
    name: str,
) -> None:
    history = EquityHistory((mark("10000"), mark("8900", NOW + MINUTE)))
    assert all(one.is_breached for one in history.measure(LIMITS))

    history.rebase(name)
    for each in (history, again(history)):  # until equity is known again nothing of it counts
        assert measured(each, mark("8700", NOW + 2 * MINUTE))[name].lost == 0
        assert each.is_waiting
    history.take(mark("8800", NOW + 2 * MINUTE))

    others = [one for one in history.measure(LIMITS) if one.name != name]
    assert all(one.is_breached for one in others)
    for each in (history, again(history)):
        assert measured(each)[name].lost == 0
        low = 8800 - (measured(each)[name].limit * (88 if name != "daily_loss_usd" else 1))
        assert measured(each, mark(str(low), NOW + HOUR))[name].is_breached
        assert not measured(each, mark(str(low + 1), NOW + HOUR))[name].is_breached
        assert not each.is_waiting


@pytest.mark.req("DD1")
@given(
    some.sampled_from(NAMES),
    some.lists(some.tuples(some.integers(1, 3_000), some.integers(1, 20_000)), max_size=20),
    some.lists(some.tuples(some.integers(1, 3_000), some.integers(1, 20_000)), max_size=20),
    some.integers(0, 20),
)
def test_after_a_resume_a_limit_knows_nothing_of_what_was_before(
    name: str,
    before: list[tuple[int, int]],
    after: list[tuple[int, int]],
    restart: int,
) -> None:
    history, fresh, at_ns = EquityHistory(), EquityHistory(), NOW
    for wait, nlv in before:
        at_ns = Nanos(at_ns + wait * MINUTE)
        history.take(mark(str(nlv), at_ns))
    history.rebase(name)
    for number, (wait, nlv) in enumerate(after):
        at_ns = Nanos(at_ns + wait * MINUTE)
        if number == restart:
            history = again(history)
        history.take(mark(str(nlv), at_ns))
        fresh.take(mark(str(nlv), at_ns))

        # Growth is cut to so many digits; a loss is the same to the last one that is told.
        assert abs(measured(history)[name].lost - measured(fresh)[name].lost) < Decimal("1e-8")


def test_a_mark_that_is_only_looked_at_changes_nothing() -> None:
    history = EquityHistory((mark("10000"), mark("9800", NOW + MINUTE)))
    before = history.measure(LIMITS)

    history.measure(LIMITS, mark("20000", NOW + HOUR))

    assert history.measure(LIMITS) == before


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


# Bounded memory: the same answers as from every mark there ever was.

WEEK = 7 * DAY


def naive(marks: Sequence[EquityMark], limits: LossLimits) -> tuple[Loss, ...]:
    """Measure by walking everything."""

    def base(length_ns: int) -> EquityMark:
        old = [mark for mark in marks if mark.at_ns <= marks[-1].at_ns - length_ns]
        return old[-1] if old else marks[0]

    growth, grown = {id(marks[0]): Decimal(1)}, Decimal(1)
    for last, each in pairwise(marks):
        there = last.nlv + each.opening_nlv - last.opening_nlv
        share = 1 + (each.pnl - last.pnl) / there if there > 0 else Decimal(each.pnl >= last.pnl)
        grown *= max(share, Decimal(0))
        growth[id(each)] = grown

    def percent(since: EquityMark) -> Decimal:
        before = growth[id(since)]
        return Decimal(100) if before <= 0 else round((before - grown) / before * 100, 10)

    peak = max(marks, key=lambda each: growth[id(each)])
    return (
        Loss("daily_loss", percent(base(DAY)), limits.daily_pct, "%"),
        Loss("weekly_loss", percent(base(WEEK)), limits.weekly_pct, "%"),
        Loss("drawdown", percent(peak), limits.drawdown_pct, "%"),
        Loss(
            "daily_loss_usd",
            base(DAY).pnl - marks[-1].pnl,
            limits.max_daily_loss_usd,
            "USD",
        ),
    )


STEPS = some.lists(
    some.tuples(
        some.one_of(some.integers(1, 90), some.integers(300, 30_000)),  # minutes since the last
        some.integers(1, 20_000),  # NLV
        some.integers(-2_000, 2_000),  # what was paid in since
    ),
    min_size=1,
    max_size=60,
)


def walk(steps: Sequence[tuple[int, int, int]], unit_ns: int) -> list[EquityMark]:
    at_ns, opening, marks = NOW, 10_000, []
    for wait, nlv, paid_in in steps:
        at_ns, opening = Nanos(at_ns + wait * unit_ns), max(1, opening + paid_in)
        marks.append(mark(str(nlv), at_ns, str(opening)))
    return marks


@pytest.mark.req("DD1")
@given(STEPS, some.integers(0, 59))
def test_with_a_mark_a_minute_the_history_measures_what_all_marks_measure(
    steps: list[tuple[int, int, int]], restart: int
) -> None:
    marks = walk(steps, MINUTE)
    history = EquityHistory()
    for number, each in enumerate(marks):
        if number == restart:  # what is kept is enough to go on with
            history = again(history)
        history.take(each)
        assert history.measure(LIMITS) == naive(marks[: number + 1], LIMITS)


@pytest.mark.req("DD1")
@given(STEPS)
def test_with_many_marks_a_minute_a_window_begins_at_most_a_minute_earlier(
    steps: list[tuple[int, int, int]],
) -> None:
    marks = walk([(wait % 120, nlv, paid_in) for wait, nlv, paid_in in steps], SECOND)
    last = marks[-1]
    marks.append(mark("5000", last.at_ns + DAY - 60 * SECOND))
    marks += [mark("5000", marks[-1].at_ns + 7 * SECOND * step) for step in range(1, 20)]
    history = EquityHistory(marks)

    found = {one.name: one for one in history.measure(LIMITS)}
    exact = {one.name: one for one in naive(marks, LIMITS)}

    assert found["drawdown"] == exact["drawdown"]
    since_ns = marks[-1].at_ns - DAY
    step = [each for each in marks if since_ns - MINUTE < each.at_ns <= since_ns]
    allowed = {each.pnl - marks[-1].pnl for each in step} | {exact["daily_loss_usd"].lost}
    assert found["daily_loss_usd"].lost in allowed


@pytest.mark.req("DD1")
def test_a_year_of_seconds_keeps_a_week_of_minutes() -> None:
    history = EquityHistory()
    at_ns = NOW
    for number in range(20_000):
        at_ns = Nanos(at_ns + 37 * SECOND)
        history.take(mark(str(10_000 - number % 7), at_ns))

    assert len(history.marks) <= WEEK // MINUTE + 3


@pytest.mark.req("DD1")
def test_three_years_take_no_more_room_than_a_week() -> None:
    """Folded with flows and resumes: as many marks, and numbers no longer, at the end of each."""
    history, at_ns, opening = EquityHistory(), NOW, 10_000
    rooms = []
    for number in range(3 * 365 * 24 * 4):
        at_ns = Nanos(at_ns + 15 * MINUTE)
        opening += (number % 977 == 0) * (-1) ** number
        history.take(mark(f"{9_000 + number * 7919 % 2_003}.{number % 97}", at_ns, str(opening)))
        if number % 5_000 == 0:
            history.rebase("drawdown" if number % 10_000 else "daily_loss")
        if (number + 1) % (365 * 24 * 4) == 0:
            kept = (*history.marks, *filter(None, history.resumed.values()), history.peak)
            digits = max(len(str(each.growth)) for each in kept if each is not None)
            rooms.append((len(kept), digits <= getcontext().prec + len("0.")))

    assert rooms == [(7 * 24 * 4 + 3, True)] * 3


# Flows.

FLOWS = some.lists(some.integers(-4_000, 90_000), min_size=1, max_size=6)
RETURNS = some.lists(
    some.integers(-300, 300), min_size=1, max_size=40
)  # in hundredths of a percent


def paths(returns: Sequence[int], flows: Sequence[int]) -> tuple[list[EquityMark], ...]:
    """Return marks of the same returns, without flows, and with one before each of some returns."""
    calm, moved = [mark("10000")], [mark("10000")]
    plain_nlv = moved_nlv = Decimal(10_000)
    opening, at_ns = Decimal(10_000), NOW
    for number, each in enumerate(returns):
        at_ns = Nanos(at_ns + 7 * MINUTE)
        flow = max(Decimal(flows[number % len(flows)]), 1 - moved_nlv)
        moved_nlv, opening = moved_nlv + flow, opening + flow
        moved.append(mark(str(moved_nlv), at_ns - MINUTE, str(opening)))
        share = 1 + Decimal(each) / 10_000
        plain_nlv = round(plain_nlv * share, 18)
        moved_nlv = round(moved_nlv * share, 18)
        calm.append(mark(str(plain_nlv), at_ns))
        moved.append(mark(str(moved_nlv), at_ns, str(opening)))
    return calm, moved


def lost(marks: Sequence[EquityMark]) -> dict[str, Decimal]:
    return {one.name: one.lost for one in EquityHistory(marks).measure(LIMITS)}


@pytest.mark.req("DD1")
@given(RETURNS, FLOWS)
def test_deposits_and_withdrawals_change_no_loss_of_a_day_a_week_or_from_the_peak(
    returns: list[int], flows: list[int]
) -> None:
    calm, moved = (lost(each) for each in paths(returns, flows))

    for name in ("daily_loss", "weekly_loss", "drawdown"):
        assert abs(calm[name] - moved[name]) <= Decimal("1e-9")


@pytest.mark.req("DD1")
@given(RETURNS, FLOWS)
def test_at_the_moment_of_a_flow_nothing_is_lost_or_won_by_it(
    returns: list[int], flows: list[int]
) -> None:
    marks, _ = paths(returns, [0])
    before = lost(marks)
    for flow in flows:
        last = marks[-1]
        flow = max(flow, 1 - int(last.nlv))
        marks.append(
            EquityMark(last.at_ns, Amount(last.nlv + flow), Amount(last.opening_nlv + flow))
        )
        assert lost(marks) == before


@pytest.mark.req("DD1")
@given(some.permutations([700, -300, 90_000, -1, 4_000]), RETURNS)
def test_the_order_of_flows_does_not_matter(flows: list[int], returns: list[int]) -> None:
    def after(order: Sequence[int]) -> dict[str, Decimal]:
        marks, _ = paths(returns, [0])
        for flow in order:
            last = marks[-1]
            at_ns = Nanos(last.at_ns + SECOND)
            marks.append(
                EquityMark(at_ns, Amount(last.nlv + flow), Amount(last.opening_nlv + flow))
            )
        marks.append(
            evolve(marks[-1], at_ns=Nanos(marks[-1].at_ns + MINUTE), nlv=Amount(Decimal(9)))
        )
        return lost(marks)

    assert after(flows) == after(sorted(flows, reverse=True))


@pytest.mark.req("DD1")
def test_between_cycles_a_mark_is_wanted_where_a_limit_would_miss_it() -> None:
    history = EquityHistory([mark("10000")])

    assert not history.wants(mark("9000", NOW + 89 * SECOND)), "a fall is measured, not kept"
    assert not history.wants(mark("10009", NOW + SECOND))
    assert history.wants(mark("10011", NOW + SECOND)), "a peak is"
    assert history.wants(mark("10000", NOW + 90 * SECOND)), "and what is old is followed"
    history.rebase("daily_loss")
    assert history.wants(mark("10000", NOW + SECOND))
    assert not EquityHistory().wants(mark("10000"))


@pytest.mark.req("BT1", "DD1")
@given(
    nlvs=some.lists(some.decimals("8900", "10900", places=2), min_size=1, max_size=40),
    seconds=some.lists(some.integers(1, 100), min_size=40, max_size=40),
    told=some.sets(some.sampled_from(LIMIT_NAMES)),
)
def test_what_is_passed_over_would_have_been_kept_and_nothing_else(
    nlvs: list[Decimal], seconds: list[int], told: set[str]
) -> None:
    passed, whole = EquityHistory((mark("10000"),)), EquityHistory((mark("10000"),))
    at_ns: int = NOW
    for nlv, later in zip(nlvs, seconds, strict=False):
        at_ns += later * SECOND
        now = EquityMark(Nanos(at_ns), Amount(nlv), Amount(Decimal(10000)))
        wanted = whole.wants(now)
        reached = {one.name for one in whole.measure(LIMITS, now) if one.is_breached} - told
        assert whole.may_breach(LIMITS, now, told) or not reached

        is_taken = passes(passed, now, told)

        assert is_taken == (not wanted and not reached)
        whole.take(now)
        if not is_taken:
            passed.take(now)
        assert (passed.marks, passed.peak) == (whole.marks, whole.peak)
        assert passed.measure(LIMITS) == whole.measure(LIMITS)


@pytest.mark.req("DD1")
def test_only_near_a_limit_or_while_one_counts_anew_may_a_mark_breach() -> None:
    history, calm, lost = EquityHistory(), mark("9999", NOW + SECOND), mark("9700", NOW + SECOND)
    assert not history.may_breach(LIMITS, lost, ())
    history.take(mark("10000"))

    assert history.may_breach(LIMITS, lost, ())
    assert not history.may_breach(LIMITS, lost, {"daily_loss"})
    assert not history.may_breach(LIMITS, calm, ())
    history.rebase("weekly_loss")
    assert history.may_breach(LIMITS, calm, ())


def test_nothing_is_passed_over_before_the_first_mark_or_while_a_limit_counts_anew() -> None:
    history = EquityHistory()

    assert not passes(history, mark("10000"))
    history.take(mark("10000"))
    history.rebase("daily_loss")
    assert not passes(history, mark("10000", NOW + MINUTE))
