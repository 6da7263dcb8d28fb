"""No entry at a price that is too odd to be true, or of which too little is known to tell."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from attrs import frozen

from domain.model.approval import Reason, Refusal
from domain.model.market import PriceLimits
from domain.model.settings import number
from domain.risk.rule import Candidate, EntryRule
from domain.risk.view import RiskView


@frozen(kw_only=True)
class SuspectPrice(EntryRule):
    """Refuses while the newest tick or the last bar of the product is doubted.

    The feed judges each tick by these limits (`domain/market/doubts.py`) and the quote carries
    what it found.
    """

    CODE: ClassVar[Reason] = Reason("suspect_price")
    ORDER: ClassVar[int] = 65
    DEMANDED_BY: ClassVar[tuple[str, ...]] = ("O1",)

    jump_sigmas: Decimal = number(
        "6",
        "Most that the mid may move within 60 s, in standard deviations of such moves",
        low="1",
        high="6",
        unit="sigma",
        tighter="lower",
        mandatory=True,
        at="quality.jump_sigmas",
    )
    jump_floor_bps: Decimal = number(
        "10",
        "A move within 60 s that is smaller is no jump",
        low="0",
        high="100",
        unit="bps",
        tighter="lower",
        mandatory=True,
        at="quality.jump_floor_bps",
    )
    max_spread_bps: Decimal = number(
        "100",
        "Widest spread of a tick",
        low="1",
        high="200",
        unit="bps",
        tighter="lower",
        mandatory=True,
        at="quality.max_spread_bps",
    )
    bar_pct: Decimal = number(
        "10",
        "Farthest that a bar closes from the mean of the 20 before it, if it traded little",
        low="1",
        high="10",
        unit="%",
        tighter="lower",
        mandatory=True,
        at="quality.bar_pct",
    )
    bar_volume_ratio: Decimal = number(
        "0.1",
        "Volume of a bar, of their mean volume, from which on it may be farther off",
        low="0.1",
        high="10",
        tighter="higher",
        mandatory=True,
        at="quality.bar_volume_ratio",
    )

    @property
    def limits(self) -> PriceLimits:
        """Return what the feed judges prices by."""
        return PriceLimits(
            jump_sigmas=self.jump_sigmas,
            jump_floor_bps=self.jump_floor_bps,
            max_spread_bps=self.max_spread_bps,
            bar_pct=self.bar_pct,
            bar_volume_ratio=self.bar_volume_ratio,
        )

    def judge(self, wanted: Candidate, view: RiskView) -> Refusal | None:
        """Refuse if the newest quote of the product is doubted; without one others refuse."""
        quote = view.quotes.get(wanted.product)
        doubt = None if quote is None else quote.doubt
        if doubt is None:
            return None
        return self.refuse(f"{doubt.kind.value}: {doubt.observed}", doubt.limit)
