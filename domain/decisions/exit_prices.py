"""Whether the price of a lot is good enough to sell it by, and what to do while it is not (O1).

Deterministic and without a clock; instants are market time.
"""

from __future__ import annotations

from attrs import frozen

from domain.market.bids import Bid
from domain.model.instants import SECOND, Nanos
from domain.model.portfolio import Lot

HELD_NS = 3 * SECOND
"""For how long an exit has to stay due at a doubted price that nobody else confirms."""
LOST_AFTER_NS = 3 * SECOND
"""How long after a stall a lot that has had no price since then counts as without one."""
TOO_OLD = "its last bid is too old"


@frozen
class Stall:
    """Why the data of a product can't be trusted, and since when."""

    reason: str
    since_ns: Nanos


@frozen
class PriceLimit:
    """How old a bid may be, `limit_ns`, and since when bids can have come."""

    limit_ns: Nanos
    open_ns: int | None = None

    def is_fresh(self, bid: Bid, now_ns: int) -> bool:
        """Tell whether `bid` decides anything."""
        return now_ns - bid.confirmed_ns <= self.limit_ns

    def blindness(self, lot: Lot, bid: Bid | None, stall: Stall | None, now_ns: int) -> str | None:
        """Return why there is no price to judge `lot` by, None if there is one."""
        if not lot.held:
            return None  # it is told as missing
        reason = "" if stall is None else stall.reason
        if bid is None:
            is_late = self.open_ns is not None and now_ns - self.open_ns > self.limit_ns
            return (reason or "no bid was seen yet") if is_late else None
        if not self.is_fresh(bid, now_ns):
            return reason or TOO_OLD
        if stall is None or bid.confirmed_ns > stall.since_ns:
            return None
        return reason if now_ns - stall.since_ns >= LOST_AFTER_NS else None


def may_act(bid: Bid, due_since_ns: int, now_ns: int) -> bool:
    """Tell whether an exit that has been due since then may be done at this bid.

    A doubted bid counts once a second source has shown it, or once the exit has stayed due.
    """
    is_doubted = bid.doubt is not None and bid.doubt.is_open
    return not is_doubted or now_ns - due_since_ns >= HELD_NS
