"""The operator's pause: no entries until `unpause`, over restarts; `resume` does not end it."""

from __future__ import annotations

from collections.abc import Iterable

from domain.model.breakers import GLOBAL, Breaker, Effect
from domain.model.instants import Nanos

PAUSE, UNPAUSE = "pause", "unpause"
"""The verbs; the first is also the name of the breaker."""
PAUSED = (
    "paused: no new entries, exits run; entries that rest stay until they fill or expire"
    " (`kill` cancels them)"
)
UNPAUSED, NOT_PAUSED = "not paused any more", "nothing is paused"


def pausing(reason: str, at_ns: Nanos) -> Breaker:
    """Return the breaker of a pause that begins at that market time."""
    return Breaker(
        name=PAUSE, scope=GLOBAL, effect=Effect.BLOCK, reason=reason, is_latched=True, at_ns=at_ns
    )


def is_paused(breakers: Iterable[Breaker]) -> bool:
    """Tell whether an operator has paused entries."""
    return any(each.name == PAUSE for each in breakers)


def resumable(latched: Iterable[Breaker]) -> tuple[Breaker, ...]:
    """Return those of the `latched` breakers that `resume` may open: all but a pause."""
    return tuple(each for each in latched if each.name != PAUSE)
