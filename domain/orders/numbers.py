"""Numbers of intents: each once in a journal's lineage, whatever of the journal was lost.

A journal that was restored from a copy, or cut short, has forgotten numbers that the venue knows.
The venue takes an id once, for ever: what it has under a number of ours is not used again.
"""

from __future__ import annotations

from collections.abc import Iterable, Set

from domain.orders.identity import client_order_id

AHEAD = 2_000
"""Numbers above our next one whose ids are recognised. Where more were lost, the ones between show
too, and each moves the reach on."""


class IntentNumbers:
    """Counts intents on from `next_number` and recognises ids that it has not given out yet.

    Those of `former` lineages too, each with the last number that is known of it: a journal that
    was restored from a backup goes on under a lineage of its own.
    """

    def __init__(
        self, lineage: str, next_number: int, former: Iterable[tuple[str, int]] = ()
    ) -> None:
        self._lineage = lineage
        self._next = next_number
        self._unknown_from = next_number
        self._ahead: dict[str, int] = {}
        self._former = tuple(IntentNumbers(name, last + 1) for name, last in former)

    def take(self) -> tuple[int, str]:
        """Return the next number and its client order id."""
        number, self._next = self._next, self._next + 1
        name = client_order_id(self._lineage, number)
        self._ahead.pop(name, None)
        return number, name

    def skip(self, seen: Set[str]) -> Set[str]:
        """Go on above every id in `seen` that is of our lineages and not given out; return them."""
        skipped = {name for each in self._former for name in each.skip(seen)}
        while True:
            self._look_ahead()
            lost = self._ahead.keys() & seen
            if not lost:
                return skipped
            skipped |= lost
            self._next = max(self._ahead[name] for name in lost) + 1
            for name in [name for name, number in self._ahead.items() if number < self._next]:
                del self._ahead[name]

    def _look_ahead(self) -> None:
        """Know the ids of the next numbers; worked out once each, and only if one is asked for."""
        end = self._next + AHEAD
        for number in range(max(self._unknown_from, self._next), end):
            self._ahead[client_order_id(self._lineage, number)] = number
        self._unknown_from = end
