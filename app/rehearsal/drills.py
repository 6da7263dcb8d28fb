"""The drills of a rehearsal, together: each plays causes, the last opens the rest by hand.

They decide by the rehearsed configuration, with an eager strategy and a looser pace, on an invented
market and an account of their own: what is rehearsed is never touched.
"""

from __future__ import annotations

from collections.abc import Iterable

from actors.kernel.topology import ALLOCATOR, START_ORDER, STRATEGY
from app.rehearsal.drill import BY_HAND, STEP_NS, DrillPhase, RehearsalDrill
from app.rehearsal.eager import EAGER
from app.rehearsal.trading_drills import TRADING
from app.rehearsal.venue_drills import ACCOUNT, VENUE
from domain.model.instants import MINUTE, SECOND
from domain.rehearsal.coverage import STRATEGIES, CoverageRow, RowKind

OF_ACTORS = ("ACTOR_DOWN", "ACTOR_GIVEN_UP", "ACTOR_BACK")
"""Kinds of alerts that dying actors give."""


def drills() -> tuple[RehearsalDrill, ...]:
    """Return every drill that plays a cause."""
    return (*TRADING, *VENUE, *ACCOUNT, _of_actors())


def _of_actors() -> RehearsalDrill:
    names = [EAGER if name == STRATEGY else name for name in START_ORDER]
    actors = [STRATEGY + name if name == EAGER else name for name in names]
    breaks = [(30 + 15 * number, actor) for number, actor in enumerate(actors)]
    last_s = breaks[-1][0]
    again = [(last_s + 30 * number, ALLOCATOR) for number in (1, 2, 3)]
    return RehearsalDrill(
        name="actors",
        does="every actor dies, one of them again and again",
        fires=(*(STRATEGIES if each.startswith(STRATEGY) else each for each in actors), *OF_ACTORS),
        phases=(DrillPhase(minutes=(last_s + 180) // 60),),
        breaks=(*breaks, *again),
    )


def by_hand(missing: Iterable[CoverageRow]) -> RehearsalDrill | None:
    """Return the drill of what no other fires: breakers opened, and alerts written, by hand.

    What another one has to fire is left: where it has not, that is to be seen.
    """
    demanded = {name for drill in drills() for name in drill.fires}
    rows = tuple(row for row in missing if row.name not in demanded)
    opens = tuple(row.name for row in rows if row.kind is RowKind.BREAKER)
    writes = tuple(row.name for row in rows if row.kind is RowKind.ALERT)
    if not opens and not writes:
        return None
    length_ns = (len(opens) + 2) * STEP_NS + len(writes) * SECOND + MINUTE
    return RehearsalDrill(
        name=BY_HAND,
        does="breakers are opened, and alerts written, whose causes no other drill plays",
        phases=(DrillPhase(minutes=int(length_ns // MINUTE) + 1),),
        opens=opens,
        writes=writes,
    )
