"""From events to alerts: what happened, what was done, what is owned and at risk, what to do."""

from __future__ import annotations

import re

from domain.messages.control import AlertRaised, DiscrepancyFound
from domain.messages.orders import OrderAdvanced
from domain.messages.portfolio import START, CashFlowSeen, LotsListed
from domain.messages.supervision import ActorDown
from domain.messages.venue import EntriesUnread
from domain.model.approval import ExitReason
from domain.model.breakers import Breaker, Effect, Severity
from domain.model.instants import MILLISECOND, SECOND
from domain.model.money import Price, Quantity, plain
from domain.model.portfolio import Lot
from domain.model.product import ProductId, base_of, quote_of
from domain.model.wallets import CONVERTED
from domain.model.wording import counted
from domain.system.alert_ends import UNPROTECTED_LOTS, life_of, stop_of, topic_of
from domain.system.unlisted import UNLISTED
from domain.system.unread import sentence
from domain.system.ways_out import RELEASE, WAYS_OUT, way_out
from domain.system.ways_out import RESUME as _RESUME
from domain.system.ways_out import STATUS as _STATUS

_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_DONE = {
    Effect.NONE: "nothing",
    Effect.BLOCK: "no new entries in this scope",
    Effect.REDUCE_ONLY: "only exits",
    Effect.HALT: "no entries; resting entries are being cancelled; exits run",
    Effect.KILL: "nothing is sent any more; entries are being cancelled; the process ends",
}
_OWNED = "see status"
LEDGER = "ledger"
"""What is ours in a difference that says itself what both sides have."""
_OF_HALT = "stops of owned lots as listed in status"
_GRAVE = {"stablecoin_far": "cash in the stablecoin and what lots are sold for fall with it"}
"""Breakers that stop entries alone and are critical all the same, and what may be lost."""
_REASONS = {
    ExitReason.STOP: "the stop",
    ExitReason.TARGET: "the target",
    ExitReason.MAX_HOLD: "the end of the longest hold",
    ExitReason.SIGNAL: "the sale that its strategy asked for",
    ExitReason.TRIM: "the sale down to a cap",
    ExitReason.OPERATOR: "the sale asked for",
}
UNWATCHED = {
    "auditor": "nothing is written down and nothing leaves, exits neither",
    "alerts": "nobody is told",
    "projector": "status and log stand still",
    "bar_keeper": "prices are not kept; the report will lack them",
    "supervisor": "no other actor is brought back",
    "kill_switch": "the signal file is not seen; the sentinel sees it",
    "canceller": "entries are not cancelled by the venue's list; the sentinel cancels",
    "order_manager": "no order is sent or followed, exits neither",
    "portfolio": "lots and limits on losses are not valued",
    "risk_gate": "nothing is approved, exits neither",
    "protector": "new lots get no stop order at the venue; those that rest there stay",
    "exits": "stops, targets and longest holds of owned lots are not watched: nobody sells",
    "entries": "entries that rest keep their price until their time is over",
    "allocator": "nothing is decided",
    "strategy": "this strategy proposes nothing",
    "feed": "no price moves: stops of owned lots are not seen",
    "scheduler": "no cycle comes",
    "universe": "products and regime are not judged anew",
    "drop_copy": "fills are not checked a second time",
    "operator": "no request of a person is answered",
    "reconciler": "the venue is not compared with the books",
}
"""What is not done while an actor is down."""


def fingerprint(alert: AlertRaised) -> str:
    """Return what makes two alerts the same: numbers don't count, nor who misses a list."""
    _, is_unlisted, lists = alert.what.partition(UNLISTED)
    if is_unlisted:
        return f"{alert.severity}|{UNLISTED}{without_numbers(lists)}"
    return f"{alert.severity}|{alert.code}|{without_numbers(alert.what)}"


def without_numbers(text: str) -> str:
    """Return `text` with each number replaced: what two texts of one cause have in common."""
    return _NUMBER.sub("#", text)


def of_breaker(breaker: Breaker) -> AlertRaised:
    """Return the alert of a tripped breaker; HALT and KILL are critical, and what is grave."""
    is_halt = breaker.effect >= Effect.HALT
    is_critical = is_halt or breaker.name in _GRAVE
    command = way_out(breaker.name).command if breaker.name in WAYS_OUT else _STATUS
    return AlertRaised(
        severity=Severity.CRITICAL if is_critical else Severity.WARNING,
        code=f"BREAKER:{breaker.name}",
        what=f"{breaker.effect.name} ({breaker.scope}): {breaker.reason}",
        done=_DONE[breaker.effect],
        owned=_OWNED,
        worst=_GRAVE.get(breaker.name, _OF_HALT if is_halt else "none by itself"),
        command=_RESUME if breaker.is_latched and command == _STATUS else command,
        topic=topic_of(breaker.name, breaker.scope),
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
        topic=life_of(down.actor),
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
        topic=life_of(actor),
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
        topic=life_of(actor),
    )


