"""Whether the venue lets us ask what we have to ask: told once, and entries wait if it lasts."""

from __future__ import annotations

from attrs import define

from actors.kernel.base import Actor
from actors.kernel.ports import VenueReader
from domain.model.breakers import Effect
from domain.model.instants import SECOND
from domain.system.rate_budget import (
    LONGEST_PAUSE_NS,
    PRIVATE,
    PRIVATE_LIMIT,
    PUBLIC,
    PUBLIC_LIMIT,
    BudgetUse,
)

LASTS_NS = 5 * SECOND
"""Machine time after which requests that are refused, or wait, are more than a hiccup."""
TELL_EVERY_NS, WARN_EVERY_NS = 15 * SECOND, 60 * SECOND


@define
class WatchedBudget:
    """What is open while the venue refuses the requests of one budget, and what it blocks.

    Since when, in machine time, the venue refuses and requests wait, and when it was told.
    """

    breaker: str
    effect: Effect
    refused_ns: int | None = None
    fresh_ns: int = 0
    warned_ns: int | None = None
    waiting_ns: int | None = None
    told_ns: int | None = None
    refused: int = 0


class BudgetWatch:
    """Looks after the budgets on behalf of one actor; to be called every few seconds."""

    def __init__(self, actor: Actor, venue: VenueReader) -> None:
        self._actor = actor
        self._venue = venue
        self._watched = {
            PRIVATE: WatchedBudget(PRIVATE_LIMIT, Effect.BLOCK),
            PUBLIC: WatchedBudget(PUBLIC_LIMIT, Effect.NONE),  # the past comes later
        }

    def look(self) -> None:
        """Look at every budget, and say what is new."""
        now_ns = self._actor.clock.machine_ns()
        for use in self._venue.budget_uses:
            watched = self._watched[use.name]
            self._see_refusals(use, watched, now_ns)
            self._see_waiting(use, watched, now_ns)

    def _see_refusals(self, use: BudgetUse, watched: WatchedBudget, now_ns: int) -> None:
        fresh, watched.refused = use.refused - watched.refused, use.refused
        is_due = watched.warned_ns is None or now_ns - watched.warned_ns >= WARN_EVERY_NS
        if fresh > 0:
            watched.fresh_ns = now_ns
        if fresh > 0 and is_due:
            watched.warned_ns = now_ns
            self._actor.log.warning(
                "the venue refuses requests as too many", budget=use.name, refused=use.refused
            )
        is_unasked = not use.waiting and now_ns - watched.fresh_ns > LONGEST_PAUSE_NS + LASTS_NS
        if not use.is_doubtful or is_unasked:  # else what nobody asks would be refused for ever
            watched.refused_ns = None
            self._actor.close(watched.breaker, "the venue refuses nothing any more")
            return
        if watched.refused_ns is None:
            watched.refused_ns = now_ns
        if now_ns - watched.refused_ns >= LASTS_NS:
            reason = f"the venue refuses {use.name} requests as too many"
            self._actor.trip(watched.breaker, reason, effect=watched.effect, may_flap=True)

    def _see_waiting(self, use: BudgetUse, watched: WatchedBudget, now_ns: int) -> None:
        """Say it when requests wait for long, from time to time, and that none does any more."""
        log = self._actor.log
        if not use.waiting:
            if watched.told_ns is not None:
                log.info("no request waits for the venue's limit any more", budget=use.name)
            watched.waiting_ns = watched.told_ns = None
            return
        if watched.waiting_ns is None:
            watched.waiting_ns = now_ns
        is_due = watched.told_ns is None or now_ns - watched.told_ns >= TELL_EVERY_NS
        if is_due and now_ns - watched.waiting_ns >= LASTS_NS:
            watched.told_ns = now_ns
            log.info(
                "requests wait for the venue's limit",
                budget=use.name,
                waiting=use.waiting,
                limit=f"{use.limit} in {use.window_ns // SECOND} s",
            )
