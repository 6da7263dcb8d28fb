"""PnL by strategy and signal adds up, and what is not known stays not known."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.model.money import Amount
from domain.model.pnl import NOBODY, OpenPnl, Origin, OriginPnl, by_strategy, open_of, total

pytestmark = pytest.mark.req("STR3")


def a_pnl(strategy: str, signal: str, unrealised: str | None = "1", lots: int = 1) -> OriginPnl:
    return OriginPnl(
        origin=Origin(strategy, signal),
        trips=3,
        won=2,
        fees=Amount(Decimal("0.5")),
        realised=Amount(Decimal(-4)),
        unrealised=None if unrealised is None else Amount(Decimal(unrealised)),
        lots=lots,
    )


def test_a_strategy_is_what_its_signals_are_together() -> None:
    (found,) = by_strategy([a_pnl("momentum", "late"), a_pnl("momentum", "early", "2.5")])

    assert [each.origin.signal for each in found.signals] == ["early", "late"]
    assert found.total == OriginPnl(
        origin=Origin("momentum", ""),
        trips=6,
        won=4,
        fees=Amount(Decimal(1)),
        realised=Amount(Decimal(-8)),
        unrealised=Amount(Decimal("3.5")),
        lots=2,
    )


def test_strategies_stand_by_name_and_what_belongs_to_none_stands_last() -> None:
    rows = [a_pnl("", ""), a_pnl("trend", "high"), a_pnl("baseline", "volume")]

    assert [each.name for each in by_strategy(rows)] == ["baseline", "trend", ""]


def test_a_sum_with_something_unknown_is_unknown() -> None:
    known, unknown = a_pnl("a", "x"), a_pnl("a", "y", None)

    assert total([known, unknown]).unrealised is None
    assert total([unknown, known]).unrealised is None
    assert total([]) == OriginPnl(origin=NOBODY)


def test_what_is_open_is_of_those_that_hold_lots_with_a_known_price() -> None:
    rows = [a_pnl("a", "x"), a_pnl("a", "y", None), a_pnl("b", "z", "0", lots=0)]

    assert open_of(rows) == (OpenPnl(Origin("a", "x"), Amount(Decimal(1))),)
