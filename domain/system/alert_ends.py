"""What alerts are about, and the alerts that end them: what is over wants nobody any more."""

from __future__ import annotations

from domain.messages.control import AlertRaised
from domain.messages.portfolio import LotsListed
from domain.messages.supervision import BreakerReset
from domain.model.breakers import ACTOR, Scope, Severity
from domain.model.wording import counted
from domain.system.ways_out import STATUS

RESOLVED = "RESOLVED"
"""Code of an alert that ends those before it with the same topic."""
UNPROTECTED_LOTS = "lots without protection"


def topic_of(breaker: str, scope: Scope) -> str:
    """Return what alerts about a breaker are about: that of an actor is the actor's life."""
    return life_of(breaker) if scope == ACTOR else f"breaker {breaker} ({scope})"


def life_of(actor: str) -> str:
    """Return what alerts about an actor that is down are about."""
    return f"actor {actor}"


def stop_of(lot: str) -> str:
    """Return what alerts about the order that protects a lot at the venue are about."""
    return f"stop order of lot {lot}"


def of_reset(reset: BreakerReset) -> AlertRaised:
    """Return what ends the alerts about a breaker that has closed."""
    topic = topic_of(reset.name, reset.scope)
    return of_end(topic, f"{topic}: closed by {reset.by}: {reset.evidence}")


def of_protected(listed: LotsListed) -> AlertRaised:
    """Return what ends the alerts about lots that nothing sold: all are protected again."""
    lots = counted(len(listed.protected), "lot")
    return of_end(UNPROTECTED_LOTS, f"{lots} owned, stops and targets are watched")


def of_end(topic: str, what: str) -> AlertRaised:
    """Return what ends the alerts of this topic."""
    return AlertRaised(
        severity=Severity.INFO,
        code=RESOLVED,
        what=what,
        done="alerts about it are resolved",
        owned="unchanged",
        worst="none by itself",
        command=STATUS,
        topic=topic,
    )
