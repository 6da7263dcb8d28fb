"""A proposal must lie within policy in each of its numbers."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import ClassVar

from attrs import frozen

from domain.model.approval import Reason, Refusal
from domain.model.money import plain
from domain.model.proposal import TradeProposal
from domain.model.settings import number
from domain.risk import reasons
from domain.risk.rule import Candidate, EntryRule
from domain.risk.view import RiskView


@frozen(kw_only=True)
class InvalidProposal(EntryRule):
    """Refuses a proposal with a field outside its bounds, naming the first such field."""

    CODE: ClassVar[Reason] = reasons.INVALID_PROPOSAL
    ORDER: ClassVar[int] = 40
    DEMANDED_BY: ClassVar[tuple[str, ...]] = ("R2",)
    ASCENDING: ClassVar[tuple[tuple[str, ...], ...]] = (
        ("min_stop_pct", "max_stop_pct"),
        ("min_target_pct", "max_target_pct"),
    )

    min_stop_pct: Decimal = number(
        "0.5",
        "Nearest stop",
        low="0.1",
        high="50",
        unit="% of entry",
        tighter="higher",
        mandatory=True,
        at="proposals.min_stop_pct",
    )
    max_stop_pct: Decimal = number(
        "15",
        "Farthest stop",
        low="0.1",
        high="25",
        unit="% of entry",
        tighter="lower",
        mandatory=True,
        at="proposals.max_stop_pct",
    )
    min_target_pct: Decimal = number(
        "1",
        "Nearest target",
        low="0.1",
        high="100",
        unit="% of entry",
        tighter="higher",
        mandatory=True,
        at="proposals.min_target_pct",
    )
    max_target_pct: Decimal = number(
        "40",
        "Farthest target",
        low="0.1",
        high="100",
        unit="% of entry",
        tighter="lower",
        mandatory=True,
        at="proposals.max_target_pct",
    )
    min_conviction: Decimal = number(
        "0.4",
        "Least conviction",
        low="0",
        high="1",
        tighter="higher",
        mandatory=True,
        at="proposals.min_conviction",
    )
    max_notional_pct: Decimal = number(
        "3",
        "Largest size asked for",
        low="0",
        high="5",
        unit="% of equity",
        tighter="lower",
        mandatory=True,
        at="proposals.max_notional_pct",
    )

    def judge(self, wanted: Candidate, view: RiskView) -> Refusal | None:
        """Refuse if a number is none, or outside its bounds."""
        del view
        for name, value, low, high in self._bounds(wanted.proposal):
            if not value.is_finite() or not low <= value <= high:
                return self.refuse(f"{name} {value}", f"{plain(low)} to {plain(high)}")
        return None

    def _bounds(self, asked: TradeProposal) -> Iterator[tuple[str, Decimal, Decimal, Decimal]]:
        yield "notional_pct", asked.notional_pct, Decimal(0), self.max_notional_pct
        yield "stop_loss_pct", asked.stop_loss_pct, self.min_stop_pct, self.max_stop_pct
        yield "take_profit_pct", asked.take_profit_pct, self.min_target_pct, self.max_target_pct
        yield "conviction", asked.conviction, self.min_conviction, Decimal(1)
