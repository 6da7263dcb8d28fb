"""What follows when an actor dies or hangs, read from its row of the table in `topology.py`."""

from __future__ import annotations

from actors.kernel.policy import CrashPolicy
from actors.kernel.topology import ACTORS, STRATEGY, UNKNOWN
from domain.model.breakers import ACTOR, Breaker, Effect, Scope
from domain.model.instants import Nanos


def policy_of(actor: str) -> CrashPolicy:
    """Return the row of `actor`; an actor without a row halts."""
    if actor.startswith(STRATEGY):
        return ACTORS[STRATEGY]
    return ACTORS.get(actor, UNKNOWN)


def crash_breakers(actor: str, cause: str, at_ns: int) -> tuple[Breaker, ...]:
    """Return the breakers that the death of `actor` opens, the one that stops trading first.

    The last has the scope "actor": it covers no order and stays listed with its reason.
    """
    policy = policy_of(actor)
    effect = policy.effect if policy.effect is not Effect.NONE else Effect.BLOCK

    def of(scope: Scope) -> Breaker:
        return Breaker(
            name=actor,
            scope=scope,
            effect=effect,
            reason=cause,
            is_latched=policy.is_latched,
            at_ns=Nanos(at_ns),
        )

    own = of(ACTOR)
    return (own,) if policy.effect is Effect.NONE else (of(scope_of(actor)), own)


def scope_of(actor: str) -> Scope:
    """Return the scope that the death of `actor` covers."""
    scope = policy_of(actor).scope
    return Scope.of_strategy(actor.removeprefix(STRATEGY)) if scope is None else scope
