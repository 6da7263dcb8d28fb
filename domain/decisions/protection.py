"""When a lot needs another order at the venue to protect it: what is there, and what should be.

Deterministic and without a clock; instants are market time.
"""

from __future__ import annotations

from attrs import define, frozen

from domain.decisions.exit_tries import wait_ns
from domain.model.instants import MILLISECOND
from domain.model.money import Quantity
from domain.model.portfolio import Lot
from domain.model.product import Product
from domain.orders.venue_stops import VenueStop
from domain.risk.exit_types import stop_type

SETTLED_AFTER_NS = 500 * MILLISECOND
"""An entry often fills in several parts: a lot that still grows is not protected anew each time."""
BARE_AT_MOST_NS = 2_000 * MILLISECOND
"""But after so long it is, as far as it has grown (PROT1: within 3 s of its fill)."""


@frozen
class Protect:
    """An order that sells so much of the lot at its stop is needed, instead of what is there."""

    quantity: Quantity


@frozen
class Withdraw:
    """What is there protects nothing any more."""

    why: str


@frozen
class Later:
    """It is not time to act yet; look again soon."""


Move = Protect | Withdraw | Later | None
"""None: all is as it should be, or will be told."""


@define
class GuardedLot:
    """A lot, since when it is not protected as it should be, and what was tried."""

    lot: Lot
    changed_ns: int
    bare_ns: int | None = None
    hindrance: str | None = None
    """Why the last try came to nothing; None while there is no reason known."""
    shown: str | None = None
    """What people know of it."""
    is_alerted: bool = False
    _failures: int = 0
    _next_ns: int = 0

    def take(self, lot: Lot, now_ns: int) -> None:
        """Take in how the lot stands now."""
        before = self.lot
        if (lot.held, lot.stop_price) != (before.held, before.stop_price):
            self.touch(now_ns)
            self._failures = self._next_ns = 0
        self.lot = lot

    def touch(self, now_ns: int) -> None:
        """Something of the lot was sold, or is sold no more: its books follow in a moment."""
        self.changed_ns = now_ns

    def failed(self, hindrance: str, now_ns: int) -> None:
        """A try came to nothing."""
        self.hindrance = hindrance
        self._next_ns = now_ns + wait_ns(self._failures)

    def judge(
        self, product: Product, stops: tuple[VenueStop, ...], now_ns: int, *, is_sold: bool
    ) -> Move:
        """Return what to do about the lot; `is_sold`: an exit of it is on its way."""
        wanted, kind = product.sale_of(self.lot.held), stop_type(product, self.lot.stop_price)
        if any(
            stop.is_resting and stop.remaining == wanted and stop.stop_price == kind.stop_price
            for stop in stops
        ):
            self._relax()
            return None
        if is_sold or any(not stop.is_resting for stop in stops):
            return None  # its end will be told
        if not product.can_sell(wanted, kind.price):
            self._relax()
            return Withdraw("too little is left of its lot") if stops else None
        self.bare_ns = now_ns if self.bare_ns is None else self.bare_ns
        is_settled = now_ns - self.changed_ns >= SETTLED_AFTER_NS
        if not (is_settled or now_ns - self.bare_ns >= BARE_AT_MOST_NS) or now_ns < self._next_ns:
            return Later()
        self._failures += 1
        self._next_ns = now_ns + wait_ns(self._failures)
        return Protect(wanted)

    def _relax(self) -> None:
        self.bare_ns = self.hindrance = None
        self._failures = self._next_ns = 0
