"""No second lot of a product that the strategy holds or is about to buy."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from domain.model.approval import Reason, Refusal
from domain.risk.rule import Candidate, EntryRule
from domain.risk.view import RiskView


@frozen(kw_only=True)
class AlreadyHeld(EntryRule):
    """Refuses a product that the strategy owns a lot of, or has an entry for that has not ended.

    Strategies that say `pyramids: true` may buy more of it. What the entry itself has bought does
    not keep its rest from being bought.
    """

    CODE: ClassVar[Reason] = Reason("already_held")
    ORDER: ClassVar[int] = 105
    DEMANDED_BY: ClassVar[tuple[str, ...]] = ("decision 30",)

    def judge(self, wanted: Candidate, view: RiskView) -> Refusal | None:
        """Refuse a second lot."""
        strategy, product = wanted.entry.strategy, wanted.entry.proposal.product
        if strategy in view.mandate.pyramids:
            return None
        own = () if wanted.chain is None else wanted.chain.ended
        held = view.portfolio.lots if view.portfolio is not None else ()
        lots = (lot for lot in held if lot.id not in own)
        if any((lot.strategy, lot.product) == (strategy, product) for lot in lots):
            return self.refuse("it holds a lot", "one lot of a product")
        orders = (each.order for each in view.exposure.entries())
        if any((order.strategy, order.product) == (strategy, product) for order in orders):
            return self.refuse("an entry of it has not ended", "one lot of a product")
        return None
