"""What a strategy sees: one immutable picture of market and portfolio."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from attrs import field, frozen

from domain.model.instants import Nanos
from domain.model.market import Quote
from domain.model.portfolio import PortfolioView
from domain.model.product import ProductId

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray

    Floats = NDArray[numpy.float64]
    Ints = NDArray[numpy.int64]


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
class MinuteBars:
    """Closed minute bars of one product as read-only columns, oldest first, all of one length.

    Prices in quote currency, `volume` in base currency, `start_ns` UTC. Minutes follow each other
    without holes: a minute without a trade repeats the close with volume 0.
    """

    product: ProductId
    start_ns: Ints
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats

    def __len__(self) -> int:
        return len(self.close)


@frozen(eq=False)
class Context:
    """The picture of one cycle. `at_ns` is market time; `snapshot` numbers pictures of a run.

    `bars` holds tradable products only, sorted by product id.
    """

    cycle: int
    snapshot: int
    at_ns: Nanos
    bars: tuple[MinuteBars, ...]
    quotes: tuple[Quote, ...]
    portfolio: PortfolioView = field()
    regime: Regime = Regime.CHOP
