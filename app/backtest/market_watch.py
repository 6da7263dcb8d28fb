"""What of the market everybody is told besides prices: bars, books, volumes, and where data end."""

from __future__ import annotations

from collections import deque
from decimal import Decimal

from attrs import evolve

from actors.kernel.envelope import ReplyTo
from actors.kernel.topology import ALLOCATOR, RISK_GATE, UNIVERSE
from adapters.simulator.market_data.expander import CandleExpander
from adapters.simulator.market_data.source import Step
from app.backtest.look_books import LookBooks
from app.backtest.market_days import DARK_AFTER_NS, MarketDays
from app.backtest.prices import BARS
from app.backtest.system import BacktestSystem
from app.run import settings
from domain.market.past_quotes import PastQuotes
from domain.messages.market import FeedRecovered, FeedStalled, HistoryLoaded, MinutesClosed
from domain.messages.supervision import ProductsChanged
from domain.messages.universe import LiquidityMeasured
from domain.model.bars import Bars, Timeframe
from domain.model.instants import MINUTE, Nanos
from domain.model.market import Bar
from domain.model.money import ZERO, Price, Quantity
from domain.model.product import Product, ProductId

GAP = "no trade for 5 min"
KEEPERS = (ALLOCATOR, RISK_GATE)
"""They hear what minutes have closed."""


