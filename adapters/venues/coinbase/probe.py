"""The venue as a command asks it: one question after the other, each call waits for its answer.

The questions are those of the trader's own client. A `Probe` orders nothing; an `OrderProbe`, for
which a person has given consent, can send a `HarmlessOrder` and cancel it, and nothing else.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any, TypeVar
from uuid import uuid4

from attrs import frozen

from actors.kernel.envelope import ReplyTo
from actors.kernel.ports import Clock, Log
from adapters.venues.coinbase.answers import previewed
from adapters.venues.coinbase.auth import ApiKey, Signer
from adapters.venues.coinbase.bodies import harmless_body
from adapters.venues.coinbase.cancels import Cancels
from adapters.venues.coinbase.client import CoinbaseReader
from adapters.venues.coinbase.failures import failure_of
from adapters.venues.coinbase.outcomes import outcome_of
from adapters.venues.coinbase.traits import COINBASE
from adapters.venues.coinbase.wire import PREFIX
from adapters.venues.transport.interface import Answer, Gate, NoAnswer, RequestLane
from adapters.venues.transport.sockets import SocketTransport, addresses
from domain.messages.market import MarketFrame, StreamClosed
from domain.messages.venue import (
    AccountsListed,
    CancelAnswered,
    CancelResult,
    CandlesListed,
    FeesRead,
    FillsListed,
    OrdersListed,
    PermissionsRead,
    ProductsListed,
    QuotesListed,
)
from domain.model.capability import Extent, OrderCapability, checked_for
from domain.model.entries import Entries
from domain.model.errors import ProtocolBroken
from domain.model.instants import MINUTE, SECOND, Nanos
from domain.model.orders import PlaceOutcome
from domain.model.product import ProductId
from domain.system.harmless_order import HarmlessOrder

T = TypeVar("T")
PLACE_DEADLINE_NS = 10 * SECOND
LATEST_MINUTES = 10
ANSWERS, FRAMES = "answers", "frames"


@frozen
class HarmlessIntent:
    """A harmless order with the id it is sent under, which is of no journal."""

    order: HarmlessOrder
    end_ns: Nanos
    client_order_id: str


class _Client(CoinbaseReader):
    """What the trader reads by; it asks for the catalogue as everybody may."""

    catalogue = (RequestLane.PUBLIC, "/market/products")


class Probe:
    """Asks the venue. Without a key only public questions make sense; one thread at a time."""

    def __init__(self, rest: str, stream: str, key: ApiKey | None, clock: Clock, log: Log) -> None:
        """`rest` and `stream` are scheme and host, without TLS on this machine only.

        Raises:
            AddressInvalid: an address can't or mustn't be used.
            KeyInvalid: the key can't be used.
        """
        life_s = COINBASE.token_life_ns // SECOND
        signer = None if key is None else Signer(key, life_s, clock.wall_ns)
        self._answers: SimpleQueue[Any] = SimpleQueue()
        self._frames: SimpleQueue[Any] = SimpleQueue()
        self._clock = clock
        self._transport = SocketTransport(addresses(rest, stream), signer, clock.machine_ns, log)
        self._client = _Client(
            self._transport, self._take, clock, traits=COINBASE, draw=_impatiently
        )

    def close(self) -> None:
        """End connections and threads."""
        self._client.close()

    # Public.

    def products(self) -> ProductsListed:
        """Read the catalogue that everybody sees."""
        return self._ask(ProductsListed, lambda to: self._client.list_products(0, to))

    def candles(self, product: ProductId) -> CandlesListed:
        """Read the closed minutes of the last ten."""
        now_ns = self._clock.wall_ns()
        width_ns, start_ns = Nanos(MINUTE), Nanos(now_ns - LATEST_MINUTES * MINUTE)
        return self._ask(
            CandlesListed,
            lambda to: self._client.list_candles(product, width_ns, start_ns, now_ns, 0, to),
        )

    def listen(self, product: ProductId) -> None:
        """Subscribe the public channels of a product; `frame` has what comes."""
        self._client.open_market_stream((product,), ReplyTo(FRAMES))

    def frame(self, within_s: float) -> MarketFrame | StreamClosed | None:
        """Return what the stream tells next, None if nothing comes in time."""
        try:
            while True:
                told = self._frames.get(timeout=max(0.0, within_s))
                if isinstance(told, MarketFrame | StreamClosed):
                    return told
        except Empty:
            return None

    # With a key.

    def permissions(self) -> PermissionsRead:
        """Read what the key may do."""
        return self._ask(PermissionsRead, lambda to: self._client.read_permissions(0, to))

    def accounts(self) -> AccountsListed:
        """Read all balances."""
        return self._ask(AccountsListed, lambda to: self._client.list_accounts(0, to))

    def fees(self) -> FeesRead:
        """Read the fee rates."""
        return self._ask(FeesRead, lambda to: self._client.read_fees(0, to))

    def quotes(self, product: ProductId) -> QuotesListed:
        """Read best bid and ask of a product."""
        return self._ask(QuotesListed, lambda to: self._client.list_quotes((product,), 0, to))

    def open_orders(self) -> OrdersListed:
        """List what may still trade."""

        def ask(to: ReplyTo) -> None:
            self._client.list_orders(since_ns=None, is_live_only=True, token=0, reply_to=to)

        return self._ask(OrdersListed, ask)

    def orders(self, order_id: str) -> OrdersListed:
        """Ask for one order."""
        return self._ask(OrdersListed, lambda to: self._client.find_orders((order_id,), 0, to))

    def fills(self, order_id: str) -> FillsListed:
        """List the fills of one order."""

        def ask(to: ReplyTo) -> None:
            self._client.list_fills(since_ns=None, order_ids=(order_id,), token=0, reply_to=to)

        return self._ask(FillsListed, ask)

    def intend(self, order: HarmlessOrder, end_ns: Nanos) -> HarmlessIntent:
        """Return the order under an id of its own, good until `end_ns`."""
        return HarmlessIntent(order, end_ns, str(uuid4()))

    def preview(self, intent: HarmlessIntent) -> tuple[str, ...]:
        """Return what the venue has against an order, without sending it.

        Raises:
            VenueError: it does not say.
        """
        answer = self._post("/orders/preview", harmless_body(intent, is_preview=True))
        failure = failure_of(answer)
        if failure is not None or isinstance(answer, NoAnswer):
            assert failure is not None, "no answer, and no reason for it"
            raise failure
        return previewed(answer.body)

    def _post(
        self,
        path: str,
        body: bytes,
        lane: RequestLane = RequestLane.QUERY,
        gate: Gate | None = None,
    ) -> Answer | NoAnswer:
        done: SimpleQueue[Answer | NoAnswer] = SimpleQueue()
        self._transport.request(
            lane, "POST", PREFIX + path, (), body, PLACE_DEADLINE_NS, done.put, gate
        )
        return done.get()

    def _ask(self, kind: type[T], ask: Callable[[ReplyTo], None]) -> T:
        ask(ReplyTo(ANSWERS))
        answer = self._answers.get()
        assert isinstance(answer, kind), "an answer to another question"
        return answer

    def _take(self, reply_to: ReplyTo, message: Any) -> None:
        (self._frames if reply_to.actor == FRAMES else self._answers).put(message)


class OrderProbe(Probe):
    """Also sends the one harmless order of a check, and cancels it."""

    def __init__(
        self,
        rest: str,
        stream: str,
        key: ApiKey | None,
        clock: Clock,
        log: Log,
        *,
        capability: OrderCapability,
    ) -> None:
        """As `Probe`, with the right to send one harmless order.

        Raises:
            NoCapability: that right is not the mode gate's, or is for something else.
            AddressInvalid, KeyInvalid: as `Probe`.
        """
        checked_for(capability, rest, (Extent.HARMLESS,))
        super().__init__(rest, stream, key, clock, log)

    def place(self, intent: HarmlessIntent, gate: Gate) -> PlaceOutcome:
        """Send an order at most once; `gate` is asked last of all, a text keeps it here."""
        body = harmless_body(intent, is_preview=False)
        return outcome_of(intent, self._post("/orders", body, RequestLane.ENTRY, gate))

    def cancel(self, order_id: str) -> CancelAnswered:
        """Ask to cancel one order."""
        done: SimpleQueue[CancelAnswered] = SimpleQueue()

        def answered(results: Entries[CancelResult], failure: str | None) -> None:
            done.put(CancelAnswered(0, results.read, failure))

        Cancels(self._transport, _impatiently, (order_id,), answered, _unheard).start()
        return done.get()


def _unheard(_path: str, _error: ProtocolBroken) -> None:
    """An answer that is none of the protocol is a failure in the answer itself."""


def _impatiently() -> float:
    """Draw short pauses: a person waits for the answer."""
    return random.random() / 4
