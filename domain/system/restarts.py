"""Whether a dead actor is started again, and after which pause: a decision on its history alone."""

from __future__ import annotations

from attrs import evolve, field, frozen

from domain.model.draws import Draw
from domain.model.instants import Nanos


@frozen(kw_only=True)
class RestartBudget:
    """How often an actor may come back. All times are machine time.

    At most `limit` restarts within any `period_ns` (None: any number). Pauses double from
    `first_pause_ns` to `longest_pause_ns`. With `stops_on_repeat` the same bug twice within the
    period ends it: what fails the same way twice will fail a third time.
    """

    limit: int | None
    period_ns: Nanos
    first_pause_ns: Nanos
    longest_pause_ns: Nanos
    stops_on_repeat: bool = True


@frozen
class Crash:
    """One death: when (machine time), and what bug it was; a shortage is none."""

    at_ns: Nanos
    fingerprint: str
    is_shortage: bool = False


@frozen
class Restart:
    """Start it again after `pause_ns` of machine time."""

    pause_ns: Nanos


@frozen
class GiveUp:
    """Leave it down until an operator says otherwise."""

    reason: str


@frozen
class CrashHistory:
    """The deaths of one actor that still count, oldest first."""

    crashes: tuple[Crash, ...] = field(default=())

    def after(self, crash: Crash, budget: RestartBudget) -> CrashHistory:
        """Return the history with `crash`, without what is older than the period."""
        kept = tuple(each for each in self.crashes if crash.at_ns - each.at_ns < budget.period_ns)
        return evolve(self, crashes=(*kept, crash))


def left(history: CrashHistory, budget: RestartBudget, now_ns: Nanos) -> int | None:
    """Return how many restarts `budget` still allows at `now_ns`, None for any number."""
    if budget.limit is None:
        return None
    bugs = [each for each in history.crashes if not each.is_shortage]
    recent = sum(now_ns - each.at_ns < budget.period_ns for each in bugs)
    return max(0, budget.limit - recent)


def decide(history: CrashHistory, budget: RestartBudget, draw: Draw) -> Restart | GiveUp:
    """Return what to do after the newest crash of `history`.

    The first pause is exact; later ones are drawn from the upper half of the doubled pause, so
    that actors that died together do not come back together. Source: AWS Architecture Blog,
    "Exponential Backoff And Jitter" (equal jitter).
    """
    *older, newest = history.crashes
    if newest.is_shortage:  # no bug: it is over when it is over, and counts for nothing
        pause = min(budget.first_pause_ns << min(len(older), 30), budget.longest_pause_ns)
        return Restart(Nanos(pause))
    older = [each for each in older if not each.is_shortage]
    if budget.stops_on_repeat and any(each.fingerprint == newest.fingerprint for each in older):
        return GiveUp(f"the same bug twice: {newest.fingerprint}")
    count = len(older) + 1
    if budget.limit is not None and count > budget.limit:
        minutes = budget.period_ns // (60 * 1_000_000_000)
        return GiveUp(f"{count} crashes within {minutes} min, limit {budget.limit}")
    pause = min(budget.first_pause_ns << min(count - 1, 30), budget.longest_pause_ns)
    if count > 1:
        pause = pause // 2 + int(draw() * (pause // 2))
    return Restart(Nanos(pause))
