"""What a cycle came to, and whether it was decided as it should be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from domain.messages.decisions import RoundProposed
from domain.model.breakers import Breaker, Effect
from domain.model.cycle import CycleStatus
from domain.model.funnel import NO_FRESH_PRICE

LATE, BLOCKED_BY = "late", "blocked:"
"""A strategy did not answer in time; what the name of a breaker follows."""


def status_of(round_: RoundProposed, approved: int, breakers: Iterable[Breaker]) -> CycleStatus:
    """Return what came of a round of which `approved` entries passed the gate."""
    if approved:
        return CycleStatus.TRADED
    if any(_blocks(each) for each in breakers):
        return CycleStatus.BLOCKED
    return CycleStatus.REFUSED if round_.entries else CycleStatus.QUIET


def degraded_by(round_: RoundProposed, breakers: Iterable[Breaker]) -> tuple[str, ...]:
    """Return why a round was not decided as it should be, each reason once; () if it was.

    What an owner or a limit has latched is meant, and degrades nothing.
    """
    return tuple(dict.fromkeys(_reasons(round_, breakers)))


def _reasons(round_: RoundProposed, breakers: Iterable[Breaker]) -> Iterator[str]:
    if round_.late:
        yield LATE
    if any(loss.reason == NO_FRESH_PRICE for loss in round_.funnel.losses):
        yield NO_FRESH_PRICE
    for breaker in breakers:
        if _blocks(breaker) and not breaker.is_latched:
            yield BLOCKED_BY + breaker.name


def _blocks(breaker: Breaker) -> bool:
    return breaker.effect >= Effect.BLOCK and breaker.scope.is_everywhere
