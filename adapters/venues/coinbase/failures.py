"""What went wrong with a request, and so whether it may be sent again: one type each."""

from __future__ import annotations

from adapters.venues.coinbase.answers import complaint
from adapters.venues.transport.interface import Answer, NoAnswer, TransportFailure
from domain.model.errors import (
    OutcomeUnknown,
    ProtocolBroken,
    RateLimited,
    RequestUnsent,
    VenueError,
    VenueRefused,
)

DONE = 200
RATE_LIMITED = 429
MAYBE_DONE = (401, 408)
"""A venue under load or at its edge answers these to requests that it carried out."""


def failure_of(answer: Answer | NoAnswer) -> VenueError | None:
    """Return why a request came to nothing, None if it has an answer to be read."""
    if isinstance(answer, NoAnswer):
        return _of_no_answer(answer)
    code = answer.status
    if code == DONE:
        return None
    if code < 400:
        return ProtocolBroken(f"expected HTTP {DONE}, was {code}")
    text = complaint(code, answer.body)
    if code == RATE_LIMITED:
        return RateLimited(text)
    if code in MAYBE_DONE or code >= 500:
        return OutcomeUnknown(text)
    return VenueRefused(text)


def is_undone(failure: VenueError | None) -> bool:
    """Tell whether the request certainly came to nothing, and may be sent again."""
    if isinstance(failure, RequestUnsent):
        return not failure.is_final
    return isinstance(failure, RateLimited)


def may_ask_again(failure: VenueError) -> bool:
    """Tell whether the same question may be answered a moment later."""
    return is_undone(failure) or isinstance(failure, OutcomeUnknown)


def _of_no_answer(answer: NoAnswer) -> VenueError:
    match answer.fault:
        case TransportFailure.LOST:
            return OutcomeUnknown(answer.reason)
        case TransportFailure.LIMITED:
            return RateLimited(answer.reason)
        case TransportFailure.REFUSED:
            return RequestUnsent(answer.reason, is_final=True)
        case TransportFailure.NOT_SENT | TransportFailure.FULL:
            return RequestUnsent(answer.reason)
