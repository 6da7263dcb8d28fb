"""The rows by strategy and signal are exact texts, and what is read from them is what was known."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from actors.reporting.pnl_rows import open_pnl_in, pnl_rows
from domain.model.money import Amount
from domain.model.pnl import Origin, OriginPnl, open_of

LONG = Decimal("-1.234567890123456789012345678901234567890")
KNOWN = OriginPnl(
    origin=Origin("baseline", "move_15m"),
    trips=7,
    won=3,
    fees=Amount(Decimal("0.50")),
    realised=Amount(Decimal(12)),
    unrealised=Amount(LONG),
    lots=2,
)
UNKNOWN = OriginPnl(origin=Origin("", ""), unrealised=None, lots=1)


@pytest.mark.req("STR3", "X2")
def test_a_strategy_has_a_row_with_one_a_signal_in_it_and_no_digit_is_lost() -> None:
    numbers = {
        "trips": 7,
        "won": 3,
        "fees": "0.5",
        "realised": "12",
        "unrealised": str(LONG).rstrip("0"),
        "lots": 2,
    }

    (row,) = pnl_rows([KNOWN])

    signal = {"signal": "move_15m", **numbers}
    assert row == {"strategy": "baseline", **numbers, "signals": [signal]}


@pytest.mark.req("STR3")
def test_what_is_open_is_read_back_where_it_is_known() -> None:
    status = {"strategies": pnl_rows([KNOWN, UNKNOWN])}

    assert open_pnl_in(status) == open_of([KNOWN, UNKNOWN])
    assert len(open_pnl_in(status)) == 1


@pytest.mark.parametrize("status", [{}, {"strategies": None}, {"strategies": []}])
def test_a_status_without_strategies_tells_nothing_open(status: dict[str, Any]) -> None:
    assert open_pnl_in(status) == ()
