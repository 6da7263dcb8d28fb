"""What all caps in percent of equity have in common."""

from __future__ import annotations

from abc import ABC
from collections.abc import Iterable, Iterator
from decimal import Decimal

from attrs import frozen

from domain.messages.portfolio import LimitUse
from domain.model.approval import Refusal
from domain.model.money import ONE, plain
from domain.risk.rule import Candidate, EntryRule
from domain.risk.view import RiskView

HUNDRED = Decimal(100)
SHOWN_TO = Decimal("0.0001")


@frozen(kw_only=True)
class CapRule(EntryRule, ABC):
    """A rule that compares what would be at risk, the entry at its worst case, with a cap."""

    def over(
        self, cap_type: str, held: Decimal, cap_pct: Decimal, wanted: Candidate, view: RiskView
    ) -> Refusal | None:
        """Refuse if `held` (quote currency) and the entry together pass `cap_pct` of NLV.

        A bad market makes the cap smaller; a good one never makes it larger.
        """
        portfolio, sized = view.portfolio, wanted.sized
        if sized is None or portfolio is None or portfolio.nlv is None or not portfolio.nlv > 0:
            return None  # refused by the rules on size and value
        effective = cap_pct * min(ONE, view.regime.multiplier)
        proposed = (held + sized.worst_case) / portfolio.nlv * HUNDRED
        if proposed <= effective:
            return None
        current = held / portfolio.nlv * HUNDRED
        return self.refuse(
            f"{proposed:.4f} % of equity",
            f"{plain(effective)} %",
            cap_type=cap_type,
            current_pct=current.quantize(SHOWN_TO),
            proposed_pct=proposed.quantize(SHOWN_TO),
        )

    def use(self, name: str, held: Decimal, cap_pct: Decimal, view: RiskView) -> Iterator[LimitUse]:
        """Yield how far a cap is used by `held` (quote currency), nothing while NLV is unknown."""
        portfolio = view.portfolio
        if portfolio is not None and portfolio.nlv is not None and portfolio.nlv > 0:
            effective = cap_pct * min(ONE, view.regime.multiplier)
            current = (held / portfolio.nlv * HUNDRED).quantize(SHOWN_TO)
            yield LimitUse(name, current, effective, "%")


def fullest(uses: Iterable[LimitUse]) -> Iterator[LimitUse]:
    """Yield the one of `uses` that has the least left, nothing if there is none."""
    found = min(uses, key=lambda use: (use.limit - use.used, use.name), default=None)
    if found is not None:
        yield found
