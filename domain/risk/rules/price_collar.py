"""No entry at a price that is far above the market."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import ClassVar

from attrs import frozen

from domain.messages.portfolio import LimitUse
from domain.model.approval import Reason, Refusal
from domain.model.market import Quote
from domain.model.money import ZERO, Price, bps, plain
from domain.model.product import ProductId
from domain.model.settings import number
from domain.risk.caps import fullest
from domain.risk.rule import Candidate, EntryRule
from domain.risk.sizing import entry_price
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
        sized, quote = wanted.sized, _sound(view, wanted.product)
        if sized is None or quote is None:
            return None  # refused by the rules on sizes and quotes
        above = _above_mid(sized.limit_price, quote)
        if above <= self.collar_bps:
            return None
        return self.refuse(
            f"{above.quantize(SHOWN_TO)} bps above the mid", f"{plain(self.collar_bps)} bps"
        )

    def uses(self, view: RiskView) -> Iterator[LimitUse]:
        """Yield how far above the mid an entry would be priced now, at most; of what rests below
        it, nothing.
        """
        yield from fullest(
            LimitUse(f"price above the mid {name}", used, self.collar_bps, "bps")
            for name in view.eligible
            if (used := _priced_above(view, name)) is not None
        )


def _priced_above(view: RiskView, name: ProductId) -> Decimal | None:
    """Return how many bps above the mid an entry would be priced now; None where nobody knows."""
    product, quote = view.products.get(name), _sound(view, name)
    if product is None or quote is None:
        return None
    price = entry_price(product, quote, view.mandate.entry_offset_bps)
    return max(ZERO, _above_mid(price, quote).quantize(SHOWN_TO))


def _sound(view: RiskView, name: ProductId) -> Quote | None:
    quote = view.quotes.get(name)
    return quote if quote is not None and 0 < quote.bid < quote.ask else None


def _above_mid(price: Price, quote: Quote) -> Decimal:
    mid = (quote.bid + quote.ask) / 2
    return bps((price - mid) / mid)
