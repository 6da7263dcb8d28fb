"""Columns that see the future, or where history begins, or remember, are found."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np
import pytest

from app.strategy_check.columns import column_fault
from app.strategy_check.faults import CheckKind
from domain.decisions.strategy import Strategy
from domain.model.bars import Bars
from tests.builders.messages import BTC
from tests.builders.paths import a_path

pytestmark = pytest.mark.req("BT2", "S1")
LOOKBACK, ROWS = 10, 400
CALLS: list[int] = []


class Asked(Strategy):
    """Its trigger is any function of bars."""

    id = "asked"
    lookback = LOOKBACK

    def __init__(self, column: Callable[[Bars], Any]) -> None:
        self._column = column

    def trigger(self, bars: Bars) -> Any:
        return self._column(bars)

    def decide(self, context: Any) -> tuple[()]:
        return ()


def fault(column: Callable[[Bars], Any], name: str = "trigger") -> Any:
    bars = a_path(ROWS, 3)
    rows = range(LOOKBACK - 1, ROWS, 13)
    return column_fault(Asked(column), name, bars, rows, Random(1))


def honest(bars: Bars) -> Any:
    found = np.zeros(len(bars), np.bool_)
    found[5:] = bars.close[5:] > bars.close[:-5]
    return found


def future_row(bars: Bars) -> Any:
    return np.append(bars.close[1:] > bars.close[:-1], False)


def whole_mean(bars: Bars) -> Any:
    return bars.close > bars.close.mean()


def whole_high(bars: Bars) -> Any:
    return bars.close >= bars.close.max()


def average_from_the_start(bars: Bars) -> Any:
    average, found = float(bars.close[0]), []
    for close in bars.close.tolist():
        average += (close - average) * 0.02
        found.append(close > average)
    return np.array(found)


def running_high(bars: Bars) -> Any:
    return bars.close >= np.maximum.accumulate(bars.close)


def kept(bars: Bars) -> Any:
    CALLS.append(len(bars))
    return np.full(len(bars), len(CALLS) % 997 == 1)


def drawn(bars: Bars) -> Any:
    return np.random.default_rng().random(len(bars)) < 0.5


def test_what_depends_on_its_look_back_alone_has_no_fault() -> None:
    assert fault(honest) is None
    assert fault(honest, "leave") is None, "it has none"


@pytest.mark.parametrize(
    ("column", "check"),
    [
        (future_row, CheckKind.LOOK_AHEAD),
        (whole_mean, CheckKind.LOOK_AHEAD),
        (whole_high, CheckKind.LOOK_BACK),
        (average_from_the_start, CheckKind.LOOK_BACK),
        (running_high, CheckKind.LOOK_BACK),
    ],
)
def test_a_leak_is_named(column: Callable[[Bars], Any], check: CheckKind) -> None:
    found = fault(column)

    assert found.check is check
    assert found.product == BTC


@pytest.mark.parametrize("column", [kept, drawn])
def test_an_answer_that_changes_is_named(column: Callable[[Bars], Any]) -> None:
    assert fault(column) is not None


def test_the_first_row_that_differs_is_named_not_the_first_that_was_tried() -> None:
    bars = a_path(ROWS, 3)
    rises = bars.close[1:] > bars.close[:-1]
    first = next(row for row in range(LOOKBACK - 1, ROWS - 1) if rises[row])

    found = fault(future_row)

    assert (found.row, found.at_ns) == (first, int(bars.start_ns[first]))


def test_state_that_shows_only_when_asked_again_is_found() -> None:
    asked: list[int] = []

    def second_thought(bars: Bars) -> Any:
        asked.append(len(bars))
        is_again = len(bars) == ROWS and asked.count(ROWS) > 2
        return np.full(len(bars), is_again)

    bars = a_path(ROWS, 3)
    rows = [ROWS - 1]

    found = column_fault(Asked(second_thought), "trigger", bars, rows, Random(1))

    assert found is not None
    assert found.check in (CheckKind.PURITY, CheckKind.LOOK_BACK)


def test_bars_that_are_changed_are_found() -> None:
    def cheat(bars: Bars) -> Any:
        bars.close.flags.writeable = True
        bars.close[0] += 1
        return np.zeros(len(bars), np.bool_)

    found = fault(cheat)

    assert found.check is CheckKind.PURITY
    assert "changes the bars" in found.told


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda bars: None, "expected 400 truth values, was NoneType"),
        (lambda bars: bars.close, "of int64"),
        (lambda bars: np.zeros(3, np.bool_), "was (3,) of bool"),
        (lambda bars: 1 // 0, "trigger raises ZeroDivisionError"),
    ],
)
def test_an_answer_that_is_no_column_is_said(answer: Callable[[Bars], Any], told: str) -> None:
    found = fault(answer)

    assert found.check is CheckKind.ANSWER
    assert told in found.told
