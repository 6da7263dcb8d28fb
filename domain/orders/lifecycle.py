"""The life of an order as a table: every state meets every event, and each cell is decided.

A cell is either in `TABLE` (the next state) or in `IMPOSSIBLE` (why it can't be). The venue and we
see an order at different times, so most "impossible" looking cells are possible.
"""

from __future__ import annotations

from enum import StrEnum

from domain.model.errors import InvariantBroken
from domain.model.orders import TERMINAL, OrderState

S = OrderState


class IllegalTransition(InvariantBroken):
    """An event met a state in which it cannot happen."""


class Event(StrEnum):
    """What can happen to an order."""

    SENT = "sent"
    """The request is about to leave."""
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    NOT_SENT_RETRY = "not_sent_retry"
    """It definitely did not leave; the same id may be tried again."""
    NOT_SENT_FINAL = "not_sent_final"
    OUTCOME_LOST = "outcome_lost"
    SEEN_LIVE = "seen_live"
    """The venue shows it pending, queued or open."""
    SEEN_CANCEL_QUEUED = "seen_cancel_queued"
    ENDED_CANCELLED = "ended_cancelled"
    """The venue shows it cancelled, and every fill it had is booked."""
    ENDED_EXPIRED = "ended_expired"
    ENDED_FAILED = "ended_failed"
    FILL = "fill"
    """A fill is booked and quantity is left."""
    FILL_COMPLETE = "fill_complete"
    """A fill is booked and nothing is left."""
    CANCEL_ASKED = "cancel_asked"
    CANCEL_REFUSED = "cancel_refused"
    """The venue refused to cancel: mostly because the order has already ended."""
    PROVEN_ABSENT = "proven_absent"
    """A complete listing begun after the last possible arrival does not have it."""
    DENIED = "denied"
    """The venue, which has shown it, denies it by id, in complete lists and in its fills, and a
    person gives it up."""
    ID_TAKEN = "id_taken"
    """The venue has another order under its id, so this one can't be made."""


E_ = Event

