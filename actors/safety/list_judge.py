"""What an actor makes of the venue's lists: whole, or unknown, which blocks entries and is told."""

from __future__ import annotations

from actors.kernel.base import Actor
from domain.model.breakers import Effect
from domain.model.instants import Nanos
from domain.system.answers import NAMES, Answer, failure_of
from domain.system.unlisted import FIRST_PAUSE_NS, LONGEST_PAUSE_NS, UNLISTED, Unlisted


class ListJudge:
    """Judges the lists that one actor asks for; `breaker` is open while it can't be known.

    `is_silent`: not yet, the actor has another breaker that says so.
    """

    def __init__(self, actor: Actor, breaker: str) -> None:
        self._actor = actor
        self._breaker = breaker
        self.is_silent = False
        self._unlisted = Unlisted()

    def is_whole(self, answer: Answer, name: str | None = None) -> bool:
        """Tell whether `answer` can be gone by, and note that it can or why it can't.

        `name` is what people call the list, where its kind is asked for in more than one way.
        """
        failure, name = failure_of(answer), name or NAMES[type(answer)]
        if failure is not None:
            self.missed(name, failure)
            return False
        self.came(name)
        return True

    def came(self, name: str) -> None:
        """Take note that a list was had, and can be gone by."""
        self._unlisted.answered(name)
        if self._unlisted.are_none:
            self._actor.close(self._breaker, "the venue lists everything again")

    def missed(self, name: str, failure: str) -> None:
        """Say it when it is new; what stays away for long is unknown, and entries wait."""
        actor, now_ns = self._actor, self._actor.clock.machine_ns()
        if self._unlisted.failed(name, failure, now_ns):
            actor.log.warning("not listed", list=name, reason=failure)
        doubt = self._unlisted.doubt(now_ns)
        if doubt is not None and not self.is_silent:
            actor.trip(self._breaker, doubt, effect=Effect.BLOCK, may_flap=True)

    def doubt(self) -> str | None:
        """Return why things are unknown to any of us; None: no list has failed for long."""
        own = self._unlisted.doubt(self._actor.clock.machine_ns())
        told = (each.reason for each in self._actor.board.open if each.reason.startswith(UNLISTED))
        return own or next(told, None)

    def pause_ns(self, first_ns: int = FIRST_PAUSE_NS, longest_ns: int = LONGEST_PAUSE_NS) -> Nanos:
        """Return the machine time to wait before asking again: longer the longer lists fail."""
        return self._unlisted.pause_ns(first_ns, longest_ns)
