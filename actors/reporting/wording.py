"""What happens, said so that a newcomer understands it: two decimals, a trader's words.

The exact values stay in journal, status and the structured log.
"""

from __future__ import annotations

from decimal import Decimal

from actors.reporting.deals import Deal
from actors.reporting.refusals import brief, rounded, why
from domain.messages.control import AlertRaised, SweepFinished
from domain.messages.decisions import RoundJudged
from domain.messages.orders import OrderAdvanced
from domain.messages.supervision import BY_OPERATOR, BreakerReset
from domain.messages.venue import EntriesUnread
from domain.model import figures
from domain.model.approval import ApprovedEntry, ApprovedOrder, ExitReason, Limit, Purpose
from domain.model.instants import SECOND
from domain.model.orders import OrderIntent, OrderState
from domain.model.portfolio import PortfolioView
from domain.model.product import Side, base_of
from domain.model.regime import RegimeReading
from domain.model.wording import counted

_STATES = {
    OrderState.INTENDED: "is written down",
    OrderState.PENDING_SUBMIT: "is on its way",
    OrderState.UNKNOWN: "has no answer; the venue is asked",
    OrderState.OPEN: "rests at the venue",
    OrderState.PARTIALLY_FILLED: "is partly filled",
    OrderState.PENDING_CANCEL: "is being cancelled",
    OrderState.FILLED: "is filled",
    OrderState.CANCELLED: "was cancelled, nothing filled",
    OrderState.REJECTED: "was rejected by the venue",
    OrderState.EXPIRED: "was not filled in time and is gone",
    OrderState.VOID: "never reached the venue",
}
_SOLD = {
    ExitReason.STOP: "stop hit",
    ExitReason.TARGET: "target reached",
    ExitReason.MAX_HOLD: "held as long as allowed",
    ExitReason.SIGNAL: "its strategy wants out",
    ExitReason.TRIM: "more was held than a cap allows",
    ExitReason.OPERATOR: "you asked for it",
}


def money(amount: Decimal | None, currency: str = "USD") -> str:
    """Return an amount for people: two digits, thousands apart."""
    return "unknown" if amount is None else f"{figures.money(amount)} {currency}"


def cycle(
    judged: RoundJudged,
    view: PortfolioView | None,
    left_ns: int,
    blocked: str | None,
    stalled: int,
    regime: RegimeReading | None = None,
) -> str:
    """Return the one line of a cycle: decision, main reason, regime, equity, next cycle."""
    parts = [f"cycle {judged.cycle}: {_decision(judged)}"]
    if regime is not None:
        parts.append(f"regime {regime.regime}")
    if blocked is not None:
        parts.append(f"blocked by {brief(blocked)}")
    if stalled:
        parts.append(f"{counted(stalled, 'product')} without fresh prices")
    currency = view.quote_currency if view is not None else ""
    equity = f"equity {money(view.nlv if view else None, currency)}"
    if view is not None and view.lots:
        equity += f", {counted(len(view.lots), 'lot')}"
    return "; ".join((*parts, equity, f"next in {max(0, left_ns) / SECOND:.0f} s"))


def _decision(judged: RoundJudged) -> str:
    if judged.approved:
        return "buying " + ", ".join(judged.approved)
    if judged.refused:
        product, reason = judged.refused[0]
        more = len(judged.refused) - 1
        return f"no entry, {product}: {why(reason)}" + (f" (+{more} more)" if more else "")
    if judged.late:
        return "no entry, no answer from " + ", ".join(judged.late)
    return "no signal"


def deal(done: Deal, currency: str) -> str:
    """Return the line of a purchase or a sale."""
    order = done.order
    base = base_of(order.product)
    quantity = figures.size(done.filled)
    if not done.is_whole:
        quantity += f" of {figures.size(order.quantity)}"
    verb = "bought" if order.side is Side.BUY else "sold"
    paid = (
        f"{verb} {quantity} {base} at {figures.price(done.price)} for "
        f"{money(done.worth, currency)}, fee {figures.money(done.fees)}"
    )
    if isinstance(order, ApprovedEntry):
        return f"{paid}{_protection(done)}; {order.strategy}: {order.reason}"
    return f"{paid}: {_SOLD[order.reason]}{_outcome(done, currency)}"


def _protection(done: Deal) -> str:
    lot = done.holding
    if lot is None:
        return ""
    return f"; stop {figures.price(lot.stop_price)}, target {figures.price(lot.target_price)}"


def _outcome(done: Deal, currency: str) -> str:
    if done.held_ns is None:
        return ""
    share = figures.percent(done.profit_pct, is_signed=True)
    return (
        f"; profit {figures.signed(done.profit)} {currency} ({share}) after fees, "
        f"held {figures.span(done.held_ns)}"
    )


def order(moved: OrderAdvanced) -> str:
    """Return the line of an order's new state."""
    what = "buy" if moved.side is Side.BUY else "sell"
    if moved.purpose is Purpose.PROTECTION:
        what = "stop"
    kind = " (exit)" if moved.purpose is Purpose.EXIT else ""
    tail = f": {rounded(moved.reason)}" if moved.reason else ""
    return f"{what} order for {moved.product}{kind} {_STATES[moved.state]}{tail}"


def would_place(intent: OrderIntent) -> str:
    """Return the line of a dry run's order."""
    asked = intent.order
    verb = "buy" if asked.side is Side.BUY else "sell"
    return (
        f"would {verb} {figures.size(asked.quantity)} {base_of(asked.product)} at "
        f"{_asked_price(asked)}; dry run, nothing is sent"
    )


def _asked_price(order: ApprovedOrder) -> str:
    asked = order.order_type
    return figures.price(asked.price) if isinstance(asked, Limit) else "the market's price"


def alert(raised: AlertRaised) -> str:
    """Return the line of an alert: what happened, what was done, what to type."""
    return f"{raised.code}: {rounded(raised.what)}; {raised.done}; type: {raised.command}"


def reset(closed: BreakerReset) -> str:
    """Return the line of a closed breaker."""
    by = " by you" if closed.by == BY_OPERATOR else ""
    where = "" if closed.scope.is_everywhere else f" for {closed.scope}"
    return f"breaker {closed.name} closed{by}{where}: {rounded(closed.evidence)}"


def left_out(news: EntriesUnread) -> dict[str, object]:
    """Return what the status says of one kind of entries that were left out."""
    return {
        "kind": news.kind.value,
        "reason": news.reason,
        "count": news.count,
        "last": list(news.names),
    }


def sweep(finished: SweepFinished) -> str:
    """Return the line of a finished sweep."""
    return (
        f"{counted(finished.cancelled, 'resting order')} cancelled"
        f" ({', '.join(finished.reasons)}); none is left, two listings say so"
    )
