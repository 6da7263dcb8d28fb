"""Minutes of the past, asked for one call after the other: for a command, not for trading."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from queue import SimpleQueue

from attrs import frozen

from actors.kernel.ports import Log
from adapters.venues.coinbase import pages
from adapters.venues.coinbase.paginator import Draw, RetryingReader
from adapters.venues.transport.deadlines import MachineClock
from adapters.venues.transport.endpoint import endpoint
from adapters.venues.transport.interface import RequestLane
from adapters.venues.transport.sockets import Addresses, SocketTransport
from domain.model.entries import Entries
from domain.model.errors import ProtocolBroken, Unreachable
from domain.model.instants import MINUTE, SECOND, Nanos
from domain.model.market import Bar
from domain.model.product import ProductId

CALL_NS = SECOND // 5
"""Time between two calls: half of what the venue lets everybody have who has no key."""


@frozen
class Stretch:
    """What one call brought: all minutes before `end_ns` are known now."""

    end_ns: Nanos
    bars: tuple[Bar, ...]
    """The oldest first; a minute without a trade has none."""
    unread: int
    """Candles of the answer that made no sense."""


def _untold(_: str, __: ProtocolBroken) -> None:
    """Nothing: who asked raises it."""


class CandleHistory:
    """Reads closed minute candles without a key. Calls block; one thread at a time."""

    def __init__(
        self,
        rest: str,
        *,
        ca: Path | None,
        machine_ns: MachineClock,
        wait: Callable[[int], None],
        draw: Draw,
        log: Log,
    ) -> None:
        """`rest` is scheme and host (http on this machine only); `wait` sleeps for nanoseconds.

        Raises:
            AddressInvalid: the address can't or mustn't be used.
        """
        venue = endpoint(rest, ("http", "https"))
        self._transport = SocketTransport(Addresses(venue, venue, venue, ca), None, machine_ns, log)
        self._reader = RetryingReader(self._transport, draw, machine_ns, _untold)
        self._machine_ns = machine_ns
        self._wait = wait
        self._next_ns = machine_ns()

    def close(self) -> None:
        """End the connections."""
        self._transport.close()

    def stretches(self, product: ProductId, start_ns: int, end_ns: int) -> Iterator[Stretch]:
        """Yield the minutes with start_ns <= start < end_ns, call by call, the oldest first.

        Raises:
            Unreachable: a call has no answer, also when it was repeated; says why.
        """
        for first_s, last_s in pages.spans(MINUTE, start_ns, end_ns):
            found = self._ask(product, first_s, last_s)
            first_ns, last_ns = first_s * SECOND, last_s * SECOND
            bars = {
                each.start_ns: each for each in found.read if first_ns <= each.start_ns <= last_ns
            }
            ordered = tuple(bars[at_ns] for at_ns in sorted(bars))
            yield Stretch(Nanos(last_ns + MINUTE), ordered, len(found.unread))

    def _ask(self, product: ProductId, first_s: int, last_s: int) -> Entries[Bar]:
        self._wait(max(0, self._next_ns - self._machine_ns()))
        self._next_ns = self._machine_ns() + CALL_NS
        answers: SimpleQueue[Entries[Bar] | str] = SimpleQueue()
        page = pages.candles(product)
        self._reader.get(
            RequestLane.PUBLIC,
            f"/market/products/{product}/candles",
            (("start", str(first_s)), ("end", str(last_s)), ("granularity", "ONE_MINUTE")),
            lambda body: answers.put(page(body).entries),
            answers.put,
        )
        found = answers.get()
        if isinstance(found, str):
            raise Unreachable(f"{product}: {found}")
        return found
