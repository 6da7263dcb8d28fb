"""A result is what it was if five numbers are within two percent of the baseline's."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from domain.results.regression import BaselineUnusable, Metrics, baseline_of, metrics_of, moved

pytestmark = pytest.mark.req("BT3")
D = Decimal
BASE = Metrics(
    total_trades=D(100),
    win_rate=D(50),
    total_pnl_pct=D("-10"),
    max_drawdown_pct=D(4),
    profit_factor=D("1.5"),
)


@pytest.mark.parametrize(
    ("name", "inside", "outside"),
    [
        ("total_trades", 102, 103),
        ("total_trades", 98, 97),
        ("win_rate", "51", "51.01"),
        ("total_pnl_pct", "-10.2", "-10.21"),
        ("total_pnl_pct", "-9.8", "-9.79"),
        ("max_drawdown_pct", "4.08", "4.09"),
        ("profit_factor", "1.47", "1.46"),
    ],
)
def test_two_percent_either_way_is_the_same_and_more_is_named(
    name: str, inside: Any, outside: Any
) -> None:
    assert moved(BASE, evolve(BASE, **{name: D(inside)})) == ()

    (found,) = moved(BASE, evolve(BASE, **{name: D(outside)}))

    assert found.name == name
    assert str(found).startswith(f"{name}: was ")


def test_nothing_to_divide_by_is_the_same_as_nothing_only() -> None:
    none = evolve(BASE, profit_factor=None)

    assert moved(none, none) == ()
    (found,) = moved(none, BASE)
    assert str(found) == "profit_factor: was nothing, is 1.5"


def test_beside_zero_only_zero_is_the_same() -> None:
    flat = evolve(BASE, total_pnl_pct=D(0))

    assert moved(flat, flat) == ()
    assert [each.name for each in moved(flat, evolve(flat, total_pnl_pct=D("0.001")))] == [
        "total_pnl_pct"
    ]


@given(st.decimals(-1000, 1000, places=6), st.decimals(0, 100, places=6))
def test_what_is_written_is_read_back(pnl: Decimal, drawdown: Decimal) -> None:
    made = evolve(BASE, total_pnl_pct=pnl, max_drawdown_pct=drawdown, win_rate=None)

    assert baseline_of(made.texts()) == made


@pytest.mark.parametrize(
    "texts",
    [
        None,
        [],
        {},
        {**BASE.texts(), "total_trades": None},
        {**BASE.texts(), "total_trades": 12},
        {**BASE.texts(), "win_rate": "NaN"},
        {**BASE.texts(), "profit_factor": "many"},
        {**BASE.texts(), "total_trades": "0"},
    ],
)
def test_a_baseline_that_says_nothing_is_none(texts: object) -> None:
    with pytest.raises(BaselineUnusable):
        baseline_of(texts)


def test_a_result_without_a_trade_can_be_read() -> None:
    assert metrics_of({**BASE.texts(), "total_trades": "0"}).total_trades == 0
