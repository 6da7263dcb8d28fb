"""What limits the trading and how far it is, and what stops it with the way out."""

from __future__ import annotations

from collections.abc import Iterator

from app.status import words
from app.status.lines import BAD, DIM, WARN, Line, columns, title
from app.status.members import Members
from domain.model.breakers import ACTOR, GLOBAL
from domain.model.figures import moment
from domain.system.ways_out import way_out

CLOSED_SHOWN = 5
_LIMITS = {
    "daily_loss": "loss of 24 hours",
    "weekly_loss": "loss of 7 days",
    "drawdown": "fall from the peak",
    "daily_loss_usd": "loss of 24 hours",
    "total": "at risk in all",
    "trades per hour": "entries",
    "trades per day": "entries",
    "rejected_orders": "rejected",
    "repeated_entries": "entries a product",
}
_STOPS = {
    "NONE": "noted",
    "BLOCK": "no entries",
    "REDUCE_ONLY": "only exits",
    "HALT": "HALT: no entries, exits run",
    "KILL": "KILL: nothing is sent",
}
_FINE = "OK"


def limit_lines(document: Members) -> Iterator[Line]:
    """Yield each limit: how much of it is used, and how much is left."""
    limits = document.parts("limits")
    if not limits:
        return
    yield from title("Limits")
    rows: list[tuple[str, ...]] = [("", "used", "limit", "left")]
    for each in limits:
        unit, _, window = each.text("unit").partition(" in ")
        shown = (
            words.amount(each.number(one), unit if unit in words.COUNTED else words.short(unit, 6))
            for one in ("used", "limit", "left")
        )
        rows.append((_called(each.text("name"), window), *shown))
    yield from columns(rows, frozenset({1, 2, 3}))


def _called(name: str, window: str) -> str:
    """Return what people call a limit; `window` is that of a throttle, "" for others."""
    called = _LIMITS.get(name, name.replace("repeated_entries", "entries"))
    if name == "spacing" or name.startswith(("cooldown ", "spacing ")):
        return f"{name}, to wait"
    return f"{called} in {window}" if window else called


def breaker_lines(document: Members, *, is_up: bool) -> Iterator[Line]:
    """Yield the open breakers in words with the way out."""
    open_now = [each for each in document.parts("breakers") if each.text("state") != _FINE]
    named = {each.text("name") for each in open_now if each.text("scope") != ACTOR}
    if open_now:
        yield from title("Breakers" if is_up else "Breakers, as the picture has them")
    for each in open_now:
        if each.text("scope") == ACTOR and each.text("name") in named:
            continue  # the same cause, told with what it stops
        yield from _breaker(each)


def closed_lines(document: Members) -> Iterator[Line]:
    """Yield the breakers that have closed, the last of them."""
    closed = [each for each in document.parts("breakers") if each.text("closed")]
    if closed:
        yield from title("Breakers that have closed in this run")
    for each in closed[-CLOSED_SHOWN:]:
        told = "; ".join(filter(None, (each.text("reason"), each.text("closed"))))
        yield Line(f"  {each.text('name')}: {told}", DIM)


def _breaker(breaker: Members) -> Iterator[Line]:
    name, scope, state = (breaker.text(one) for one in ("name", "scope", "state"))
    where = "" if scope in ("", GLOBAL) else f" for {scope.replace(':', ' ')}"
    since = breaker.moment("since")
    from_then = "" if since is None else f", since {moment(since)}"
    style = BAD if state in ("HALT", "KILL") else WARN
    yield Line(f"  {name}: {_STOPS.get(state, state)}{where}{from_then}", style)
    yield Line(f"    {breaker.text('reason')}")
    way = way_out(name)
    itself = way.by_itself and not breaker.flag("latched")
    closes = f"closes when {way.by_itself}; " if itself else "stays until you act: "
    yield Line(f"    {closes}{way.person}")
    yield Line(f"    {way.command}", is_command=True)
