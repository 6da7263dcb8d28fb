"""Hosts one strategy: a picture in, proposals out, nothing kept.

What a strategy does to its name, to the picture or to arithmetic stays with it.
"""

from __future__ import annotations

import decimal
import inspect

import numpy as np

from actors.kernel.base import Actor, ActorContext
from actors.kernel.topology import ALLOCATOR, EXITS, STRATEGY
from domain.decisions.private import private
from domain.decisions.proposals import checked
from domain.decisions.strategy import Strategy
from domain.decisions.triggers import Terms, left, triggered
from domain.messages.decisions import Decide, LeaveProposed, Proposed
from domain.model.context import Context
from domain.model.product import ProductId
from domain.model.proposal import TradeProposal
from domain.model.wording import counted

Inbox = Decide


class StrategyHost(Actor):
    """Asks its strategy about the products that triggered, and answers the allocator.

    It speaks under the name of its entry, whatever the strategy says that its name is.
    """

    def __init__(self, context: ActorContext, strategy: Strategy, terms: Terms) -> None:
        super().__init__(context)
        self._strategy = strategy
        self._terms = terms
        self._owner = context.name.removeprefix(STRATEGY)
        self._file = _file_of(strategy)

    @property
    def plugin_file(self) -> str | None:
        """Path of the strategy's own file, None where its code does not say."""
        return self._file

    def receive(self, message: Inbox) -> None:
        """Handle one message."""
        match message:
            case Decide(cycle, context, fired):
                # How numbers round and fail may be changed inside: not for whoever is next here.
                with self.services.turn(), decimal.localcontext(), np.errstate():
                    self._leave(context)
                    answer = self._decided(cycle, context, fired)
                self.send(ALLOCATOR, answer)
                if not self.is_proven:
                    self.prove(
                        f"decided in cycle {cycle}, {len(answer.proposals)} proposals refused"
                    )
            case _:
                self.refuse(message)

    def _leave(self, context: Context) -> None:
        products = left(self._owner, self._strategy, context)
        if products:
            self.send(EXITS, LeaveProposed(self._owner, products))

    def _decided(
        self, cycle: int, context: Context, fired: frozenset[ProductId] | None
    ) -> Proposed:
        asked = triggered(self._owner, self._strategy, context, self._terms, fired)
        if asked.beyond:
            most = counted(self._terms.max_triggers_per_cycle, "product")
            others = ", ".join(asked.beyond)
            self.log.info(f"{self._owner} looks at {most} a decision; left out: {others}")
        found: tuple[TradeProposal, ...] = ()
        products = asked.products
        if products:
            found = checked(self._strategy.decide(private(asked.context)), products)
        self.log.debug("decided", cycle=cycle, triggered=len(products), proposals_count=len(found))
        return Proposed(cycle, self._owner, found, tuple(sorted(products)), asked.beyond)


def _file_of(strategy: Strategy) -> str | None:
    """Return where the text of `strategy` stands; one that hides it is named less well, no more."""
    found = inspect.unwrap(type(strategy).decide)
    code = getattr(found, "__code__", None)
    return code.co_filename if inspect.iscode(code) else None
