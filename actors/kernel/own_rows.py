"""What a death does to actors whose row of the topology is like no other's."""

from __future__ import annotations

from actors.kernel.policy import CrashPolicy, Reentry, Source, budget
from domain.model.breakers import GLOBAL, VENUE, Effect
from domain.model.instants import SECOND, Nanos

OF_CANCELLER = CrashPolicy(
    effect=Effect.HALT,
    scope=VENUE,
    reentry=Reentry.PROOF,
    budget=budget(10, 10, 100, 4),
    source=Source.JOURNAL,
    orders="entries cancelled by the order manager, then by the venue's list",
    rebuilt_from="our orders in the journal",
    proof="a sweep: two complete listings without an entry of ours",
)
OF_ALLOCATOR = CrashPolicy(
    effect=Effect.BLOCK,
    scope=GLOBAL,
    reentry=Reentry.RECONCILE,
    budget=budget(2, 10, 250, 8),
    keeps_mail=False,
    reenters_once=True,
    sweep_after_ns=Nanos(0),
    orders="entries cancelled",
    rebuilt_from="history asked for anew, quotes of the feed",
    proof="one round that every strategy answered, and a clean reconcile",
)
OF_STRATEGY = CrashPolicy(
    effect=Effect.HALT,
    scope=None,
    reentry=Reentry.PROOF,
    budget=budget(3, 10, 500, 30),
    keeps_mail=False,
    hang_ns=Nanos(10 * SECOND),
    orders="its entries cancelled; exits of its lots run",
    rebuilt_from="nothing: it has no state",
    proof="one cycle answered in time, its proposals refused meanwhile",
)
OF_FEED = CrashPolicy(
    effect=Effect.BLOCK,
    scope=VENUE,
    reentry=Reentry.PROOF,
    budget=budget(20, 10, 500, 30),
    keeps_mail=False,
    sweep_after_ns=Nanos(5 * SECOND),
    orders="entries cancelled after 5 s",
    rebuilt_from="snapshots of a new connection, history asked for anew",
    proof="5 s without a gap, every quote within 50 bps of a REST reading",
)
