"""The breaker board: which breakers are open, and so what may still be sent.

Not an actor: a dying thread trips it before anything else, with no mailbox between. Readers take
one attribute: an immutable snapshot.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from attrs import evolve

from domain.messages.system import Breaker, BreakerReset, BreakerTripped, Effect

BoardEvent = BreakerTripped | BreakerReset
GLOBAL = "global"


class BreakerBoard:
    """Open breakers by (name, scope). Anybody may trip; closing needs proof or the operator."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._breakers: dict[tuple[str, str], Breaker] = {}
        self._listener: Callable[[BoardEvent], None] | None = None
        self.open: tuple[Breaker, ...] = ()

    def on_change(self, listener: Callable[[BoardEvent], None]) -> None:
        """Call `listener` after every change, in the thread that made it."""
        self._listener = listener

    def trip(self, breaker: Breaker) -> bool:
        """Open `breaker`, or strengthen the open one, keeping its time; tell if it changed."""
        key = (breaker.name, breaker.scope)
        with self._lock:
            known = self._breakers.get(key)
            if known is not None and known.effect >= breaker.effect:
                return False
            if known is not None:
                breaker = evolve(breaker, at_ns=known.at_ns)
            self._breakers[key] = breaker
            self.open = tuple(self._breakers.values())
        self._tell(BreakerTripped(breaker))
        return True

    def reset(self, name: str, scope: str, *, by: str, evidence: str) -> bool:
        """Close a breaker; a latched one only by the operator. Tell whether it was open."""
        with self._lock:
            known = self._breakers.get((name, scope))
            if known is None or (known.is_latched and by != "operator"):
                return False
            del self._breakers[(name, scope)]
            self.open = tuple(self._breakers.values())
        self._tell(BreakerReset(name, scope, by, evidence))
        return True

    def restore(self, breakers: tuple[Breaker, ...]) -> None:
        """Take over breakers known from the journal, without telling anybody."""
        with self._lock:
            self._breakers.update({(each.name, each.scope): each for each in breakers})
            self.open = tuple(self._breakers.values())

    def effect(self, *scopes: str) -> Effect:
        """Return the strongest effect open for "global" or any of `scopes`."""
        strongest = self.strongest(*scopes)
        return Effect.NONE if strongest is None else strongest.effect

    def strongest(self, *scopes: str) -> Breaker | None:
        """Return the open breaker with the strongest effect for "global" or any of `scopes`."""
        found: Breaker | None = None
        for breaker in self.open:
            if breaker.scope == GLOBAL or breaker.scope in scopes:
                found = breaker if found is None or breaker.effect > found.effect else found
        return found

    def latched(self) -> tuple[Breaker, ...]:
        """Return the open breakers that only the operator may close."""
        return tuple(breaker for breaker in self.open if breaker.is_latched)

    def _tell(self, event: BoardEvent) -> None:
        if self._listener is not None:
            self._listener(event)
