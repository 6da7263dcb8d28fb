"""No entry on a price that we don't know to be true now."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import ClassVar

from attrs import frozen

from domain.messages.portfolio import LimitUse
from domain.model.approval import Reason, Refusal
from domain.model.instants import MILLISECOND, SECOND, Nanos
from domain.model.market import Quote
from domain.model.money import ZERO, plain
from domain.model.settings import number
from domain.risk.caps import fullest
from domain.risk.rule import Candidate, EntryRule
from domain.risk.view import RiskView

SHOWN_TO = Decimal("0.001")


@frozen(kw_only=True)
class StaleQuote(EntryRule):
    """Refuses without a quote confirmed within the limit, or on a stalled feed.

    A quote that is crossed, or from further in the future than the limit, is none.
    """

    CODE: ClassVar[Reason] = Reason("stale_quote")
    ORDER: ClassVar[int] = 60
    DEMANDED_BY: ClassVar[tuple[str, ...]] = ("ST1",)

    quote_seconds: Decimal = number(
        "5",
        "Newest confirmed quote",
        low="0.1",
        high="5",
        unit="s",
        tighter="lower",
        mandatory=True,
        at="staleness.quote_seconds",
    )

    @property
    def limit_ns(self) -> Nanos:
        """Return the limit as market time; feed, exits and gaps are judged by it too."""
        return Nanos(int(self.quote_seconds * SECOND))

    def judge(self, wanted: Candidate, view: RiskView) -> Refusal | None:
        """Refuse if the product's quote is stalled, missing, senseless or too old."""
        product, limit_ns = wanted.product, self.limit_ns
        limit = f"{limit_ns // MILLISECOND} ms"
        if product in view.stalled:
            return self.refuse(f"stalled: {view.stalled[product]}", limit)
        quote = view.quotes.get(product)
        if quote is None:
            return self.refuse("no quote", limit)
        if not 0 < quote.bid < quote.ask:
            return self.refuse(f"bid {plain(quote.bid)}, ask {plain(quote.ask)}", "bid below ask")
        age_ns = view.at_ns - quote.confirmed_ns
        if abs(age_ns) <= limit_ns:
            return None
        return self.refuse(f"{age_ns // MILLISECOND} ms", limit)

    def uses(self, view: RiskView) -> Iterator[LimitUse]:
        """Yield the age of the oldest quote of what may be bought."""
        yield from fullest(
            LimitUse(f"quote age {product}", _seconds(view, quote), self.quote_seconds, "s")
            for product in view.eligible
            if (quote := view.quotes.get(product)) is not None
        )


def _seconds(view: RiskView, quote: Quote) -> Decimal:
    age = Decimal(view.at_ns - quote.confirmed_ns) / SECOND
    return max(ZERO, age.quantize(SHOWN_TO))
