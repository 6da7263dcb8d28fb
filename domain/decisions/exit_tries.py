"""When the next try to sell a lot may come, and what has hindered the tries so far.

One try at a time. After a try that came to nothing the next one waits 1, 2, 4 … 60 s of market
time; a change that may let it succeed begins anew. Deterministic and without a clock.
"""

from __future__ import annotations

from attrs import define, frozen

from domain.model.instants import SECOND
from domain.model.money import Price, Quantity
from domain.model.product import ProductFlags

FIRST_WAIT_NS = SECOND
LONGEST_WAIT_NS = 60 * SECOND
_WAITS_NS = (*(FIRST_WAIT_NS << doublings for doublings in range(6)), LONGEST_WAIT_NS)
ORDER_LIFE_NS = 60 * SECOND
"""Market time that an order without news keeps its lot from being tried again."""
TIERS = 100
"""A price is of another tier once it has moved by this part of itself."""


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
        """Something was sold; what is left of the lot is tried afresh, a second after this try."""
        self.hindrance = self._order = self._under = None
        self._failures = 0
        self._next_ns = now_ns if self._tried_ns is None else self._tried_ns + FIRST_WAIT_NS

    def freed(self, now_ns: int) -> None:
        """What may have kept the lot from being sold is gone."""
        self._failures = 0
        if self._order is None:
            self._next_ns = min(self._next_ns, now_ns + FIRST_WAIT_NS)


def wait_ns(failures: int) -> int:
    """Return the pause after so many tries in a row that came to nothing."""
    return _WAITS_NS[min(max(failures, 1), len(_WAITS_NS)) - 1]
