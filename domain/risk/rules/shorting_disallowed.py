"""Entries buy: owned lots are sold by the exit actor alone."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from domain.model.approval import Reason, Refusal
from domain.model.money import plain
from domain.model.product import Side
from domain.risk import reasons
from domain.risk.rule import Candidate, EntryRule
from domain.risk.view import RiskView


@frozen(kw_only=True)
class ShortingDisallowed(EntryRule):
    """Refuses sales and sizes that are not positive."""

    CODE: ClassVar[Reason] = reasons.SHORTING_DISALLOWED
    ORDER: ClassVar[int] = 30
    DEMANDED_BY: ClassVar[tuple[str, ...]] = ("R1",)

    def judge(self, wanted: Candidate, view: RiskView) -> Refusal | None:
        """Refuse what is not a purchase of something."""
        del view
        proposal = wanted.proposal
        if proposal.side is Side.BUY and proposal.notional_pct > 0:
            return None
        observed = f"{proposal.side.value} {plain(proposal.notional_pct)} %"
        return self.refuse(observed, "buys of more than 0 %")
