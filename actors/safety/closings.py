"""Products that a person wants sold: from what is owned of them to the word that nothing is."""

from __future__ import annotations

from decimal import Decimal

from attrs import evolve, frozen

from actors.kernel.base import Actor
from actors.kernel.questions import Questions
from actors.kernel.topology import EXITS, PORTFOLIO
from domain.messages.control import CLOSE, CloseOrdered, OperatorActed, SyncRequested
from domain.messages.portfolio import LedgerReported
from domain.model.breakers import Breaker, Effect
from domain.model.instants import Nanos
from domain.model.money import ZERO, plain
from domain.model.portfolio import Lot
from domain.model.product import ProductId, base_of
from domain.model.spelling import product_meant
from domain.model.wording import counted

KILLED = (
    "the kill switch is on: no exit runs any more; `python run.py liquidate` sells all the same"
)
AGAIN = (
    "it goes on being tried; what hinders it: `python run.py status`, whether it is sold:"
    " `python run.py close` once more"
)


@frozen
class ClosingAnswer:
    """What is answered to a request: whether all is sold, and a sentence with its details."""

    request_id: str
    is_done: bool
    text: str
    items: tuple[str, ...] = ()


@frozen
class _Closing:
    """A request; `lots` are those that were owned when it came, None before that is known."""

    product: ProductId
    reason: str
    lots: tuple[Lot, ...] | None = None
    left: tuple[Lot, ...] = ()


class Closings:
    """The requests of `actor` to close a product. What is owned, only the portfolio can say."""

    def __init__(self, actor: Actor, limit_ns: Nanos) -> None:
        """A question counts as lost after `limit_ns` of machine time."""
        self._actor = actor
        self._limit_ns = limit_ns
        self._open: dict[str, _Closing] = {}
        self._asked: Questions[str] = Questions(actor.epoch, series=1)

    def begin(self, request_id: str, subject: str, reason: str) -> ClosingAnswer | None:
        """Take a request; return its answer if it is refused at once."""
        if _killing(self._actor.board.open) is not None:
            return ClosingAnswer(request_id, False, f"not closed: {KILLED}")
        self._open[request_id] = _Closing(ProductId(subject), reason)
        self._ask(request_id)
        return None

    def look(self) -> None:
        """Order again what is not sold yet, and ask what is left of it.

        The order may have met exits that did not know the lot yet, or that died since.
        """
        self._asked.overdue(self._actor.clock.machine_ns(), self._limit_ns)
        for request_id, closing in self._open.items():
            if closing.lots is not None and request_id not in self._asked.waiting:
                self._actor.send(EXITS, CloseOrdered(closing.product))
                self._ask(request_id)

    def reported(self, report: LedgerReported) -> ClosingAnswer | None:
        """Take what the books hold; return the answer that it decides."""
        request_id = self._asked.answered(report.token)
        closing = None if request_id is None else self._open.get(request_id)
        if request_id is None or closing is None:
            return None
        if closing.lots is None:
            return self._begun(request_id, closing, report.lots)
        names = {lot.id for lot in closing.lots}
        left = tuple(lot for lot in report.lots if lot.id in names)
        if left:
            self._open[request_id] = evolve(closing, left=left)
            return None
        del self._open[request_id]
        return ClosingAnswer(request_id, True, f"closed: {_told(closing.lots)} sold")

    def expired(self, request_id: str) -> ClosingAnswer | None:
        """Give a request up; return its answer, None if it was answered."""
        closing = self._open.pop(request_id, None)
        if closing is None:
            return None
        if closing.lots is None:
            text = "not closed: the portfolio did not answer within 4 s; try again"
            return ClosingAnswer(request_id, False, text)
        left = f"{_told(closing.left or closing.lots)} still owned"
        return ClosingAnswer(request_id, False, f"not confirmed: {left}", (AGAIN,))

    def _begun(
        self, request_id: str, closing: _Closing, owned: tuple[Lot, ...]
    ) -> ClosingAnswer | None:
        lots = tuple(lot for lot in owned if lot.product == closing.product and lot.held)
        if not lots:
            del self._open[request_id]
            return ClosingAnswer(request_id, False, _not_owned(closing.product, owned))
        self._open[request_id] = evolve(closing, lots=lots, left=lots)
        self._actor.publish(OperatorActed(CLOSE, f"{closing.product}: {closing.reason}"))
        self._actor.send(EXITS, CloseOrdered(closing.product))
        return None

    def _ask(self, request_id: str) -> None:
        token = self._asked.ask(request_id, self._actor.clock.machine_ns())
        self._actor.send(PORTFOLIO, SyncRequested(token))


def _killing(breakers: tuple[Breaker, ...]) -> Breaker | None:
    return next((each for each in breakers if each.effect >= Effect.KILL), None)


def _told(lots: tuple[Lot, ...]) -> str:
    quantity = sum((lot.held for lot in lots), Decimal(ZERO))
    return f"{plain(quantity)} {base_of(lots[0].product)} of {counted(len(lots), 'lot')}"


def _not_owned(product: ProductId, owned: tuple[Lot, ...]) -> str:
    held = sorted({lot.product for lot in owned if lot.held})
    known = ", ".join(held) or "nothing"
    missing = [lot.id for lot in owned if lot.product == product]
    if missing:
        gone = ", ".join(missing)
        return f"not closed: all of {product} is missing at the venue (lot {gone}); see `release`"
    return f"not closed: no lot of {product} is owned{product_meant(product, held)}; owned: {known}"
