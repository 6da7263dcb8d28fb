"""Converting: a quote, and the commit of what was quoted. For whoever has the right to order."""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen

from adapters.venues.coinbase import conversions
from adapters.venues.coinbase.answers import complaint
from adapters.venues.coinbase.bodies import commit_body, quote_body
from adapters.venues.coinbase.failures import failure_of
from adapters.venues.coinbase.outcomes import Broken
from adapters.venues.coinbase.wire import PREFIX
from adapters.venues.transport.interface import Answer, Gate, NoAnswer, RequestLane, Transport
from domain.messages.conversion import (
    ConversionAnswered,
    ConversionQuoted,
    ConversionRequest,
    QuoteRequest,
)
from domain.model.errors import ProtocolBroken, RateLimited, RequestUnsent, VenueRefused
from domain.model.orders import NotSent, OutcomeLost, Rejected

QUOTE = "/convert/quote"


@frozen
class Converting:
    """Sends each request once, by the lane of sales: what ends a liquidation waits for no entry."""

    transport: Transport
    broken: Broken

    def quote(
        self, request: QuoteRequest, token: int, done: Callable[[ConversionQuoted], None]
    ) -> None:
        """Ask what a conversion would be; `done` gets the answer, on any thread."""
        body = quote_body(request.source, request.target, request.amount)
        self.transport.request(
            RequestLane.EXIT,
            "POST",
            PREFIX + QUOTE,
            (),
            body,
            conversions.DEADLINE_NS,
            lambda answer: done(self._quoted(request, token, answer)),
        )

    def commit(
        self, request: ConversionRequest, gate: Gate, done: Callable[[ConversionAnswered], None]
    ) -> None:
        """Carry out what was quoted, if `gate` lets it; `done` gets the outcome, on any thread."""
        self.transport.request(
            RequestLane.EXIT,
            "POST",
            conversions.path_of(request.conversion),
            (),
            commit_body(request.conversion),
            conversions.DEADLINE_NS,
            lambda answer: done(self._answered(request, answer)),
            gate,
        )

    def _quoted(
        self, request: QuoteRequest, token: int, answer: Answer | NoAnswer
    ) -> ConversionQuoted:
        failure = failure_of(answer)
        if isinstance(failure, VenueRefused):
            return ConversionQuoted(token, None, objection=f"the venue refused: {failure}")
        if failure is None and isinstance(answer, Answer):
            try:
                found = conversions.quoted(request, answer.body)
            except ProtocolBroken as error:
                self.broken(error)
                failure = error
            else:
                if isinstance(found, str):
                    return ConversionQuoted(token, None, objection=found)
                return ConversionQuoted(token, found)
        return ConversionQuoted(token, None, failure=str(failure))

    def _answered(
        self, request: ConversionRequest, answer: Answer | NoAnswer
    ) -> ConversionAnswered:
        name = request.conversion.trade_id
        match failure_of(answer):
            case None if isinstance(answer, Answer):
                try:
                    shown = conversions.seen(request.conversion, answer.body)
                except ProtocolBroken as error:
                    self.broken(error)
                    return ConversionAnswered(name, OutcomeLost(str(error)))
                return ConversionAnswered(name, shown)
            case VenueRefused() if isinstance(answer, Answer):
                why = complaint(answer.status, answer.body)
                return ConversionAnswered(name, Rejected(f"HTTP_{answer.status}", why))
            case RequestUnsent(is_final=is_final) as unsent:
                return ConversionAnswered(name, NotSent(str(unsent), is_final=is_final))
            case RateLimited() as limited:
                return ConversionAnswered(name, NotSent(str(limited), is_final=False))
            case other:
                return ConversionAnswered(name, OutcomeLost(str(other)))
