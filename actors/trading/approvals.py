"""What the risk gate has approved, for the last gate to compare with (ADR 0014).

Not an actor, as the breaker board: between the risk gate's word and the socket stands nobody who
could change it. Written by the risk gate only, once an approval; read by the last gate only.
"""

from __future__ import annotations

from domain.model.approval import ApprovedOrder
from domain.model.instants import SECOND

APPROVAL_LIFE_NS = 2 * SECOND
"""Machine time for which an approval is one: what was decided before a gap does not leave after."""


class Approvals:
    """The approved orders that may still leave: never changed, forgotten when their time is over.

    So there are as many as the risk gate can approve within two seconds. Number and instant name an
    approval: an incarnation that counts on from the journal never meets its predecessor's.
    """

    def __init__(self) -> None:
        self._approved: dict[tuple[int, int], ApprovedOrder] = {}

    @property
    def count(self) -> int:
        """Return how many are remembered."""
        return len(self._approved)

    def add(self, order: ApprovedOrder) -> None:
        """Take in what the risk gate has just approved; what an approval said first it says."""
        self._approved.setdefault((order.approval, order.approved_ns), order)
        while True:
            number, approved_ns = oldest = next(iter(self._approved))
            if number == order.approval or approved_ns + APPROVAL_LIFE_NS >= order.approved_ns:
                return
            self._approved.pop(oldest, None)

    def find(self, order: ApprovedOrder) -> ApprovedOrder | None:
        """Return what was approved under the number and instant that `order` claims."""
        return self._approved.get((order.approval, order.approved_ns))
