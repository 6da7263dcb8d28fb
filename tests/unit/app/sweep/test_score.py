"""A stretch is scored by the numbers of its backtest, and stretches add up."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import pytest

from app.sweep.folds import TimeSpan
from app.sweep.objectives import SearchGoal
from app.sweep.score import WindowScore, hourly_returns, joined, rounded, score_of
from domain.model.instants import HOUR, MINUTE, Nanos
from domain.model.money import Amount
from domain.results.performance import CurvePoint
from tests.builders.backtests import plan, played

pytestmark = pytest.mark.req("BT2")
HOURS = TimeSpan(Nanos(0), Nanos(3 * HOUR))


def score(**more: Any) -> WindowScore:
    told: dict[str, Any] = {
        "trades": 4,
        "wins": 1,
        "won": Decimal(30),
        "lost": Decimal(20),
        "pnl_pct": 10.0,
        "drawdown_pct": 5.0,
        "returns": (0.0, 0.1),
    }
    return WindowScore(**{**told, **more})


def point(minute: int, growth: str) -> CurvePoint:
    return CurvePoint(
        at_ns=Nanos(minute * MINUTE),
        nlv=Amount(Decimal(1)),
        growth=Decimal(growth),
        drawdown_pct=Decimal(0),
    )


def test_returns_are_of_whole_hours() -> None:
    """After an hour 1.1, after two 0.99, in the third nothing, and what comes later counts not."""
    points = [
        point(0, "1"),
        point(59, "1.2"),
        point(60, "1.1"),
        point(61, "3"),
        point(90, "0.99"),
        point(200, "9"),
    ]

    found = hourly_returns(points, HOURS)

    assert found == pytest.approx((0.1, -0.1, 0.0))


def test_without_points_nothing_was_earned() -> None:
    assert hourly_returns([], HOURS) == (0.0, 0.0, 0.0)


def test_each_objective_by_hand() -> None:
    found = score()

    assert found.value(SearchGoal.TOTAL_PNL_PCT) == 10.0
    assert found.value(SearchGoal.MAX_DRAWDOWN_PCT) == 5.0
    assert found.value(SearchGoal.RETURN_OVER_DRAWDOWN) == 2.0
    assert found.value(SearchGoal.PROFIT_FACTOR) == 1.5
    assert found.value(SearchGoal.WIN_RATE) == 25.0
    sharpe = found.value(SearchGoal.SHARPE)
    assert sharpe == pytest.approx(0.05 / math.sqrt(0.005) * math.sqrt(8760))


def test_where_there_is_nothing_to_divide_by_there_is_no_number() -> None:
    nothing = score(trades=0, wins=0, won=Decimal(0), lost=Decimal(0), drawdown_pct=0.0, returns=())
    expected = {SearchGoal.TOTAL_PNL_PCT, SearchGoal.MAX_DRAWDOWN_PCT}

    assert {each for each in SearchGoal if nothing.value(each) is not None} == expected
    assert nothing.document["sharpe"] is None


def test_stretches_add_up() -> None:
    first = score(returns=(0.1, -0.5), drawdown_pct=50.0, pnl_pct=-45.0)
    second = score(returns=(-0.2,), drawdown_pct=20.0, pnl_pct=-20.0)

    found = joined([first, second])

    assert (found.trades, found.wins) == (8, 2)
    assert (found.won, found.lost) == (Decimal(60), Decimal(40))
    assert found.pnl_pct == pytest.approx(-56.0)
    assert found.drawdown_pct == pytest.approx(60.0), "from 1.1 to 0.44"
    assert found.returns == (0.1, -0.5, -0.2)


def test_a_score_says_what_its_backtest_says() -> None:
    made = plan(hours=6)
    outcome = played(made)

    found = score_of(outcome, TimeSpan(made.start_ns, made.end_ns))

    assert found.trades == outcome.results.summary.trades > 0
    assert found.pnl_pct == float(outcome.pnl_pct)
    assert len(found.returns) == 6
    assert math.prod(1 + each for each in found.returns) == pytest.approx(1 + found.pnl_pct / 100)


def test_a_number_that_is_none_stays_none() -> None:
    assert rounded(None) is rounded(math.inf) is rounded(math.nan) is None
    assert rounded(1.123456789) == 1.12345679
