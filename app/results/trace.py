"""A chain of cause and effect in sentences, and as one JSON document."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap
from typing import Any

from actors.reporting.refusals import refused, rounded
from app.results.why import SOLD_BECAUSE
from domain.messages.decisions import (
    ExitHindered,
    ExitProposed,
    OrderApproved,
    ProposalRefused,
    ProtectionProposed,
    ProtectionWithdrawn,
    RestProposed,
    RoundJudged,
    StopRaised,
)
from domain.messages.orders import EntryDropped, FillBooked, IntentRaised, OrderAdvanced, WouldPlace
from domain.messages.portfolio import LotAdopted, LotReleased
from domain.model import figures
from domain.model.approval import (
    ApprovedEntry,
    ApprovedExit,
    ApprovedOrder,
    Limit,
    StopLimit,
)
from domain.model.figures import moment
from domain.model.instants import iso
from domain.model.money import plain
from domain.model.orders import OrderState
from domain.model.product import ProductId, Side, base_of, quote_of
from domain.results.round_trips import RoundTrip
from domain.results.trace import LotChain, Noted, Trace

SCHEMA = 1
WIDTH = 80
_INDENT = " " * 23
_STATES = {
    OrderState.INTENDED: "it is to be sent",
    OrderState.PENDING_SUBMIT: "it left for the venue",
    OrderState.UNKNOWN: "it is not known whether the venue has it",
    OrderState.OPEN: "the venue has it",
    OrderState.PARTIALLY_FILLED: "a part of it is filled",
    OrderState.PENDING_CANCEL: "its cancellation was asked for",
    OrderState.FILLED: "all of it is filled",
    OrderState.CANCELLED: "it was cancelled",
    OrderState.REJECTED: "the venue rejected it",
    OrderState.EXPIRED: "it was not filled in time",
    OrderState.VOID: "it never reached the venue",
}


def lines(trace: Trace) -> Iterator[str]:
    """Yield the chain for people, within 80 columns."""
    if trace.decision:
        first = trace.decision[0]
        yield f"the decision {first.correlation} of run {first.run}"
        for noted in trace.decision:
            yield from _line(noted)
    for number, chain in enumerate(trace.chains):
        if number or trace.decision:
            yield ""
        yield f"lot {chain.lot}"
        for noted in chain.steps:
            yield from _line(noted)
        yield from _wrapped("", outcome(chain))


def document(trace: Trace, asked: str) -> dict[str, Any]:
    """Return what `trace --json` prints: amounts exact and as text, times RFC 3339."""
    return {
        "schema": SCHEMA,
        "id": asked,
        "decision": [_step(noted) for noted in trace.decision],
        "lots": [
            {
                "lot": chain.lot,
                "product": None if chain.trip is None else chain.trip.product,
                "strategy": None if chain.trip is None else chain.trip.strategy,
                "steps": [_step(noted) for noted in chain.steps],
                "result": None if chain.trip is None else _result(chain.trip),
                "outcome": outcome(chain),
            }
            for chain in trace.chains
        ],
    }


def outcome(chain: LotChain) -> str:
    """Return what the chain has come to, in a sentence."""
    trip = chain.trip
    if trip is None:
        return "nothing was bought: no profit and no loss"
    base, quote = base_of(trip.product), quote_of(trip.product)
    if not trip.sold:
        return f"{figures.size(trip.bought - trip.released)} {base} of it is owned; nothing is sold"
    what = f"{figures.signed(trip.profit)} {quote} after fees of {figures.money(trip.fees)}"
    if trip.is_closed:
        return f"profit {what}, held {figures.span(trip.held_ns)}"
    left = trip.bought - trip.sold - trip.released
    return f"profit {what} on what is sold; {figures.size(left)} {base} of it is owned"


def sentence(message: Any) -> str:
    """Return what a record of a chain says."""
    match message:
        case OrderApproved(ApprovedEntry(replaces=before) as order) if before:
            return f"{_rest(order)}. The risk gate approved it: no rule objected"
        case OrderApproved(ApprovedEntry() as order):
            return f"{_proposed(order)}. The risk gate approved it: no rule objected"
        case OrderApproved(ApprovedExit() as order):
            return f"the risk gate approved {_approved_sale(order)}"
        case ProtectionProposed():
            return f"{_size(message.product, message.quantity)} to be protected at the venue"
        case StopRaised():
            stop, bid = figures.price(message.stop_price), figures.price(message.bid)
            return f"its stop follows the market up to {stop}, the bid is {bid}"
        case ProtectionWithdrawn(why=why):
            return f"its stop order at the venue is withdrawn: {why}"
        case ProposalRefused():
            return f"the risk gate refused: {refused(message)}"
        case RoundJudged(cycle=cycle, approved=approved, refused=no):
            verdicts = f"{len(approved)} approved, {len(no)} refused"
            late = f"; no answer in time from {', '.join(message.late)}" if message.late else ""
            return f"cycle {cycle} was judged: {verdicts}{late}"
        case EntryDropped(reason=reason):
            return f"it did not leave: {rounded(reason)}"
        case RestProposed():
            how = "taken at once" if message.takes else "bought at the price of now"
            return f"what is left of it is to be {how}"
        case ExitProposed():
            return _due(message)
        case ExitHindered(hindrance=None):
            return "nothing hinders its sale any more"
        case ExitHindered(hindrance=str(hindrance)):
            return f"it can't be sold now: {rounded(hindrance)}"
        case LotAdopted():
            cost = f"{figures.money(message.cost)} {quote_of(message.product)}"
            what = f"{_size(message.product, message.quantity)} adopted at a cost of {cost}"
            return f"{what}, stop {figures.price(message.stop_price)}: {message.reason}"
        case LotReleased():
            return f"{_size(message.product, message.quantity)} released: {message.reason}"
        case _:
            return _of_order(message)


def _approved_sale(order: ApprovedExit) -> str:
    if not isinstance(order.order_type, StopLimit):
        return f"the sale of {_amount(order)}: {SOLD_BECAUSE[order.reason]}"
    stop = figures.price(order.order_type.stop_price)
    return (
        f"a stop order at the venue for {_amount(order)}: it sells once a trade at {stop} or below"
        " has come"
    )


def _due(wanted: ExitProposed) -> str:
    due = _size(wanted.product, wanted.quantity)
    more = f" ({rounded(wanted.why)})" if wanted.why else ""
    because = f"{SOLD_BECAUSE[wanted.reason]}{more}"
    return f"due to be sold, {due} at a bid of {figures.price(wanted.bid)}: {because}"


def _of_order(message: IntentRaised | WouldPlace | OrderAdvanced | FillBooked) -> str:
    match message:
        case IntentRaised(intent):
            return f"order {intent.client_order_id}, number {intent.number}, is on record"
        case WouldPlace(intent):
            return f"dry run: order {intent.client_order_id} would have been sent"
        case OrderAdvanced():
            named = f", order id {message.order_id}" if message.state is OrderState.OPEN else ""
            why = f": {message.reason}" if message.reason else ""
            return f"{_STATES[message.state]}{named}{why}"
        case FillBooked(fill):
            verb = "bought" if fill.side is Side.BUY else "sold"
            role, quote = "maker" if fill.is_maker else "taker", quote_of(fill.product)
            return (
                f"{verb} {_size(fill.product, fill.quantity)} at {figures.price(fill.price)},"
                f" fee {figures.money(fill.fee)} {quote} as {role}, trade {fill.entry_id}"
            )


def _proposed(order: ApprovedEntry) -> str:
    price = order.order_type.price if isinstance(order.order_type, Limit) else None
    at = "" if price is None else f" at {figures.price(price)}"
    return (
        f"{order.strategy} proposed to buy {_amount(order)}{at}, stop {plain(order.stop_loss_pct)}"
        f" % below, target {plain(order.take_profit_pct)} % above: {order.reason}"
    )


def _rest(order: ApprovedEntry) -> str:
    """Return what an order buys of the rest of another."""
    limit = order.order_type
    how, at = "", ""
    if isinstance(limit, Limit):
        how = "rests" if limit.lifetime_ns is not None else "is taken"
        at = f" at {figures.price(limit.price)}"
    return f"it replaces order {order.replaces}: {_amount(order)} {how}{at}"


def _amount(order: ApprovedOrder) -> str:
    return _size(order.product, order.quantity)


def _size(product: ProductId, quantity: Any) -> str:
    return f"{figures.size(quantity)} {base_of(product)}"


def _line(noted: Noted) -> Iterator[str]:
    yield from _wrapped(moment(noted.at_ns), sentence(noted.message))


def _wrapped(head: str, text: str) -> Iterator[str]:
    first, *others = wrap(text, WIDTH - len(_INDENT), break_on_hyphens=False)
    yield f"{f'  {head}':<{len(_INDENT)}}{first}"
    for each in others:
        yield f"{_INDENT}{each}"


def _step(noted: Noted) -> dict[str, Any]:
    return {
        "seq": noted.seq,
        "at": iso(noted.at_ns),
        "run": noted.run,
        "correlation": noted.correlation,
        "type": type(noted.message).__name__,
        "text": sentence(noted.message),
    }


def _result(trip: RoundTrip) -> dict[str, Any]:
    return {
        "is_closed": trip.is_closed,
        "bought": plain(trip.bought),
        "sold": plain(trip.sold),
        "released": plain(trip.released),
        "profit_before_fees": plain(trip.gross),
        "fees": plain(trip.fees),
        "profit": plain(trip.profit),
    }
