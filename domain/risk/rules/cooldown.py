"""An asset that was just traded is left alone for a while, longer after a stop-out."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import ClassVar

from attrs import frozen

from domain.messages.portfolio import LimitUse
from domain.model.approval import Reason, Refusal
from domain.model.instants import SECOND
from domain.model.product import base_of
from domain.model.settings import number
from domain.risk.rule import Candidate, EntryRule
from domain.risk.view import RiskView


@frozen(kw_only=True)
class Cooldown(EntryRule):
    """Refuses an asset after any fill of it, in whatever currency it was paid."""

    CODE: ClassVar[Reason] = Reason("cooldown")
    ORDER: ClassVar[int] = 106
    DEMANDED_BY: ClassVar[tuple[str, ...]] = ("CD1",)
    ASCENDING: ClassVar[tuple[tuple[str, ...], ...]] = (
        ("after_fill_seconds", "after_stop_seconds"),
    )

    after_fill_seconds: int = number(
        300,
        "Market time after any fill of an asset in which nothing more of it is bought",
        low=10,
        high=86_400,
        unit="s",
        tighter="higher",
        mandatory=True,
        at="cooldown.after_fill_seconds",
    )
    after_stop_seconds: int = number(
        3600,
        "The same after its stop has sold it",
        low=60,
        high=86_400,
        unit="s",
        tighter="higher",
        mandatory=True,
        at="cooldown.after_stop_seconds",
    )

    def judge(self, wanted: Candidate, view: RiskView) -> Refusal | None:
        """Refuse if the asset was stopped out, or filled at all, too short a time ago."""
        asset, at_ns, past = base_of(wanted.product), view.at_ns, view.past_trades
        for what, known, limit in (
            ("a stop-out", past.stopped, self.after_stop_seconds),
            ("a fill", past.filled, self.after_fill_seconds),
        ):
            if known is past.filled and wanted.chain is not None:
                continue  # the fill may be its own: the rest of an entry was paced when that began
            then_ns = known.get(asset)
            if then_ns is not None and at_ns - then_ns < limit * SECOND:
                passed = (at_ns - then_ns) // SECOND
                return self.refuse(f"{passed} s since {what} of {asset}", f"{limit} s")
        return None

    def uses(self, view: RiskView) -> Iterator[LimitUse]:
        """Yield the asset with the longest time to wait, nothing while none has to."""
        waits = [*self._waits(view)]
        if waits:
            wait, limit, asset = max(waits)
            yield LimitUse(f"cooldown {asset}", Decimal(wait), Decimal(limit), "s")

    def _waits(self, view: RiskView) -> Iterator[tuple[int, int, str]]:
        past = view.past_trades
        for known, limit in (
            (past.stopped, self.after_stop_seconds),
            (past.filled, self.after_fill_seconds),
        ):
            for asset, then_ns in known.items():
                left_ns = then_ns + limit * SECOND - view.at_ns
                if left_ns > 0:
                    yield -(-left_ns // SECOND), limit, asset