def unwatched(actor: str) -> str:
    """Return what nobody does while `actor` is down."""
    return UNWATCHED.get(actor.partition(".")[0], f"what {actor} does is not done")


def of_discrepancy(found: DiscrepancyFound) -> AlertRaised:
    """Return the alert of a difference between venue and us."""
    what = f"{found.subject}: ours {found.ours}, venue {found.theirs}"
    if found.ours == LEDGER:
        what = f"{found.subject}: {found.theirs}"
    return AlertRaised(
        severity=Severity.CRITICAL,
        code="DISCREPANCY",
        what=what,
        done="entries blocked",
        owned=_OWNED,
        worst="unknown until explained",
        command="python run.py audit verify",
    )


def of_ended_order(order: OrderAdvanced, what: str) -> AlertRaised:
    """Return the alert of an order that had ended by our books, and has more at the venue."""
    name, state = order.client_order_id, order.state.value
    return AlertRaised(
        severity=Severity.WARNING,
        code="AFTER_ITS_END",
        what=f"{order.purpose.value} {name} of {order.product} was {state} to us, now {what}",
        done="taken into our books: fills count, an entry that is alive is cancelled",
        owned=_OWNED,
        worst="stops of owned lots as listed in status",
        command=_STATUS,
    )


def of_unconfirmed_stop() -> AlertRaised:
    """Return the alert of an end before every order and every request had its own."""
    return AlertRaised(
        severity=Severity.CRITICAL,
        code="STOP_UNCONFIRMED",
        what="the run ended before it was sure that no entry of ours is or will be at the venue",
        done="the sentinel process goes on and cancels what is there or appears",
        owned=_OWNED,
        worst="an entry whose request was on its way fills before it is cancelled",
        command=_STATUS,
    )


def of_lots(listed: LotsListed) -> AlertRaised | None:
    """Return the alert of unprotected lots, None if every lot is protected."""
    if not listed.unprotected:
        return None
    is_start, lots = listed.occasion == START, counted(len(listed.unprotected), "lot")
    return AlertRaised(
        severity=Severity.CRITICAL if is_start else Severity.WARNING,
        code="UNPROTECTED",
        what=f"{lots} may not be there" if is_start else f"{lots} owned that nothing sells now",
        done="venue and ledger differ: entries blocked, exits sell what is there"
        if is_start
        else "stops and targets are watched again from the next start on",
        owned=", ".join(listed.unprotected),
        worst="the whole value of these lots"
        if is_start
        else "the whole value of these lots while nothing runs",
        command="python run.py status" if is_start else "python run.py --env paper",
        topic=UNPROTECTED_LOTS,
    )


def of_hindered_exit(
    lot: Lot, reason: ExitReason, hindrance: str, bid: Price, age_ns: int
) -> AlertRaised:
    """Return the alert of an exit that has been due for `age_ns` of machine time; a stop that
    can't be done is critical.
    """
    is_stop = reason is ExitReason.STOP
    worth = _worth(lot, bid)
    return AlertRaised(
        severity=Severity.CRITICAL if is_stop else Severity.WARNING,
        code="EXIT_HINDERED",
        what=(
            f"{lot.product}: {_REASONS[reason]} of lot {lot.id} due for {age_ns // SECOND} s and"
            f" not sold: {hindrance}"
        ),
        done="tried again every 60 s at most, at once when price, flags or quantity change",
        owned=worth,
        worst=f"{worth} and falling with the price" if is_stop else "the price until it is sold",
        command=_RESUME if hindrance.startswith("killed") else _STATUS,
    )


def of_bare_lot(lot: Lot, hindrance: str) -> AlertRaised:
    """Return the alert of a lot that no order at the venue protects."""
    cost = f"{plain(lot.held)} {base_of(lot.product)}, bought for {plain(lot.cost)}"
    return AlertRaised(
        severity=Severity.WARNING,
        code="NO_VENUE_STOP",
        what=f"{lot.product}: no stop order at the venue protects lot {lot.id}: {hindrance}",
        done="tried again every 60 s at most; the exit actor sells at the stop while it runs",
        owned=f"{cost} {quote_of(lot.product)}",
        worst="its fall below the stop, should this process end before the order is there",
        command=_STATUS,
        topic=stop_of(lot.id),
    )


def of_hindered_trim(lot: Lot, hindrance: str) -> AlertRaised:
    """Return the alert of sales down to a cap that have failed several times in a row."""
    return AlertRaised(
        severity=Severity.WARNING,
        code="TRIM_HINDERED",
        what=f"{lot.product}: {_REASONS[ExitReason.TRIM]} fails again and again: {hindrance}",
        done="tried again after a longer wait each time; stops and targets are watched as ever",
        owned=f"{plain(lot.held)} {base_of(lot.product)} in lot {lot.id}",
        worst="more is at risk than the cap allows, until it is sold",
        command=_RESUME if hindrance.startswith("killed") else _STATUS,
    )


