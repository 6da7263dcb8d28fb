"""What is wrong with a strategy, and where it shows."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from attrs import frozen

from domain.model.bars import Bars
from domain.model.instants import Nanos, iso
from domain.model.product import ProductId


class CheckKind(StrEnum):
    """What a strategy is held to."""

    SOURCE = "source"
    """Its text asks no clock, no chance and nobody outside."""
    LOOK_AHEAD = "look_ahead"
    """A row is the same whether later rows are there or not."""
    LOOK_BACK = "look_back"
    """A row is the same wherever history begins, its look-back being there."""
    PURITY = "purity"
    """The same question has the same answer, and changes nothing."""
    SILENCE = "silence"
    """Nothing is proposed where nothing triggered."""
    ANSWER = "answer"
    """What it answers is of the right kind."""


@frozen(kw_only=True)
class StrategyFault:
    """The first place at which a strategy fails a check.

    `row` counts from 0 in the bars that were checked and `at_ns` is where that bar begins; None
    where the fault is of no row.
    """

    check: CheckKind
    told: str
    product: ProductId | None = None
    row: int | None = None
    at_ns: Nanos | None = None

    @property
    def place(self) -> str:
        """Return product, row and time, as far as they are known; "" if nothing is."""
        if self.product is None or self.row is None or self.at_ns is None:
            return self.product or ""
        return f"{self.product}, row {self.row} ({iso(self.at_ns)})"

    @property
    def document(self) -> dict[str, Any]:
        """Return it as JSON says it."""
        return {
            "check": self.check.value,
            "product": self.product,
            "row": self.row,
            "at": None if self.at_ns is None else iso(self.at_ns),
            "told": self.told,
        }


def fault_at(check: CheckKind, bars: Bars, row: int | None, told: str) -> StrategyFault:
    """Return a fault at a row of `bars`, None for no row in particular."""
    at_ns = None if row is None else Nanos(int(bars.start_ns[row]))
    return StrategyFault(check=check, told=told, product=bars.product, row=row, at_ns=at_ns)
