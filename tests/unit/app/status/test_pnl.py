"""Who has earned what, on the screen: a row a strategy with its signals, or nothing."""

from __future__ import annotations

from typing import Any

import pytest

from app.status.members import Members
from app.status.pnl import pnl_lines


def told(*strategies: dict[str, Any]) -> list[str]:
    return [line.text for line in pnl_lines(Members({"strategies": list(strategies)}))]


def a_row(**changes: Any) -> dict[str, Any]:
    values = {
        "trips": 3,
        "won": 2,
        "fees": "12.5",
        "realised": "7.25",
        "unrealised": "-1",
        "lots": 4,
    }
    return {**values, **changes}


@pytest.mark.req("STR3")
def test_each_strategy_and_signal_is_told_and_lots_are_no_money() -> None:
    lines = told(a_row(strategy="baseline", signals=[a_row(signal="move_15m", unrealised=None)]))

    assert lines[1] == "By strategy and signal, after fees"
    assert lines[2].split() == ["trips", "won", "fees", "realised", "unrealised", "open", "lots"]
    assert lines[3].split() == ["baseline", "3", "2", "12.50", "+7.25", "−1.00", "4"]
    assert lines[4].split() == ["move_15m", "3", "2", "12.50", "+7.25", "–", "4"]


def test_what_has_no_name_is_called_so() -> None:
    text = "\n".join(told(a_row(strategy="", signals=[a_row(signal="")])))

    assert "no strategy" in text
    assert "not named" in text


def test_where_nothing_was_traded_there_is_nothing_to_tell() -> None:
    assert told() == []
