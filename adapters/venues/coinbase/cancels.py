"""Cancels: as many calls as needed, each sent again while it certainly was not carried out."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from adapters.venues.coinbase import pages
from adapters.venues.coinbase.bodies import cancel_body
from adapters.venues.coinbase.failures import failure_of, is_undone
from adapters.venues.coinbase.paginator import RETRIES, Draw, pause_ns
from adapters.venues.coinbase.wire import PREFIX
from adapters.venues.transport.interface import Answer, NoAnswer, RequestLane, Transport
from domain.messages.venue import CancelResult
from domain.model.entries import Entries
from domain.model.errors import ProtocolBroken
from domain.model.instants import SECOND

CANCEL_DEADLINE_NS = 10 * SECOND
CANCELS_PER_CALL = 100
PATH = "/orders/batch_cancel"


class Cancels:
    """The cancels of one request; `done` gets what was answered and why something was not."""

    def __init__(
        self,
        transport: Transport,
        draw: Draw,
        order_ids: Sequence[str],
        done: Callable[[Entries[CancelResult], str | None], None],
        tell: Callable[[str, ProtocolBroken], None],
    ) -> None:
        self._transport = transport
        self._draw = draw
        self._done = done
        self._tell = tell
        ids = tuple(dict.fromkeys(each for each in order_ids if each))  # an empty id hangs a call
        self._parts = [
            ids[at : at + CANCELS_PER_CALL] for at in range(0, len(ids), CANCELS_PER_CALL)
        ]
        self._found: Entries[CancelResult] = Entries((), ())
        self._failures: list[str] = []

    def start(self) -> None:
        """Send the first call."""
        self._send(0)

    def _send(self, index: int, tries: int = 0) -> None:
        if index == len(self._parts):
            self._done(self._found, "; ".join(dict.fromkeys(self._failures)) or None)
            return
        self._transport.request(
            RequestLane.CANCEL,
            "POST",
            PREFIX + PATH,
            (),
            cancel_body(self._parts[index]),
            CANCEL_DEADLINE_NS,
            lambda answer: self._answered(index, tries, answer),
        )

    def _answered(self, index: int, tries: int, answer: Answer | NoAnswer) -> None:
        failure = failure_of(answer)
        if is_undone(failure) and tries < RETRIES:
            wait_ns = pause_ns(tries, self._draw)
            self._transport.later(wait_ns, lambda: self._send(index, tries + 1))
            return
        if failure is None and isinstance(answer, Answer):
            try:
                found = pages.cancelled(answer.body)
                read, unread = self._found.read + found.read, self._found.unread + found.unread
                self._found = Entries(read, unread)
            except ProtocolBroken as error:
                failure = error
        if isinstance(failure, ProtocolBroken):
            self._tell(PATH, failure)
        if failure is not None:
            self._failures.append(str(failure))
        self._send(index + 1)
