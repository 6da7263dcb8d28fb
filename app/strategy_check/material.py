"""What a strategy is checked on: closed bars of a market, and the pictures made of them."""

from __future__ import annotations

from decimal import Decimal

from attrs import frozen

from adapters.simulator.bars.grid import Market, MinuteGrid
from adapters.simulator.market_data.source import MarketError
from domain.decisions.strategy import Strategy
from domain.model.bars import Bars, Timeframe
from domain.model.context import Context
from domain.model.instants import DAY, HOUR, MINUTE, SECOND, Nanos
from domain.model.market import Quote
from domain.model.money import ZERO, Amount, Price, Quantity
from domain.model.portfolio import PortfolioView
from domain.model.product import ProductId

ROWS = {Timeframe.MINUTE: 5_000, Timeframe.HOUR: 1_000, Timeframe.DAY: 100}
"""Bars of each length behind the first whole look-back, at most."""
CASH = Amount(Decimal(10_000))
DECIDED_NS = 2 * SECOND
"""How long after the close of a bar a cycle decides."""
SPREAD = Decimal("0.0005")
PRODUCTS_MAX = 8


@frozen
class CheckMaterial:
    """Bars of a market of the strategy's own timeframe, and whatever else its pictures hold."""

    strategy: Strategy
    grid: MinuteGrid
    bars: tuple[Bars, ...]

    def picture(self, bars: Bars) -> Context:
        """Return what the host would hand on at the close of the newest of these bars."""
        strategy, price = self.strategy, bars.price(bars.close[-1])
        end_ns = Nanos(int(bars.start_ns[-1]) + strategy.timeframe.ns)
        at_ns = Nanos(end_ns + DECIDED_NS)
        half, one = price * SPREAD / 2, Quantity(Decimal(1))
        quote = Quote(
            bars.product, Price(price - half), one, Price(price + half), one, at_ns, at_ns
        )
        return Context(
            1,
            1,
            at_ns,
            (bars,),
            (quote,),
            _empty(),
            hours=self._wide(bars.product, Timeframe.HOUR, strategy.hours, end_ns),
            days=self._wide(bars.product, Timeframe.DAY, strategy.days, end_ns),
        )

    def _wide(
        self, product: ProductId, timeframe: Timeframe, count: int, end_ns: Nanos
    ) -> tuple[Bars, ...]:
        return (self.grid.wide_bars(product, timeframe, count, end_ns),) if count else ()


def material_of(strategy: Strategy, market: Market) -> CheckMaterial:
    """Return bars of the market's first products, its newest ones where it is recorded.

    Raises:
        MarketError: no product has more bars than one look-back.
    """
    grid, timeframe = MinuteGrid(market), strategy.timeframe
    count = strategy.lookback + ROWS[timeframe]
    length_ns = count * timeframe.ns
    besides_ns = strategy.hours * HOUR + strategy.days * DAY
    end_ns = market.end_ns
    if end_ns is None:  # a generated one goes on for ever
        end_ns = Nanos(-(-(market.first_ns + length_ns + besides_ns) // DAY) * DAY)
    found = []
    for product in sorted(each.id for each in market.products)[:PRODUCTS_MAX]:
        if timeframe is Timeframe.MINUTE:
            bars = grid.bars(product, end_ns - count * MINUTE, end_ns)
        else:
            bars = grid.wide_bars(product, timeframe, count, end_ns)
        if len(bars) > strategy.lookback:
            found.append(bars)
    if not found:
        need = f"{strategy.lookback} {timeframe.value}s"
        raise MarketError(f"no product of the market has more than {need}, the look-back")
    return CheckMaterial(strategy, grid, tuple(found))


def _empty() -> PortfolioView:
    zero = Amount(ZERO)
    return PortfolioView(
        quote_currency="USD",
        cash=CASH,
        allotted=CASH,
        lots=(),
        nlv=CASH,
        realised=zero,
        fees=zero,
        opening_nlv=CASH,
    )
