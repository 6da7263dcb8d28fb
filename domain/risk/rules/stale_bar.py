"""No entry on bars that ended too long ago."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import ClassVar

from attrs import frozen

from domain.messages.portfolio import LimitUse
from domain.model.approval import Reason, Refusal
from domain.model.instants import SECOND, Nanos
from domain.model.settings import number
from domain.risk.caps import fullest
from domain.risk.rule import Candidate, EntryRule
from domain.risk.view import RiskView


@frozen(kw_only=True)
class StaleBar(EntryRule):
    """Refuses if the last closed bar is too old, or none is known."""

    CODE: ClassVar[Reason] = Reason("stale_bar")
    ORDER: ClassVar[int] = 70
    DEMANDED_BY: ClassVar[tuple[str, ...]] = ("ST1",)

    bar_seconds: Decimal = number(
        "90",
        "Last bar close",
        low="60",
        high="90",
        unit="s",
        tighter="lower",
        mandatory=True,
        at="staleness.bar_seconds",
    )

    def judge(self, wanted: Candidate, view: RiskView) -> Refusal | None:
        """Refuse if the product's last bar ended longer ago than the limit, or lies ahead."""
        limit_ns = Nanos(int(self.bar_seconds * SECOND))
        limit = f"{limit_ns // SECOND} s"
        end_ns = view.bar_ends.get(wanted.product)
        if end_ns is None:
            return self.refuse("no bar", limit)
        age_ns = view.at_ns - end_ns
        if abs(age_ns) <= limit_ns:
            return None
        return self.refuse(f"{age_ns // SECOND} s", limit)

    def uses(self, view: RiskView) -> Iterator[LimitUse]:
        """Yield the age of the oldest last bar of what may be bought."""
        ages = {
            product: max(0, (view.at_ns - view.bar_ends[product]) // SECOND)
            for product in view.eligible
            if product in view.bar_ends
        }
        yield from fullest(
            LimitUse(f"bar age {product}", Decimal(age), self.bar_seconds, "s")
            for product, age in ages.items()
        )
