"""Example: buys what climbed a little in some minutes. Replace this by your own idea.

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
class Example(Strategy):
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
            reason=f"climbed {climbed:.2f} % in {self.minutes} min",  # people read this
            signal="price_move",  # profit is told by it
        )
