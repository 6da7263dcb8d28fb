"""What happens when an actor dies or hangs: one row an actor. A table, no behaviour.

The row says which breaker opens in the dying thread, how often the actor comes back, what it is
rebuilt from and what must be proven before its breaker closes. Messages of supervision and the
page `docs/supervision.md` are made from these rows.
"""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen

from actors.kernel.topology import (
    ALERTS,
    ALLOCATOR,
    AUDITOR,
    CANCELLER,
    DROP_COPY,
    EXITS,
    FEED,
    KILL_SWITCH,
    OPERATOR,
    ORDER_MANAGER,
    PORTFOLIO,
    PROJECTOR,
    RECONCILER,
    RISK_GATE,
    SCHEDULER,
    STRATEGY,
    SUPERVISOR,
)
from domain.model.breakers import ACTOR, GLOBAL, VENUE, Breaker, Effect, Scope
from domain.model.instants import MILLISECOND, MINUTE, SECOND, Nanos
from domain.system.restarts import RestartBudget

CORE = (ORDER_MANAGER, PORTFOLIO, RISK_GATE)
"""Folds of the same events: they are only ever rebuilt together."""


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


def _budget(limit: int | None, minutes: int, first_ms: int, longest_s: int) -> RestartBudget:
    return RestartBudget(
        limit=limit,
        period_ns=Nanos(minutes * MINUTE),
        first_pause_ns=Nanos(first_ms * MILLISECOND),
        longest_pause_ns=Nanos(longest_s * SECOND),
        stops_on_repeat=limit is not None,
    )


_SAFETY = _budget(3, 10, 250, 8)
_KEPT = "kept"


def _core(rebuilt_from: str, proof: str) -> CrashPolicy:
    return CrashPolicy(
        effect=Effect.HALT,
        scope=GLOBAL,
        reentry=Reentry.OPERATOR,
        budget=_SAFETY,
        source=Source.JOURNAL,
        group=CORE,
        keeps_mail=False,
        orders="entries cancelled by the venue's list",
        rebuilt_from=rebuilt_from,
        proof=proof,
    )


_CORE_ROW = _core("journal, with all of the core", "a clean reconcile with the venue")

