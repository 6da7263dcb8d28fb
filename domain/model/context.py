"""What a strategy sees: one immutable picture of market and portfolio."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from attrs import field, frozen

from domain.model.bars import Bars, Timeframe
from domain.model.instants import Nanos
from domain.model.market import Quote
from domain.model.portfolio import PortfolioView


class Regime(StrEnum):
    """State of the whole market."""

    BULL = "bull"
    CHOP = "chop"
    BEAR = "bear"
    CRASH = "crash"

    @property
    def multiplier(self) -> Decimal:
        """What sizes are scaled by; caps use min(1, multiplier)."""
        return _MULTIPLIERS[self]


_MULTIPLIERS = {
    Regime.BULL: Decimal("1.2"),
    Regime.CHOP: Decimal("1.0"),
    Regime.BEAR: Decimal("0.6"),
    Regime.CRASH: Decimal("0.0"),
}


@frozen(eq=False)
class Context:
    """The picture of one cycle. `at_ns` is market time; `snapshot` numbers pictures of a run.

    `bars` and `quotes` are of tradable products only, sorted by product id. The allocator puts
    minutes into `bars`; a strategy finds there the bars of its own timeframe of the products that
    it is asked about. `hours` and `days` are of the same products, as many as somebody needs.
    """

    cycle: int
    snapshot: int
    at_ns: Nanos
    bars: tuple[Bars, ...]
    quotes: tuple[Quote, ...]
    portfolio: PortfolioView = field()
    regime: Regime = Regime.CHOP
    hours: tuple[Bars, ...] = ()
    days: tuple[Bars, ...] = ()

    def bars_of(self, timeframe: Timeframe) -> tuple[Bars, ...]:
        """Return the bars of this length, as the allocator has put them in."""
        match timeframe:
            case Timeframe.MINUTE:
                return self.bars
            case Timeframe.HOUR:
                return self.hours
            case Timeframe.DAY:
                return self.days
