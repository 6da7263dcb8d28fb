"""The minutes and books that a run has seen, kept for its report, and for backtests."""

from __future__ import annotations

from collections.abc import Callable

from actors.kernel.base import Actor, ActorContext
from actors.kernel.ports import BarLog, BookLog
from domain.messages.market import BarClosed, HistoryLoaded
from domain.messages.universe import UniverseJudged
from domain.model.instants import MINUTE, Nanos
from domain.model.market import Bar
from domain.model.product import ProductId
from domain.model.universe import Standing

BOOKS_EVERY_NS = 15 * MINUTE
"""Market time between two looks at the books that are kept."""
Inbox = BarClosed | HistoryLoaded | UniverseJudged


class BarKeeper(Actor):
    """Keeps closed minute bars, and now and then spread and depth of the books. A disk that refuses
    them costs a chart, never a trade.
    """

    def __init__(self, context: ActorContext, bars: BarLog, books: BookLog) -> None:
        super().__init__(context)
        self._log, self._books = bars, books
        self._lost = 0
        self._looked_ns: dict[ProductId, Nanos] = {}

    def receive(self, message: Inbox) -> None:
        """Handle one message."""
        match message:
            case BarClosed(bar):
                self._keep(bar.product, (bar,))
            case HistoryLoaded(product, width_ns, bars):
                if width_ns == MINUTE and bars:
                    self._keep(product, tuple(bars))
            case UniverseJudged(standings):
                self._look(standings)
            case _:
                self.refuse(message)

    def _keep(self, product: ProductId, bars: tuple[Bar, ...]) -> None:
        if self._is_written(lambda: self._log.append(product, bars), len(bars)):
            self.prove("a bar was kept")

    def _look(self, standings: tuple[Standing, ...]) -> None:
        """Keep what the books show, of each product once in a while."""
        now_ns, looked_ns = self.clock.market_ns(), self._looked_ns
        due = [
            each
            for each in standings
            if each.depth is not None
            and now_ns - looked_ns.get(each.product, -BOOKS_EVERY_NS) >= BOOKS_EVERY_NS
        ]
        if due:
            looked_ns.update((each.product, now_ns) for each in due)
            self._is_written(lambda: self._books.append(now_ns, due), len(due))

    def _is_written(self, write: Callable[[], None], rows: int) -> bool:
        """Write, tell once that it can't be done and once that it can again; return whether it was
        done.
        """
        try:
            write()
        except OSError as error:
            if not self._lost:
                self.log.warning(
                    "prices can't be kept; reports and backtests will lack them", reason=str(error)
                )
            self._lost += rows
            return False
        if self._lost:
            self.log.info("prices are kept again", missing=self._lost)
            self._lost = 0
        return True
