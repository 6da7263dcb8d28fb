"""What became of a new order, from whatever came back. Source: decisions 15."""

from __future__ import annotations

from adapters.venues.coinbase import wire
from adapters.venues.coinbase.answers import complaint, reader
from adapters.venues.transport.interface import Answer, NoAnswer, TransportFailure
from domain.model.errors import ProtocolBroken
from domain.model.orders import (
    Accepted,
    IdKnown,
    NotSent,
    OrderIntent,
    OutcomeLost,
    PlaceOutcome,
    Rejected,
)

RATE_LIMITED = 429
MAYBE_DONE = (401, 408)
"""A venue under load or at its edge answers these to requests that it carried out."""

_read_place = reader(wire.PlaceAnswer)
_read_refusal = reader(wire.RefusalBody)
_EXISTS = "DUPLICATE_CLIENT_ORDER_ID"


def outcome_of(intent: OrderIntent, answer: Answer | NoAnswer) -> PlaceOutcome:
    """Return the outcome; what is not certainly yes, no or never sent is lost."""
    if isinstance(answer, NoAnswer):
        if answer.fault is TransportFailure.LOST:
            return OutcomeLost(answer.reason)
        return NotSent(answer.reason, is_final=answer.fault is TransportFailure.REFUSED)
    code = answer.status
    if code == 200:
        return _of_success(intent, answer.body)
    if code == RATE_LIMITED:
        return NotSent(complaint(code, answer.body), is_final=False)
    if 400 <= code < 500 and code not in MAYBE_DONE:
        return _of_client_error(code, answer.body)
    return OutcomeLost(complaint(code, answer.body))


def _of_success(intent: OrderIntent, body: bytes) -> PlaceOutcome:
    try:
        answer = _read_place(body)
    except ProtocolBroken as error:
        return OutcomeLost(str(error))
    if not answer.success:
        return _of_refusal(answer.error_response or wire.RefusalBody(error=answer.failure_reason))
    taken = answer.success_response
    if taken is None or not taken.order_id:
        return OutcomeLost("success without an order id")
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
