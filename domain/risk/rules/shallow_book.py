"""No order that the book could not take back: it has to hold several times its size."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import ClassVar

from attrs import frozen

from domain.messages.portfolio import LimitUse
from domain.model.approval import Reason, Refusal
from domain.model.figures import money
from domain.model.money import ZERO
from domain.model.product import ProductId
from domain.model.settings import number
from domain.model.universe import DEPTH_WITHIN_BPS
from domain.risk.caps import fullest
from domain.risk.rule import Candidate, EntryRule
from domain.risk.view import RiskView


@frozen(kw_only=True)
class ShallowBook(EntryRule):
    """Refuses an order if less than so many times its worst case rests near the best prices.

    The depth is that of the thinner side, as the universe has measured it last: a minute old at
    most. Where none is known nothing is bought.
    """

    CODE: ClassVar[Reason] = Reason("shallow_book")
    ORDER: ClassVar[int] = 114
    DEMANDED_BY: ClassVar[tuple[str, ...]] = ("U1",)

    depth_times: Decimal = number(
        "2",
        f"Depth within {DEPTH_WITHIN_BPS} bps on each side, in sizes of the order",
        low="1",
        high="100",
        unit="times the order",
        tighter="higher",
        mandatory=True,
        at="liquidity.depth_times",
    )

    def judge(self, wanted: Candidate, view: RiskView) -> Refusal | None:
        """Refuse if the book is too thin for this order, or its depth is not known."""
        standing = view.standings.get(wanted.product)
        if wanted.sized is None or standing is None or not standing.is_eligible:
            return None  # refused by the rules on sizes and the universe
        needed = wanted.sized.worst_case * self.depth_times
        depth = standing.depth
        if depth is not None and depth >= needed:
            return None
        observed = "depth unknown" if depth is None else f"depth {money(depth)}"
        return self.refuse(observed, f"at least {money(needed)}")

    def uses(self, view: RiskView) -> Iterator[LimitUse]:
        """Yield how much of a book its largest open entry asks for, of the book with least left."""
        if view.portfolio is None:
            return  # nobody knows the currency, and nothing is bought
        currency, largest = view.portfolio.quote_currency, dict[ProductId, Decimal]()
        for each in view.exposure.entries():
            product = each.order.product
            largest[product] = max(largest.get(product, ZERO), each.worst_case)
        yield from fullest(
            LimitUse(
                f"depth for open orders {name}",
                largest.get(name, ZERO) * self.depth_times,
                depth,
                currency,
            )
            for name in view.eligible
            if (depth := view.standings[name].depth) is not None
        )
