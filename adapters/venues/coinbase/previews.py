"""Asking the venue what it would do with an order, before it leaves."""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen

from adapters.venues.coinbase import answers
from adapters.venues.coinbase.entries import member
from adapters.venues.coinbase.failures import failure_of
from adapters.venues.coinbase.outcomes import Broken
from adapters.venues.coinbase.values import number_from_zero
from adapters.venues.coinbase.wire import PREFIX
from adapters.venues.transport.interface import Answer, NoAnswer, RequestLane, Transport
from domain.messages.venue import OrderPreviewed
from domain.model.errors import ProtocolBroken
from domain.model.instants import SECOND
from domain.model.money import ZERO, Amount

PATH = "/orders/preview"
DEADLINE_NS = SECOND
"""Machine time that an answer may take: nobody waits for a later one."""

Told = Callable[[OrderPreviewed], None]


@frozen
class Previews:
    """Asks by the lane of entries: what is asked there delays no sale, no cancel and no list."""

    transport: Transport
    broken: Broken

    def ask(self, body: bytes, token: int, done: Told) -> None:
        """Ask once; `done` gets the answer, or why there is none, on any thread."""

        def answered(answer: Answer | NoAnswer) -> None:
            done(self._read(answer, token))

        path = PREFIX + PATH
        self.transport.request(RequestLane.ENTRY, "POST", path, (), body, DEADLINE_NS, answered)

    def _read(self, answer: Answer | NoAnswer, token: int) -> OrderPreviewed:
        failure = failure_of(answer)
        if failure is not None or isinstance(answer, NoAnswer):
            return _unknown(token, str(failure))
        try:
            errors = answers.previewed(answer.body)
            return OrderPreviewed(token, errors, *_costs(answer.body, errors), None)
        except ProtocolBroken as error:
            self.broken(error)
            return _unknown(token, str(error))


def _costs(body: bytes, errors: tuple[str, ...]) -> tuple[Amount, Amount]:
    """Return total and fees; where the venue has something against the order they say nothing."""
    if errors:
        return Amount(ZERO), Amount(ZERO)
    form = answers.read_preview(body)
    total = member("order_total", number_from_zero, form.order_total)
    commission = member("commission_total", number_from_zero, form.commission_total)
    return Amount(total), Amount(commission)


def _unknown(token: int, failure: str) -> OrderPreviewed:
    return OrderPreviewed(token, (), Amount(ZERO), Amount(ZERO), failure)
