"""What became of a new order, from whatever came back. Source: decisions 15."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from adapters.venues.coinbase import wire
from adapters.venues.coinbase.answers import complaint, reader
from adapters.venues.coinbase.failures import failure_of
from adapters.venues.transport.interface import Answer, NoAnswer
from domain.model.errors import ProtocolBroken, RateLimited, RequestUnsent, VenueRefused
from domain.model.orders import (
    Accepted,
    IdKnown,
    NotSent,
    OutcomeLost,
    PlaceOutcome,
    Rejected,
)
from domain.model.product import ProductId, Side

_read_place = reader(wire.PlaceAnswer)
_read_refusal = reader(wire.RefusalBody)
_EXISTS = "DUPLICATE_CLIENT_ORDER_ID"


class AnsweredOrder(Protocol):
    """What was ordered, as far as an answer repeats it."""

    @property
    def product(self) -> ProductId:
        """The product."""

    @property
    def side(self) -> Side:
        """The side."""


class Sent(Protocol):
    """An order that was sent, under its id."""

    @property
    def client_order_id(self) -> str:
        """The id."""

    @property
    def order(self) -> AnsweredOrder:
        """The order."""


Broken = Callable[[ProtocolBroken], None]
"""Hears of an answer that is not the protocol."""


def _unheard(_: ProtocolBroken) -> None:
    """Nobody asked."""


def outcome_of(intent: Sent, answer: Answer | NoAnswer, broken: Broken = _unheard) -> PlaceOutcome:
    """Return the outcome; what is not certainly yes, no or never sent is lost."""
    match failure_of(answer):
        case None if isinstance(answer, Answer):
            return _of_success(intent, answer.body, broken)
        case VenueRefused() if isinstance(answer, Answer):
            return _of_client_error(answer.status, answer.body)
        case RequestUnsent(is_final=is_final) as unsent:
            return NotSent(str(unsent), is_final=is_final)
        case RateLimited() as limited:
            return NotSent(str(limited), is_final=False)
        case ProtocolBroken() as error:
            broken(error)
            return OutcomeLost(str(error))
        case other:
            return OutcomeLost(str(other))


def _of_success(intent: Sent, body: bytes, broken: Broken) -> PlaceOutcome:
    try:
        answer = _read_place(body)
        taken = answer.success_response
        if answer.success and (taken is None or not taken.order_id):
            raise ProtocolBroken("success without an order id")
    except ProtocolBroken as error:
        broken(error)
        return OutcomeLost(str(error))
    if taken is None or not answer.success:
        return _of_refusal(answer.error_response or wire.RefusalBody(error=answer.failure_reason))
    order = intent.order
    ours = {
        "client_order_id": (taken.client_order_id, intent.client_order_id),
        "product_id": (taken.product_id, order.product),
        "side": (taken.side, order.side.value),
    }
    for name, (theirs, expected) in ours.items():
        if theirs and theirs != expected:
            return IdKnown(f"the venue answered with another order: {name} {theirs[:60]}")
    return Accepted(taken.order_id)


def _of_refusal(refusal: wire.RefusalBody) -> PlaceOutcome:
    reason = _reason(refusal)
    if reason == _EXISTS:
        return IdKnown("the venue already knows this client order id")
    return Rejected(reason, refusal.message or refusal.error_details)


def _reason(refusal: wire.RefusalBody) -> str:
    texts = (refusal.new_order_failure_reason, refusal.preview_failure_reason, refusal.error)
    for text in texts:
        if text and not text.startswith("UNKNOWN"):
            return text
    return refusal.message or "UNKNOWN_FAILURE_REASON"


def _of_client_error(code: int, body: bytes) -> PlaceOutcome:
    try:
        refusal = _read_refusal(body)
    except ProtocolBroken:
        return Rejected(f"HTTP_{code}", complaint(code, body))
    return Rejected(refusal.error or f"HTTP_{code}", refusal.message or refusal.error_details)
