"""The golden results of whole recordings: what is kept of them, and that they can be had again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from scripts.backtest_results import (
    LINES,
    PAGE,
    SETS,
    STRATEGIES,
    known,
    played,
    render,
    row_of,
    verified,
)
from scripts.pages import ROOT
from tests.builders.recorded import shared_data

pytestmark = pytest.mark.req("BT1", "BT3")
SHORT, STRATEGY = "coinbase_1m_2018-04", "breakout"


def a_report(**changes: Any) -> dict[str, Any]:
    metrics = {
        "total_trades": "2",
        "win_rate": "50",
        "total_pnl_pct": "-0.1",
        "max_drawdown_pct": "0.2",
        "profit_factor": None,
    }
    return {
        "from": "2018-04-05T00:00:00Z",
        "to": "2018-04-06T23:59:00Z",
        "products": ["BTC-USD"],
        "metrics": metrics,
        "pnl_net": "-10",
        "fees": "4",
        "buy_and_hold_pct": "1.5",
        "closed": [{"product": "BTC-USD", "profit": "-10"}],
        "open": [],
        **changes,
    }


def test_the_page_is_what_the_lines_give() -> None:
    assert (ROOT / PAGE).read_text(encoding="utf-8") == render(known())
    assert known(), f"{LINES} holds no line"


def test_another_list_of_trades_is_another_hash_whatever_its_figures() -> None:
    first = row_of(a_report())
    other = row_of(a_report(closed=[{"product": "ETH-USD", "profit": "-10"}]))

    assert first["orders"] != other["orders"]
    assert {**first, "orders": ""} == {**other, "orders": ""}
    assert first == row_of(a_report())


def test_a_run_that_has_no_factor_and_one_that_is_too_short_have_a_line() -> None:
    told = {"set": SETS[0], "strategy": STRATEGIES[0], **row_of(a_report())}
    lacks = {"set": SETS[0], "strategy": STRATEGIES[1], "lacks": "too short"}

    page = render({(SETS[0], STRATEGIES[0]): told, (SETS[0], STRATEGIES[1]): lacks})

    assert "| `baseline` | 2018-04-05 | 2 | 50.00 | -0.10 | -6.00 | 4.00 | 0.20 | – |" in page
    assert "| `breakout` | too short |" in page
    told_of_all = (
        "1 runs made 2 round trips: -6.00 USD before fees, 4.00 USD of fees, -10.00 USD after"
    )
    assert told_of_all in page.replace("\n", " ")


def test_a_strategy_makes_of_a_whole_recording_what_it_did() -> None:
    expected = known()[SHORT, STRATEGY]

    assert played(SHORT, STRATEGY, shared_data()) == expected


def test_a_set_of_which_nothing_is_known_is_not_verified(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert verified(SETS[0], tmp_path, {}) == 1
    assert "nothing is known of it; play it first" in capsys.readouterr().out
