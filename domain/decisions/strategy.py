"""What a strategy is: pure functions from closed bars and a picture to proposals.

A strategy is one file of `domain/strategies` with one frozen attrs class; being there is enough to
be found, and `use:` in `strategies.yaml` names the file. Its fields but `id` are its settings,
each declared with unit, range and meaning (`domain/model/settings.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, ClassVar, Protocol

from domain.model.bars import Bars, Timeframe
from domain.model.context import Context
from domain.model.proposal import TradeProposal

if TYPE_CHECKING:
    from domain.model.bars import Bools


class Strategy(Protocol):
    """Stateless: the same bars and the same context give the same answers, for ever.

    Each cycle the host asks `trigger` about every product, and `decide` only about those whose
    newest bar triggered and that the strategy does not hold. A class that inherits from this one
    needs no more than `lookback`, `trigger` and `decide`.
    """

    timeframe: ClassVar[Timeframe] = Timeframe.MINUTE
    """Length of the bars that it is handed."""

    @property
    def id(self) -> str:
        """Its name in `strategies.yaml`."""

    @property
    def lookback(self) -> int:
        """How many closed bars of its timeframe `trigger`, `leave` and `decide` see."""

    @property
    def hours(self) -> int:
        """How many closed hours `decide` finds in the context besides."""
        return 0

    @property
    def days(self) -> int:
        """How many closed days `decide` finds in the context besides."""
        return 0

    def trigger(self, bars: Bars) -> Bools:
        """Return for each row whether to look at the product there.

        Any length; row r depends on the last `lookback` rows up to r only. May be true too often,
        never too seldom: `decide` proposes nothing where it is false.
        """

    def leave(self, bars: Bars) -> Bools | None:
        """Return for each row whether to sell what it holds; by the rules of `trigger`.

        None: its lots are left to stop, target and longest hold.
        """
        return None

    def decide(self, context: Context) -> tuple[TradeProposal, ...]:
        """Return what to trade of the products in `context.bars`, in any order."""

    def windows(self, context: Context) -> Iterator[Bars]:
        """Yield the look-back of each product that there is enough of in `context.bars`."""
        lookback = self.lookback
        for bars in context.bars:
            if len(bars) >= lookback:
                yield bars.last(lookback)

    def proposed(
        self, context: Context, of: Callable[[Bars], TradeProposal | None]
    ) -> tuple[TradeProposal, ...]:
        """Return what `of` proposes for the windows of `context`; None is no proposal."""
        found = (of(bars) for bars in self.windows(context))
        return tuple(each for each in found if each is not None)
