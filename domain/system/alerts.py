"""From events to alerts: what happened, what was done, what is owned and at risk, what to do."""

from __future__ import annotations

import re

from domain.messages.control import AlertRaised, DiscrepancyFound
from domain.messages.portfolio import START, LotsListed
from domain.messages.supervision import ActorDown
from domain.model.breakers import Breaker, Effect, Severity
from domain.model.instants import MILLISECOND
from domain.model.product import ProductId
from domain.system.ways_out import RESUME as _RESUME
from domain.system.ways_out import STATUS as _STATUS
from domain.system.ways_out import WAYS_OUT, way_out

_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_DONE = {
    Effect.NONE: "nothing",
    Effect.BLOCK: "no new entries in this scope",
    Effect.REDUCE_ONLY: "only exits",
    Effect.HALT: "no entries; resting entries are being cancelled; exits run",
    Effect.KILL: "nothing is sent any more; entries are being cancelled; the process ends",
}
_OWNED = "see status"
UNWATCHED = {
    "auditor": "nothing is written down and nothing leaves, exits neither",
    "alerts": "nobody is told",
    "projector": "status and log stand still",
    "supervisor": "no other actor is brought back",
    "kill_switch": "the signal file is not seen; the sentinel sees it",
    "canceller": "entries are not cancelled by the venue's list; the sentinel cancels",
    "order_manager": "no order is sent or followed, exits neither",
    "portfolio": "lots and limits on losses are not valued",
    "risk_gate": "nothing is approved, exits neither",
    "exits": "stops, targets and longest holds of owned lots are not watched: nobody sells",
    "allocator": "nothing is decided",
    "strategy": "this strategy proposes nothing",
    "feed": "no price moves: stops of owned lots are not seen",
    "scheduler": "no cycle comes",
    "drop_copy": "fills are not checked a second time",
    "operator": "no request of a person is answered",
    "reconciler": "the venue is not compared with the books",
}
"""What is not done while an actor is down."""


def fingerprint(alert: AlertRaised) -> str:
    """Return what makes two alerts the same: numbers don't count."""
    return f"{alert.severity}|{alert.code}|{_NUMBER.sub('#', alert.what)}"


def of_breaker(breaker: Breaker) -> AlertRaised:
    """Return the alert of a tripped breaker; HALT and KILL are critical."""
    is_critical = breaker.effect >= Effect.HALT
    command = way_out(breaker.name).command if breaker.name in WAYS_OUT else _STATUS
    return AlertRaised(
        severity=Severity.CRITICAL if is_critical else Severity.WARNING,
        code=f"BREAKER:{breaker.name}",
        what=f"{breaker.effect.name} ({breaker.scope}): {breaker.reason}",
        done=_DONE[breaker.effect],
        owned=_OWNED,
        worst="stops of owned lots as listed in status" if is_critical else "none by itself",
        command=_RESUME if breaker.is_latched and command == _STATUS else command,
    )


def of_down(down: ActorDown) -> AlertRaised:
    """Return the alert of a dead actor."""
    return AlertRaised(
        severity=Severity.CRITICAL,
        code="ACTOR_DOWN",
        what=f"actor {down.actor} (epoch {down.epoch}) died: {down.cause}",
        done="its breaker is open, the process stays up, the actor is rebuilt",
        owned=_OWNED,
        worst=unwatched(down.actor),
        command=_STATUS,
    )


def of_return(actor: str, epoch: int) -> AlertRaised:
    """Return the alert that an actor sends to show that alerts can be written again."""
    return AlertRaised(
        severity=Severity.INFO,
        code="ACTOR_BACK",
        what=f"actor {actor} is back under epoch {epoch}",
        done="nothing is needed",
        owned="unchanged",
        worst="none by itself",
        command=_STATUS,
    )


def of_given_up(actor: str, reason: str) -> AlertRaised:
    """Return the alert about an actor that is left dead."""
    return AlertRaised(
        severity=Severity.CRITICAL,
        code="ACTOR_GIVEN_UP",
        what=f"{actor} is not started again: {reason}",
        done="its breaker is latched; everything else goes on",
        owned="unchanged; see status",
        worst=unwatched(actor),
        command=_RESUME,
    )


def of_shortage(actor: str, failure: str) -> AlertRaised:
    """Return the alert about an actor that can't be started for want of something."""
    return AlertRaised(
        severity=Severity.CRITICAL,
        code="SHORTAGE",
        what=f"{actor} is not started yet: {failure}",
        done="its breaker is open; it is tried again until there is enough",
        owned="unchanged; see status",
        worst=unwatched(actor),
        command=_STATUS,
    )


def unwatched(actor: str) -> str:
    """Return what nobody does while `actor` is down."""
    return UNWATCHED.get(actor.partition(".")[0], f"what {actor} does is not done")


def of_discrepancy(found: DiscrepancyFound) -> AlertRaised:
    """Return the alert of a difference between venue and us."""
    return AlertRaised(
        severity=Severity.CRITICAL,
        code="DISCREPANCY",
        what=f"{found.subject}: ours {found.ours}, venue {found.theirs}",
        done="entries blocked",
        owned=_OWNED,
        worst="unknown until explained",
        command="python run.py audit verify",
    )


def of_lots(listed: LotsListed) -> AlertRaised | None:
    """Return the alert of unprotected lots, None if every lot is protected."""
    if not listed.unprotected:
        return None
    is_start = listed.occasion == START
    return AlertRaised(
        severity=Severity.CRITICAL if is_start else Severity.WARNING,
        code="UNPROTECTED",
        what=f"at {listed.occasion}: {len(listed.unprotected)} lots not protected at the venue",
        done="venue and ledger differ: entries blocked, exits sell what is there"
        if is_start
        else "the exit actor guards them while this process runs",
        owned=", ".join(listed.unprotected),
        worst="the whole value of these lots"
        if is_start
        else "the whole value of these lots while nothing runs",
        command="python run.py status" if is_start else "python run.py --env paper",
    )


def of_stale_quote(product: ProductId, age_ns: int, limit_ns: int) -> AlertRaised:
    """Return the alert of a quote that nothing confirms any more; ages are market time."""
    what = f"{product}: quote {age_ns // MILLISECOND} ms old, limit {limit_ns // MILLISECOND} ms"
    return _of_feed("STALENESS", what, "entries of the product blocked")


def of_missing_history(product: ProductId, failure: str | None) -> AlertRaised:
    """Return the alert of candles that could not be read."""
    return _of_feed("HISTORY", f"no candles of {product}: {failure}", "asked again")


def _of_feed(code: str, what: str, done: str) -> AlertRaised:
    return AlertRaised(
        severity=Severity.WARNING,
        code=code,
        what=what,
        done=done,
        owned="unchanged",
        worst="none by itself",
        command=_STATUS,
    )
