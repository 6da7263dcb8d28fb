"""Everything sold: halted first, then lot by lot through the exits, until nothing can be sold.

Any number of requests is one liquidation: what is owned is sold once, whoever asks how often.
"""

from __future__ import annotations

from attrs import frozen

from actors.kernel.base import Actor
from actors.kernel.questions import Questions
from actors.kernel.topology import EXITS, ORDER_MANAGER, PORTFOLIO
from actors.safety.closings import KILLED, ClosingAnswer
from actors.safety.conversions import Cashier, Conversions, News
from domain.messages.control import (
    LIQUIDATE,
    LIQUIDATION,
    CloseOrdered,
    OperatorActed,
    Synced,
    SyncRequested,
)
from domain.messages.decisions import ExitHindered
from domain.messages.portfolio import LedgerReported
from domain.model.breakers import Effect
from domain.model.instants import Nanos
from domain.model.money import plain
from domain.model.portfolio import Lot
from domain.model.product import base_of

SOLD = "liquidated: nothing that can be sold is owned any more"
Told = LedgerReported | Synced


@frozen
class _Hindered:
    """What keeps a lot from being sold."""

    hindrance: str
    is_dust: bool


class Liquidation:
    """The liquidation that `actor` was asked for, if it was."""

    def __init__(self, actor: Actor, limit_ns: Nanos, cashier: Cashier) -> None:
        """A question counts as lost after `limit_ns` of machine time."""
        self._actor = actor
        self._conversions = Conversions(actor, cashier)
        self._limit_ns = limit_ns
        self._requests: list[str] = []
        self._asked: Questions[str] = Questions(actor.epoch, series=2)
        self._answers: dict[str, Told] = {}
        self._lots: tuple[Lot, ...] | None = None
        self._hindered: dict[str, _Hindered] = {}
        self._is_sold = False

    def begin(self, request_id: str, reason: str) -> ClosingAnswer | None:
        """Take a request; return its answer if it is refused at once."""
        board = self._actor.board.open
        if any(each.effect >= Effect.KILL for each in board):
            return ClosingAnswer(request_id, False, f"not liquidated: {KILLED}")
        if not any(each.name == LIQUIDATION and each.is_latched for each in board):
            # Nothing new may be bought while what is there is sold.
            self._actor.trip(LIQUIDATION, reason, effect=Effect.HALT, is_latched=True)
            deed = OperatorActed(LIQUIDATE, reason)
            self._actor.publish(deed)
            self._conversions.recorded(deed)
        if not self._requests:
            self._conversions.ordered(reason)
        self._requests.append(request_id)
        self._ask()
        return None

    def look(self) -> None:
        """Ask anew what is owned and what may still be bought, as long as somebody waits."""
        self._conversions.look()
        self._asked.overdue(self._actor.clock.machine_ns(), self._limit_ns)
        if self._requests and not self._asked.waiting:
            self._ask()

    def hear(self, news: News | Synced | OperatorActed) -> None:
        """Take in what may concern the conversion at the end."""
        if isinstance(news, OperatorActed):
            self._conversions.recorded(news)
        else:
            self._conversions.hear(news)

    def hindered(self, news: ExitHindered) -> None:
        """Take what keeps a lot from being sold, or that nothing does."""
        if news.hindrance is None:
            self._hindered.pop(news.lot, None)
        else:
            self._hindered[news.lot] = _Hindered(news.hindrance, news.is_dust)

    def told(self, answer: Told) -> tuple[ClosingAnswer, ...]:
        """Take an answer to a question; return what is answered to those who wait."""
        whom = self._asked.answered(answer.token)
        if whom is None:
            return ()
        self._answers[whom] = answer
        books, orders = self._answers.get(PORTFOLIO), self._answers.get(ORDER_MANAGER)
        if not isinstance(books, LedgerReported) or not isinstance(orders, Synced):
            return ()
        self._answers.clear()
        if not books.is_open:
            return ()  # what is owned is not known yet
        self._lots = books.lots
        names = {lot.id for lot in books.lots}
        self._hindered = {lot: why for lot, why in self._hindered.items() if lot in names}
        sellable = [lot for lot in books.lots if lot.held and not self._is_dust(lot)]
        self._is_sold = False
        for product in sorted({lot.product for lot in sellable}):
            self._actor.send(EXITS, CloseOrdered(product))
        if sellable or orders.unsettled:
            return ()
        self._is_sold = True
        if not self._requests:
            return ()  # who waited has given up, and asks again
        lines = self._conversions.go_on(books)
        if lines is None:
            return ()
        done, self._requests = self._requests, []
        items = (*self._items(), *lines)
        return tuple(ClosingAnswer(each, True, SOLD, items) for each in done)

    def expired(self, request_id: str) -> ClosingAnswer | None:
        """Give a request up; return its answer, None if it was answered."""
        if request_id not in self._requests:
            return None
        self._requests.remove(request_id)
        if self._lots is None:
            text = "not confirmed: it is not known yet what is owned"
            return ClosingAnswer(request_id, False, text)
        if self._is_sold and self._conversions.waits_for:
            items = (*self._items(), self._conversions.waits_for)
            return ClosingAnswer(request_id, False, SOLD, items)
        return ClosingAnswer(request_id, False, "not confirmed: still selling", self._items())

    def _items(self) -> tuple[str, ...]:
        """Return a sentence for each lot that is there, and what keeps it from being sold."""
        return tuple(self._item(lot) for lot in self._lots or ())

    def _item(self, lot: Lot) -> str:
        what = f"{plain(lot.quantity)} {base_of(lot.product)} of lot {lot.id}"
        if not lot.held:
            return f"missing at the venue: {what}"
        known = self._hindered.get(lot.id)
        if known is None:
            return f"owned: {what}"
        return f"{'dust' if known.is_dust else 'owned'}: {what}: {known.hindrance}"

    def _is_dust(self, lot: Lot) -> bool:
        known = self._hindered.get(lot.id)
        return known is not None and known.is_dust

    def _ask(self) -> None:
        self._asked.forget()
        self._answers.clear()
        for whom in (PORTFOLIO, ORDER_MANAGER):
            token = self._asked.ask(whom, self._actor.clock.machine_ns())
            self._actor.send(whom, SyncRequested(token))
