"""The breaker board: which breakers are open, and so what may still be sent.

Not an actor: a dying thread trips it before anything else, with no mailbox between. Readers take
one attribute: an immutable snapshot.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from attrs import evolve

from domain.messages.supervision import BreakerReset, BreakerTripped
from domain.model.breakers import GLOBAL, Breaker, Scope, strongest
from domain.model.instants import HOUR

BoardEvent = BreakerTripped | BreakerReset
FLAPS_PER_HOUR = 5
"""Times that a breaker may close by proof within an hour of market time and open again."""


class BreakerBoard:
    """Open breakers by (name, scope). Anybody may trip; closing needs proof or the operator.

    A breaker that opens, closes by proof and opens again too often is latched: what flaps is not
    proven.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._breakers: dict[tuple[str, Scope], Breaker] = {}
        self._telling = threading.RLock()
        self._untold: deque[BoardEvent] = deque()
        self._listener: Callable[[BoardEvent], None] | None = None
        self._trips: dict[tuple[str, Scope], deque[int]] = {}
        self._flapping: dict[tuple[str, Scope], bool] = {}
        self.open: tuple[Breaker, ...] = ()

    def on_change(self, listener: Callable[[BoardEvent], None]) -> None:
        """Call `listener` after every change, in the order of the changes."""
        self._listener = listener

    def trip(self, breaker: Breaker, *, may_flap: bool = False) -> bool:
        """Open `breaker`, or strengthen the open one; tell whether anything changed.

        `may_flap`: its openings are counted by somebody else (the restart budget of an actor).
        """
        key = (breaker.name, breaker.scope)
        with self._lock:
            known = self._breakers.get(key)
            if known is not None:
                breaker = _stronger(known, breaker)
            elif not (breaker.is_latched or may_flap) and self._flaps(key, breaker.at_ns):
                reason = f"{breaker.reason} (opened more than {FLAPS_PER_HOUR} times in an hour)"
                breaker = evolve(breaker, is_latched=True, reason=reason)
                self._flapping[key] = False
            if key in self._flapping:
                self._flapping[key] = False
            if breaker == known:
                return False
            self._breakers[key] = breaker
            self.open = tuple(self._breakers.values())
            self._untold.append(BreakerTripped(breaker))
        self._tell()
        return True

    def reset(self, name: str, scope: Scope, *, by: str, evidence: str) -> bool:
        """Close a breaker; a latched one only by operator or policy. Tell whether it closed.

        One that is latched because it flapped needs both, in any order: its proof and a person.
        """
        key = (name, scope)
        with self._lock:
            known = self._breakers.get(key)
            if known is None:
                return False
            closes = self._may_close(key, known, by)
            if closes:
                del self._breakers[key]
                self._flapping.pop(key, None)
                self._untold.append(BreakerReset(name, scope, by, evidence))
            self.open = tuple(self._breakers.values())
        self._tell()
        return closes

    def _may_close(self, key: tuple[str, Scope], known: Breaker, by: str) -> bool:
        if by == "proof":
            if key in self._flapping:
                self._flapping[key] = True
            return not known.is_latched
        if self._flapping.pop(key, True):
            return True
        # Its cause is still there: from now on the proof alone will do.
        self._breakers[key] = evolve(known, is_latched=False)
        self._untold.append(BreakerTripped(self._breakers[key]))
        self._trips.pop(key, None)
        return False

    def _flaps(self, key: tuple[str, Scope], at_ns: int) -> bool:
        """Count an opening; tell whether there were too many within the hour."""
        trips = self._trips.setdefault(key, deque())
        trips.append(at_ns)
        while at_ns - trips[0] >= HOUR:
            trips.popleft()
        return len(trips) > FLAPS_PER_HOUR

    def restore(self, breakers: tuple[Breaker, ...]) -> None:
        """Take over breakers known from the journal, without telling anybody."""
        with self._lock:
            self._breakers.update({(each.name, each.scope): each for each in breakers})
            self.open = tuple(self._breakers.values())

    def strongest(self) -> Breaker | None:
        """Return the strongest of the open breakers that are global."""
        return strongest(breaker for breaker in self.open if breaker.scope == GLOBAL)

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
