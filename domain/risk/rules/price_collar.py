"""No entry at a price that is far above the market."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import ClassVar

from attrs import frozen

from domain.messages.portfolio import LimitUse
from domain.model.approval import Reason, Refusal
from domain.model.money import BPS, ONE, ZERO, bps, plain
from domain.model.settings import number
from domain.risk.caps import fullest
from domain.risk.rule import Candidate, EntryRule
from domain.risk.view import RiskView

SHOWN_TO = Decimal("0.01")


@frozen(kw_only=True)
class PriceCollar(EntryRule):
    """Refuses a limit price too far above the middle of bid and ask.

    One far below it costs nothing: it rests until it ends, or buys cheaply.
    """

    CODE: ClassVar[Reason] = Reason("price_collar")
    ORDER: ClassVar[int] = 112
    DEMANDED_BY: ClassVar[tuple[str, ...]] = ("E1",)

    collar_bps: Decimal = number(
        "100",
        "Farthest that the limit price of an entry may be above the mid",
        low="1",
        high="200",
        unit="bps",
        tighter="lower",
        mandatory=True,
        at="liquidity.collar_bps",
    )

    def judge(self, wanted: Candidate, view: RiskView) -> Refusal | None:
        """Refuse if the order would pay more than the collar allows."""
        sized, quote = wanted.sized, view.quotes.get(wanted.product)
        if sized is None or quote is None or not 0 < quote.bid < quote.ask:
            return None  # refused by the rules on sizes and quotes
        mid = (quote.bid + quote.ask) / 2
        above = bps((sized.limit_price - mid) / mid)
        if above <= self.collar_bps:
            return None
        return self.refuse(
            f"{above.quantize(SHOWN_TO)} bps above the mid", f"{plain(self.collar_bps)} bps"
        )

    def uses(self, view: RiskView) -> Iterator[LimitUse]:
        """Yield how far above the mid an entry would be priced now, at most; of what rests below
        it, nothing.
        """
        share = ONE - view.mandate.entry_offset_bps / BPS
        yield from fullest(
            LimitUse(f"price above the mid {product}", used, self.collar_bps, "bps")
            for product in view.eligible
            if (quote := view.quotes.get(product)) is not None and 0 < quote.bid < quote.ask
            for mid in [(quote.bid + quote.ask) / 2]
            for used in [max(ZERO, bps((quote.bid * share - mid) / mid).quantize(SHOWN_TO))]
        )
