"""When an owned lot has to be sold."""

from __future__ import annotations

from domain.model.approval import LEAVING, ExitReason
from domain.model.money import Price
from domain.model.portfolio import Lot

OF_NO_PRICE = (ExitReason.MAX_HOLD, *LEAVING)
"""Reasons that an old price can't give."""


def due_exit(
    lot: Lot, bid: Price, now_ns: int, *, leaving: ExitReason | None = None
) -> ExitReason | None:
    """Return why `lot` must be sold at best bid `bid` and market time `now_ns`, or None.

    The stop comes first: a lot both stopped and expired is a stop-out. `leaving` is why it is to
    be sold whatever its price.
    """
    if bid <= lot.stop_price:
        return ExitReason.STOP
    if lot.target_price is not None and bid >= lot.target_price:
        return ExitReason.TARGET
    if leaving is not None:
        return leaving
    if lot.expires_ns is not None and now_ns >= lot.expires_ns:
        return ExitReason.MAX_HOLD
    return None