class MarketWatch:
    """Tells the actors of a system what has closed, and what can't be traded."""

    def __init__(self, system: BacktestSystem, expander: CandleExpander) -> None:
        plan = system.plan
        self._system, self._market = system, plan.market
        self._grid, self._expander = system.grid, expander
        self._announce = system.runtime.announce
        self._depths = settings.depths_of(plan.config)
        wanted = set(plan.products)
        self._products = {each.id: each for each in plan.market.products if each.id in wanted}
        self.days = MarketDays(system.grid)
        self._books = LookBooks(self.days, expander, tuple(self._products.values()))
        self._told_ns = Nanos(0)
        self._newest: dict[ProductId, deque[Bar]] = {}
        self._dark: set[ProductId] = set()
        self.ended: set[ProductId] = set()
        """Products whose data ended while something of them was owned."""

    def product(self, product: ProductId) -> Product:
        """Return a product of the account's currency."""
        return self._products[product]

    def catalogue(self, now_ns: Nanos) -> tuple[Product, ...]:
        """Return all products with what they have turned over in the 24 h before."""
        turnover = self._grid.turnover
        products = self._products.values()
        return tuple(evolve(each, volume_24h=turnover(each.id, now_ns)) for each in products)

    def refresh(self, now_ns: Nanos) -> None:
        """Read the catalogue again: only what has been turned over is news, for who judges that."""
        changed = ProductsChanged(self.catalogue(now_ns))
        self._system.runtime.post(ReplyTo(UNIVERSE), changed)

    def measure(self, now_ns: Nanos) -> None:
        """Look at the book of every product, as it is before anything of the minute happens."""
        self._announce(LiquidityMeasured(self._books.measures(now_ns)))

    # Bars.

    def load(self, now_ns: Nanos) -> None:
        """Tell the past that strategies look back on."""
        rows = max(self._depths[Timeframe.MINUTE], settings.LEAST_MINUTES)
        for product in self._products:
            for wide in (Timeframe.DAY, Timeframe.HOUR):
                if count := self._depths[wide]:
                    past = tuple(self._grid.wide(product, wide, count, now_ns))
                    self._announce(HistoryLoaded(product, wide.ns, past))
        self._told_ns = Nanos(now_ns - rows * MINUTE)
        self.deliver(now_ns)

    def deliver(self, now_ns: Nanos) -> tuple[Bars, ...]:
        """Tell the bars that have closed since the last time; return them.

        Whatever decides is told before it is asked, not before: of minutes in which nobody is asked
        it is told at once what has closed in them.
        """
        minutes = (now_ns - self._told_ns) // MINUTE
        if minutes <= 0:
            return ()
        self._told_ns = now_ns
        newest = (self._grid.newest(each, minutes, now_ns) for each in self._products)
        closed = tuple(bars for bars in newest if len(bars))
        if closed:
            for name in KEEPERS:
                self._system.runtime.post(ReplyTo(name), MinutesClosed(closed))
        return closed

    def closed(self, product: ProductId, start_ns: Nanos, end_ns: Nanos) -> tuple[Bar, ...]:
        """Return the closed minutes from `start_ns` to `end_ns`; one without a trade is flat."""
        rows = self._market.candles(product, start_ns, end_ns)
        if len(rows) == (end_ns - start_ns) // MINUTE:
            return tuple(rows)
        by_start = {row.start_ns: row for row in rows}
        last = self._market.last_before(product, start_ns)
        found: list[Bar] = []
        for start in range(start_ns, end_ns, MINUTE):
            row = by_start.get(Nanos(start))
            if row is None and last is not None:
                flat = last.close
                row = Bar(product, Nanos(start), flat, flat, flat, flat, Quantity(ZERO))
            if row is not None:
                found.append(row)
                last = row
        return tuple(found)

    def past(self, product: ProductId, now_ns: Nanos) -> tuple[Bar, ...]:
        """Return the closed minutes by which prices are judged; none is read twice."""
        begin_ns = start_ns = Nanos(now_ns - BARS * MINUTE)
        known = self._newest.setdefault(product, deque(maxlen=BARS))
        if known and known[0].start_ns <= start_ns <= known[-1].start_ns < now_ns:
            begin_ns = Nanos(known[-1].start_ns + MINUTE)
        else:
            known.clear()
        known.extend(self.closed(product, begin_ns, now_ns))
        return tuple(bar for bar in known if bar.start_ns >= start_ns)

    # PlayedPrices.

    def bid(self, product: ProductId, now_ns: Nanos) -> Price | None:
        """Return the bid by which a lot is valued at a minute's beginning.

        Where data have ended or have a gap it is the last close; None before the first row.
        """
        if not self._is_dark(product, now_ns):
            found = self._expander.opening_bid(product, now_ns)
            if found is not None:
                return found
        last = self._market.last_before(product, now_ns)
        if last is not None and not self._market.covers(product, now_ns):
            self.ended.add(product)
        return None if last is None else last.close

    def lowest_bid(self, product: ProductId, now_ns: Nanos, low: Price) -> Decimal:
        """Return a price below which no bid of the minute lies whose lowest trade is at `low`."""
        spread = self._expander.widest_spread(product, now_ns)
        return low - (ZERO if spread is None else spread)

    def row(self, product: ProductId, now_ns: Nanos) -> Bar | None:
        """Return the candle of the minute that begins at `now_ns`."""
        return self._market.candle(product, now_ns)

    def tape(self, product: ProductId, now_ns: Nanos, minutes: int) -> list[Step]:
        """Return the steps of so many minutes before `now_ns`."""
        begun_ns = (Nanos(now_ns - ago * MINUTE) for ago in range(minutes, 0, -1))
        return [step for each in begun_ns for step in self._expander.steps(product, each)]

    def touches(self, product: ProductId, now_ns: Nanos, minutes: int) -> PastQuotes:
        """Return best bids and asks of the tape of so many minutes before `now_ns`."""
        begun_ns = [Nanos(now_ns - ago * MINUTE) for ago in range(minutes, 0, -1)]
        return self._expander.touches(product, begun_ns)

    def lit_from(self, product: ProductId, now_ns: Nanos, first_traded: int) -> int:
        """Return the first step of a minute that can be seen: after a gap its first trade."""
        if not self._is_dark(product, now_ns):
            return 0
        self._tell_dark(product)
        return first_traded

    def darken(self, now_ns: Nanos) -> None:
        """Tell which products can't be traded now, before anybody decides on them."""
        for product in self._products:
            if self._is_dark(product, now_ns):
                self._tell_dark(product)
            elif product in self._dark:
                self._light(product)

    def lighten(self, step: Step) -> None:
        """Take in that a product is traded again."""
        if step.trades and step.product in self._dark:
            self._light(step.product)

    def _is_dark(self, product: ProductId, now_ns: Nanos) -> bool:
        return not self.days.is_lit(product, now_ns)

    def _tell_dark(self, product: ProductId) -> None:
        if product not in self._dark:
            self._dark.add(product)
            self._system.venue.darken(product)
            self._announce(FeedStalled(product, GAP, Nanos(DARK_AFTER_NS)))

    def _light(self, product: ProductId) -> None:
        self._dark.discard(product)
        self._announce(FeedRecovered(product))
