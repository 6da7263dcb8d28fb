"""Parts of the status document; decimals are strings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from actors.kernel.topology import AUDITOR, EXITS, FEED, ORDER_MANAGER, RISK_GATE
from actors.reporting.identity import ActorStatus
from domain.market.bids import Bid
from domain.messages.decisions import RoundJudged
from domain.messages.orders import OrderAdvanced
from domain.messages.portfolio import CapsMeasured, EquityMarked, LimitUse, LossesMeasured
from domain.messages.supervision import ClockChecked
from domain.model import wallets
from domain.model.approval import Limit, StopLimit
from domain.model.breakers import GLOBAL, Breaker, Effect
from domain.model.instants import MILLISECOND, SECOND, iso
from domain.model.money import plain
from domain.model.orders import OrderIntent
from domain.model.portfolio import Lot, PortfolioView
from domain.model.product import Product
from domain.system.rate_budget import BudgetUse
from domain.system.tally import ClosedBreaker

SCHEMA = 3
"""Version of the document. 1, which did not say so, had no limits, decision or parts of profit; 2
had no PnL by strategy."""
EXIT_ACTOR, VENUE, NOBODY = "exit actor", "venue", "nobody"
"""Who sells a lot when its stop is passed."""
EXIT_ACTOR_AND_VENUE = f"{EXIT_ACTOR} and {VENUE}"
MISSING = "missing at the venue"
"""Of a lot that is not there any more."""
SELLERS = frozenset({EXITS, FEED, RISK_GATE, AUDITOR, ORDER_MANAGER})
"""Without one of these actors no sale is seen to be due, approved, recorded and sent."""
DOWN = "down"
"""State of an actor that is not there."""
PERCENT_DIGITS = Decimal("0.0001")
HUNDRED = Decimal(100)

Row = dict[str, object]


def equity_members(view: PortfolioView | None) -> Row:
    """Return what the account is worth and how its profit is made.

    `pnl_net` = `realised` (of what was sold, after fees) + `unrealised` (if all lots were sold now
    at the bid, after fees) = `equity` less `opening_equity`.
    """
    if view is None:
        names = ("equity", "cash", "pnl_net", "realised", "unrealised", "opening_equity", "fees")
        return {"quote": None, **dict.fromkeys(names)}
    pnl = view.pnl_net
    return {
        "quote": view.quote_currency,
        "equity": _text(view.nlv),
        "cash": plain(view.cash),
        "pnl_net": _text(pnl),
        "realised": plain(view.realised),
        "unrealised": None if pnl is None else plain(pnl - view.realised),
        "opening_equity": plain(view.opening_nlv),
        "fees": plain(view.fees),
    }


def other_wallet_row(view: PortfolioView | None) -> Row | None:
    """Return what lies in the other of the two wallets that can pay, None where nothing does."""
    if view is None or not view.elsewhere:
        return None
    quote = view.quote_currency
    return {
        "currency": wallets.SISTERS[quote],
        "amount": plain(view.elsewhere),
        "step": wallets.step(quote),
        "command": wallets.command(quote),
    }


def halt_members(strongest: Breaker | None) -> Row:
    """Return whether trading is halted by the strongest breaker that is open, and why."""
    if strongest is None or strongest.effect < Effect.HALT:
        return {"halted": False, "halt_reason": None}
    return {"halted": True, "halt_reason": strongest.reason}


def position_row(
    lot: Lot,
    bid: Bid | None,
    hindered: str | None,
    *,
    guard: str = EXIT_ACTOR,
    product: Product | None = None,
) -> Row:
    """Return an owned lot, valued at the newest `bid`, with what hinders its sale, if anything.

    `guard` is who sells it; the increments are those of `product`, where it is known.
    """
    mark = None if bid is None else bid.price
    held_cost = lot.cost - lot.missing_cost
    unrealised = None if mark is None else mark * lot.held - held_cost
    return {
        "lot": lot.id,
        "product": lot.product,
        "quantity": plain(lot.quantity),
        "cost": plain(lot.cost),
        "mark": _text(mark),
        "mark_at": None if bid is None else iso(bid.confirmed_ns),
        "missing": plain(lot.missing),
        "unrealised": _text(unrealised),
        "unrealised_pct": _percent(unrealised, held_cost),
        "stop": plain(lot.stop_price),
        "target": _text(lot.target_price),
        "protected_at": guard if lot.held else MISSING,
        "hindered": hindered,
        "strategy": lot.strategy,
        "signal": lot.signal,
        "opened": iso(lot.opened_ns),
        "expires": None if lot.expires_ns is None else iso(lot.expires_ns),
        "price_increment": None if product is None else plain(product.price_increment),
        "quantity_increment": None if product is None else plain(product.base_increment),
    }


def guard_of(roster: Iterable[ActorStatus], open_now: Iterable[Breaker]) -> str:
    """Return who sells lots whose stop is passed: nobody under KILL, or while one of those is down
    whom a sale takes.
    """
    is_killed = any(each.effect >= Effect.KILL and each.scope.is_everywhere for each in open_now)
    is_broken = any(each.state == DOWN and each.name in SELLERS for each in roster)
    return NOBODY if is_killed or is_broken else EXIT_ACTOR


def protection(guard: str, *, at_venue: bool) -> str:
    """Return who sells a lot when its stop is passed: `guard`, an order that waits at the venue,
    or both.
    """
    if not at_venue:
        return guard
    return EXIT_ACTOR_AND_VENUE if guard == EXIT_ACTOR else VENUE


def is_protected_at_venue(protected_at: str) -> bool:
    """Tell whether that is said of a lot whose order waits at the venue."""
    return protected_at in (VENUE, EXIT_ACTOR_AND_VENUE)


def last_known_row(marked: EquityMarked | None) -> dict[str, str]:
    """Return equity and profit of the last cycle at which the value of every lot was known."""
    if marked is None or marked.nlv is None:
        return {}
    return {"equity": plain(marked.nlv), "pnl_net": plain(marked.nlv - marked.opening_nlv)}


def budget_rows(uses: Iterable[BudgetUse], wall_ns: int) -> Row:
    """Return each class of requests: how many left within the last window, and of how many.

    `paused_until` is UTC by the wall clock, None while the venue does not refuse us.
    """
    return {
        use.name: {
            "used": use.used,
            "limit": use.limit,
            "window_seconds": use.window_ns // SECOND,
            "waiting": use.waiting,
            "refused": use.refused,
            "paused_until": iso(wall_ns + use.pause_ns) if use.pause_ns else None,
        }
        for use in uses
    }


def decision_row(judged: RoundJudged | None, at_ns: int) -> Row | None:
    """Return the last decision, made at that market time, with every product's main reason."""
    if judged is None:
        return None
    return {
        "cycle": judged.cycle,
        "at": iso(at_ns),
        "approved": list(judged.approved),
        "refused": [{"product": one, "reason": reason} for one, reason in judged.refused],
        "late": list(judged.late),
        "next_at": iso(judged.next_ns),
    }


