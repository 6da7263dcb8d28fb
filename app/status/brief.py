"""The few lines of a trader that are kept in view below what it says: --watch while trading."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from app.status import words
from app.status.lines import BAD, DIM, WARN, Line
from app.status.members import Members
from app.status.signs import InstanceState, state_of
from app.status.text import STALE_AFTER_NS
from domain.model.figures import moment

POSITIONS_SHOWN, STOPS_SHOWN = 8, 2
RULE = "─" * 60
_DOING = {
    InstanceState.TRADING: ("trading", ""),
    InstanceState.BLOCKED: ("entries are blocked", WARN),
    InstanceState.HALTED: ("HALTED: no entries, exits run", BAD),
}


def brief(document: Members, age_ns: int) -> Iterator[Line]:
    """Yield what the trader does, is worth and owns, by its picture that is `age_ns` old."""
    if not document:
        return
    yield Line(RULE, DIM)
    yield from _doing(document, age_ns)
    yield Line(_worth(document), indent=2)
    lots = document.parts("positions")
    for lot in islice(lots, POSITIONS_SHOWN):
        yield Line(_position(lot), indent=2)
    if len(lots) > POSITIONS_SHOWN:
        yield Line(f"and {len(lots) - POSITIONS_SHOWN} positions more")


def _doing(document: Members, age_ns: int) -> Iterator[Line]:
    does, style = _DOING.get(state_of(document), ("starting", WARN))
    if age_ns > STALE_AFTER_NS:
        does, style = f"picture {words.age(age_ns)} old", BAD
    counted = ", ".join(
        f"{document.count(name):,} {word}"
        for name, word in (("cycles", "cycles"), ("fills_total", "fills"))
    )
    at = moment(document.moment("market_time"))
    yield Line(f"{document.text('mode')}: {does}; market time {at}; {counted}", style)
    stops = [each for each in document.parts("breakers") if each.text("state") != "OK"]
    for each in islice(stops, STOPS_SHOWN):
        yield Line(f"{each.text('name')}: {each.text('reason')}", WARN, indent=2)


def _worth(document: Members) -> str:
    quote, pnl = words.short(document.text("quote"), 8), document.number("pnl_net")
    share = words.share(pnl, document.number("opening_equity"))
    parts = [
        f"equity {words.money(document.number('equity'))} {quote}".rstrip(),
        f"profit {words.signed(pnl)} ({words.signed_percent(share)})",
        f"fees {words.money(document.number('fees'))}",
    ]
    return ", ".join(parts)


def _position(lot: Members) -> str:
    tick, step = lot.number("price_increment"), lot.number("quantity_increment")
    gain = words.signed(lot.number("unrealised"))
    name = words.short(lot.text("product") or "unknown product", 30)
    return (
        f"{name} {words.quantity(lot.number('quantity'), step)} at "
        f"{words.price(lot.number('mark'), tick)}: {gain}; "
        f"stop {words.price(lot.number('stop'), tick)}, "
        f"target {words.price(lot.number('target'), tick)}"
    )
