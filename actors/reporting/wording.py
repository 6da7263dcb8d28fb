"""What happens, said so that a newcomer understands it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from domain.messages.control import SweepFinished
from domain.messages.decisions import ProposalRefused, RoundJudged
from domain.messages.orders import FillBooked, OrderAdvanced
from domain.messages.portfolio import START, LotsListed
from domain.messages.supervision import BreakerReset
from domain.messages.venue import EntriesUnread
from domain.model.approval import Limit, Purpose, Reason
from domain.model.breakers import GLOBAL, Breaker, Effect
from domain.model.instants import MILLISECOND, SECOND
from domain.model.money import plain
from domain.model.orders import OrderIntent, OrderState
from domain.model.portfolio import PortfolioView
from domain.model.product import Side
from domain.model.wording import counted
from domain.system.pause import PAUSE

_STATES = {
    OrderState.INTENDED: "written down",
    OrderState.PENDING_SUBMIT: "on its way",
    OrderState.UNKNOWN: "without an answer; asking the venue",
    OrderState.OPEN: "resting at the venue",
    OrderState.PARTIALLY_FILLED: "partly filled",
    OrderState.PENDING_CANCEL: "being cancelled",
    OrderState.FILLED: "filled",
    OrderState.CANCELLED: "cancelled",
    OrderState.REJECTED: "rejected by the venue",
    OrderState.EXPIRED: "expired",
    OrderState.VOID: "void: it never reached the venue",
}
_EFFECTS = {
    Effect.NONE: "noted",
    Effect.BLOCK: "entries blocked",
    Effect.REDUCE_ONLY: "only exits",
    Effect.HALT: "HALT: no entries, exits run",
    Effect.KILL: "KILL: nothing is sent any more",
}
_REASONS: Mapping[str, str] = {
    "stale_quote": "its quote is too old",
    "stale_bar": "its last bar is too old",
    "total_cap": "the cap on everything at risk would be passed",
    "position_cap": "the cap on one position would be passed",
    "asset_cap": "the cap on one asset would be passed",
    "theme_cap": "the cap on its theme would be passed",
    "strategy_cap": "the strategy's budget would be passed",
    "target_below_cost": "the target would not pay for fees and spread",
    "insufficient_cash": "there is not enough cash",
    "already_approved": "this bar has already led to an order",
    "blocked": "entries are blocked",
    "halted": "trading is halted",
    "killed": "the kill switch is on",
}


def why(reason: Reason) -> str:
    """Return a refusal's reason in words; one that has none is its own."""
    return _REASONS.get(reason, reason.replace("_", " "))


def money(amount: Decimal | None, currency: str = "USD") -> str:
    """Return an amount for people: two digits, thousands apart."""
    return "unknown" if amount is None else f"{amount:,.2f} {currency}"


def cycle(
    judged: RoundJudged,
    view: PortfolioView | None,
    left_ns: int,
    blocked: str | None,
    stalled: int,
) -> str:
    """Return the one line of a cycle: decision, main reason, equity, next cycle."""
    if judged.approved:
        decision = "entering " + ", ".join(judged.approved)
    elif judged.refused:
        product, reason = judged.refused[0]
        decision = f"no entry: {product} refused, {why(reason)}"
        if len(judged.refused) > 1:
            decision += f" (and {len(judged.refused) - 1} more)"
    elif judged.late:
        decision = "no entry: no answer from " + ", ".join(judged.late)
    else:
        decision = "no entry: no product gives a signal"
    parts = [f"cycle {judged.cycle}: {decision}"]
    if blocked is not None:
        parts.append(f"blocked by {blocked}")
    if stalled:
        parts.append(f"{counted(stalled, 'product')} without fresh data")
    currency = view.quote_currency if view is not None else ""
    parts.append(f"equity {money(view.nlv if view else None, currency)}")
    if view is not None and view.lots:
        parts.append(f"{counted(len(view.lots), 'lot')} held")
    parts.append(f"next in {max(0, left_ns) / SECOND:.0f} s")
    return " · ".join(parts)


def fill(booked: FillBooked) -> str:
    """Return the line of a fill."""
    done, order = booked.fill, booked.order
    verb = "bought" if done.side is Side.BUY else f"sold ({order.reason})"
    how = "maker" if done.is_maker else "taker"
    return (
        f"{verb} {plain(done.quantity)} {done.product} at {plain(done.price)}"
        f" · fee {money(done.fee, '')}({how}) · {order.strategy}"
    )


def order(moved: OrderAdvanced) -> str:
    """Return the line of an order's new state."""
    what = "entry" if moved.purpose is Purpose.ENTRY else "exit"
    tail = f" ({moved.reason})" if moved.reason else ""
    return f"{what} {moved.side.value} {moved.product} is {_STATES[moved.state]}{tail}"


def would_place(intent: OrderIntent) -> str:
    """Return the line of a dry run's order."""
    asked = intent.order
    price = plain(asked.order_type.price) if isinstance(asked.order_type, Limit) else "market"
    return f"dry run: would {asked.side.value} {plain(asked.quantity)} {asked.product} at {price}"


def refused(answer: ProposalRefused) -> str:
    """Return the line of a refusal, every broken rule in it."""
    rules = "; ".join(
        f"{each.reason} (was {each.observed}, limit {each.limit})" for each in answer.refusals
    )
    return f"{answer.purpose.value} {answer.side.value} {answer.product} refused: {rules}"


def breaker(opened: Breaker) -> str:
    """Return the line of a tripped breaker."""
    ends = "unpause" if opened.name == PAUSE else "resume"
    latch = f" until `{ends}`" if opened.is_latched else ""
    where = "" if opened.scope == GLOBAL else f" for {opened.scope}"
    return (
        f"breaker {opened.name} tripped: {_EFFECTS[opened.effect]}{where}{latch} · {opened.reason}"
    )


def reset(closed: BreakerReset) -> str:
    """Return the line of a closed breaker."""
    return f"breaker {closed.name} ({closed.scope}) reset by {closed.by}: {closed.evidence}"


def left_out(news: EntriesUnread) -> dict[str, object]:
    """Return what the status says of one kind of entries that were left out."""
    return {
        "kind": news.kind.value,
        "reason": news.reason,
        "count": news.count,
        "last": list(news.names),
    }


def lots(listed: LotsListed) -> tuple[str, ...]:
    """Return a line for each owned lot: who guards it, or that nobody does."""
    guarded = tuple(f"lot {each} is protected by the exit actor" for each in listed.protected)
    why = (
        "NOT protected: venue and ledger differ, see what is not there"
        if listed.occasion == START
        else "UNPROTECTED until the next start"
    )
    return guarded + tuple(f"lot {each} is {why}" for each in listed.unprotected)


def sweep(finished: SweepFinished) -> str:
    """Return the line of a finished sweep."""
    return (
        f"no entry rests at the venue any more ({', '.join(finished.reasons)}):"
        f" {finished.cancelled} cancelled, confirmed by two listings"
        f" in {finished.took_ns // MILLISECOND} ms"
    )
