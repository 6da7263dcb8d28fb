"""The seed study runs the real system, adds up to the last digit, and can say no."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from scripts.seed_study import Row, failures, figures, study

A_MINUTE_OR_SO = 0.03


def a_row(seed: int, **changes: Any) -> Row:
    row = Row(
        seed=seed,
        hours=24.0,
        config="c",
        before_fees="1" if seed % 2 else "-1",
        after_fees="-3",
        fees="3",
        fills=2,
        first_fill_hours=0.5,
    )
    return evolve(row, **changes)


def test_two_seeds_are_run_once_and_kept(tmp_path: Path) -> None:
    out = tmp_path / "study.jsonl"
    rows = study([1, 2], A_MINUTE_OR_SO, 1, out)
    assert [row.seed for row in rows] == [1, 2]
    first = rows[0]
    assert first.fills > 0
    assert first.first_fill_hours is not None
    assert first.first_fill_hours < 60 / 3600  # the shipped seed fills within a minute
    assert Decimal(first.before_fees) > Decimal(first.after_fees) + Decimal(first.fees)
    kept = out.read_text(encoding="utf-8")
    assert study([1, 2], A_MINUTE_OR_SO, 1, out) == rows
    assert out.read_text(encoding="utf-8") == kept


def test_rows_of_other_code_are_run_again(tmp_path: Path) -> None:
    out = tmp_path / "study.jsonl"
    old = json.dumps(
        {
            "seed": 2,
            "hours": A_MINUTE_OR_SO,
            "config": "of another day",
            "before_fees": "99",
            "after_fees": "99",
            "fees": "0",
            "fills": 1,
            "first_fill_hours": 0.0,
        }
    )
    out.write_text(old + "\n", encoding="utf-8")
    (row,) = study([2], A_MINUTE_OR_SO, 1, out)
    assert row.config != "of another day"
    assert row.before_fees != "99"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"before_fees": "5"}, "before fees"),
        ({"after_fees": "0.5"}, "after fees"),
        ({"first_fill_hours": None}, "three of four"),
    ],
)
def test_an_edge_a_gain_and_idleness_are_failures(changes: dict[str, object], said: str) -> None:
    rows = [a_row(seed, **changes) for seed in range(8)]
    if "before_fees" in changes:
        rows[0] = evolve(rows[0], before_fees="4.9")
    (found,) = failures(figures(rows))
    assert said in found


def test_a_fair_market_is_none() -> None:
    assert failures(figures([a_row(seed) for seed in range(20)])) == []
