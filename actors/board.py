"""The breaker board: which breakers are open, and so what may still be sent.

Not an actor: a dying thread trips it before anything else, with no mailbox between. Readers take
one attribute: an immutable snapshot.
"""

from __future__ import annotations

import threading
from collections import deque
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
        self._telling = threading.RLock()
        self._untold: deque[BoardEvent] = deque()
        self._listener: Callable[[BoardEvent], None] | None = None
        self.open: tuple[Breaker, ...] = ()

    def on_change(self, listener: Callable[[BoardEvent], None]) -> None:
        """Call `listener` after every change, in the order of the changes."""
        self._listener = listener

    def trip(self, breaker: Breaker) -> bool:
        """Open `breaker`, or strengthen the open one; tell whether anything changed."""
        key = (breaker.name, breaker.scope)
        with self._lock:
            known = self._breakers.get(key)
            if known is not None:
                breaker = _stronger(known, breaker)
            if breaker == known:
                return False
            self._breakers[key] = breaker
            self.open = tuple(self._breakers.values())
            self._untold.append(BreakerTripped(breaker))
        self._tell()
        return True

    def reset(self, name: str, scope: str, *, by: str, evidence: str) -> bool:
        """Close a breaker; a latched one only by the operator. Tell whether it was open."""
        with self._lock:
            known = self._breakers.get((name, scope))
            if known is None or (known.is_latched and by != "operator"):
                return False
            del self._breakers[(name, scope)]
            self.open = tuple(self._breakers.values())
            self._untold.append(BreakerReset(name, scope, by, evidence))
        self._tell()
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

    def _tell(self) -> None:
        """Tell what is untold; one thread at a time, so that no reset overtakes its trip."""
        with self._telling:
            while self._untold:
                event = self._untold.popleft()
                if self._listener is not None:
                    self._listener(event)


def _stronger(known: Breaker, new: Breaker) -> Breaker:
    """Return both in one: the stronger's effect and reason, the older's time, either's latch."""
    stronger = max(known, new, key=lambda each: (each.effect, each.is_latched))
    return evolve(stronger, is_latched=known.is_latched or new.is_latched, at_ns=known.at_ns)
