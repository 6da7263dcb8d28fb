"""Hosts one strategy: a picture in, proposals out, nothing kept."""

from __future__ import annotations

from actors.kernel.base import Actor, ActorContext
from actors.kernel.topology import ALLOCATOR, EXITS
from domain.decisions.proposals import checked
from domain.decisions.strategy import Strategy
from domain.decisions.triggers import Terms, left, triggered
from domain.messages.decisions import Decide, LeaveProposed, Proposed
from domain.model.context import Context
from domain.model.proposal import TradeProposal
from domain.model.wording import counted

Inbox = Decide


class StrategyHost(Actor):
    """Asks its strategy about the products that triggered, and answers the allocator."""

    def __init__(self, context: ActorContext, strategy: Strategy, terms: Terms) -> None:
        super().__init__(context)
        self._strategy = strategy
        self._terms = terms

    @property
    def plugin_file(self) -> str:
        """Path of the strategy's own file."""
        return type(self._strategy).decide.__code__.co_filename

    def receive(self, message: Inbox) -> None:
        """Handle one message."""
        match message:
            case Decide(cycle, context):
                with self.services.turn():
                    self._leave(context)
                    answer = self._decided(cycle, context)
                self.send(ALLOCATOR, answer)
                self.prove(f"decided in cycle {cycle}, {len(answer.proposals)} proposals refused")
            case _:
                self.refuse(message)

    def _leave(self, context: Context) -> None:
        products = left(self._strategy, context)
        if products:
            self.send(EXITS, LeaveProposed(self._strategy.id, products))

    def _decided(self, cycle: int, context: Context) -> Proposed:
        asked = triggered(self._strategy, context, self._terms)
        if asked.beyond:
            most = counted(self._terms.max_triggers_per_cycle, "product")
            others = ", ".join(asked.beyond)
            self.log.info(f"{self._strategy.id} looks at {most} a decision; left out: {others}")
        found: tuple[TradeProposal, ...] = ()
        if asked.products:
            found = checked(self._strategy.decide(asked.context), asked.products)
        count, products = len(found), len(asked.products)
        self.log.debug("decided", cycle=cycle, triggered=products, proposals_count=count)
        names = tuple(sorted(asked.products))
        return Proposed(cycle, self._strategy.id, found, names, asked.beyond)
