"""A shadow's results on the terminal, within 80 columns, and as one document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console
from rich.text import Text

from app.results.shadow import EXAMPLES, ShadowResults, interval
from app.results.tables import Sheet
from app.results.text import show_sheet
from domain.model.figures import percent, signed
from domain.model.money import plain
from domain.model.wording import counted
from domain.shadow.differences import Likeness

MEANINGS = {
    Likeness.MATCH: "the same order, or refused by the same rule",
    Likeness.ONLY_PRIMARY: "only the trader trades",
    Likeness.ONLY_SHADOW: "only the shadow trades",
    Likeness.SIZE: "the same order in another size",
    Likeness.PRICE: "the same order at another price",
    Likeness.SIDE: "one buys what the other sells",
    Likeness.GATE: "both refused, by different rules",
}


def show(results: ShadowResults, begun: Mapping[str, Any], console: Console) -> None:
    """Print the results of a run that has begun with the record `begun`."""
    for line in _lines(results, begun):
        console.print(Text(line, style="bold" if line.startswith("Shadow") else ""))
    for sheet in (_classes(results), _settings(begun), _examples(results)):
        if sheet.rows:
            console.print()
            show_sheet(sheet, console)


def document(results: ShadowResults, begun: Mapping[str, Any]) -> dict[str, Any]:
    """Return the results for programs; amounts are strings."""
    primary, shadow = results.pnl
    between, agreed = interval(results.points), results.agreement_pct
    return {
        "of": results.of,
        "from": begun["at"],
        "to": results.last_at,
        "ended": results.how or None,
        "config": begun["config"],
        "currency": begun["currency"],
        "differs": begun["differs"],
        "cycles": results.cycles,
        "skipped": results.skipped,
        "rebuilt": results.rebuilt,
        "decisions": results.decisions,
        "agreement_pct": None if agreed is None else plain(round(agreed, 4)),
        "counts": {each.value: results.counts.get(each.value, 0) for each in Likeness},
        "pnl": {
            "primary": plain(primary),
            "shadow": plain(shadow),
            "delta": plain(shadow - primary),
            "interval_95": None if between is None else [plain(each) for each in between],
        },
        "examples": results.examples,
        "left_out": results.left_out,
        "damaged": results.damaged,
    }


def _lines(results: ShadowResults, begun: Mapping[str, Any]) -> Iterator[str]:
    cycles, currency = counted(results.cycles, "cycle"), begun["currency"]
    yield f"Shadow of {results.of}, {cycles}"
    yield f"{_moment(begun['at'])} to {_moment(results.last_at)}, market time"
    if results.how not in ("", "stopped"):
        yield f"It ended before the run: {results.how}"
    yield f"Agreement {percent(results.agreement_pct)} of {counted(results.decisions, 'decision')}"
    primary, shadow = results.pnl
    earned = f"trader {signed(primary)}, shadow {signed(shadow)} {currency}"
    yield f"Profit: {earned}; difference {signed(shadow - primary)} {currency}"
    between = interval(results.points)
    if between is None:
        yield "Too few cycles to say how sure that difference is"
    else:
        yield f"95 % interval of the difference: {signed(between[0])} to {signed(between[1])}"
    if results.skipped:
        late = counted(results.skipped, "cycle")
        yield f"{late} not compared: the shadow did not keep up, and its books may lack trades"
    if results.rebuilt:
        times = counted(results.rebuilt, "time")
        yield f"The trader's books were rebuilt {times}: the shadow's may lack a fill of then"
    if results.left_out:
        yield f"{counted(results.left_out, 'difference')} counted, not kept: the file is full"
    if results.damaged:
        yield f"{counted(results.damaged, 'line')} of the file can't be read and were left out"
    if not begun["differs"]:
        yield "Both have the same settings"


def _classes(results: ShadowResults) -> Sheet:
    rows = tuple(
        (each.value, f"{results.counts[each.value]:,}", MEANINGS[each])
        for each in Likeness
        if results.counts.get(each.value)
    )
    return Sheet("Decisions", ("Class", "Count", "Meaning"), rows, frozenset({1}))


def _settings(begun: Mapping[str, Any]) -> Sheet:
    rows = tuple(
        (
            str(each["name"]),
            _value(each["primary"]),
            _value(each["shadow"]),
            "" if each["is_acted_on"] else "the trader's counts for both",
        )
        for each in begun["differs"]
    )
    columns = ("Setting", "Trader", "Shadow", "")
    return Sheet("Settings that differ", columns, rows, frozenset())


def _examples(results: ShadowResults) -> Sheet:
    rows = tuple(
        (
            f"{each['cycle']:,}",
            f"{each['product']} {each['side']}",
            str(each["class"]),
            _order(each["primary"]),
            _order(each["shadow"]),
        )
        for each in results.examples
    )
    title = f"The first {EXAMPLES} differences" if len(rows) == EXAMPLES else "Differences"
    return Sheet(title, ("Cycle", "What", "Class", "Trader", "Shadow"), rows, frozenset({0}))


def _order(verdict: Mapping[str, Any] | None) -> str:
    if verdict is None:
        return "nothing"
    if verdict["refused_by"]:
        return f"refused: {verdict['refused_by']}"
    at = "the market" if verdict["price"] is None else verdict["price"]
    return f"{verdict['quantity']} at {at}"


def _value(value: object) -> str:
    return "not there" if value is None else str(value)


def _moment(at: object) -> str:
    return str(at)[:19].replace("T", " ")
