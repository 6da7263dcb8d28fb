"""The way to order: places and cancels, for whoever was given the right to."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from actors.kernel.envelope import ReplyTo
from actors.kernel.ports import Clock, LastGate, Post
from adapters.venues.coinbase.bodies import order_body, refused_by_type
from adapters.venues.coinbase.cancels import Cancels
from adapters.venues.coinbase.client import CoinbaseReader
from adapters.venues.coinbase.conversions import TRADE
from adapters.venues.coinbase.converting import QUOTE, Converting
from adapters.venues.coinbase.outcomes import outcome_of
from adapters.venues.coinbase.wire import PREFIX
from adapters.venues.transport.interface import Answer, NoAnswer, RequestLane, Transport
from domain.messages.conversion import ConversionRequest, QuoteRequest
from domain.messages.orders import PlaceRequest
from domain.messages.venue import CancelAnswered, CancelResult, PlaceAnswered
from domain.model.approval import Purpose
from domain.model.capability import ORDERING, OrderCapability, checked
from domain.model.entries import Entries
from domain.model.instants import SECOND

PLACE_DEADLINE_NS = 10 * SECOND
PLACE = "/orders"


class CoinbaseGateway(CoinbaseReader):
    """Implements `VenueGateway` besides what is read.

    `last_gate` is asked before an order leaves, and the right to send it before that; what else
    there is goes to `CoinbaseReader`.
    """

    def __init__(
        self,
        transport: Transport,
        post: Post,
        clock: Clock,
        last_gate: LastGate,
        *,
        capability: OrderCapability,
        **rest: Any,
    ) -> None:
        """Be able to order as far as `capability` goes.

        Raises:
            NoCapability: it is not the mode gate's, or is for a check only.
        """
        self._capability = checked(capability, ORDERING)
        super().__init__(transport, post, clock, **rest)
        self._last_gate = last_gate

    def place(self, request: PlaceRequest, reply_to: ReplyTo) -> None:
        """Send an order → `PlaceAnswered`; it leaves at most once."""
        intent = request.intent

        def done(answer: Answer | NoAnswer) -> None:
            outcome = outcome_of(intent, answer, partial(self._broken, PLACE))
            answered = PlaceAnswered(intent.client_order_id, outcome, answer.ended_ns)
            self._post(reply_to, answered)

        self._transport.request(
            RequestLane(intent.order.purpose.value),
            "POST",
            PREFIX + PLACE,
            (),
            order_body(intent),
            PLACE_DEADLINE_NS,
            done,
            self._gate_of(request),
        )

    def cancel(self, order_ids: tuple[str, ...], token: int, reply_to: ReplyTo) -> None:
        """Ask to cancel → `CancelAnswered`, after the last of its calls."""

        def done(results: Entries[CancelResult], failure: str | None) -> None:
            self._leave_out(results.unread)
            self._post(reply_to, CancelAnswered(token, results.read, failure))

        Cancels(self._transport, self._draw, order_ids, done, self._broken).start()

    def quote_conversion(self, request: QuoteRequest, token: int, reply_to: ReplyTo) -> None:
        """Ask what a conversion would be → `ConversionQuoted`; nothing moves."""
        self._converting(QUOTE).quote(request, token, partial(self._post, reply_to))

    def convert(self, request: ConversionRequest, reply_to: ReplyTo) -> None:
        """Carry out what was quoted → `ConversionAnswered`; it leaves at most once."""
        gate = partial(self._refused_conversion, request)
        self._converting(TRADE).commit(request, gate, partial(self._post, reply_to))

    def _converting(self, path: str) -> Converting:
        return Converting(self._transport, partial(self._broken, path))

    def _refused_conversion(self, request: ConversionRequest) -> str | None:
        """Return why a conversion must not leave: it is the end of sales, and no more than them."""
        return self._capability.refusal(Purpose.EXIT) or self._last_gate(request)

    def _gate_of(self, request: PlaceRequest) -> Callable[[], str | None]:
        """Return what is asked directly before the order leaves."""
        return lambda: (
            self._capability.refusal(request.intent.order.purpose)
            or self._last_gate(request)
            or refused_by_type(request.intent)
        )
