"""Emptying the venue's list of our entries: asked, not assumed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from attrs import define, field

from adapters.sentinel.orders import ENTRY, EXIT, LiveOrders, Ours
from domain.model.errors import Unreachable
from domain.orders.sweep import EmptyListings


class CancelGateway(Protocol):
    """What the duty needs of a venue."""

    def live_orders(self) -> LiveOrders:
        """Return everything alive; raises Unreachable."""

    def cancel(self, order_ids: Sequence[str]) -> None:
        """Ask for cancels; raises Unreachable."""

    def ended(self, order_ids: Sequence[str]) -> Mapping[str, bool]:
        """Return whether each order that the venue knows has ended; raises Unreachable."""


@define
class Duty:
    """One time of being responsible. `ours` tells what is ours, as far as that is known.

    `includes_exits` tells whether protection goes too: only where the operator's file says `all`.
    `asked` holds the order ids whose cancel was asked for: of one trader's last orders, no more;
    `over` those of which the venue has said by id that they have ended.
    """

    venue: CancelGateway
    ours: Callable[[], Ours]
    includes_exits: Callable[[], bool]
    asked: set[str] = field(factory=set)
    over: set[str] = field(factory=set)
    empty: EmptyListings = field(factory=EmptyListings)

    def round(self) -> None:
        """List, and cancel what is ours of it. A list without any of it counts towards the end.

        Raises:
            Unreachable: not everything is known, and the count of empty lists begins anew. What is
                known to be ours has been cancelled all the same.
        """
        try:
            self.empty.saw(self._cancel())
        except BaseException:
            self.empty.doubt()
            raise

    def _cancel(self) -> Sequence[str]:
        live = self.venue.live_orders()
        ours = self.ours()
        wanted = (ENTRY, EXIT) if self.includes_exits() else (ENTRY,)
        alive = ours.alive(live, wanted)
        # What the journal calls alive is not gone because a list lacks it; in vain does no harm.
        unlisted = [each for each in ours.unlisted(live, wanted) if each not in self.over]
        if alive or unlisted:
            self.asked.update(alive)
            self.venue.cancel([*alive, *unlisted])
        doubt = ours.doubt_of(live)
        if doubt is not None:
            raise Unreachable(doubt)
        return [*alive, *self._open_of(unlisted)]

    def _open_of(self, unlisted: Sequence[str]) -> Sequence[str]:
        """Return what of these is open by the venue's own word, asked for by id."""
        if not unlisted:
            return ()
        ended = self.venue.ended(unlisted)
        self.over.update(each for each in unlisted if ended.get(each, False))
        unknown = [each for each in unlisted if each not in ended]
        if unknown:
            raise Unreachable(f"{len(unknown)} of our orders can be had neither by list nor by id")
        return [each for each in unlisted if not ended[each]]

    @property
    def is_clear(self) -> bool:
        """Tell whether enough complete lists in a row had none of ours."""
        return self.empty.are_believed

    def is_over(self, begun_s: float, death_s: float | None, lifetime_s: float) -> bool:
        """Tell whether nothing of ours is there and nothing more can come.

        A request that left just before the trader's death at `death_s` may create its order until
        `lifetime_s` later (H); only a round begun after that proves the end. Monotonic seconds.
        """
        return self.is_clear and death_s is not None and begun_s > death_s + lifetime_s