def of_dust(lot: Lot, bid: Price, minimum: str) -> AlertRaised:
    """Return the alert of a lot that is too small to be sold."""
    return AlertRaised(
        severity=Severity.WARNING,
        code="DUST",
        what=f"{lot.product}: lot {lot.id} is due for sale and too small: {minimum}",
        done="parked as dust; sold when it can be",
        owned=_worth(lot, bid),
        worst=_worth(lot, bid),
        command=_STATUS,
    )


def of_unread(news: EntriesUnread) -> AlertRaised:
    """Return the alert of entries of the venue that were left out."""
    return AlertRaised(
        severity=Severity.WARNING,
        code="LEFT_OUT",
        what=sentence(news),
        done="left alone and counted; entries are blocked if it may be about an order of ours",
        owned=_OWNED,
        worst="none by itself",
        command=_STATUS,
    )


def of_blind_lot(lot: Lot, bid: Price | None, why: str) -> AlertRaised:
    """Return the alert of a lot whose product has no price that can be trusted."""
    base, quote = base_of(lot.product), quote_of(lot.product)
    bought = f"{plain(lot.quantity)} {base}, bought for {plain(lot.cost)} {quote}"
    return AlertRaised(
        severity=Severity.CRITICAL,
        code="STALENESS",
        what=f"{lot.product}: no price to judge lot {lot.id} by: {why}",
        done="its stop waits for a price; the feed asks for one; entries blocked",
        owned=bought if bid is None else _worth(lot, bid),
        worst="all of it while nobody bids; sell it at the venue if trading there has ended",
        command=_STATUS,
    )


def _worth(lot: Lot, bid: Price) -> str:
    base, quote = base_of(lot.product), quote_of(lot.product)
    return f"{plain(lot.held)} {base}, {bid * lot.held:.2f} {quote} at the last bid"


def of_missing_lot(lot: Lot, missing: Quantity) -> AlertRaised:
    """Return the alert of a lot of which the venue holds so much less than we bought."""
    base, quote = base_of(lot.product), quote_of(lot.product)
    held = Quantity(lot.quantity - missing)
    return AlertRaised(
        severity=Severity.CRITICAL,
        code="MISSING",
        what=(
            f"{lot.product}: {plain(missing)} of {plain(lot.quantity)} {base} of lot {lot.id} is"
            " not at the venue any more, and no order of ours sold it"
        ),
        done=(
            f"{lot.product} is frozen: no entries, nothing bought back; what is missing counts as"
            " nothing; put back it is found by itself"
        ),
        owned=(
            f"{plain(held)} {base}, protected by the exit actor as before"
            if held
            else "nothing of this lot"
        ),
        worst=f"its cost of {lot.cost_of(missing):.2f} {quote}, if nobody of yours took it",
        command=RELEASE.replace("LOT", lot.id),
    )


def of_cash_flow(flow: CashFlowSeen) -> AlertRaised:
    """Return the alert of a change of a balance that is no fill of ours."""
    way = "came in" if flow.amount > 0 else "went out"
    who = "nobody of yours"
    if flow.kind == CONVERTED:
        who = "neither `liquidate` nor anybody of yours"
    return AlertRaised(
        severity=Severity.WARNING,
        code="CASH_FLOW",
        what=f"{plain(abs(flow.amount))} {flow.currency} {way} by no order of ours: {flow.kind}",
        done="booked as a flow: it is neither profit nor loss; trading goes on",
        owned=_OWNED,
        worst=f"none by itself; if it was {who}, kill and look at the account",
        command=_STATUS,
    )


def of_stale_quote(product: ProductId, age_ns: int, limit_ns: int) -> AlertRaised:
    """Return the alert of a quote that nothing confirms any more; ages are market time."""
    what = f"{product}: quote {age_ns // MILLISECOND} ms old, limit {limit_ns // MILLISECOND} ms"
    return _of_feed("STALENESS", what, "entries of the product blocked")


def of_frozen_stream(product: ProductId) -> AlertRaised:
    """Return the alert of a stream that shows another price of `product` than the venue's REST."""
    what = f"{product}: its stream is frozen, the venue's REST shows another price"
    return _of_feed("STALENESS", what, "entries of the product blocked; exits go by REST")


def of_future_stamp(what: str, ahead_ns: int, refused: int) -> AlertRaised:
    """Return the alert of something of the venue that is stamped ahead of market time."""
    text = f"{what} is stamped {ahead_ns // SECOND} s ahead; {refused} refused in this run"
    return _of_feed("CLOCK", text, "left out; the stream begins anew; is a clock wrong?")


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
