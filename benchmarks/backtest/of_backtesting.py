"""The rules in backtesting.py: indicators as columns, a decision a bar, one product at a time."""

from __future__ import annotations

import numpy as np
import pandas as pd
from backtesting import Backtest, Strategy

from benchmarks.backtest.rules import Rule, Task, Trips, task_of, tell, trips_of

CASH = 1e9
TIMES = ("EntryTime", "ExitTime")


class Channel(Strategy):
    """Buys and sells one unit at the next open."""

    rule: Rule | None = None
    allowed = (0, 0)

    def init(self) -> None:
        frame, rule = self.data.df, self.rule
        assert rule is not None
        highest = frame.High.rolling(rule.enter).max().shift(1)
        lowest = frame.Low.rolling(rule.leave).min().shift(1)
        usual = frame.Volume.rolling(rule.volume).sum().shift(1)
        is_busy = frame.Volume * rule.volume >= 2 * usual
        self.rises = ((frame.Close > highest) & is_busy).to_numpy()
        self.falls = (frame.Close < lowest).to_numpy()

    def next(self) -> None:
        row = len(self.data) - 1
        if not self.allowed[0] <= row < self.allowed[1]:
            return
        if self.position:
            if self.falls[row]:
                self.position.close()
        elif self.rises[row]:
            self.buy(size=1)


def read(task: Task, product: str) -> pd.DataFrame:
    """Return the rows of a product as the library wants them."""
    frame = pd.read_parquet(task.folder / f"{product}.parquet").iloc[task.first :]
    frame = frame.head(task.rule.lookback + task.rows).set_index("ts").drop(columns="symbol")
    frame.index = pd.DatetimeIndex(frame.index).tz_localize(None)
    return frame.rename(columns=str.capitalize)


def play(task: Task, frames: dict[str, pd.DataFrame]) -> Trips:
    """Play each product by itself: the library knows no account of several."""
    found = []
    for number, product in enumerate(task.products):
        test = Backtest(frames[product], Channel, cash=CASH, commission=0)
        done = test.run(rule=task.rule, allowed=task.allowed)._trades
        minutes = [done[name].astype("datetime64[s]").astype("int64") // 60 for name in TIMES]
        columns = ([number] * len(done), *minutes, done.EntryPrice, done.ExitPrice)
        found.append(np.array(columns, np.float64))
    return trips_of(tuple(np.concatenate(found, axis=1)))


def main() -> None:
    """Play what the command line asks for."""
    task = task_of()
    frames = {product: read(task, product) for product in task.products}
    tell(task, lambda: play(task, frames))


if __name__ == "__main__":
    main()