TABLE: dict[OrderState, dict[Event, OrderState]] = {
    S.INTENDED: {
        E_.SENT: S.PENDING_SUBMIT,
        E_.NOT_SENT_FINAL: S.VOID,
        # Found at the venue although we have no record of sending: the record was lost in a
        # crash between sending and writing.
        E_.SEEN_LIVE: S.OPEN,
        E_.SEEN_CANCEL_QUEUED: S.PENDING_CANCEL,
        E_.ENDED_CANCELLED: S.CANCELLED,
        E_.ENDED_EXPIRED: S.EXPIRED,
        E_.ENDED_FAILED: S.REJECTED,
        E_.FILL: S.PARTIALLY_FILLED,
        E_.FILL_COMPLETE: S.FILLED,
        E_.OUTCOME_LOST: S.UNKNOWN,
        E_.ID_TAKEN: S.VOID,
    },
    S.PENDING_SUBMIT: {
        E_.SENT: S.PENDING_SUBMIT,  # the second try of what was not sent
        E_.ACCEPTED: S.OPEN,
        E_.REJECTED: S.REJECTED,
        E_.NOT_SENT_RETRY: S.PENDING_SUBMIT,
        E_.NOT_SENT_FINAL: S.VOID,
        E_.OUTCOME_LOST: S.UNKNOWN,
        # The user stream is often faster than the answer to the request.
        E_.SEEN_LIVE: S.OPEN,
        E_.SEEN_CANCEL_QUEUED: S.PENDING_CANCEL,
        E_.ENDED_CANCELLED: S.CANCELLED,
        E_.ENDED_EXPIRED: S.EXPIRED,
        E_.ENDED_FAILED: S.REJECTED,
        E_.FILL: S.PARTIALLY_FILLED,
        E_.FILL_COMPLETE: S.FILLED,
        E_.ID_TAKEN: S.VOID,
    },
    S.UNKNOWN: {
        # The answer came after all: to a request of an earlier incarnation, or very late.
        E_.ACCEPTED: S.OPEN,
        E_.REJECTED: S.REJECTED,
        E_.NOT_SENT_RETRY: S.UNKNOWN,  # the listing decides; what was unknown is not sent again
        E_.NOT_SENT_FINAL: S.VOID,
        E_.OUTCOME_LOST: S.UNKNOWN,
        E_.SEEN_LIVE: S.OPEN,
        E_.SEEN_CANCEL_QUEUED: S.PENDING_CANCEL,
        E_.ENDED_CANCELLED: S.CANCELLED,
        E_.ENDED_EXPIRED: S.EXPIRED,
        E_.ENDED_FAILED: S.REJECTED,
        E_.FILL: S.PARTIALLY_FILLED,
        E_.FILL_COMPLETE: S.FILLED,
        E_.CANCEL_ASKED: S.UNKNOWN,  # a sweep cancels by what the venue lists
        E_.CANCEL_REFUSED: S.UNKNOWN,
        E_.PROVEN_ABSENT: S.VOID,
        E_.ID_TAKEN: S.VOID,
    },
    # From here on the venue has shown the order. Should the answer to the request still say
    # "rejected", then the venue's own picture of the order wins over that one answer.
    S.OPEN: {
        E_.ACCEPTED: S.OPEN,
        E_.REJECTED: S.OPEN,
        # The answer was lost, but the stream had already shown the order: it exists.
        E_.OUTCOME_LOST: S.OPEN,
        E_.SEEN_LIVE: S.OPEN,
        E_.SEEN_CANCEL_QUEUED: S.PENDING_CANCEL,
        E_.ENDED_CANCELLED: S.CANCELLED,
        E_.ENDED_EXPIRED: S.EXPIRED,
        E_.ENDED_FAILED: S.REJECTED,
        E_.FILL: S.PARTIALLY_FILLED,
        E_.FILL_COMPLETE: S.FILLED,
        E_.CANCEL_ASKED: S.PENDING_CANCEL,
        E_.CANCEL_REFUSED: S.OPEN,
        E_.DENIED: S.VOID,
        # A venue answers a used id with the order that used it: what was accepted is not ours.
        E_.ID_TAKEN: S.VOID,
    },
    S.PARTIALLY_FILLED: {
        E_.ACCEPTED: S.PARTIALLY_FILLED,
        E_.REJECTED: S.PARTIALLY_FILLED,
        E_.OUTCOME_LOST: S.PARTIALLY_FILLED,
        E_.SEEN_LIVE: S.PARTIALLY_FILLED,
        E_.SEEN_CANCEL_QUEUED: S.PENDING_CANCEL,
        E_.ENDED_CANCELLED: S.CANCELLED,
        E_.ENDED_EXPIRED: S.EXPIRED,
        E_.ENDED_FAILED: S.REJECTED,
        E_.FILL: S.PARTIALLY_FILLED,
        E_.FILL_COMPLETE: S.FILLED,
        E_.CANCEL_ASKED: S.PENDING_CANCEL,
        E_.CANCEL_REFUSED: S.PARTIALLY_FILLED,
        E_.DENIED: S.CANCELLED,  # what is filled stays ours, the rest will not come
    },
    S.PENDING_CANCEL: {
        E_.ACCEPTED: S.PENDING_CANCEL,
        E_.REJECTED: S.PENDING_CANCEL,
        E_.OUTCOME_LOST: S.PENDING_CANCEL,
        E_.SEEN_LIVE: S.PENDING_CANCEL,  # an older picture of it
        E_.SEEN_CANCEL_QUEUED: S.PENDING_CANCEL,
        E_.ENDED_CANCELLED: S.CANCELLED,
        E_.ENDED_EXPIRED: S.EXPIRED,
        E_.ENDED_FAILED: S.REJECTED,
        E_.FILL: S.PENDING_CANCEL,  # a fill may win the race against the cancel
        E_.FILL_COMPLETE: S.FILLED,
        E_.CANCEL_ASKED: S.PENDING_CANCEL,
        E_.CANCEL_REFUSED: S.PENDING_CANCEL,  # filled or ended: the listing will say
        E_.DENIED: S.VOID,
        E_.ID_TAKEN: S.VOID,
    },
    # What has ended stays ended, but for fills: they always count.
    **{
        ended: {
            # The stream showed the end before the request was answered.
            E_.ACCEPTED: ended,
            E_.REJECTED: ended,
            E_.OUTCOME_LOST: ended,
            E_.SEEN_LIVE: ended,
            E_.SEEN_CANCEL_QUEUED: ended,
            E_.ENDED_CANCELLED: ended,
            E_.ENDED_EXPIRED: ended,
            E_.ENDED_FAILED: ended,
            E_.CANCEL_ASKED: ended,
            E_.CANCEL_REFUSED: ended,
            E_.PROVEN_ABSENT: ended,
            E_.DENIED: ended,
            E_.ID_TAKEN: ended,
        }
        for ended in (S.FILLED, S.CANCELLED, S.EXPIRED, S.REJECTED, S.VOID)
    },
}
for _late in (S.CANCELLED, S.EXPIRED, S.REJECTED):
    # A late fill overrides: it happened before the end and was only seen after it.
    TABLE[_late][E_.FILL] = _late
    TABLE[_late][E_.FILL_COMPLETE] = S.FILLED
