"""Only what the venue's flags allow today, and what policy trades at all."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from domain.model.approval import Reason, Refusal
from domain.model.product import Action
from domain.risk import reasons
from domain.risk.rule import Candidate, EntryRule
from domain.risk.view import RiskView


@frozen(kw_only=True)
class ProductDisabled(EntryRule):
    """Refuses what is not in the catalogue, is never traded, or takes no such orders now."""

    CODE: ClassVar[Reason] = reasons.PRODUCT_DISABLED
    ORDER: ClassVar[int] = 50
    DEMANDED_BY: ClassVar[tuple[str, ...]] = ("EX1",)

    def judge(self, wanted: Candidate, view: RiskView) -> Refusal | None:
        """Refuse if the product takes no entry of this kind."""
        product, mandate = view.products.get(wanted.product), view.mandate
        if product is None:
            return self.refuse("not in the catalogue", "a product of the venue")
        if product.base in mandate.never_trade or product.quote != mandate.quote_currency:
            return self.refuse(f"{product.id} is never traded", "tradable by policy")
        is_resting = wanted.sized is None or wanted.sized.post_only
        action = Action.REST if is_resting else Action.LIMIT
        if not product.flags.allows(action):
            return self.refuse(f"flags: {product.flags.described}", f"open for {action.value}")
        return None
