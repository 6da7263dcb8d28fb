"""When the next try to sell a lot may come, and what has hindered the tries so far.

One try at a time. After a try that came to nothing the next one waits 1, 2, 4 … 60 s of market
time; a change that may let it succeed begins anew. Deterministic and without a clock.

A try reaches only so far below the bid, each a second later farther, the last ones to any price:
so a lot is not sold far down into a thin book while there is time. What is left then is tried ever
more rarely, as a book that was eaten needs time to fill, and hundreds of orders sell no more.
"""

from __future__ import annotations

from attrs import define, frozen

from domain.messages.orders import OrderAdvanced
from domain.model.approval import ExitReason
from domain.model.instants import SECOND
from domain.model.money import Price, Quantity
from domain.model.orders import OrderState
from domain.model.product import ProductFlags

FIRST_WAIT_NS = SECOND
LONGEST_WAIT_NS = 60 * SECOND
_WAITS_NS = (*(FIRST_WAIT_NS << doublings for doublings in range(6)), LONGEST_WAIT_NS)
ORDER_LIFE_NS = 60 * SECOND
"""Market time that an order without news keeps its lot from being tried again."""
TIERS = 100
"""A price is of another tier once it has moved by this part of itself."""

REACHES_BPS = (25, 50, 100, 200, 400)
"""How far below the bid the first tries of an exit reach; those after them reach any price."""
URGENT_REACHES_BPS = (50, 200)
"""Where a loss grows, or a person waits."""
URGENT_WAIT_NS = 8 * SECOND
"""Longest pause there after a try at any price that sold a part; else it is a minute."""
_UNMET = (OrderState.CANCELLED, OrderState.EXPIRED)
URGENT = (ExitReason.STOP, ExitReason.OPERATOR)


@frozen
class Circumstances:
    """What may decide whether a sale succeeds; no flags: the product is not in the catalogue.

    `is_limited`: the venue refuses whatever is asked as too many requests.
    """

    bid: Price
    quantity: Quantity
    flags: ProductFlags | None
    is_limited: bool = False

    def differs(self, other: Circumstances) -> bool:
        """Tell whether what failed under `other` may succeed now."""
        is_same_lot = self.quantity == other.quantity and self.flags == other.flags
        if not is_same_lot or self.is_limited != other.is_limited:
            return True
        return abs(self.bid - other.bid) * TIERS >= other.bid


@define
class ExitTries:
    """The tries to sell one lot; instants are market time."""

    hindrance: str | None = None
    """Why the last try came to nothing; None while there is no reason known."""
    _failures: int = 0
    _tried_ns: int | None = None
    _next_ns: int = 0
    _under: Circumstances | None = None
    _order: str | None = None
    _widened: int = 0
    """Tries since the exit became due."""
    _at_any: int = 0
    """Of these, those at any price that sold a part."""
    _is_urgent: bool = False
    _reach_bps: int | None = None

    def begin_anew(self) -> None:
        """The lot has just become due: its first try reaches no farther than any first one."""
        self._widened = self._at_any = 0

    def reach_bps(self, reason: ExitReason) -> int | None:
        """Return how far below the bid the try that has begun may sell, None: at any price."""
        self._is_urgent = reason in URGENT
        reaches = URGENT_REACHES_BPS if self._is_urgent else REACHES_BPS
        at = self._widened - 1
        self._reach_bps = reaches[at] if at < len(reaches) else None
        return self._reach_bps

    def goes_on(self, ended: OrderAdvanced) -> bool:
        """Tell whether the order that has ended was no failure.

        It has sold something, or nothing was bid within its reach, which the next one widens.
        """
        is_unmet = ended.state in _UNMET and self._reach_bps is not None
        return ended.filled > 0 or is_unmet

    def may_begin(self, now: Circumstances, now_ns: int) -> bool:
        """Tell whether the lot may be proposed for sale under these circumstances."""
        if now_ns >= self._next_ns:
            return True
        if self._order is not None or self._tried_ns is None or self._under is None:
            return False
        if now_ns < self._tried_ns + FIRST_WAIT_NS or not now.differs(self._under):
            return False
        self._failures = 0
        return True

    def begin(self, now: Circumstances, now_ns: int) -> None:
        """A proposal is made; without any answer it counts as a try that came to nothing."""
        self._under, self._tried_ns, self._order = now, now_ns, None
        self._failures += 1
        self._widened += 1
        self._next_ns = now_ns + wait_ns(self._failures)

    def ordered(self, client_order_id: str, now_ns: int) -> None:
        """An order sells the lot: nothing else does until it ends."""
        self._order = client_order_id
        self._next_ns = now_ns + ORDER_LIFE_NS

    def failed(self, hindrance: str, now_ns: int) -> None:
        """The try came to nothing."""
        self.hindrance = hindrance
        self._order = None
        self._next_ns = now_ns + wait_ns(self._failures)

    def succeeded(self, now_ns: int) -> None:
        """The try was no failure; what is left of the lot is tried afresh, a second after it.

        At any price already, each waits twice as long as the one before.
        """
        self.hindrance = self._order = self._under = None
        self._failures = 0
        if self._reach_bps is None and self._widened:
            self._at_any += 1
        longest_ns = URGENT_WAIT_NS if self._is_urgent else LONGEST_WAIT_NS
        pause_ns = min(wait_ns(self._at_any), longest_ns)
        self._next_ns = now_ns if self._tried_ns is None else self._tried_ns + pause_ns

    def freed(self, now_ns: int) -> None:
        """What may have kept the lot from being sold is gone."""
        self._failures = 0
        if self._order is None:
            self._next_ns = min(self._next_ns, now_ns + FIRST_WAIT_NS)


def wait_ns(failures: int) -> int:
    """Return the pause after so many tries in a row that came to nothing."""
    return _WAITS_NS[min(max(failures, 1), len(_WAITS_NS)) - 1]
