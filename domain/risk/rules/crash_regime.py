"""No entry while the whole market falls."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from domain.model.approval import Reason, Refusal
from domain.risk.rule import Candidate, EntryRule
from domain.risk.view import RiskView


@frozen(kw_only=True)
class CrashRegime(EntryRule):
    """Refuses while the regime allows no size; exits are asked nothing of it."""

    CODE: ClassVar[Reason] = Reason("crash_regime")
    ORDER: ClassVar[int] = 25
    DEMANDED_BY: ClassVar[tuple[str, ...]] = ("U3",)

    def judge(self, wanted: Candidate, view: RiskView) -> Refusal | None:
        """Refuse whatever it is."""
        del wanted
        if view.regime.multiplier > 0:
            return None
        return self.refuse(f"regime {view.regime}", "a regime with sizes above 0")
