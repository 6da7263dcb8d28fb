"""Who makes progress: alive is not enough. Looks at what actors have done, asks them nothing."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from actors.kernel.supervision import policy_of
from domain.model.instants import MILLISECOND, Nanos

LOOK_EVERY_NS = 100 * MILLISECOND
"""Machine time between looks. A longer pause is the looker's own lag and counts as one look."""


@frozen
class Sight:
    """One actor at one look. `is_loaded`: it is in a message, or messages wait.

    Nothing else of a living actor may be read by another thread, and each of these is one read.
    """

    name: str
    epoch: int
    handled: int
    is_loaded: bool
    is_busy: bool = False
    is_down: bool = False
    waiting: int = 0
    conflated: int = 0


@frozen
class _Since:
    epoch: int
    handled: int
    at_ns: int


class ProgressWatch:
    """Measures how long each actor has had work without finishing any.

    It goes by a clock of its own, which moves by at most one interval a look: while the looker
    itself did not run (a suspended process, a long pause of the interpreter), nobody else is to
    blame.
    """

    def __init__(self) -> None:
        self._now_ns = 0
        self._looked_ns: int | None = None
        self._since: dict[str, _Since] = {}

    def is_due(self, machine_ns: int) -> bool:
        """Tell whether it is time for the next look."""
        return self._looked_ns is None or machine_ns - self._looked_ns >= LOOK_EVERY_NS

    def look(self, machine_ns: int, sights: Iterable[Sight]) -> tuple[tuple[Sight, Nanos], ...]:
        """Return the actors beyond their budget, and how long they have been stuck."""
        if self._looked_ns is not None:
            self._now_ns += min(machine_ns - self._looked_ns, 2 * LOOK_EVERY_NS)
        self._looked_ns = machine_ns
        stuck = []
        for sight in sights:
            since = self._since.get(sight.name)
            moved = since is None or (since.epoch, since.handled) != (sight.epoch, sight.handled)
            if since is None or moved or not sight.is_loaded:
                self._since[sight.name] = _Since(sight.epoch, sight.handled, self._now_ns)
            elif self._now_ns - since.at_ns > policy_of(sight.name).hang_ns:
                stuck.append((sight, Nanos(self._now_ns - since.at_ns)))
        return tuple(stuck)


def hang_cause(stuck_ns: int, place: str) -> str:
    """Return the reason of a hang in words."""
    return f"hangs for {stuck_ns // MILLISECOND} ms: {place}"
