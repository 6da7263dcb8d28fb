"""A cap on how many trades are begun in an hour and in a day: the backstop of pacing."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import ClassVar

from attrs import frozen

from domain.messages.portfolio import LimitUse
from domain.model.approval import Reason, Refusal
from domain.model.instants import DAY, HOUR
from domain.model.settings import number
from domain.risk.past_trades import KEPT_ENTRIES
from domain.risk.rule import Candidate, EntryRule
from domain.risk.view import RiskView


@frozen(kw_only=True)
class TradeCap(EntryRule):
    """Refuses an entry while as many as allowed were filled within the hour, or the day.

    An entry that is open counts like a filled one: it may become one at any moment.
    """

    CODE: ClassVar[Reason] = Reason("trade_cap")
    ORDER: ClassVar[int] = 109
    DEMANDED_BY: ClassVar[tuple[str, ...]] = ("PAC",)
    ASCENDING: ClassVar[tuple[tuple[str, ...], ...]] = (("trades_per_hour", "trades_per_day"),)

    trades_per_hour: int = number(
        10,
        "Entries filled within an hour of market time, open ones included",
        low=1,
        high=60,
        unit="entries",
        tighter="lower",
        mandatory=True,
        at="pacing.trades_per_hour",
    )
    trades_per_day: int = number(
        60,
        "Entries filled within 24 h of market time, open ones included",
        low=1,
        high=KEPT_ENTRIES,
        unit="entries",
        tighter="lower",
        mandatory=True,
        at="pacing.trades_per_day",
    )

    def judge(self, wanted: Candidate, view: RiskView) -> Refusal | None:
        """Refuse if either count has reached its limit."""
        del wanted
        for name, used, limit, unit in self._counted(view):
            if used >= limit:
                return self.refuse(f"{used} {unit}", f"{limit}", cap_type=name)
        return None

    def uses(self, view: RiskView) -> Iterator[LimitUse]:
        """Yield how many trades were begun within the hour and within the day."""
        for name, used, limit, unit in self._counted(view):
            yield LimitUse(name, Decimal(used), Decimal(limit), unit)

    def _counted(self, view: RiskView) -> Iterator[tuple[str, int, int, str]]:
        """Yield name, count, limit and unit of each window."""
        waiting = sum(not each.filled for each in view.exposure.entries())
        for name, window_ns, unit, limit in (
            ("trades per hour", HOUR, "entries in 1 h", self.trades_per_hour),
            ("trades per day", DAY, "entries in 24 h", self.trades_per_day),
        ):
            yield name, waiting + len(view.past_trades.since(view.at_ns, window_ns)), limit, unit
