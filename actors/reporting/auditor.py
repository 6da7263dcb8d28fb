"""Writes the journal and gives receipts; nothing else.

No receipt, no order. If writing fails there is no second try: the actor dies, which halts.
"""

from __future__ import annotations

from typing import Any

from actors.kernel.base import Actor, ActorContext
from actors.kernel.ports import Journal
from actors.kernel.topology import ORDER_MANAGER, ROUTES
from domain.messages.catalogue import CATALOGUE
from domain.messages.control import Synced, SyncRequested
from domain.messages.journal import RunStopped
from domain.messages.orders import IntentRaised
from domain.messages.supervision import Tick
from domain.model.instants import MILLISECOND

COMMIT_EVERY_NS = 250 * MILLISECOND
"""Machine time within which records without a receipt become durable."""


class Auditor(Actor):
    """Appends every catalogued message it hears, in order of arrival."""

    def __init__(self, context: ActorContext, journal: Journal) -> None:
        super().__init__(context)
        self._journal = journal
        self._is_dirty = False

    def receive(self, message: Any) -> None:
        """Handle one message."""
        match message:
            case IntentRaised(intent):
                self._journal.append(self.envelope)
                for receipt in self._journal.commit((intent.client_order_id,)):
                    self.send(ORDER_MANAGER, receipt)
                self._is_dirty = False
            case Tick("commit"):
                self._commit()
            case SyncRequested(token):
                self._commit()
                self.send(self.envelope.sender, Synced(self.name, token))
            case RunStopped():
                self._journal.append(self.envelope)
                self._commit()
            case _ if type(message).__name__ in CATALOGUE:
                self._journal.append(self.envelope)
                if ROUTES[type(message)].is_durable:
                    self._journal.commit(())
                elif not self._is_dirty:
                    self._is_dirty = True
                    self.after_machine(COMMIT_EVERY_NS, Tick("commit"))
            case _:
                super().receive(message)

    def starting(self) -> None:
        """A fresh incarnation has a segment of its own, and shows soon that it can write."""
        if not self.is_proven:
            self.after_machine(COMMIT_EVERY_NS, Tick("commit"))

    def stopping(self) -> None:
        """Make the last records durable."""
        self._commit()

    def _commit(self) -> None:
        self._is_dirty = False
        self._journal.commit(())
        self.prove("records are durable in a segment of its own")
