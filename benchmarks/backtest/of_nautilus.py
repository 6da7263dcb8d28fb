"""The rules in nautilus_trader: a strategy that is told every bar, an account of all products."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pandas as pd
from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
from nautilus_trader.config import LoggingConfig, StrategyConfig
from nautilus_trader.model.currencies import USD
from nautilus_trader.model.data import Bar, BarType
from nautilus_trader.model.enums import AccountType, CurrencyType, OmsType, OrderSide
from nautilus_trader.model.events import PositionOpened
from nautilus_trader.model.identifiers import InstrumentId, PositionId, Symbol, Venue
from nautilus_trader.model.instruments import CurrencyPair
from nautilus_trader.model.objects import Currency, Money, Price, Quantity
from nautilus_trader.persistence.wranglers import BarDataWrangler
from nautilus_trader.trading.strategy import Strategy

from benchmarks.backtest.rules import MINUTE_NS, Rule, Task, Trips, task_of, tell, trips_of

CASH = 1_000_000_000
MINUTE = "1-MINUTE-LAST-EXTERNAL"
VENUE = Venue("SIM")
Data = dict[str, tuple[CurrencyPair, BarType, list[Bar]]]


class Extreme:
    """The extreme of the newest values, in constant time a value."""

    def __init__(self, width: int, is_beyond: Callable[[float, float], bool]) -> None:
        """`is_beyond(a, b)`: as long as `a` is in the window, `b` is not its extreme."""
        self._width, self._is_beyond = width, is_beyond
        self._kept: deque[tuple[int, float]] = deque()
        self._row = 0

    def take(self, value: float) -> None:
        """Let the window move on by a value."""
        kept = self._kept
        while kept and self._is_beyond(value, kept[-1][1]):
            kept.pop()
        kept.append((self._row, value))
        self._row += 1
        if kept[0][0] <= self._row - 1 - self._width:
            kept.popleft()

    @property
    def value(self) -> float:
        """Return the extreme; the window is not empty."""
        return self._kept[0][1]


class Channel(Strategy):
    """Buys and sells one unit of one product."""

    def __init__(self, product: CurrencyPair, kind: BarType, rule: Rule, allowed: tuple[int, int]):
        super().__init__(StrategyConfig(strategy_id=f"{product.symbol}", order_id_tag=f"{kind}"))
        self.product, self.kind, self.rule, self.allowed = product, kind, rule, allowed
        self.highest = Extreme(rule.enter, lambda one, other: one >= other)
        self.lowest = Extreme(rule.leave, lambda one, other: one <= other)
        self.volumes: deque[float] = deque()
        self.volume, self.row, self.owns = 0.0, -1, False
        self.position: PositionId | None = None

    def on_start(self) -> None:
        self.subscribe_bars(self.kind)

    def on_bar(self, bar: Bar) -> None:
        close, volume = bar.close.as_double(), bar.volume.as_double()
        self.row += 1
        if self.allowed[0] <= self.row < self.allowed[1]:
            if self.owns:
                if close < self.lowest.value:
                    self.trade(OrderSide.SELL)
            elif close > self.highest.value and volume * self.rule.volume >= 2 * self.volume:
                self.trade(OrderSide.BUY)
        self.highest.take(bar.high.as_double())
        self.lowest.take(bar.low.as_double())
        self.volumes.append(volume)
        self.volume += volume
        if len(self.volumes) > self.rule.volume:
            self.volume -= self.volumes.popleft()

    def trade(self, side: OrderSide) -> None:
        """Send an order that takes what is there."""
        order = self.order_factory.market(self.product.id, side, Quantity.from_int(1))
        self.owns = side == OrderSide.BUY
        self.submit_order(order, position_id=None if self.owns else self.position)

    def on_position_opened(self, event: PositionOpened) -> None:
        self.position = event.position_id


def product_of(name: str) -> CurrencyPair:
    """Return a product without fees, in the steps of the candles."""
    code = name.partition("-")[0]
    return CurrencyPair(
        instrument_id=InstrumentId(Symbol(name), VENUE),
        raw_symbol=Symbol(name),
        base_currency=Currency(code, 8, 0, code, CurrencyType.CRYPTO),
        quote_currency=USD,
        price_precision=3,
        size_precision=0,
        price_increment=Price.from_str("0.001"),
        size_increment=Quantity.from_int(1),
        ts_event=0,
        ts_init=0,
        maker_fee=Decimal(0),
        taker_fee=Decimal(0),
    )


def read(task: Task) -> Data:
    """Return products with their bars, which are known at their close."""
    found = {}
    for name in task.products:
        product = product_of(name)
        kind = BarType.from_str(f"{product.id}-{MINUTE}")
        frame = pd.read_parquet(task.folder / f"{name}.parquet").iloc[task.first :]
        frame = frame.head(task.rule.lookback + task.rows).set_index("ts").drop(columns="symbol")
        frame.index = pd.DatetimeIndex(frame.index) + pd.Timedelta(minutes=1)
        found[name] = product, kind, BarDataWrangler(kind, product).process(frame)
    return found


def play(task: Task, data: Data) -> Trips:
    """Return the closed positions."""
    quiet = LoggingConfig(bypass_logging=True)
    engine = BacktestEngine(BacktestEngineConfig(logging=quiet, run_analysis=False))
    engine.add_venue(VENUE, OmsType.HEDGING, AccountType.CASH, starting_balances=[Money(CASH, USD)])
    last = task.products[-1]
    for name, (product, kind, bars) in data.items():
        engine.add_instrument(product)
        engine.add_data(bars, sort=name == last)  # which sorts all of them
        engine.add_strategy(Channel(product, kind, task.rule, task.allowed))
    engine.run()
    closed: list[Any] = engine.cache.positions_closed()
    numbers = {name: number for number, name in enumerate(task.products)}
    columns = (
        [numbers[str(each.symbol)] for each in closed],
        [each.ts_opened // MINUTE_NS for each in closed],
        [each.ts_closed // MINUTE_NS for each in closed],
        [each.avg_px_open for each in closed],
        [each.avg_px_close for each in closed],
    )
    engine.dispose()
    return trips_of(columns)


def main() -> None:
    """Play what the command line asks for."""
    task = task_of()
    data = read(task)
    tell(task, lambda: play(task, data))


if __name__ == "__main__":
    main()
