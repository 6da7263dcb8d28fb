"""Whether the venue lets us ask what we have to ask: told once, and entries wait if it lasts."""

from __future__ import annotations

from attrs import define

from actors.kernel.base import Actor
from actors.kernel.ports import Venue
from domain.model.breakers import Effect
from domain.model.instants import SECOND
from domain.system.rate_budget import PRIVATE, PRIVATE_LIMIT, PUBLIC, BudgetUse

LASTS_NS = 5 * SECOND
"""Machine time after which requests that are refused, or wait, are more than a hiccup."""
TELL_EVERY_NS, WARN_EVERY_NS = 15 * SECOND, 60 * SECOND
EFFECTS = {PRIVATE: Effect.BLOCK, PUBLIC: Effect.NONE}
"""What it means when the venue refuses: without a key only the past is asked for."""
NAMES = {PRIVATE: PRIVATE_LIMIT, PUBLIC: f"{PUBLIC}_limit"}
"""The breakers that are open while the venue refuses our requests."""


@define
class _Watched:
    """Since when, in machine time, the venue refuses and requests wait, and when it was told."""

    refused_ns: int | None = None
    warned_ns: int | None = None
    waiting_ns: int | None = None
    told_ns: int | None = None
    refused: int = 0


class BudgetWatch:
    """Looks after the budgets on behalf of one actor; to be called every few seconds."""

    def __init__(self, actor: Actor, venue: Venue) -> None:
        self._actor = actor
        self._venue = venue
        self._watched = {name: _Watched() for name in EFFECTS}

    def look(self) -> None:
        """Look at every budget, and say what is new."""
        now_ns = self._actor.clock.machine_ns()
        for use in self._venue.budget_uses:
            watched = self._watched[use.name]
            self._see_refusals(use, watched, now_ns)
            self._see_waiting(use, watched, now_ns)

    def _see_refusals(self, use: BudgetUse, watched: _Watched, now_ns: int) -> None:
        fresh, watched.refused = use.refused - watched.refused, use.refused
        is_due = watched.warned_ns is None or now_ns - watched.warned_ns >= WARN_EVERY_NS
        if fresh > 0 and is_due:
            watched.warned_ns = now_ns
            self._actor.log.warning(
                "the venue refuses requests as too many", budget=use.name, refused=use.refused
            )
        if not use.is_doubtful:
            watched.refused_ns = None
            self._actor.close(NAMES[use.name], "the venue answers requests again")
            return
        if watched.refused_ns is None:
            watched.refused_ns = now_ns
        if now_ns - watched.refused_ns >= LASTS_NS:
            reason = f"the venue refuses {use.name} requests as too many"
            effect = EFFECTS[use.name]
            self._actor.trip(NAMES[use.name], reason, effect=effect, may_flap=True)

    def _see_waiting(self, use: BudgetUse, watched: _Watched, now_ns: int) -> None:
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
