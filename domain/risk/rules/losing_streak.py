"""After several losses in a row entries pause: what worked before may not work in this market."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import ClassVar

from attrs import frozen

from domain.messages.portfolio import LimitUse
from domain.model.approval import Reason, Refusal
from domain.model.instants import MINUTE
from domain.model.settings import number
from domain.risk.rule import Candidate, EntryRule
from domain.risk.view import RiskView


@frozen(kw_only=True)
class LosingStreak(EntryRule):
    """Refuses every entry for a while after a loss that is one too many in a row.

    A round trip counts when all of its lot is sold, fees of both legs paid. After the pause each
    further loss pauses again, until one trade has gained.
    """

    CODE: ClassVar[Reason] = Reason("losing_streak")
    ORDER: ClassVar[int] = 35
    DEMANDED_BY: ClassVar[tuple[str, ...]] = ("PAC",)

    losses_in_a_row: int = number(
        4,
        "Round trips in a row that lose money, from which on entries pause",
        low=1,
        high=20,
        unit="losses",
        tighter="lower",
        mandatory=True,
        at="pacing.losses_in_a_row",
    )
    loss_pause_minutes: int = number(
        60,
        "Market time for which they pause after the last of these losses",
        low=5,
        high=1440,
        unit="min",
        tighter="higher",
        mandatory=True,
        at="pacing.loss_pause_minutes",
    )

    def judge(self, wanted: Candidate, view: RiskView) -> Refusal | None:
        """Refuse while the pause after the last loss lasts."""
        del wanted
        past = view.past_trades
        if not self._pauses(view) or past.lost_ns is None:
            return None
        passed = (view.at_ns - past.lost_ns) // MINUTE
        return self.refuse(
            f"{past.losses} losses in a row, the last {passed} min ago",
            f"{self.loss_pause_minutes} min after {self.losses_in_a_row}",
        )

    def uses(self, view: RiskView) -> Iterator[LimitUse]:
        """Yield how many losses there were in a row; after a pause one more is always too many."""
        limit = self.losses_in_a_row
        used = limit if self._pauses(view) else min(view.past_trades.losses, limit - 1)
        yield LimitUse("losses in a row", Decimal(used), Decimal(limit), "losses")

    def _pauses(self, view: RiskView) -> bool:
        past, pause_ns = view.past_trades, self.loss_pause_minutes * MINUTE
        is_streak = past.lost_ns is not None and past.losses >= self.losses_in_a_row
        return is_streak and view.at_ns - (past.lost_ns or 0) < pause_ns
