"""What the process does when an actor dies: who is retired, and how a fresh one is built.

Who is rebuilt with whom, how often and when it trades again is policy, `actors/kernel/supervision`;
the supervisor decides by it, the guardian's thread does it here. A rebuild is a boot in small: the
same journal, the same fold, the same recipes.
"""

from __future__ import annotations

from collections.abc import Callable

from actors.kernel.envelope import ReplyTo
from actors.kernel.policy import Source
from actors.kernel.supervision import policy_of
from actors.kernel.topology import AUDITOR, SUPERVISOR
from adapters.runtime.actor_system import ActorSystem
from app.run.deciders import Recipes
from app.run.guardian_inbox import GuardianInbox
from app.run.recovery import Opened
from app.run.wiring import in_order
from domain.messages.supervision import BootCompleted, RebuildFinished, TradingReady
from domain.model.errors import JournalError
from domain.system.recovery import Recovered
from domain.system.shortage import is_shortage

Defer = Callable[[Callable[[], None]], None]
"""Runs a call soon, outside of every actor."""


class RunLifecycle:
    """Ends actors and starts fresh ones. `recipes` are given once they are known."""

    def __init__(
        self,
        runtime: ActorSystem,
        opened: Opened,
        inbox: GuardianInbox,
        defer: Defer,
        auto_resumes: int,
    ) -> None:
        self._runtime = runtime
        self._opened = opened
        self._inbox = inbox
        self._defer = defer
        self.auto_resumes_left = auto_resumes
        self.recipes: Recipes = {}

    def down(self) -> tuple[tuple[str, int], ...]:
        """Return name and epoch of the actors that are dead."""
        return tuple((each.name, each.epoch) for each in self._runtime.sights() if each.is_down)

    def retire(self, names: tuple[str, ...]) -> None:
        """End living actors; from now on nothing they say counts."""
        for name in names:
            self._runtime.retire(name)

    def rebuild(self, names: tuple[str, ...], token: int, reply_to: ReplyTo) -> None:
        """Start fresh incarnations, from the journal where they need it → `RebuildFinished`."""
        self._defer(lambda: self._rebuild(names, token, reply_to))

    def revive_supervisor(self) -> None:
        """Start the supervisor itself anew; it finds out by itself what it has missed."""
        self.recipes[SUPERVISOR](Recovered())

    def briefing(self) -> tuple[BootCompleted | None, TradingReady | None]:
        """Return what every newcomer has missed, as far as it has happened."""
        heard = self._inbox.read()
        return heard.boot, heard.ready

    def has_journal_failed(self) -> bool:
        """Tell whether a write or sync has failed: then nobody writes any more."""
        return self._opened.recorder.has_failed

    def _rebuild(self, names: tuple[str, ...], token: int, reply_to: ReplyTo) -> None:
        started: list[tuple[str, int]] = []
        failure, is_short = None, False
        try:
            state = self._state_for(names)
            for name in in_order(names):
                self.recipes[name](state)
                started.append((name, self._runtime.sight(name).epoch))
        except Exception as error:  # noqa: BLE001 - what can't be rebuilt is given up, in words
            is_short = is_shortage(error) and not self.has_journal_failed()
            known = is_short or isinstance(error, JournalError)
            failure = str(error) if known else type(error).__name__
            self.retire(names)  # what is half there is no use, and must not count as living
            self._runtime.log_for("guardian").failure(f"rebuild of {', '.join(names)}", error)
        done = RebuildFinished(token, tuple(started), failure, is_short)
        self._runtime.post(reply_to, done)

    def _state_for(self, names: tuple[str, ...]) -> Recovered:
        if AUDITOR in names:
            # What waits for the auditor is part of the truth that the others are rebuilt from.
            return self._opened.reopen(self._runtime.take_kept(AUDITOR))
        if any(policy_of(name).source is Source.JOURNAL for name in names):
            return self._opened.reread()
        return Recovered()
