"""Entries keep a distance in time from each other, so that no quota is used up at a stroke."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import ClassVar

from attrs import frozen

from domain.messages.portfolio import LimitUse
from domain.model.approval import Reason, Refusal
from domain.model.instants import SECOND
from domain.model.settings import number
from domain.risk.rule import Candidate, EntryRule
from domain.risk.view import RiskView


@frozen(kw_only=True)
class Spacing(EntryRule):
    """Refuses an entry too soon after the last filled one, of the product or of any."""

    CODE: ClassVar[Reason] = Reason("spacing")
    ORDER: ClassVar[int] = 107
    DEMANDED_BY: ClassVar[tuple[str, ...]] = ("PAC",)
    ASCENDING: ClassVar[tuple[tuple[str, ...], ...]] = (
        ("spacing_seconds", "product_spacing_seconds"),
    )

    spacing_seconds: int = number(
        30,
        "Market time after a filled entry in which nothing else is bought",
        low=1,
        high=3600,
        unit="s",
        tighter="higher",
        mandatory=True,
        at="pacing.spacing_seconds",
    )
    product_spacing_seconds: int = number(
        900,
        "The same for more of the same product",
        low=1,
        high=86_400,
        unit="s",
        tighter="higher",
        mandatory=True,
        at="pacing.product_spacing_seconds",
    )

    def judge(self, wanted: Candidate, view: RiskView) -> Refusal | None:
        """Refuse by the newest entry that is too near in time, but no rest of an entry."""
        if wanted.chain is not None:
            return None
        for each in reversed(view.past_trades.entries):
            passed_ns = view.at_ns - each.at_ns
            if passed_ns < self.spacing_seconds * SECOND:
                limit = f"{self.spacing_seconds} s between entries"
            elif passed_ns >= self.product_spacing_seconds * SECOND:
                return None  # and so are those before it
            elif each.product == wanted.product:
                limit = f"{self.product_spacing_seconds} s between entries of a product"
            else:
                continue
            return self.refuse(f"{passed_ns // SECOND} s since an entry of {each.product}", limit)
        return None

    def uses(self, view: RiskView) -> Iterator[LimitUse]:
        """Yield how long to wait after the newest entry, nothing once that is over: before any
        other, and before more of the same product.
        """
        for each in view.past_trades.entries[-1:]:
            passed_ns = view.at_ns - each.at_ns
            for name, limit in (
                ("spacing", self.spacing_seconds),
                (f"spacing {each.product}", self.product_spacing_seconds),
            ):
                left_ns = limit * SECOND - passed_ns
                if left_ns > 0:
                    yield LimitUse(name, Decimal(-(-left_ns // SECOND)), Decimal(limit), "s")
