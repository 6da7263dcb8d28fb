"""What a row says about one actor: what its death does, and how it comes back."""

from __future__ import annotations

from enum import StrEnum
from functools import partial

from attrs import frozen

from domain.model.breakers import ACTOR, GLOBAL, Effect, Scope
from domain.model.instants import MILLISECOND, MINUTE, SECOND, Nanos
from domain.system.restarts import RestartBudget


class Source(StrEnum):
    """What a fresh incarnation knows from the beginning."""

    NOTHING = "nothing"
    JOURNAL = "journal"


class Reentry(StrEnum):
    """Who closes the breaker once the fresh incarnation has proven itself."""

    PROOF = "proof"
    """Its proof alone."""
    RECONCILE = "reconcile"
    """Its proof and a clean reconcile begun after it came up."""
    OPERATOR = "operator"
    """Both, and then the operator's `resume` (on paper once a run by itself)."""
    ONLY_OPERATOR = "only operator"
    """Both, and then always the operator."""


@frozen(kw_only=True)
class CrashPolicy:
    """One row. `scope` None stands for the strategy that the actor hosts.

    `group` are the actors rebuilt with it. `keeps_mail`: messages that come while it is down wait
    for the next incarnation. `sweep_after_ns` and `block_after_ns` are machine time down before
    resting entries are cancelled, or entries blocked; None: never. `hang_ns` is the budget of one
    message. `orders`, `rebuilt_from` and `proof` are for people.
    """

    effect: Effect
    scope: Scope | None
    reentry: Reentry
    budget: RestartBudget
    source: Source = Source.NOTHING
    group: tuple[str, ...] = ()
    keeps_mail: bool = True
    reenters_once: bool = False
    sweep_after_ns: Nanos | None = None
    block_after_ns: Nanos | None = None
    hang_ns: Nanos = Nanos(2 * SECOND)
    orders: str
    rebuilt_from: str
    proof: str

    @property
    def is_latched(self) -> bool:
        """Tell whether only the operator closes the breaker."""
        return self.reentry in (Reentry.OPERATOR, Reentry.ONLY_OPERATOR)


def budget(limit: int | None, minutes: int, first_ms: int, longest_s: int) -> RestartBudget:
    """Return a budget of `limit` restarts (None: no limit) in so many minutes, with pauses."""
    return RestartBudget(
        limit=limit,
        period_ns=Nanos(minutes * MINUTE),
        first_pause_ns=Nanos(first_ms * MILLISECOND),
        longest_pause_ns=Nanos(longest_s * SECOND),
        stops_on_repeat=limit is not None,
    )


SAFETY_BUDGET = budget(3, 10, 250, 8)
KEPT = "kept"
"""What `orders` says where the death of the actor concerns none of them."""
halting = partial(
    CrashPolicy,
    effect=Effect.HALT,
    scope=GLOBAL,
    reentry=Reentry.OPERATOR,
    budget=SAFETY_BUDGET,
    orders="entries cancelled by the venue's list",
)
"""A row of an actor without which nothing may be bought until a person resumes."""
telling = partial(
    CrashPolicy,
    effect=Effect.NONE,
    scope=ACTOR,
    reentry=Reentry.PROOF,
    budget=budget(None, 5, 250, 30),
    orders=KEPT,
)
"""A row of an actor whose death is told, and nothing else."""
blocking = partial(
    CrashPolicy, effect=Effect.BLOCK, scope=GLOBAL, reentry=Reentry.PROOF, orders=KEPT
)
"""A row of an actor without which nothing is bought until it is back and proven."""
