"""The timers of the supervisor, all of machine time."""

from __future__ import annotations

from attrs import frozen

from actors.kernel.timers import Timer


@frozen
class RestartDue(Timer):
    """The pause of a dead actor is over."""

    name: str


@frozen
class SyncOverdue(Timer):
    """The auditor should have synced by now: it is dying, or slow."""

    token: int


@frozen
class BooksOverdue(Timer):
    """A clean comparison should have come by now for those who were rebuilt with this token."""

    token: int


@frozen
class SweepDue(Timer):
    """If the actor is not back by now, what rests is cancelled."""

    name: str
    epoch: int


@frozen
class BlockDue(Timer):
    """If the actor is not back by now, entries are blocked."""

    name: str
    epoch: int


@frozen
class RevivalOverdue(Timer):
    """The operator gets an answer now, whatever it is."""


Deadline = RestartDue | SyncOverdue | BooksOverdue | SweepDue | BlockDue | RevivalOverdue
