"""When a sweep is over: the venue's own lists say so, twice in a row, and nothing else does."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from attrs import define, field

from domain.model.approval import ApprovedOrder, Purpose
from domain.model.breakers import Scope
from domain.model.entries import Unread
from domain.model.orders import OrderSeen

LISTINGS_TO_BELIEVE = 2
"""An order may appear just after one list was drawn up; the next shows it."""

Ours = Callable[[str, str], ApprovedOrder | None]
"""Tells what was approved under a client order id, or the venue's order id; None: it is foreign."""


@define
class EmptyListings:
    """Counts complete lists in a row that show nothing of what is to go."""

    count: int = 0

    def saw(self, alive: Collection[str]) -> None:
        """Take note of a complete list and of what is alive in it."""
        self.count = 0 if alive else self.count + 1

    def doubt(self) -> None:
        """Begin anew: a list failed or had a hole, or more is to go than before."""
        self.count = 0

    @property
    def are_believed(self) -> bool:
        """Tell whether enough lists say that nothing is left."""
        return self.count >= LISTINGS_TO_BELIEVE


@define
class Sweep:
    """What one sweep has to make disappear, on whose behalf, and how far it is.

    `asked` holds the order ids whose cancel was asked for. It lives as long as the sweep and holds
    no more than what rested when that began, since the gate lets nothing new of its scope through.
    """

    reasons: list[str] = field(factory=list)
    scopes: set[Scope] = field(factory=set)
    includes_exits: bool = False
    awaits_ours: bool = False
    asked: set[str] = field(factory=set)
    empty: EmptyListings = field(factory=EmptyListings)

    def widen(
        self, reason: str, scope: Scope, *, includes_exits: bool, awaits_ours: bool = True
    ) -> None:
        """Answer one more request; what was seen until now does not count for it."""
        if reason not in self.reasons:
            self.reasons.append(reason)
        self.scopes.add(scope)
        self.includes_exits = self.includes_exits or includes_exits
        self.awaits_ours = self.awaits_ours or awaits_ours
        self.empty.doubt()

    def take(
        self,
        listed: Iterable[OrderSeen],
        ours: Ours,
        ours_alive: Collection[str] = (),
        unread: Iterable[Unread] = (),
    ) -> tuple[str, ...]:
        """Take a list of live orders; return the order ids that have to be cancelled.

        `ours_alive` are the order ids of what our own books call alive: they are to go as well,
        whether they are listed or not. What can't be read and yet names an order of ours, too.
        """
        living = [
            (seen.client_order_id, seen.order_id) for seen in listed if not seen.status.is_terminal
        ]
        named = [(each.client_order_id, each.order_id) for each in unread if each.order_id]
        seen = tuple(ids[1] for ids in (*living, *named) if self._covers(ours(*ids)))
        alive = tuple(dict.fromkeys((*seen, *ours_alive)))
        self.asked.update(alive)
        self.empty.saw(alive if self.awaits_ours else seen)
        return alive

    def doubt(self) -> None:
        """Begin the count anew: a list failed, or had a hole."""
        self.empty.doubt()

    @property
    def is_over(self) -> bool:
        """Tell whether nothing of the scope is alive at the venue."""
        return self.empty.are_believed

    def _covers(self, order: ApprovedOrder | None) -> bool:
        return order is not None and self.is_meant(order)

    def is_meant(self, order: ApprovedOrder) -> bool:
        """Tell whether an order of ours is to go."""
        if order.purpose is not Purpose.ENTRY and not self.includes_exits:
            return False
        return any(scope.covers(order.product, order.strategy) for scope in self.scopes)
