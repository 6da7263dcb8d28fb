"""A status for people: what it does, what it is worth, what it owns, what stops it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from actors.reporting.rows import VENUE
from app.status import words
from app.status.alerts import latest_lines
from app.status.head import head
from app.status.lines import BAD, DIM, WARN, Line, columns, title
from app.status.members import Members
from app.status.pnl import pnl_lines
from app.status.reasons import decision_lines, order_lines
from app.status.signs import InstanceState, Signs
from app.status.stops import breaker_lines, closed_lines, limit_lines
from app.status.universe import data_lines, universe_lines
from domain.model.figures import moment
from domain.model.instants import SECOND

STALE_AFTER_NS = 5 * SECOND
"""Age from which a price is called old: the quote limit of the rules."""


def sections(document: Members, signs: Signs, alerts: Sequence[Members]) -> Iterator[Line]:
    """Yield the whole screen; `alerts` are the newest, oldest first."""
    yield from head(document, signs)
    yield from breaker_lines(document, is_up=signs.state.is_up)
    yield from equity_lines(document)
    yield from wallet_lines(document)
    yield from position_lines(document, signs)
    yield from pnl_lines(document)
    yield from order_lines(document, is_over=not signs.state.is_up)
    yield from decision_lines(document, is_up=signs.state.is_up)
    yield from data_lines(document)
    yield from universe_lines(document)
    yield from limit_lines(document)
    yield from closed_lines(document)
    yield from actor_lines(document, signs)
    yield from latest_lines(alerts)


def equity_lines(document: Members) -> Iterator[Line]:
    """Yield what the account is worth and how its profit is made."""
    quote, last = document.text("quote"), document.part("last_known")
    pnl, equity = document.number("pnl_net"), document.number("equity")
    opening = document.number("opening_equity")
    yield from title(f"Equity {words.short(quote, 8)}".rstrip())
    rows = [("equity", words.money(equity), "cash, and positions at the bid less fees")]
    if equity is None and last:
        rows = [("equity", words.money(last.number("equity")), "as known last; a price is missing")]
        pnl = last.number("pnl_net")
    if opening is None and equity is not None and pnl is not None:
        opening = words.difference(equity, pnl)
    share = words.share(pnl, opening)
    since = "since the account opened"
    gained = since if share is None else f"{words.signed_percent(share)} {since}"
    rows.append(("profit", words.signed(pnl), gained))
    if document.number("realised") is not None:
        realised, open_now = document.number("realised"), document.number("unrealised")
        rows.append(("  realised", words.signed(realised), "of what was sold, after fees"))
        rows.append(("  open", words.signed(open_now), "if all were sold now, after fees"))
    rows.append(("fees paid", words.money(document.number("fees")), "part of the profit"))
    rows.append(("cash", words.money(document.number("cash")), ""))
    for name, value, meaning in rows:
        yield Line(f"  {name:<12}{words.short(value, 26):>16}   {meaning}".rstrip(), indent=31)


def wallet_lines(document: Members) -> Iterator[Line]:
    """Yield that money lies in the other wallet, and what makes it trade."""
    other = document.part("other_wallet")
    if not other:
        return
    amount = f"{words.money(other.number('amount'))} {words.short(other.text('currency'), 8)}"
    yield Line(f"  {amount} are in the other wallet and pay for nothing here", WARN)
    yield Line(f"    {other.text('step')}:")
    yield Line(f"    {other.text('command')}", is_command=True)


def position_lines(document: Members, signs: Signs) -> Iterator[Line]:
    """Yield every lot: what it is worth, what ends it, who watches it."""
    lots = document.parts("positions")
    yield from title(f"Positions: {len(lots)}" if lots else "Positions: none")
    for lot in lots:
        yield from _position(lot, document, signs)


def _position(lot: Members, document: Members, signs: Signs) -> Iterator[Line]:
    tick, step = lot.number("price_increment"), lot.number("quantity_increment")
    mark, cost = lot.number("mark"), lot.number("cost")
    name = words.short(lot.text("product") or "unknown product", 30)
    amount = words.quantity(lot.number("quantity"), step)
    profit, share = lot.number("unrealised"), lot.number("unrealised_pct")
    share = words.share(profit, cost) if share is None else share
    yield Line(f"  {name}  {amount} for {words.money(cost)}", "bold")
    if mark is None:
        yield Line("    no price is known", BAD)
    else:
        gain = f"{words.signed(profit)} ({words.signed_percent(share)})"
        shown = words.price(mark, tick)
        if signs.state.is_up:
            yield Line(f"    now {shown}, {_age_of_mark(lot, document)}: {gain}")
        else:
            yield Line(f"    last price {shown} of {moment(lot.moment('mark_at'))}: {gain}")
    yield Line(f"    {_end('stop', lot)}, {_end('target', lot)}")
    yield _guard(lot, signs)
    if hindered := lot.text("hindered"):
        yield Line(f"    can't be sold now: {hindered}", BAD)
    bought = f"bought {moment(lot.moment('opened'))}, held until {moment(lot.moment('expires'))}"
    yield Line(f"    {lot.text('strategy') or 'unknown strategy'}; {bought}", DIM)


def _age_of_mark(lot: Members, document: Members) -> str:
    """Return the age that a price had when the picture was taken, by the market's clock."""
    at_ns, now_ns = lot.moment("mark_at"), document.moment("market_time")
    if at_ns is None or now_ns is None:
        return "of unknown age"
    age_ns = max(0, now_ns - at_ns)
    return f"{words.age(age_ns)} old" + (" (OLD)" if age_ns > STALE_AFTER_NS else "")


