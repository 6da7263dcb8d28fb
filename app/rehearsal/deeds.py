"""What drills do to a run at its time: as a person would, or by hand what nothing else causes."""

from __future__ import annotations

from pathlib import Path

from attrs import frozen

from adapters.control.files import write_json
from adapters.control.kill_switch import write_kill
from adapters.control.requests import FOLDER
from adapters.runtime.actor_system import ActorSystem
from domain.messages.control import AlertRaised
from domain.messages.supervision import BY_OPERATOR
from domain.model.breakers import Breaker, Effect, Scope, Severity
from domain.model.instants import Nanos
from domain.model.kill import KillOrder
from domain.rehearsal.coverage import BY_HAND
from domain.system.ways_out import STATUS

REASON = "a drill of the rehearsal"


@frozen
class PersonAsks:
    """A person asks the run on the mode's `folder` for something, as a command would.

    `hours` say how long it shall hold; 0: as long as usual.
    """

    after_ns: Nanos
    folder: Path
    verb: str
    subject: str = ""
    hours: int = 0

    def do(self, system: ActorSystem) -> None:
        """Put the request where commands put theirs.

        Raises:
            OSError: it can't be written.
        """
        name = f"{system.clock.market_ns():020d}-{self.verb}.json"
        asked = {"verb": self.verb, "reason": REASON, "subject": self.subject}
        write_json(self.folder / FOLDER / name, {**asked, "hours": self.hours})


@frozen
class PersonKills:
    """A person puts the signal file into the `home` of the run."""

    after_ns: Nanos
    home: Path

    def do(self, system: ActorSystem) -> None:
        """Write the file.

        Raises:
            OSError: it can't be written.
        """
        del system
        write_kill(self.home, KillOrder(REASON))


@frozen
class HandOpens:
    """Open a breaker that nothing in a drill causes: what follows from it is seen all the same."""

    after_ns: Nanos
    name: str
    scope: Scope
    effect: Effect

    def do(self, system: ActorSystem) -> None:
        """Open it."""
        breaker = Breaker(
            name=self.name,
            scope=self.scope,
            effect=self.effect,
            reason=f"drill: {BY_HAND}",
            is_latched=False,
            at_ns=system.clock.market_ns(),
        )
        system.board.trip(breaker)


@frozen
class HandCloses:
    """Close what was opened by hand."""

    after_ns: Nanos
    name: str
    scope: Scope

    def do(self, system: ActorSystem) -> None:
        """Close it."""
        system.board.reset(self.name, self.scope, by=BY_OPERATOR, evidence=REASON)


@frozen
class HandWrites:
    """Write an alert of a kind that nothing in a drill causes: its way to people is seen."""

    after_ns: Nanos
    code: str

    def do(self, system: ActorSystem) -> None:
        """Have it written."""
        system.announce(
            AlertRaised(
                severity=Severity.INFO,
                code=self.code,
                what=f"drill: {BY_HAND}",
                done="nothing is needed",
                owned="unchanged",
                worst="none by itself",
                command=STATUS,
            )
        )
