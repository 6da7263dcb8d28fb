"""Conversions as the venue shows them: what a quote says, and how far one is."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

from attrs import frozen

from adapters.venues.coinbase import wire
from adapters.venues.coinbase.answers import reader
from adapters.venues.coinbase.entries import member
from adapters.venues.coinbase.failures import failure_of
from adapters.venues.coinbase.outcomes import Broken
from adapters.venues.coinbase.values import number
from adapters.venues.coinbase.wire import PREFIX
from adapters.venues.transport.interface import Answer, NoAnswer, Query, RequestLane, Transport
from domain.messages.conversion import ConversionShown, QuoteRequest
from domain.model.conversion import Conversion, ConversionSeen, ConversionState
from domain.model.errors import ProtocolBroken, VenueRefused
from domain.model.instants import SECOND
from domain.model.money import ONE

TRADE = "/convert/trade/"
DEADLINE_NS = 10 * SECOND
NOT_FOUND = 404
_TRADE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_STATES = {
    "TRADE_STATUS_CREATED": ConversionState.QUOTED,
    "TRADE_STATUS_STARTED": ConversionState.STARTED,
    "TRADE_STATUS_COMPLETED": ConversionState.DONE,
    "TRADE_STATUS_CANCELED": ConversionState.CANCELLED,
}
_read_quote = reader(wire.ConvertQuoteAnswer)
_read_trade = reader(wire.ConvertTradeAnswer)


def path_of(conversion: Conversion) -> str:
    """Return the path of a conversion; its id was read by `trade_id` and can name nothing else."""
    return f"{PREFIX}{TRADE}{conversion.trade_id}"


def trade_id(text: str) -> str:
    """Return the id of a conversion, which becomes a part of a path.

    Raises:
        ProtocolBroken: it is no id.
    """
    if not _TRADE_ID.fullmatch(text):
        raise ProtocolBroken(f"expected an id of letters and digits, was {text[:40]!r}")
    return text


def quoted(asked: QuoteRequest, body: bytes) -> Conversion | str:
    """Return the conversion that the venue offers, or in a sentence why it is not the one meant.

    Raises:
        ProtocolBroken: it does not say what would be converted, or what that costs.
    """
    form = _read_quote(body).trade
    name = member("id", trade_id, form.id)
    entered = member("user_entered_amount", number, form.user_entered_amount.value)
    if (entered, form.user_entered_amount.currency) != (asked.amount, asked.source):
        return "the venue quoted another amount than was asked for"
    if fee := member("total_fee", number, form.total_fee.amount.value):
        return f"the venue wants a fee of {fee} {form.total_fee.amount.currency[:10]}"
    for what, said, expected in (
        ("total", form.total, asked.amount),
        ("exchange_rate", form.exchange_rate, ONE),
    ):
        if said is not None and not _is(said, expected, what):
            return f"the venue does not convert one to one: {what} {said.value[:40]}"
    return Conversion(name, asked.source, asked.target, asked.amount)


def seen(conversion: Conversion, body: bytes) -> ConversionSeen:
    """Return how far the conversion is by an answer about it.

    Raises:
        ProtocolBroken: it does not say, or is about another one.
    """
    form = _read_trade(body).trade
    if form.id != conversion.trade_id:
        raise ProtocolBroken(f"id: expected that of the conversion, was {form.id[:40]!r}")
    return ConversionSeen(_STATES.get(form.status, ConversionState.UNKNOWN))


def _is(said: wire.ConvertAmount, expected: Decimal, what: str) -> bool:
    return member(what, number, said.value) == expected


@frozen
class ConversionQuestion:
    """Asks how far a conversion is, once; who asks decides whether to ask again."""

    transport: Transport
    broken: Broken

    def ask(
        self, conversion: Conversion, token: int, done: Callable[[ConversionShown], None]
    ) -> None:
        """Ask; `done` gets what is known then, on any thread."""
        pair: Query = (("from_account", conversion.source), ("to_account", conversion.target))
        self.transport.request(
            RequestLane.QUERY,
            "GET",
            path_of(conversion),
            pair,
            b"",
            DEADLINE_NS,
            lambda answer: done(self._read(conversion, token, answer)),
        )

    def _read(
        self, conversion: Conversion, token: int, answer: Answer | NoAnswer
    ) -> ConversionShown:
        failure = failure_of(answer)
        if failure is None and isinstance(answer, Answer):
            try:
                return ConversionShown(token, seen(conversion, answer.body))
            except ProtocolBroken as error:
                self.broken(error)
                failure = error
        is_unknown = isinstance(answer, Answer) and answer.status == NOT_FOUND
        if is_unknown and isinstance(failure, VenueRefused):
            return ConversionShown(token, ConversionSeen(ConversionState.ABSENT))
        return ConversionShown(token, None, str(failure))
