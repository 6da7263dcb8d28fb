"""Tells people of a rule of the gate that fails to answer: it refuses, and somebody has to know."""

from __future__ import annotations

from actors.kernel.base import Actor
from domain.messages.decisions import OrderApproved, ProposalRefused
from domain.model.breakers import Effect, Scope
from domain.model.product import ProductId

FAILED = "rule_failed"
"""Name of the breaker of a product that can't be judged; that of its refusals too."""


class RuleFailures:
    """Opens a breaker of `actor` for a product of which a rule can't judge an entry.

    It closes as soon as every rule has answered about another entry of the product.
    """

    def __init__(self, actor: Actor) -> None:
        self._actor = actor

    def take(self, product: ProductId, verdict: OrderApproved | ProposalRefused) -> None:
        """Look for rules that failed in a verdict on an entry."""
        refusals = verdict.refusals if isinstance(verdict, ProposalRefused) else ()
        failed = [each.observed for each in refusals if each.reason == FAILED]
        scope = Scope.of_product(product)
        if failed:
            why = f"{product} can't be judged: {', '.join(failed)}"
            self._actor.trip(FAILED, why, effect=Effect.BLOCK, scope=scope)
        elif any((each.name, each.scope) == (FAILED, scope) for each in self._actor.board.open):
            self._actor.close(FAILED, "every rule has answered", scope=scope)
