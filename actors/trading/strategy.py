"""Hosts one strategy: a picture in, proposals out, nothing kept."""

from __future__ import annotations

from actors.kernel.base import Actor, ActorContext
from actors.kernel.topology import ALLOCATOR
from domain.decisions.proposals import checked
from domain.decisions.strategy import Strategy
from domain.messages.decisions import Decide, Proposed

Inbox = Decide


class StrategyHost(Actor):
    """Asks its strategy for proposals and answers the allocator."""

    def __init__(self, context: ActorContext, strategy: Strategy) -> None:
        super().__init__(context)
        self._strategy = strategy

    def receive(self, message: Inbox) -> None:
        """Handle one message."""
        match message:
            case Decide(cycle, context):
                proposals = checked(self._strategy.decide(context))
                self.log.debug("decided", cycle=cycle, proposals_count=len(proposals))
                self.send(ALLOCATOR, Proposed(cycle, self._strategy.id, proposals))
                self.prove(f"decided in cycle {cycle}, {len(proposals)} proposals refused")
            case _:
                self.refuse(message)
