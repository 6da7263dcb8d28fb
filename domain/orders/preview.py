"""What a preview says against an approved entry: words and figures of the venue's, not trusted."""

from __future__ import annotations

from domain.messages.venue import OrderPreviewed
from domain.model.approval import ApprovedEntry, Limit
from domain.model.instants import SECOND
from domain.model.money import BPS, ONE, plain

ANSWER_WITHIN_NS = SECOND
"""Machine time after which an entry whose preview was not answered is dropped."""
NO_ANSWER = "its preview was not answered in time"
ROUNDED = ONE + ONE / BPS
"""A venue rounds up what it says: by so much a sum may be above what was worked out exactly."""
ERRORS_TOLD = 3
ERROR_LENGTH = 120


def objection(order: ApprovedEntry, answer: OrderPreviewed) -> str | None:
    """Return why `order` must not leave by what the venue says to it, None if it may.

    It must have no objection, and want no more in total or in fees than was approved at worst.
    """
    if answer.failure is not None:
        return f"its preview failed: {answer.failure}"
    if answer.errors:
        named = ", ".join(each[:ERROR_LENGTH] for each in answer.errors[:ERRORS_TOLD])
        return f"the venue would not take it: {named}"
    most = order.worst_case * ROUNDED
    if not answer.total <= most:
        return (
            f"it would cost {plain(answer.total)}, approved are {plain(order.worst_case)} at most"
        )
    limit = order.order_type
    if isinstance(limit, Limit):
        fees = order.worst_case - limit.price * order.quantity
        if not answer.commission <= fees + most - order.worst_case:
            return (
                f"its fees would be {plain(answer.commission)}, approved are {plain(fees)} at most"
            )
    return None
