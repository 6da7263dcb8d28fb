"""The texts that `strategy new` writes: a commented starter, its test and its entry."""

from __future__ import annotations

SOURCE = '''"""{title}: buys what climbed a little in some minutes. Replace this by your own idea.

A strategy is a pure function: it sees closed bars and a picture of the portfolio, and answers with
proposals. It knows no clock, no files and no chance, and keeps nothing between calls. What it may
import: domain.decisions, domain.model, domain.signals, numpy, and pure parts of the standard
library. The page docs/writing-a-strategy.md explains the rest.
"""

from __future__ import annotations

from decimal import Decimal

from attrs import frozen

from domain.decisions.conviction import conviction_of, size_pct
from domain.decisions.strategy import Strategy
from domain.model.bars import Bars
from domain.model.context import Context, Regime
from domain.model.product import Side
from domain.model.proposal import TradeProposal
from domain.model.settings import number
from domain.signals.moves import PriceMove
from domain.signals.signal import move
from domain.signals.windows import Bools


@frozen(kw_only=True)
class {title}(Strategy):
    """One sentence about what it buys, and why that should pay."""

    # Its settings: each with a meaning, a range and a unit. They can be set in strategies.yaml,
    # and `python run.py config show` lists them. `id` is the name of its entry there.
    id: str
    minutes: int = number(15, "Minutes of the climb", low=2, high=1440, unit="min")
    min_climb_pct: Decimal = number(
        "0.1", "Least climb", low="0.01", high="50", unit="%", tighter="higher"
    )
    notional_pct: Decimal = number(
        "1", "Size of an entry", low="0.01", high="5", unit="% of equity", tighter="lower"
    )
    stop_loss_pct: Decimal = number(
        "4", "Distance of the stop", low="0.5", high="15", unit="% of entry", tighter="lower"
    )
    # Buying and selling once costs 1.8 % with the fees of a new account; a target must be at
    # least three times what the trade costs, or the risk gate refuses it (target_below_cost).
    take_profit_pct: Decimal = number(
        "8", "Distance of the target", low="1", high="40", unit="% of entry"
    )

    @property
    def lookback(self) -> int:
        """Return how many closed bars it sees, the newest included."""
        return self._climb().lookback

    def trigger(self, bars: Bars) -> Bools:
        """Return for each bar whether the product is worth a look there.

        Asked of every product in every cycle, so it should be quick: whole columns, no loops.
        Prices are whole ticks, volumes whole steps. Row r may depend on the last `lookback` rows
        up to r only, and nothing may be proposed where it is false.
        """
        return self._climb().column(bars) > 0

    def leave(self, bars: Bars) -> Bools:
        """Return for each bar whether to sell what is held. Leave this method out to rely on stop,
        target and longest hold alone.
        """
        found = move(bars.close, self.minutes) < -float(self.min_climb_pct) * 10
        found[: self.lookback - 1] = False
        return found

    def decide(self, context: Context) -> tuple[TradeProposal, ...]:
        """Return what to buy of the products that triggered and that it does not hold."""
        if context.regime is Regime.CRASH:
            return ()
        return self.proposed(context, self._proposal)

    def _climb(self) -> PriceMove:
        return PriceMove(rows=self.minutes, min_pct=float(self.min_climb_pct))

    def _proposal(self, bars: Bars) -> TradeProposal | None:
        climbed = float(self._climb().column(bars)[-1])
        if climbed <= 0:
            return None
        conviction = conviction_of(0.5 + climbed / 10)  # 0 to 1; the surest are heard first
        return TradeProposal(
            product=bars.product,
            side=Side.BUY,
            notional_pct=size_pct(self.notional_pct, conviction),
            stop_loss_pct=self.stop_loss_pct,
            take_profit_pct=self.take_profit_pct,
            conviction=conviction,
            reason=f"climbed {{climbed:.2f}} % in {{self.minutes}} min",  # people read this
            signal="price_move",  # profit is told by it
        )
'''

TEST = '''"""What {title} does on a few made-up markets."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import numpy as np

from config.own import found_in
from domain.model.bars import Bars, Timeframe
from domain.model.product import ProductId

FOUND = found_in(Path(__file__).parent)


def strategy():
    """Return the strategy with its default settings, read as the trader reads it."""
    assert "{name}" in FOUND.kinds, "\\n".join(str(each) for each in FOUND.problems)
    return FOUND.kinds["{name}"](id="{name}")


def market(*closes: int) -> Bars:
    """Return minutes that close at these prices, in ticks of 0.01."""
    close = np.array(closes, dtype=np.int64)
    starts = np.arange(len(close), dtype=np.int64) * Timeframe.MINUTE.ns
    volume = np.full(len(close), 1_000, dtype=np.int64)
    tick, step = Decimal("0.01"), Decimal("0.0001")
    product = ProductId("BTC-USD")
    prices = (close, close, close, close)
    return Bars(product, Timeframe.MINUTE, tick, step, starts, *prices, volume)


def test_a_climb_triggers_and_a_fall_does_not():
    rows = strategy().lookback
    climbing = market(*(10_000 + 10 * row for row in range(rows)))
    falling = market(*(10_000 - 10 * row for row in range(rows)))

    assert strategy().trigger(climbing)[-1]
    assert not strategy().trigger(falling)[-1]


def test_a_price_that_stands_still_triggers_nothing():
    assert not strategy().trigger(market(*[10_000] * (strategy().lookback + 5))).any()


def test_the_newest_window_tells_what_the_whole_history_tells():
    """Without this, live trading and a backtest would not be the same."""
    bars = market(*np.random.default_rng(7).integers(9_000, 11_000, 200))
    whole, rows = strategy().trigger(bars), strategy().lookback

    for row in range(rows - 1, len(bars)):
        assert strategy().trigger(bars.until(row + 1).last(rows))[-1] == whole[row]
'''

ENTRY = """
{name}:
  use: {name}               # strategies/{name}.py
  enabled: false
"""


def title_of(name: str) -> str:
    """Return the name of the class in a file called `name`."""
    return "".join(part.capitalize() for part in name.split("_"))


def source_of(name: str) -> str:
    """Return the text of a new strategy."""
    return SOURCE.format(name=name, title=title_of(name))


def starter_test_of(name: str) -> str:
    """Return the text of its test."""
    return TEST.format(name=name, title=title_of(name))


def entry_of(name: str) -> str:
    """Return its entry for `strategies.yaml`."""
    return ENTRY.format(name=name)
