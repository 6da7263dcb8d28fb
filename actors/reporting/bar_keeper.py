"""The minutes that a run has seen, kept for its report and to be played again."""

from __future__ import annotations

from actors.kernel.base import Actor, ActorContext
from actors.kernel.ports import BarLog
from domain.messages.market import BarClosed, HistoryLoaded
from domain.model.instants import MINUTE
from domain.model.market import Bar
from domain.model.product import ProductId

Inbox = BarClosed | HistoryLoaded


class BarKeeper(Actor):
    """Keeps closed minute bars. A disk that refuses them costs a chart, never a trade."""

    def __init__(self, context: ActorContext, bars: BarLog) -> None:
        super().__init__(context)
        self._log = bars
        self._lost = 0

    def receive(self, message: Inbox) -> None:
        """Handle one message."""
        match message:
            case BarClosed(bar):
                self._keep(bar.product, (bar,))
            case HistoryLoaded(product, width_ns, bars):
                if width_ns == MINUTE and bars:
                    self._keep(product, tuple(bars))
            case _:
                self.refuse(message)

    def _keep(self, product: ProductId, bars: tuple[Bar, ...]) -> None:
        try:
            self._log.append(product, bars)
        except OSError as error:
            if not self._lost:
                self.log.warning("prices can't be kept; reports will lack them", reason=str(error))
            self._lost += len(bars)
            return
        if self._lost:
            self.log.info("prices are kept again", missing=self._lost)
            self._lost = 0
        self.prove("a bar was kept")
