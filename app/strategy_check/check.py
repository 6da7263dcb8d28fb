"""Everything that a strategy is held to, tried on a market: does it look ahead, is it pure?"""

from __future__ import annotations

from random import Random
from typing import Any

from attrs import frozen

from adapters.simulator.bars.grid import Market
from app.strategy_check.columns import NAMES, BadColumn, asked, column_fault
from app.strategy_check.decisions import DecisionRow, decision_fault, proposals
from app.strategy_check.faults import StrategyFault
from app.strategy_check.material import CheckMaterial, material_of
from domain.decisions.strategy import Strategy
from domain.model.bars import Bars

SCHEMA = 1
CUTS = 40
"""Places at which the history of each product is cut, beside those where it triggers."""
MOMENTS = 12
"""Rows of each product at which it decides, of those that triggered and of those that did not."""


@frozen(kw_only=True)
class StrategyCheck:
    """What came of checking a strategy. `rows` were looked at, at `moments` it decided, `proposed`
    is what it made of that; `faults` are the first of each product and check that fails.
    """

    name: str
    market: str
    seed: int
    rows: int = 0
    moments: int = 0
    triggered: int = 0
    proposed: int = 0
    faults: tuple[StrategyFault, ...] = ()

    @property
    def warnings(self) -> tuple[str, ...]:
        """Return what makes a good result worth less than it looks."""
        if self.faults or self.proposed:
            return ()
        what = "nothing triggered" if not self.triggered else "it proposed nothing where asked"
        told = f"{what} in these rows, so that its decisions were hardly tried"
        return (f"{told}: take another --seed or --market",)

    @property
    def document(self) -> dict[str, Any]:
        """Return it as JSON says it."""
        return {
            "schema": SCHEMA,
            "strategy": self.name,
            "market": self.market,
            "seed": self.seed,
            "passed": not self.faults,
            "rows": self.rows,
            "moments": self.moments,
            "triggered": self.triggered,
            "proposed": self.proposed,
            "faults": [each.document for each in self.faults],
            "warnings": list(self.warnings),
        }


def check_strategy(
    strategy: Strategy, market: Market, *, name: str, source: str, seed: int
) -> StrategyCheck:
    """Return what comes of trying `strategy` on `market`, which is called `source`.

    Raises:
        MarketError: the market is shorter than one look-back.
    """
    material, draw = material_of(strategy, market), Random(seed)
    faults, moments = [], []
    for bars in material.bars:
        chosen = _moments(material, bars, draw)
        cuts = _cuts(strategy, bars, draw) | {each.row for each in chosen}
        found = (column_fault(strategy, each, bars, cuts, draw) for each in NAMES)
        faults += [fault for fault in found if fault is not None]
        moments += chosen
    if not faults:
        fault = decision_fault(material, moments)
        faults += [fault] if fault is not None else []
    return StrategyCheck(
        name=name,
        market=source,
        seed=seed,
        rows=sum(len(bars) - strategy.lookback + 1 for bars in material.bars),
        moments=len(moments),
        triggered=sum(each.has_triggered for each in moments),
        proposed=0 if faults else proposals(material, moments),
        faults=tuple(faults),
    )


def _cuts(strategy: Strategy, bars: Bars, draw: Random) -> set[int]:
    """Return rows with a whole look-back: the first, the last, and some between."""
    rows = range(strategy.lookback - 1, len(bars))
    return {rows[0], rows[-1], *draw.sample(rows, min(CUTS, len(rows)))}


def _moments(material: CheckMaterial, bars: Bars, draw: Random) -> list[DecisionRow]:
    """Return rows at which to decide, of each kind if there are any."""
    strategy = material.strategy
    try:
        column = asked(strategy, "trigger", bars)
    except BadColumn:  # the check of the column says why
        return []
    assert column is not None
    rows = range(strategy.lookback - 1, len(bars))
    found = []
    for is_on in (True, False):
        there = [row for row in rows if bool(column[row]) is is_on]
        picked = sorted(draw.sample(there, min(MOMENTS, len(there))))
        found += [DecisionRow(bars, row, is_on) for row in picked]
    return found