def clock_row(checked: ClockChecked | None, at_ns: int) -> Row | None:
    """Return how far this machine's clock is off, seen at that market time; None: nobody looks,
    because the venue's time is our own making.
    """
    if checked is None:
        return None
    drift_ns = checked.drift_ns
    return {
        "drift_ms": None if drift_ns is None else plain(Decimal(drift_ns) / MILLISECOND),
        "limit_ms": plain(Decimal(checked.limit_ns) / MILLISECOND),
        "source": checked.source,
        "at": iso(at_ns),
        "fault": checked.fault,
        "doubts": list(checked.doubts),
    }


def loss_rows(measured: LossesMeasured | None) -> Iterator[Row]:
    """Yield each limit on losses: how much of it is used, what it is and what is left."""
    for use in measured.losses if measured is not None else ():
        yield _limit_row(use)


def cap_rows(measured: CapsMeasured | None) -> Iterator[Row]:
    """Yield each cap on what is at risk."""
    for use in measured.caps if measured is not None else ():
        yield _limit_row(use)


def _limit_row(use: LimitUse) -> Row:
    return {
        "name": use.name,
        "used": plain(use.used),
        "limit": plain(use.limit),
        "left": plain(use.limit - use.used),
        "unit": use.unit,
    }


def breaker_rows(
    open_now: Iterable[Breaker],
    measured: LossesMeasured | None,
    closed: Iterable[ClosedBreaker],
) -> list[Row]:
    """Return the open breakers, the limits on losses that hold, and those that have closed."""
    shown: list[Row] = [
        {
            "name": each.name,
            "scope": each.scope,
            "state": each.effect.name,
            "latched": each.is_latched,
            "reason": each.reason,
            "since": iso(each.at_ns),
            "distance": "0",
        }
        for each in open_now
    ]
    keys = {(each["name"], each["scope"]) for each in shown}
    fine: Row = {"state": "OK", "latched": False}
    for use in measured.losses if measured is not None else ():
        if (use.name, GLOBAL) not in keys:
            reason = f"lost {use.used:.2f} of {plain(use.limit)} {use.unit}"
            left = plain(use.limit - use.used)
            shown.append(
                {"name": use.name, "scope": GLOBAL, **fine, "reason": reason, "distance": left}
            )
    shown.extend(
        {
            "name": each.name,
            "scope": each.scope,
            **fine,
            "reason": each.reason,
            "closed": each.closed,
            "distance": None,
        }
        for each in closed
        if (each.name, each.scope) not in keys
    )
    return shown


def order_row(order: OrderAdvanced, intent: OrderIntent | None) -> Row:
    """Return an order that has not ended; `intent`, where it is known, says what it asks for."""
    asked = None if intent is None else intent.order
    kind = None if asked is None else asked.order_type
    return {
        "client_order_id": order.client_order_id,
        "product": order.product,
        "side": order.side.value,
        "state": order.state.value,
        "purpose": order.purpose.value,
        "filled": plain(order.filled),
        "quantity": None if asked is None else plain(asked.quantity),
        "price": plain(kind.price) if isinstance(kind, Limit | StopLimit) else None,
        "stop_price": plain(kind.stop_price) if isinstance(kind, StopLimit) else None,
    }


def actor_row(member: ActorStatus) -> Row:
    """Return one actor; `mailbox` counts what waits for it."""
    return {
        "name": member.name,
        "state": member.state,
        "epoch": member.epoch,
        "restarts": member.restarts,
        "mailbox": member.mailbox,
        "conflated": member.conflated,
    }


def _percent(part: Decimal | None, whole: Decimal) -> str | None:
    if part is None or not whole > 0:
        return None
    return plain((part / whole * HUNDRED).quantize(PERCENT_DIGITS))


def _text(value: Decimal | None) -> str | None:
    return None if value is None else plain(value)
