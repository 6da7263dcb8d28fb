"""What a drill is: a run of its own in virtual time, for some rows of the matrix."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from app.command_line.options import Deed, DrillOrder
from app.rehearsal.deeds import HandCloses, HandOpens, HandWrites, PersonAsks, PersonKills
from domain.model.breakers import GLOBAL, DrillKind, Effect
from domain.model.instants import SECOND, Nanos
from domain.universe.orders import SET_REGIME

LOOSE_PACE = (
    "policy.cooldown.after_fill_seconds=10",
    "policy.cooldown.after_stop_seconds=60",
    "policy.pacing.spacing_seconds=1",
    "policy.pacing.product_spacing_seconds=1",
    "policy.pacing.trades_per_hour=60",
    "policy.pacing.trades_per_day=500",
    "policy.pacing.losses_in_a_row=20",
    "policy.pacing.loss_pause_minutes=5",
    "policy.caps.open_positions=50",
)
"""A pace as loose as the code allows: hours become minutes."""
PACE = (
    "app.quote=USD",
    "app.paper.balances={USD: 10000}",
    *LOOSE_PACE,
    "policy.cost.min_reward_ratio=3",
)
"""An account of dollars, and that pace."""
BY_HAND = "by-hand"
HOURS = {SET_REGIME: 1}
"""How long what a person asks for shall hold."""
STEP_NS, OPEN_NS = 8 * SECOND, 4 * SECOND


@frozen(kw_only=True)
class DrillPhase:
    """One run of a drill, on the folder of the phase before: settings and faults of its own.

    `loses_journal`: before it begins, the journal of the phases before is put away;
    `restores_journal`: a backup is made of it and put in its place. `has_broken_rule`: the risk
    gate has a rule that fails whenever it is asked.
    """

    minutes: int
    sets: tuple[str, ...] = ()
    faults: tuple[Mapping[str, Any], ...] = ()
    loses_journal: bool = False
    restores_journal: bool = False
    has_broken_rule: bool = False


@frozen(kw_only=True)
class RehearsalDrill:
    """One drill. `does` says in words what is played; `leaves`: its strategy wants out again.

    `fires` names breakers and kinds of alerts that it has to fire: where it does not, nobody opens
    them by hand, and they are not fired. `breaks` are actors and when each of them dies, `hangs`
    when they stand still, `asks` what a person asks for and when.
    """

    name: str
    does: str
    phases: tuple[DrillPhase, ...]
    fires: tuple[str, ...] = ()
    leaves: bool = False
    breaks: tuple[tuple[int, str], ...] = ()
    hangs: tuple[tuple[int, str], ...] = ()
    asks: tuple[tuple[int, str, str], ...] = ()
    """When (seconds after READY), verb and subject."""
    kills_at: int | None = None
    opens: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()

    @property
    def orders(self) -> tuple[DrillOrder, ...]:
        """Return which actors are broken when."""
        kinds = ((DrillKind.CRASH, self.breaks), (DrillKind.HANG, self.hangs))
        return tuple(
            DrillOrder(kind, actor, Nanos(at_s * SECOND))
            for kind, actors in kinds
            for at_s, actor in actors
        )

    def deeds(self, home: Path, folder: Path) -> tuple[Deed, ...]:
        """Return what is done to the run in the world's `home` and the mode's `folder`."""
        found: list[Deed] = [
            PersonAsks(Nanos(at_s * SECOND), folder, verb, subject, HOURS.get(verb, 0))
            for at_s, verb, subject in self.asks
        ]
        if self.kills_at is not None:
            found.append(PersonKills(Nanos(self.kills_at * SECOND), home))
        return (*found, *_by_hand(self.opens, self.writes))


def _by_hand(opens: Iterable[str], writes: Iterable[str]) -> Iterator[Deed]:
    at_ns = STEP_NS
    for name in opens:
        yield HandOpens(Nanos(at_ns), name, GLOBAL, Effect.BLOCK)
        yield HandCloses(Nanos(at_ns + OPEN_NS), name, GLOBAL)
        at_ns += STEP_NS
    for code in writes:
        yield HandWrites(Nanos(at_ns), code)
        at_ns += SECOND


def fault(kind: str, at: str, **members: Any) -> Mapping[str, Any]:
    """Return a line of a fault script; `for_` is its `for`."""
    return {"kind": kind, "at": at, **{key.rstrip("_"): value for key, value in members.items()}}
