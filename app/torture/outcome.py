"""What came of a case, and which of the stated bounds it broke."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any

from attrs import frozen

from app.torture.cases import Case
from domain.model.figures import money
from domain.model.money import ONE, plain

HALTED = 3
ENDS = (0, HALTED)
"""How a run may end: its time is over, or a limit on losses has halted it and it stays halted."""
OPENING = Decimal(10_000)
LEAST_SALE = Decimal(2)
"""In quote currency: what is worth less can't be sold."""
LEAST_ROUNDS = Decimal("0.8")
"""Share of the decisions in which the honest strategy has to be asked."""


class BoundVerdict(StrEnum):
    """What a case has shown."""

    HOLDS = "holds"
    BROKEN = "BROKEN"
    NOTHING = "not shown"
    """Nothing was bought, or proposed: no bound was tried."""


@frozen(kw_only=True)
class TortureOutcome:
    """What a case came to: `told` is what its process left behind, `error` why it left nothing."""

    case: Case
    told: Mapping[str, Any]
    error: str = ""

    @property
    def verdict(self) -> BoundVerdict:
        """Return whether every bound held."""
        if self.failures:
            return BoundVerdict.BROKEN
        was_tried = self.told["proposals"] and self.told["seen"]["fills"]
        return BoundVerdict.HOLDS if was_tried else BoundVerdict.NOTHING

    @property
    def failures(self) -> tuple[str, ...]:
        """Return in sentences what did not hold."""
        return (self.error,) if self.error else tuple(self._failures())

    @property
    def worst(self) -> tuple[str, Decimal, Decimal]:
        """Return the window whose bound was used most, what was lost in it, and the bound."""
        rows = self._losses()
        return max(rows, key=lambda row: row[1] / row[2] if row[2] else row[1])

    def _failures(self) -> Iterator[str]:
        told, seen = self.told, self.told["seen"]
        if told["code"] not in ENDS:
            yield f"the trader ended with {told['code']}"
        for window, lost, most in self._losses():
            if not (lost.is_finite() and lost <= most):
                yield f"{money(lost)} lost within one {window}, stated are {money(most)} at most"
        yield from self._at_risk()
        for window, count in seen["busiest"].items():
            most_orders = told["bounds"]["orders"][window]
            if count > most_orders:
                yield f"{count} purchases accepted within one {window}, {most_orders} may be"
        if Decimal(seen["left"]) > LEAST_SALE:
            yield f"{money(Decimal(seen['left']))} of lots whose stops were passed is still owned"
        rounds, cycles = told["honest_rounds"], told["journal"]["cycles"]
        if rounds < cycles * LEAST_ROUNDS:
            yield f"the honest strategy was asked in {rounds} of {cycles} decisions"

    def _at_risk(self) -> Iterator[str]:
        """Yield it if more was at risk than its share of the most that the account was worth."""
        seen = self.told["seen"]
        growth = max(ONE, Decimal(seen["peak"]) / OPENING)
        most, held = Decimal(self.told["bounds"]["at_risk"]) * growth, Decimal(seen["at_risk"])
        if not held <= most:
            yield f"{money(held)} at risk at once, {money(most)} may be"

    def _losses(self) -> list[tuple[str, Decimal, Decimal]]:
        stated = self.told["bounds"]["losses"]
        lost = self.told["seen"]["losses"]
        return [(name, Decimal(lost[name]), Decimal(most)) for name, most in stated.items()]


def document(outcomes: list[TortureOutcome], seed: int) -> str:
    """Return all outcomes for programs; amounts are strings in quote currency."""
    cases = [
        {
            "name": each.case.name,
            "does": each.case.does,
            "real_time": each.case.is_on_threads,
            "verdict": str(each.verdict),
            "failures": list(each.failures),
            **each.told,
        }
        for each in outcomes
    ]
    is_ok = all(each.verdict is not BoundVerdict.BROKEN for each in outcomes)
    return json.dumps({"ok": is_ok, "seed": seed, "cases": cases}, indent=2, default=plain)
