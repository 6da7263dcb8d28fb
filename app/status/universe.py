"""What may be bought and what the market counts as, for people."""

from __future__ import annotations

from collections.abc import Iterator

from app.status import words
from app.status.lines import BAD, WARN, Line, title
from app.status.members import Members
from domain.model.figures import moment

SHOWN = 5
"""How many excluded products are named."""


def universe_lines(document: Members) -> Iterator[Line]:
    """Yield the regime, the products of each tier, and why others are excluded."""
    universe, regime = document.part("universe"), document.part("regime")
    if not universe and not regime:
        return
    eligible, excluded = universe.parts("eligible"), universe.parts("excluded")
    yield from title(f"May be bought: {len(eligible)} of {len(eligible) + len(excluded)} products")
    if regime:
        yield _regime(regime)
    for tier in sorted({each.text("tier") for each in eligible}):
        names = ", ".join(each.text("product") for each in eligible if each.text("tier") == tier)
        yield Line(f"  {words.short(tier, 20)}: {names}", indent=6)
    for each in excluded[:SHOWN]:
        reason = each.text("exclusion_reason").replace("_", " ")
        numbers = f"{each.text('observed')}, limit {each.text('limit')}"
        yield Line(f"  not {each.text('product')}: {reason} ({numbers})", WARN, indent=6)
    if len(excluded) > SHOWN:
        yield Line(f"  and {len(excluded) - SHOWN} more: python run.py status --json")


def data_lines(document: Members) -> Iterator[Line]:
    """Yield how far the market data of each product can be trusted: one word, and why."""
    rows = document.parts("market_data")
    if not rows:
        return
    others = [each for each in rows if each.text("state") != "live"]
    yield from title(f"Market data: {len(rows) - len(others)} of {len(rows)} products live")
    for each in others[:SHOWN]:
        state = words.short(each.text("state"), 10)
        yield Line(f"  {state} {each.text('product')}: {each.text('why')}", WARN, indent=6)
    if len(others) > SHOWN:
        yield Line(f"  and {len(others) - SHOWN} more: python run.py status --json")


def _regime(regime: Members) -> Line:
    """Return what the market counts as, what that does, whose word it is and how old it is."""
    name = regime.text("regime")
    effect = "no entries, exits run" if name == "crash" else f"sizes x {regime.text('multiplier')}"
    source = regime.text("provenance")
    age = f", hours until {moment(regime.moment('at'))}" if regime.text("at") else ""
    style = {"crash": BAD}.get(name, WARN if source != "detected" else "")
    return Line(f"  regime {name} ({effect}), {source}{age}: {regime.text('why')}", style, indent=4)
