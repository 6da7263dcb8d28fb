"""The supervisor's file on each actor that has died: how far it is on its way back."""

from __future__ import annotations

from enum import StrEnum

from attrs import define, field

from actors.kernel.policy import CrashPolicy, Reentry
from actors.kernel.supervision import policy_of
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