# Declared absent and yet there: it is adopted, and its owner will want to cancel it.
TABLE[S.VOID] |= {
    E_.ACCEPTED: S.OPEN,
    E_.NOT_SENT_RETRY: S.VOID,  # a late answer that agrees
    E_.NOT_SENT_FINAL: S.VOID,
    E_.SEEN_LIVE: S.OPEN,
    E_.SEEN_CANCEL_QUEUED: S.PENDING_CANCEL,
    E_.ENDED_CANCELLED: S.CANCELLED,
    E_.ENDED_EXPIRED: S.EXPIRED,
    E_.ENDED_FAILED: S.REJECTED,
    E_.FILL: S.PARTIALLY_FILLED,
    E_.FILL_COMPLETE: S.FILLED,
}
# Rejected by the answer and yet alive at the venue: what lives there can cost money.
TABLE[S.REJECTED] |= {
    E_.SEEN_LIVE: S.OPEN,
    E_.SEEN_CANCEL_QUEUED: S.PENDING_CANCEL,
    E_.ENDED_CANCELLED: S.CANCELLED,
    E_.ENDED_EXPIRED: S.EXPIRED,
}

_NEVER_SENT = "an intent without a sent request has no answer"
_SHOWN = "the venue has shown this order, so a request for it did leave"
_UNSHOWN = "what the venue has not shown is void by its absence, without a person"
_ENDED = "an order that ended is not sent, and its request has its answer"

IMPOSSIBLE: dict[tuple[OrderState, Event], str] = {
    (S.INTENDED, E_.ACCEPTED): _NEVER_SENT,
    (S.INTENDED, E_.REJECTED): _NEVER_SENT,
    (S.INTENDED, E_.NOT_SENT_RETRY): _NEVER_SENT,
    (S.INTENDED, E_.CANCEL_ASKED): "nothing to cancel: it has no order id",
    (S.INTENDED, E_.CANCEL_REFUSED): "no cancel was asked",
    (S.INTENDED, E_.PROVEN_ABSENT): "what was not sent needs no proof",
    (S.PENDING_SUBMIT, E_.CANCEL_ASKED): "nothing to cancel: it has no order id",
    (S.PENDING_SUBMIT, E_.CANCEL_REFUSED): "no cancel was asked",
    (S.PENDING_SUBMIT, E_.PROVEN_ABSENT): "the request is still under way",
    **{(state, E_.DENIED): _UNSHOWN for state in (S.INTENDED, S.PENDING_SUBMIT, S.UNKNOWN)},
    (S.UNKNOWN, E_.SENT): "what may have been sent is never sent again",
    **{
        (state, event): _SHOWN
        for state in (S.OPEN, S.PARTIALLY_FILLED, S.PENDING_CANCEL)
        for event in (
            E_.SENT,
            E_.NOT_SENT_RETRY,
            E_.NOT_SENT_FINAL,
            E_.PROVEN_ABSENT,
        )
    },
    **{
        (state, event): _ENDED
        for state in (S.FILLED, S.CANCELLED, S.EXPIRED, S.REJECTED)
        for event in (E_.SENT, E_.NOT_SENT_RETRY, E_.NOT_SENT_FINAL)
    },
    (S.VOID, E_.SENT): "an order given up is not sent",
    (S.PARTIALLY_FILLED, E_.ID_TAKEN): "what has fills of ours is ours",
    (S.FILLED, E_.FILL): "a complete order cannot be filled further",
    (S.FILLED, E_.FILL_COMPLETE): "a complete order cannot be filled further",
}


def next_state(state: OrderState, event: Event) -> OrderState:
    """Return the state after `event`.

    Raises:
        IllegalTransition: the cell is impossible.
    """
    found = TABLE[state].get(event)
    if found is None:
        reason = IMPOSSIBLE[(state, event)]
        raise IllegalTransition(f"{event.value} in state {state.value} is impossible: {reason}")
    return found


def is_terminal(state: OrderState) -> bool:
    """Tell whether the order has ended."""
    return state in TERMINAL
