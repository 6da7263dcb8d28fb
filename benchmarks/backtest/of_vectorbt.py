"""The rules in vectorbt: masks as columns, all products at once, one compiled loop over orders."""

from __future__ import annotations

import pandas as pd
import vectorbt as vbt

from benchmarks.backtest.rules import Task, Trips, task_of, tell, trips_of

CASH = 1e9
CLOSED = 1
Frames = dict[str, pd.DataFrame]


def read(task: Task) -> Frames:
    """Return a frame a column, with a product a column of it."""
    files = {p: pd.read_parquet(task.folder / f"{p}.parquet") for p in task.products}
    last = task.first + task.rule.lookback + task.rows
    rows = {p: frame.iloc[task.first : last].set_index("ts") for p, frame in files.items()}
    names = ("open", "high", "low", "close", "volume")
    return {name: pd.DataFrame({p: rows[p][name] for p in rows}) for name in names}


def play(task: Task, of: Frames) -> Trips:
    """Return the closed trades."""
    rule, (first, last) = task.rule, task.allowed
    highest = of["high"].rolling(rule.enter).max().shift(1)
    lowest = of["low"].rolling(rule.leave).min().shift(1)
    usual = of["volume"].rolling(rule.volume).sum().shift(1)
    rises = (of["close"] > highest) & (of["volume"] * rule.volume >= 2 * usual)
    falls = of["close"] < lowest
    for mask in (rises, falls):
        mask.iloc[:first] = False
        mask.iloc[last:] = False
    portfolio = vbt.Portfolio.from_signals(
        of["close"],
        rises.shift(1, fill_value=False),
        falls.shift(1, fill_value=False),
        price=of["open"],
        size=1,
        fees=0,
        init_cash=CASH,
        freq="1min",
    )
    done = portfolio.trades.records
    done = done[done.status == CLOSED]
    minutes = of["close"].index.tz_localize(None).to_numpy().astype("datetime64[m]").astype("int64")
    bought, sold = minutes[done.entry_idx.to_numpy()], minutes[done.exit_idx.to_numpy()]
    return trips_of((done.col, bought, sold, done.entry_price, done.exit_price))


def main() -> None:
    """Play what the command line asks for."""
    task = task_of()
    frames = read(task)
    tell(task, lambda: play(task, frames))


if __name__ == "__main__":
    main()
