"""A strategy that decides by more than its look-back, or otherwise each time, is found."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from adapters.simulator.bars.grid import MinuteGrid
from adapters.simulator.market_data.generated import GeneratedMarket
from app.strategy_check.decisions import DecisionRow, decision_fault, proposals
from app.strategy_check.faults import CheckKind
from app.strategy_check.material import CheckMaterial
from domain.decisions.strategy import Strategy
from domain.model.bars import Bars
from domain.model.context import Context
from domain.model.product import Side
from domain.model.proposal import TradeProposal
from tests.builders.backtests import BEGIN
from tests.builders.paths import a_path

pytestmark = pytest.mark.req("BT2", "STR1")
BARS = a_path(60, 3)
LOOKBACK = 10


class Deciding(Strategy):
    """Its decisions are any function of a picture."""

    id = "deciding"
    lookback = LOOKBACK

    def __init__(self, decide: Callable[[Context], Any]) -> None:
        self._decide = decide

    def trigger(self, bars: Bars) -> Any:
        return np.ones(len(bars), np.bool_)

    def decide(self, context: Context) -> Any:
        return self._decide(context)


def bought(context: Context, pct: Decimal = Decimal(2), **more: Any) -> tuple[TradeProposal, ...]:
    return tuple(
        TradeProposal(
            **{
                "product": bars.product,
                "side": Side.BUY,
                "notional_pct": pct,
                "stop_loss_pct": Decimal(4),
                "take_profit_pct": Decimal(8),
                "conviction": Decimal(1),
                "reason": "because",
                **more,
            }
        )
        for bars in context.bars
    )


def tried(decide: Callable[[Context], Any], *, has_triggered: bool = True) -> Any:
    grid = MinuteGrid(GeneratedMarket(1, BEGIN, 0))
    moments = [DecisionRow(BARS, row, has_triggered) for row in (20, 30, 59)]
    return decision_fault(CheckMaterial(Deciding(decide), grid, (BARS,)), moments)


def test_the_same_picture_and_the_same_answer_is_no_fault() -> None:
    assert tried(bought) is None
    assert tried(lambda context: (), has_triggered=False) is None


def test_what_was_proposed_is_counted() -> None:
    grid = MinuteGrid(GeneratedMarket(1, BEGIN, 0))
    material = CheckMaterial(Deciding(bought), grid, (BARS,))

    assert proposals(material, [DecisionRow(BARS, 20, True), DecisionRow(BARS, 30, True)]) == 2


def test_a_proposal_where_nothing_triggered_is_found() -> None:
    found = tried(bought, has_triggered=False)

    assert (found.check, found.row) == (CheckKind.SILENCE, 20)


def test_one_that_counts_the_rows_of_history_is_found() -> None:
    found = tried(lambda context: bought(context, Decimal(len(context.bars[0]))))

    assert (found.check, found.row) == (CheckKind.LOOK_BACK, 20)
    assert "21 rows of history" in found.told


def test_one_that_remembers_is_found() -> None:
    calls: list[int] = []

    def counting(context: Context) -> Any:
        calls.append(1)
        return bought(context, Decimal(len(calls)))

    assert tried(counting).check is CheckKind.PURITY


def test_one_that_remembers_only_what_it_saw_last_is_found() -> None:
    seen: list[int] = []

    def jumpy(context: Context) -> Any:
        newest = int(context.bars[0].start_ns[-1])
        is_back = bool(seen) and newest < max(seen)
        seen.append(newest)
        return () if is_back else bought(context)

    found = tried(jumpy)

    assert found.check is CheckKind.PURITY
    assert "after other questions" in found.told


def test_one_that_changes_its_picture_is_found() -> None:
    def spoiling(context: Context) -> Any:
        column = context.bars[0].volume.base
        if column is not None and column.flags.owndata:
            column.flags.writeable = True
            column[:] += 1
        return ()

    bars = a_path(60, 4)
    grid = MinuteGrid(GeneratedMarket(1, BEGIN, 0))
    material = CheckMaterial(Deciding(spoiling), grid, (bars,))
    found = decision_fault(material, [DecisionRow(bars, 20, True)])

    assert found is not None
    assert found.check is CheckKind.PURITY
    assert "changes the picture" in found.told


@pytest.mark.parametrize(
    ("decide", "told"),
    [
        (lambda context: 1 // 0, "decide raises ZeroDivisionError"),
        (lambda context: ("buy",), "expected TradeProposals, was str"),
        (lambda context: bought(context, product="OTHER-USD"), "OTHER-USD has not triggered"),
        (lambda context: (*bought(context), None), "expected TradeProposals, was NoneType"),
    ],
)
def test_an_answer_that_can_not_be_used_is_said(
    decide: Callable[[Context], Any], told: str
) -> None:
    found = tried(decide)

    assert found.check is CheckKind.ANSWER
    assert told in found.told
