"""Emptying the venue's list of our entries: asked, not assumed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from attrs import define, field

from adapters.sentinel.orders import ENTRY, EXIT

LISTINGS_TO_BELIEVE = 2


class Venue(Protocol):
    """What the duty needs of a venue."""

    def live_orders(self) -> Mapping[str, str]:
        """Return order id → client order id of everything alive; raises Unreachable."""

    def cancel(self, order_ids: Sequence[str]) -> None:
        """Ask for cancels; raises Unreachable."""


@define
class Duty:
    """One time of being responsible. `ours` gives our ids with their purpose.

    `includes_exits` tells whether protection goes too: only where the operator's file says `all`.
    """

    venue: Venue
    ours: Callable[[], Mapping[str, str]]
    includes_exits: Callable[[], bool]
    asked: set[str] = field(factory=set)
    empty: int = 0

    def round(self) -> None:
        """List, and cancel what is ours of it. A list without any of it counts towards the end.

        Raises:
            Unreachable: nothing is known; the count of empty lists begins anew.
        """
        before, self.empty = self.empty, 0
        live = self.venue.live_orders()
        purposes = self.ours()
        wanted = (ENTRY, EXIT) if self.includes_exits() else (ENTRY,)
        alive = [order for order, client in live.items() if purposes.get(client) in wanted]
        if alive:
            self.asked.update(alive)
            self.venue.cancel(alive)
        else:
            self.empty = before + 1

    @property
    def is_clear(self) -> bool:
        """Tell whether enough complete lists in a row had none of ours."""
        return self.empty >= LISTINGS_TO_BELIEVE
