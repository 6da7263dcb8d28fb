"""What has been traded lately, as far as the pace of entries depends on it: a fold of fills.

Fills stand in the journal, so a start goes on with what the run before it has seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from attrs import evolve, field, frozen

from domain.messages.orders import FillBooked
from domain.model.approval import ApprovedExit, ExitReason
from domain.model.instants import DAY, Nanos
from domain.model.money import ZERO
from domain.model.product import ProductId, Side, base_of
from domain.portfolio.earnings import sold_parts
from domain.portfolio.ledger import Ledger

KEPT_NS = DAY
"""Market time for which a fill can matter: the longest window or pause of any rule."""
KEPT_ENTRIES = 500
"""Newest filled entries that are kept: the most that a rule may allow within `KEPT_NS`."""


@frozen
class FilledEntry:
    """An entry that was filled, or a part of it; `at_ns` is the market time of its newest fill."""

    client_order_id: str
    product: ProductId
    at_ns: Nanos


@frozen
class PastTrades:
    """The newest fill and the newest stop-out by asset, the newest filled entries, oldest first.

    `losses` is how many round trips in a row have lost money, the last of them at `lost_ns`;
    one that gained ends the row. All instants are market time.
    """

    filled: Mapping[str, Nanos] = field(factory=dict)
    stopped: Mapping[str, Nanos] = field(factory=dict)
    entries: tuple[FilledEntry, ...] = ()
    losses: int = 0
    lost_ns: Nanos | None = None

    def after(
        self, booked: FillBooked, at_ns: int, before: Ledger | None, now: Ledger | None
    ) -> PastTrades:
        """Return what is known after a fill that led from the books `before` to those of `now`."""
        at, asset = Nanos(at_ns), base_of(booked.fill.product)
        known = evolve(
            self,
            filled=_newest(self.filled, asset, at),
            entries=tuple(each for each in self.entries if at - each.at_ns <= KEPT_NS),
        )
        if booked.fill.side is Side.BUY:
            return known._bought(booked, at)
        order = booked.order
        if isinstance(order, ApprovedExit) and order.reason is ExitReason.STOP:
            known = evolve(known, stopped=_newest(known.stopped, asset, at))
        return known._sold(booked, at, before, now)

    def since(self, at_ns: int, window_ns: int) -> tuple[FilledEntry, ...]:
        """Return the entries filled within `window_ns` up to `at_ns`."""
        return tuple(each for each in self.entries if at_ns - each.at_ns < window_ns)

    def _bought(self, booked: FillBooked, at: Nanos) -> PastTrades:
        entry = FilledEntry(booked.client_order_id, booked.fill.product, at)
        others = (each for each in self.entries if each.client_order_id != entry.client_order_id)
        return evolve(self, entries=(*others, entry)[-KEPT_ENTRIES:])

    def _sold(
        self, booked: FillBooked, at: Nanos, before: Ledger | None, now: Ledger | None
    ) -> PastTrades:
        known = self
        for profit in _ended(booked, before, now):
            if profit > 0:
                known = evolve(known, losses=0)
            elif profit < 0:
                known = evolve(known, losses=known.losses + 1, lost_ns=at)
        return known


def _newest(known: Mapping[str, Nanos], asset: str, at: Nanos) -> dict[str, Nanos]:
    """Return `known` with `asset` at `at`, without what is too old to matter."""
    kept = {name: each for name, each in known.items() if at - each <= KEPT_NS}
    return {**kept, asset: at}


def _ended(booked: FillBooked, before: Ledger | None, now: Ledger | None) -> Iterator[Decimal]:
    """Yield the profit of each round trip that the sale has ended, fees of both legs paid."""
    if before is None or now is None:
        return
    for part in sold_parts(before.lots, now.lots, booked.fill):
        if part.rest is None:
            yield before.earnings.partly.get(part.lot.id, ZERO) + part.profit
