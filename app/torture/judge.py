"""What the venue's books say of a run: losses by window, orders by minute, and what is left.

Nothing that the trader says takes part: only the venue's orders and fills, and the market's prices.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from decimal import Decimal

from attrs import define, field, frozen

from adapters.simulator.engine.orders import Fill, VenueOrder
from adapters.simulator.server.opened_world import FEES
from app.torture.market import BEGIN, TortureMarket
from domain.model.instants import MINUTE, Nanos
from domain.model.market import Bar
from domain.model.money import ONE, ZERO
from domain.model.product import ProductId, Side
from domain.risk.blast_radius import WINDOWS


@define
class Holding:
    """What is owned of one product, and what that cost with fees."""

    quantity: Decimal = ZERO
    cost: Decimal = ZERO

    def take(self, fill: Fill) -> None:
        """Book one fill; a sale takes its share of the cost away."""
        if fill.side is Side.BUY:
            self.quantity += fill.quantity
            self.cost += fill.quantity * fill.price + fill.commission
            return
        left = self.quantity - fill.quantity
        self.cost = self.cost * left / self.quantity if left > 0 else ZERO
        self.quantity = left


@frozen(kw_only=True)
class VenueFindings:
    """What was seen at the venue; amounts in quote currency.

    `losses` by window, counted from what lots cost. `at_risk` is the most that owned lots have cost
    at once, `peak` the most that the account was worth. `busiest` is the most purchases accepted
    within the length of each window. `left` is what of lots bought before the fall is still owned
    at the end, at the last price.
    """

    losses: dict[str, Decimal]
    peak: Decimal
    at_risk: Decimal
    busiest: dict[str, int]
    orders: int
    fills: int
    fees: Decimal
    left: Decimal


@define
class _Account:
    cash: Decimal
    holdings: dict[ProductId, Holding] = field(factory=dict)
    at_risk: Decimal = ZERO
    peak: Decimal = ZERO

    def take(self, fill: Fill) -> None:
        value = fill.quantity * fill.price
        self.cash += value if fill.side is Side.SELL else -value
        self.cash -= fill.commission
        self.holdings.setdefault(fill.product, Holding()).take(fill)
        self.at_risk = max(self.at_risk, sum((h.cost for h in self.holdings.values()), ZERO))

    def rise(self, prices: dict[ProductId, Decimal]) -> None:
        """Remember what it was worth at these prices if that was never more."""
        held = sum((h.quantity * prices[name] for name, h in self.holdings.items()), ZERO)
        self.peak = max(self.peak, self.cash + held)

    def worth(self, prices: dict[ProductId, Decimal]) -> Decimal:
        """Return cash and lots at these prices less the fee of selling; never above their cost."""
        kept = ONE - FEES.taker
        return self.cash + sum(
            min(held.cost, held.quantity * prices[product] * kept)
            for product, held in self.holdings.items()
        )


def seen_at_venue(
    opening: Decimal,
    orders: Iterable[VenueOrder],
    fills: Iterable[Fill],
    market: TortureMarket,
    minutes: int,
) -> VenueFindings:
    """Return what the venue's books say of a run of so many minutes, begun with `opening`."""
    bought = sorted(each.created_ns for each in orders if each.side is Side.BUY)
    told = sorted(fills, key=lambda fill: (fill.at_ns, fill.number))
    account, path = _path(opening, told, market, minutes)
    return VenueFindings(
        losses={name: _worst(path, length // MINUTE) for name, length in WINDOWS},
        peak=account.peak,
        at_risk=account.at_risk,
        busiest={name: _busiest(bought, length) for name, length in WINDOWS},
        orders=len(bought),
        fills=len(told),
        fees=sum((fill.commission for fill in told), ZERO),
        left=_left(told, market),
    )


def _path(
    opening: Decimal, fills: Sequence[Fill], market: TortureMarket, minutes: int
) -> tuple[_Account, list[tuple[Decimal, Decimal]]]:
    """Return the account at the end, and of each minute what it was worth at its lowest and last.

    The lowest is the lesser of what the minute began with and what it ended with, at its lows.
    """
    waiting, account = deque(fills), _Account(opening)
    path: list[tuple[Decimal, Decimal]] = [(opening, opening)]
    rows = {product: {bar.start_ns: bar for bar in bars} for product, bars in market.bars.items()}
    for minute in range(minutes + 1):
        start_ns = Nanos(BEGIN + minute * MINUTE)
        now: dict[ProductId, Bar] = {product: bars[start_ns] for product, bars in rows.items()}
        lows: dict[ProductId, Decimal] = {product: bar.low for product, bar in now.items()}
        lowest = account.worth(lows)
        while waiting and waiting[0].at_ns < start_ns + MINUTE:
            account.take(waiting.popleft())
            lowest = min(lowest, account.worth(lows))
        account.rise({product: bar.high for product, bar in now.items()})
        path.append((lowest, account.worth({product: bar.close for product, bar in now.items()})))
    return account, path


def _worst(path: Sequence[tuple[Decimal, Decimal]], minutes: int) -> Decimal:
    """Return the largest fall from the end of a minute to a low within so many minutes after it."""
    worst, before = ZERO, deque([path[0][1]], maxlen=max(1, minutes))
    for lowest, last in path[1:]:
        worst = max(worst, max(before) - lowest)
        before.append(last)
    return worst


def _busiest(times: Sequence[int], length_ns: int) -> int:
    """Return the most of `times`, oldest first, that fall within one window."""
    window: deque[int] = deque()
    most = 0
    for at_ns in times:
        window.append(at_ns)
        while at_ns - window[0] >= length_ns:
            window.popleft()
        most = max(most, len(window))
    return most


def _left(fills: Sequence[Fill], market: TortureMarket) -> Decimal:
    """Return what is left of what was owned when prices fell, at the last prices."""
    owned: defaultdict[ProductId, Decimal] = defaultdict(Decimal)
    for fill in fills:
        if fill.side is Side.SELL:
            owned[fill.product] -= fill.quantity
        elif fill.at_ns < market.falls_at_ns:
            owned[fill.product] += fill.quantity
    return sum(
        (max(ZERO, left) * market.bars[name][-1].close for name, left in owned.items()), ZERO
    )