POLICIES: dict[str, CrashPolicy] = {
    SUPERVISOR: CrashPolicy(
        effect=Effect.HALT,
        scope=GLOBAL,
        reentry=Reentry.OPERATOR,
        budget=_SAFETY,
        orders="entries cancelled by the venue's list",
        rebuilt_from="what the guardian finds down",
        proof="a clean reconcile with the venue",
    ),
    AUDITOR: CrashPolicy(
        effect=Effect.HALT,
        scope=GLOBAL,
        reentry=Reentry.OPERATOR,
        budget=_SAFETY,
        source=Source.JOURNAL,
        group=(AUDITOR, *CORE),
        orders="entries cancelled by the venue's list; nothing leaves without a receipt",
        rebuilt_from="chain verified, new segment; not after a failed write",
        proof="a durable record and a clean reconcile",
    ),
    ORDER_MANAGER: _CORE_ROW,
    PORTFOLIO: _CORE_ROW,
    RISK_GATE: _CORE_ROW,
    SCHEDULER: CrashPolicy(
        effect=Effect.HALT,
        scope=GLOBAL,
        reentry=Reentry.OPERATOR,
        budget=_SAFETY,
        source=Source.JOURNAL,
        orders="entries cancelled by the venue's list",
        rebuilt_from="last cycle of the journal; missed cycles are skipped",
        proof="its timers fire, and a clean reconcile",
    ),
    KILL_SWITCH: CrashPolicy(
        effect=Effect.HALT,
        scope=GLOBAL,
        reentry=Reentry.ONLY_OPERATOR,
        budget=_SAFETY,
        orders="entries cancelled by the venue's list",
        rebuilt_from="the signal file",
        proof="file absent for 10 s of looking, and a clean reconcile",
    ),
    CANCELLER: CrashPolicy(
        effect=Effect.HALT,
        scope=VENUE,
        reentry=Reentry.PROOF,
        budget=_budget(10, 10, 100, 4),
        source=Source.JOURNAL,
        orders="entries cancelled by the order manager, then by the venue's list",
        rebuilt_from="our orders in the journal",
        proof="a sweep: two complete listings without an entry of ours",
    ),
    RECONCILER: CrashPolicy(
        effect=Effect.BLOCK,
        scope=GLOBAL,
        reentry=Reentry.PROOF,
        budget=_budget(5, 10, 250, 8),
        orders=_KEPT,
        rebuilt_from="nothing; the boot begins anew if it was not done",
        proof="a clean reconcile",
    ),
    DROP_COPY: CrashPolicy(
        effect=Effect.BLOCK,
        scope=VENUE,
        reentry=Reentry.PROOF,
        budget=_budget(10, 10, 250, 8),
        source=Source.JOURNAL,
        orders=_KEPT,
        rebuilt_from="our orders and fills in the journal",
        proof="one comparison of all recent fills with ours, none missing",
    ),
    EXITS: CrashPolicy(
        effect=Effect.BLOCK,
        scope=GLOBAL,
        reentry=Reentry.PROOF,
        budget=_budget(5, 10, 100, 4),
        orders=_KEPT,
        rebuilt_from="lots of the portfolio, quotes of the feed",
        proof="every owned lot judged against a fresh quote",
    ),
    ALLOCATOR: CrashPolicy(
        effect=Effect.BLOCK,
        scope=GLOBAL,
        reentry=Reentry.RECONCILE,
        budget=_budget(2, 10, 250, 8),
        keeps_mail=False,
        reenters_once=True,
        sweep_after_ns=Nanos(0),
        orders="entries cancelled",
        rebuilt_from="history asked for anew, quotes of the feed",
        proof="one round that every strategy answered, and a clean reconcile",
    ),
    FEED: CrashPolicy(
        effect=Effect.BLOCK,
        scope=VENUE,
        reentry=Reentry.PROOF,
        budget=_budget(20, 10, 500, 30),
        keeps_mail=False,
        sweep_after_ns=Nanos(5 * SECOND),
        orders="entries cancelled after 5 s",
        rebuilt_from="snapshots of a new connection, history asked for anew",
        proof="5 s without a gap, every quote within 50 bps of a REST reading",
    ),
    STRATEGY: CrashPolicy(
        effect=Effect.HALT,
        scope=None,
        reentry=Reentry.PROOF,
        budget=_budget(3, 10, 500, 30),
        keeps_mail=False,
        hang_ns=Nanos(10 * SECOND),
        orders="its entries cancelled; exits of its lots run",
        rebuilt_from="nothing: it has no state",
        proof="one cycle answered in time, its proposals refused meanwhile",
    ),
    OPERATOR: CrashPolicy(
        effect=Effect.BLOCK,
        scope=GLOBAL,
        reentry=Reentry.PROOF,
        budget=_budget(5, 10, 250, 8),
        orders=_KEPT,
        rebuilt_from="the control folder",
        proof="the control folder was read",
    ),
    ALERTS: CrashPolicy(
        effect=Effect.NONE,
        scope=ACTOR,
        reentry=Reentry.PROOF,
        budget=_budget(None, 5, 250, 30),
        block_after_ns=Nanos(60 * SECOND),
        orders=_KEPT,
        rebuilt_from="nothing; what came meanwhile is delivered",
        proof="an alert was written; 60 s without one block entries",
    ),
    PROJECTOR: CrashPolicy(
        effect=Effect.NONE,
        scope=ACTOR,
        reentry=Reentry.PROOF,
        budget=_budget(None, 5, 250, 30),
        source=Source.JOURNAL,
        orders=_KEPT,
        rebuilt_from="counts and open orders in the journal",
        proof="a status was published",
    ),
}
"""By actor; `strategy.` stands for every strategy actor."""

_UNKNOWN = CrashPolicy(
    effect=Effect.HALT,
    scope=GLOBAL,
    reentry=Reentry.ONLY_OPERATOR,
    budget=_SAFETY,
    keeps_mail=False,
    orders="entries cancelled by the venue's list",
    rebuilt_from="not at all",
    proof="none",
)


def policy_of(actor: str) -> CrashPolicy:
    """Return the row of `actor`; an actor without a row halts."""
    if actor.startswith(STRATEGY):
        return POLICIES[STRATEGY]
    return POLICIES.get(actor, _UNKNOWN)


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
