"""Return and drawdown leave deposits out; what trades add up to is theirs to the last digit."""

from __future__ import annotations

from decimal import Decimal

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from domain.model.instants import MINUTE, Nanos
from domain.model.money import Amount, Price, Quantity
from domain.portfolio.losses import EquityMark
from domain.results.performance import curve, deepest, summary
from domain.results.round_trips import RoundTrip
from tests.builders.messages import BTC, NOW
from tests.builders.numbers import decimals


def marks(*values: int | tuple[int, int]) -> tuple[EquityMark, ...]:
    """Return marks a minute apart: equity, or equity and its flow-adjusted opening (100)."""
    pairs = [each if isinstance(each, tuple) else (each, 100) for each in values]
    return tuple(
        EquityMark(Nanos(NOW + n * MINUTE), Amount(Decimal(nlv)), Amount(Decimal(opening)))
        for n, (nlv, opening) in enumerate(pairs)
    )


def a_trip(paid: str, received: str, fees: str = "1") -> RoundTrip:
    one = Quantity(Decimal(1))
    return RoundTrip(
        lot="lot",
        product=BTC,
        strategy="breakout",
        why="signal",
        stop_price=Price(Decimal(97)),
        target_price=Price(Decimal(108)),
        opened_ns=NOW,
        closed_ns=Nanos(NOW + MINUTE),
        bought=one,
        bought_for=Amount(Decimal(paid)),
        sold=one,
        paid=Amount(Decimal(paid)),
        received=Amount(Decimal(received)),
        fees=Amount(Decimal(fees)),
    )


def test_growth_is_what_one_has_become_and_drawdown_its_distance_from_the_peak() -> None:
    points = curve(marks(100, 110, 99, 121))

    assert [each.growth for each in points] == list(decimals(1, "1.1", "0.99", "1.21"))
    assert [each.drawdown_pct for each in points] == list(decimals(0, 0, 10, 0))
    assert deepest(points) == points[2]


def test_a_deposit_is_no_profit_and_a_withdrawal_no_loss() -> None:
    points = curve(marks(100, (1100, 1100), (550, 1100), (50, 600)))

    assert [each.growth for each in points] == list(decimals(1, 1, "0.5", "0.5"))


def test_nothing_left_after_a_flow_says_nothing_about_performance() -> None:
    points = curve(marks(100, (0, 0), (100, 100)))

    assert [each.growth for each in points] == list(decimals(1, 1, 1))


def test_without_marks_there_is_no_curve_and_no_drawdown() -> None:
    assert curve(()) == ()
    assert deepest(()) is None


@given(st.lists(st.integers(1, 10_000), min_size=1, max_size=20), st.integers(2, 50))
def test_the_size_of_the_account_changes_neither_growth_nor_drawdown(
    values: list[int], scale: int
) -> None:
    small = curve(marks(*((value, values[0]) for value in values)))
    large = curve(marks(*((scale * value, scale * values[0]) for value in values)))

    for one, other in zip(small, large, strict=True):
        assert abs(one.growth - other.growth) < Decimal("1e-20")
        assert 0 <= one.drawdown_pct <= 100
        assert abs(one.drawdown_pct - other.drawdown_pct) < Decimal("1e-20")


def test_trades_add_up() -> None:
    made = summary((a_trip("100", "110"), a_trip("100", "98"), a_trip("50", "51")))

    assert (made.trades, made.wins) == (3, 1)
    assert (made.gross, made.fees, made.profit) == decimals(9, 3, 6)
    assert (made.won, made.lost, made.profit_factor) == decimals(9, 3, 3)
    assert (made.average, made.cost_pct) == decimals(2, "1.2")
    assert made.win_rate_pct is not None
    assert round(made.win_rate_pct, 2) == Decimal("33.33")


def test_what_is_not_sold_whole_is_no_trade_yet() -> None:
    half = evolve(a_trip("100", "110"), sold=Quantity(Decimal("0.5")))

    made = summary((half,))

    assert (made.trades, made.profit) == (0, Decimal(0))
    assert (made.win_rate_pct, made.profit_factor, made.average, made.cost_pct) == (None,) * 4
