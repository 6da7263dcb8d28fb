"""The supervisor's files on the actors that have died: how far each is on its way back."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from attrs import define, field

from actors.kernel.policy import CrashPolicy, Reentry
from actors.kernel.supervision import policy_of, scope_of
from actors.kernel.topology import AUDITOR
from domain.model.breakers import ACTOR, Breaker
from domain.system.restarts import CrashHistory


class Phase(StrEnum):
    """Where an actor stands."""

    UP = "up"
    WAITING = "waiting"
    """Dead, and its pause runs."""
    REBUILDING = "rebuilding"
    PROBATION = "probation"
    """Up again; has yet to prove itself."""
    PROVEN = "proven"
    """Only a person keeps it from trading."""
    GIVEN_UP = "given up"


@define
class ChildState:
    """One actor. `token` is that of its last rebuild, `down_epoch` the newest dead incarnation.

    `is_swept`: the entries that its death had cancelled are confirmed as cancelled.
    """

    name: str
    phase: Phase = Phase.UP
    history: CrashHistory = field(factory=CrashHistory)
    epoch: int = 1
    down_epoch: int = 0
    token: int = 0
    proof: str = ""
    is_reconciled: bool = False
    is_swept: bool = True
    readmissions: int = 0

    @property
    def policy(self) -> CrashPolicy:
        """Return the actor's row of the policy table."""
        return policy_of(self.name)

    @property
    def is_down(self) -> bool:
        """Tell whether no incarnation of it lives."""
        return self.phase in (Phase.WAITING, Phase.REBUILDING, Phase.GIVEN_UP)

    @property
    def has_proof(self) -> bool:
        """Tell whether everything is shown that its row asks for before a person is."""
        needs_books = self.policy.reentry is not Reentry.PROOF
        return bool(self.proof) and (self.is_reconciled or not needs_books) and self.is_swept

    def begin_probation(self, epoch: int, token: int) -> None:
        """An incarnation is up under `epoch`, rebuilt with `token`."""
        self.phase, self.epoch, self.token = Phase.PROBATION, epoch, token
        self.proof, self.is_reconciled = "", False

    def waits_for(self) -> str:
        """Return in words what is missing."""
        if self.is_down:
            return f"actor {self.name} is down ({self.phase.value})"
        if not self.proof:
            return f"actor {self.name} has not proven itself yet: {self.policy.proof}"
        if not self.is_swept:
            return f"actor {self.name}: its entries are not confirmed cancelled yet"
        return f"actor {self.name} waits for a clean reconcile"


def occasion(token: int) -> str:
    """Return the reason of the comparison that those wait for who were rebuilt with `token`."""
    return f"rebuild:{token}"


class Children:
    """All files, by name; an actor without one has never died."""

    def __init__(self) -> None:
        self._files: dict[str, ChildState] = {}

    def __iter__(self) -> Iterator[ChildState]:
        return iter(tuple(self._files.values()))

    def of(self, name: str) -> ChildState:
        """Return the file of `name`, opening one."""
        return self._files.setdefault(name, ChildState(name))

    def known(self, name: str) -> ChildState | None:
        """Return the file of `name` if there is one."""
        return self._files.get(name)

    def company(self, child: ChildState) -> tuple[str, ...]:
        """Return who is rebuilt with it: its group, and the auditor's if that is down too."""
        names = dict.fromkeys((child.name, *child.policy.group))
        auditor = self.of(AUDITOR)
        if auditor.phase is Phase.WAITING and set(names) & set(auditor.policy.group):
            names = dict.fromkeys((*auditor.policy.group, *names))
        return tuple(names)

    def being_rebuilt(self, token: int) -> tuple[ChildState, ...]:
        """Return who is being rebuilt under `token`."""
        return tuple(
            child for child in self if child.token == token and child.phase is Phase.REBUILDING
        )

    def without_books(self, reason: str) -> tuple[ChildState, ...]:
        """Return who still waits for a clean comparison of that reason."""
        return tuple(
            child
            for child in self
            if child.phase in (Phase.REBUILDING, Phase.PROBATION)
            and child.policy.reentry is not Reentry.PROOF
            and not child.is_reconciled
            and occasion(child.token) == reason
        )

    def missing(self) -> tuple[str, ...]:
        """Return in words what keeps an operator's revival from being complete."""
        return tuple(
            child.waits_for()
            for child in self
            if child.is_down or (child.phase is Phase.PROBATION and child.policy.is_latched)
        )

    def may_release(self, latched: tuple[Breaker, ...]) -> bool:
        """Tell whether crashes are all that is latched, and all of them are proven."""
        return bool(latched) and all(self._is_proven(breaker) for breaker in latched)

    def _is_proven(self, breaker: Breaker) -> bool:
        child = self.known(breaker.name)
        return (
            child is not None
            and child.phase is Phase.PROVEN
            and child.policy.reentry is Reentry.OPERATOR
            and breaker.scope in (scope_of(child.name), ACTOR)
        )