def _end(name: str, lot: Members) -> str:
    increment = lot.number("price_increment")
    value = lot.number(name)
    away = words.distance(lot.number("mark"), value)
    shown = f"{name} {words.price(value, increment)}"
    if away is None:
        return shown
    side = "above" if away > 0 else "below"
    return f"{shown} ({words.percent(abs(away))} {side})"


def _guard(lot: Members, signs: Signs) -> Line:
    """Return who protects a lot: what an actor of a run that is over did protects nothing."""
    said = lot.text("protected_at")
    if said.startswith("missing"):
        missing = words.quantity(lot.number("missing"), lot.number("quantity_increment"))
        return Line(f"    MISSING at the venue: {missing} is not there any more", BAD)
    if signs.state is InstanceState.UNKNOWN:
        return Line("    NOT KNOWN to be protected: the picture stands still", BAD)
    if said == VENUE:
        return Line("    protected by a stop order at the venue; nobody watches its target")
    if not signs.state.is_up:
        return Line(f"    UNPROTECTED while {_STANDSTILL[signs.state]}: nobody watches it", BAD)
    if said in ("", "nobody"):
        return Line("    UNPROTECTED: nobody can sell it now, see breakers and actors", BAD)
    return Line(f"    protected by the {said}")


_STANDSTILL = {
    InstanceState.STARTING: "starting",
    InstanceState.FROZEN: "frozen",
    InstanceState.STOPPED: "stopped",
    InstanceState.DIED: "nothing runs",
}


def actor_lines(document: Members, signs: Signs) -> Iterator[Line]:
    """Yield the actors that are down or have been; the others are a number."""
    actors = document.parts("actors")
    odd = [each for each in actors if each.text("state") == "down" or each.count("restarts")]
    if not actors or (not signs.state.is_up and not odd):
        return
    count = len(actors) - len([each for each in odd if each.text("state") == "down"])
    yield from title(f"Actors: {count} of {len(actors)} up")
    rows = []
    for each in odd:
        times = each.count("restarts")
        again = f"restarted {'once' if times == 1 else f'{times} times'}" if times else ""
        rows.append((each.text("name"), each.text("state"), again))
    yield from columns(rows, frozenset())
