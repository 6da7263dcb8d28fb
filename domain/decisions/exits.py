"""When an owned lot has to be sold."""

from __future__ import annotations

from domain.model.approval import ExitReason
from domain.model.money import Price
from domain.model.portfolio import Lot


def due_exit(lot: Lot, bid: Price, now_ns: int, *, is_left: bool = False) -> ExitReason | None:
    """Return why `lot` must be sold at best bid `bid` and market time `now_ns`, or None.

    The stop comes first: a lot both stopped and expired is a stop-out. `is_left` tells whether its
    strategy wants to be out of it.
    """
    if bid <= lot.stop_price:
        return ExitReason.STOP
    if bid >= lot.target_price:
        return ExitReason.TARGET
    if is_left:
        return ExitReason.SIGNAL
    if now_ns >= lot.expires_ns:
        return ExitReason.MAX_HOLD
    return None
