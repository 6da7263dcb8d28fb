"""Everything the rules may look at in one judgement. Lent by the gate, not to be kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from decimal import Decimal
from functools import cached_property

from attrs import field, frozen

from domain.messages.decisions import EntryProposed
from domain.model.breakers import Breaker, covering, strongest
from domain.model.context import Regime
from domain.model.instants import Nanos
from domain.model.market import Quote
from domain.model.money import ZERO, Rate, notional
from domain.model.portfolio import PortfolioView
from domain.model.product import Product, ProductId, Side
from domain.model.universe import Standing
from domain.risk.exposure import AtRisk, Exposure
from domain.risk.mandate import Mandate
from domain.risk.past_trades import PastTrades

ApprovedKey = tuple[str, ProductId, Side, int]
"""Strategy, product, side and start of the bar: at most one approval each."""


def approved_key(entry: EntryProposed) -> ApprovedKey:
    """Return what is remembered of an entry once it is approved."""
    return (entry.strategy, entry.proposal.product, entry.proposal.side, int(entry.bar_ns))


@frozen(kw_only=True)
class RiskView:
    """The state that a judgement is made on. `at_ns` is market time, `machine_ns` machine time.

    `approved_in_cycle` is how many entries of each strategy were approved in the present cycle.
    """

    at_ns: Nanos
    machine_ns: Nanos
    is_ready: bool
    mandate: Mandate
    breakers: tuple[Breaker, ...]
    products: Mapping[ProductId, Product]
    quotes: Mapping[ProductId, Quote]
    bar_ends: Mapping[ProductId, int]
    stalled: Mapping[ProductId, str]
    portfolio: PortfolioView | None
    maker: Rate | None
    taker: Rate | None
    regime: Regime
    standings: Mapping[ProductId, Standing]
    exposure: Exposure
    approved: Set[ApprovedKey]
    approved_in_cycle: Mapping[str, int] = field(factory=dict)
    past_trades: PastTrades = PastTrades()

    def tier_of(self, product: ProductId) -> str:
        """Return the tier that `product` is in, "" if it is in none or not judged."""
        standing = self.standings.get(product)
        return "" if standing is None else standing.tier

    @property
    def eligible(self) -> Iterator[ProductId]:
        """Yield the products that may be bought by the universe."""
        return (name for name, standing in self.standings.items() if standing.is_eligible)

    def breaker_for(self, entry: EntryProposed) -> Breaker | None:
        """Return the strongest breaker whose scope covers the entry."""
        return strongest(covering(self.breakers, entry.proposal.product, entry.strategy))

    def breaker_for_exit(self, product: ProductId) -> Breaker | None:
        """Return the strongest breaker whose scope covers an exit of `product`."""
        return strongest(covering(self.breakers, product))

    @cached_property
    def at_risk(self) -> AtRisk:
        """Value of owned lots (at the ask: the careful side) plus worst cases of entries.

        A lot without a quote counts at its cost, and what is missing of one counts as if it were
        there: until its owner releases it, it may come back.
        """
        return _at_risk(self)


def _at_risk(view: RiskView) -> AtRisk:
    by_product: dict[ProductId, Decimal] = {}
    by_strategy: dict[str, Decimal] = {}
    worths: list[tuple[ProductId, str, Decimal]] = []
    for lot in view.portfolio.lots if view.portfolio is not None else ():
        quote = view.quotes.get(lot.product)
        worth = lot.cost if quote is None else notional(quote.ask, lot.quantity)
        worths.append((lot.product, lot.strategy, worth))
    worths.extend(
        (each.order.product, each.order.strategy, each.worst_case)
        for each in view.exposure.entries()
    )
    for product, strategy, amount in worths:
        by_product[product] = by_product.get(product, ZERO) + amount
        by_strategy[strategy] = by_strategy.get(strategy, ZERO) + amount
    return AtRisk(sum(by_product.values(), ZERO), by_product, by_strategy)
