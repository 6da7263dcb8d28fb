"""Whether `trigger` and `leave` say of a row the same, whatever is before and behind its look-back.

Live, a host asks about the newest window; a backtest asks about whole columns. Where a row depends
on what comes later, or on where history begins, both would trade differently.
"""

from __future__ import annotations

from collections.abc import Iterable
from random import Random
from typing import TYPE_CHECKING, cast

from app.strategy_check.faults import CheckKind, StrategyFault, fault_at
from domain.decisions.strategy import Strategy
from domain.model.bars import COLUMNS, Bars

if TYPE_CHECKING:
    from domain.model.bars import Bools

NAMES = ("trigger", "leave")


class BadColumn(Exception):
    """A column that can't be compared; the fault says why."""

    def __init__(self, fault: StrategyFault) -> None:
        super().__init__(fault.told)
        self.fault = fault


def column_fault(
    strategy: Strategy, name: str, bars: Bars, rows: Iterable[int], draw: Random
) -> StrategyFault | None:
    """Return the first row of `bars` at which the column `name` is wrong, None where none is.

    `rows` are where history is cut, each with a whole look-back; `draw` says where it begins.
    """
    before = content_of(bars)
    try:
        whole = asked(strategy, name, bars)
        fault = None if whole is None else _cut(strategy, name, bars, sorted(rows), whole, draw)
        if fault is not None:
            return fault
        again = asked(strategy, name, bars)
    except BadColumn as bad:
        return bad.fault
    if content_of(bars) != before:
        return fault_at(CheckKind.PURITY, bars, None, f"{name} changes the bars that it is shown")
    return _repeated(name, bars, whole, again)


def content_of(bars: Bars) -> bytes:
    """Return all columns of `bars` as one text that can be compared."""
    return b"".join(getattr(bars, name).tobytes() for name in COLUMNS)


def asked(strategy: Strategy, name: str, bars: Bars) -> Bools | None:
    """Return a copy of a column that a strategy answers with; None where it has none.

    Raises:
        BadColumn: it raised, or answered something else than a truth value for each row.
    """
    try:
        column = getattr(strategy, name)(bars)
    except Exception as error:  # whatever a plug-in raises is its own fault
        told = f"{name} raises {type(error).__name__}: {error}"
        raise BadColumn(fault_at(CheckKind.ANSWER, bars, len(bars) - 1, told)) from error
    if column is None and name == "leave":
        return None
    kind, shape = getattr(column, "dtype", None), getattr(column, "shape", None)
    if str(kind) != "bool" or shape != (len(bars),):
        was = type(column).__name__ if kind is None else f"{shape} of {kind}"
        told = f"{name}: expected {len(bars)} truth values, was {was}"
        raise BadColumn(fault_at(CheckKind.ANSWER, bars, len(bars) - 1, told))
    return cast("Bools", column.copy())


def _cut(
    strategy: Strategy, name: str, bars: Bars, rows: list[int], whole: Bools, draw: Random
) -> StrategyFault | None:
    """Return what is wrong with the first row that is, if one of `rows` shows that any is."""
    for row in rows:
        fault = _at(strategy, name, bars, row, whole, draw)
        if fault is not None:
            return _first(strategy, name, bars, row, whole, draw) or fault
    return None


def _at(
    strategy: Strategy, name: str, bars: Bars, row: int, whole: Bools, draw: Random
) -> StrategyFault | None:
    """Return what is wrong with history up to `row`; `whole` is the column of all of it."""
    early, lookback, truth = bars.until(row + 1), strategy.lookback, bool(whole[row])
    cut = asked(strategy, name, early)
    (differing,) = (whole[: row + 1] != cut).nonzero()
    if len(differing):
        there = int(differing[0])
        later = _word(bool(whole[there])), _word(not whole[there])
        told = f"{name} is {later[0]} with later rows and {later[1]} without them: it looks ahead"
        return fault_at(CheckKind.LOOK_AHEAD, bars, there, told)
    for length in (lookback, draw.randint(lookback, row + 1)):
        if _newest(strategy, name, early.last(length)) != truth:
            told = (
                f"{name} is {_word(truth)} with {row + 1} rows of history and"
                f" {_word(not truth)} with {length}, though its look-back is {lookback}"
            )
            return fault_at(CheckKind.LOOK_BACK, bars, row, told)
    return None


def _first(
    strategy: Strategy, name: str, bars: Bars, until: int, whole: Bools, draw: Random
) -> StrategyFault | None:
    """Return what is wrong with the first row that is, of those before `until`."""
    for row in range(strategy.lookback - 1, until):
        fault = _at(strategy, name, bars, row, whole, draw)
        if fault is not None:
            return fault
    return None


def _newest(strategy: Strategy, name: str, bars: Bars) -> bool:
    column = asked(strategy, name, bars)
    return column is not None and bool(column[-1])


def _repeated(
    name: str, bars: Bars, first: Bools | None, again: Bools | None
) -> StrategyFault | None:
    if first is None or again is None:
        if first is again:
            return None
        told = f"{name} answers None at one time and a column at another"
        return fault_at(CheckKind.PURITY, bars, None, told)
    (differing,) = (first != again).nonzero()
    if not len(differing):
        return None
    row = int(differing[0])
    told = f"{name} is {_word(bool(first[row]))} when it is asked first, and not when asked again"
    if not first[row]:
        told = f"{name} is false when it is asked first, and true when asked again"
    return fault_at(CheckKind.PURITY, bars, row, f"{told}: it keeps something or draws")


def _word(value: bool) -> str:
    return "true" if value else "false"
