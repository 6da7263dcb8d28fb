"""What a replay has shown, on the terminal within 80 columns."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table
from rich.text import Text

from app.replay.plan import ReplayPlan
from app.results.tables import Sheet
from app.results.text import show_sheet
from domain.model.figures import moment, money, signed, span
from domain.model.wording import counted
from domain.replay.comparison import ReplayComparison
from domain.replay.parts import Cause, PnlPart
from domain.replay.session import EntryVerdict

MEANINGS = {
    PnlPart.TIMING: ("Signal timing", "decided at another moment, so at another price"),
    PnlPart.LATENCY: ("Latency", "the price moved on the way to the venue"),
    PnlPart.PRICE: ("Spread and price", "filled further from the price decided on"),
    PnlPart.FEES: ("Fees", "other rates than at the start"),
    PnlPart.MISSED: ("Missed fills", "the replay filled it, the run did not"),
    PnlPart.EXTRA: ("Extra fills", "the run filled it, the replay did not"),
    PnlPart.SIZE: ("Size and rounding", "another size was ordered"),
    PnlPart.PERSON: ("You", "what you closed, stopped, banned, took over"),
    PnlPart.SYSTEM: ("Faults and halts", "halts, refusals, what the venue did not take"),
}
"""What each part is called, and what it says."""
UNKNOWN = "not explained"
SHOWN = 12
"""Rows of a table of differences; the JSON document has all."""


def show(plan: ReplayPlan, found: ReplayComparison, console: Console) -> None:
    """Print whether both agree, and where the difference of the profit comes from."""
    run = plan.run
    length = span(run.ended_ns - run.begun_ns)
    head = f"run {run.number} of {run.of}: {moment(run.begun_ns)} UTC, {length} of market time"
    console.print(Text(head, style="bold"))
    for line in _verdicts(found):
        console.print(Text(line))
    console.print()
    _show_parts(found, console)
    for sheet in (_decisions(found), _exits(found), _costly(found)):
        if sheet.rows:
            console.print()
            show_sheet(sheet, console, SHOWN)
    remarks = (*plan.remarks, *_deeds(found))
    if remarks:
        console.print()
    for remark in remarks:
        console.print(Text(f"- {remark}"))
    console.print()
    console.print(Text(conclusion(found), style="bold"))


def conclusion(found: ReplayComparison) -> str:
    """Return in a sentence what to think of it."""
    rest, bound = signed(found.residual), money(found.earned.bound)
    if not found.is_explained:
        causes = [each.cause for each in found.verdicts.differences]
        unknown = sum(1 for each in causes if each.part is None)
        unknown += sum(1 for each in found.exits if each.cause.part is None)
        told = f"{counted(unknown, 'decision')} and {rest} are not explained (bound {bound})"
        return f"the run is NOT what its replay says: {told}"
    same = "the run did what its replay does" if found.agrees else "every difference is explained"
    return f"{same}; {rest} is left over, no more than {bound}"


def _verdicts(found: ReplayComparison) -> Iterator[str]:
    verdicts = found.verdicts
    differ = len(verdicts.differences)
    proposed = verdicts.same + differ
    decided = counted(proposed, "proposal")
    if not proposed:
        yield "nothing was proposed, neither in the run nor in the replay"
    elif not differ:
        yield f"{decided}: the same verdict each time, {verdicts.exact} with the same numbers"
    else:
        yield f"{decided}: {verdicts.same} with the same verdict, {differ} with another"
    exits = found.exits_same + len(found.exits)
    same = "the same in both" if not found.exits else f"{len(found.exits)} in one of the two only"
    yield f"{counted(exits, 'exit')} and stop orders: {same}" if exits else "no exit became due"


def _show_parts(found: ReplayComparison, console: Console) -> None:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, justify="right")
    table.add_column()
    earned = found.earned
    rows = [
        ("Profit of the run", signed(earned.told), "as it recorded it, after fees"),
        ("Profit of its replay", signed(earned.replay), "the same market, nobody interfering"),
        ("Difference", signed(found.difference), "run less replay, of which:"),
    ]
    parts = found.parts
    for part, (name, meaning) in MEANINGS.items():
        rows.append((f"  {name}", signed(parts[part]), meaning))
    rest = f"no part explains it; up to {money(earned.bound)} says nothing"
    rows.append(("  Left over", signed(found.residual), rest))
    for row in rows:
        table.add_row(*map(Text, row))
    console.print(table)


def _decisions(found: ReplayComparison) -> Sheet:
    rows = [
        (
            moment(each.at_ns)[5:16],
            each.key.product,
            _said(each.run),
            _said(each.replay),
            why(each.cause),
        )
        for each in found.verdicts.differences
    ]
    columns = ("decided", "product", "run", "replay", "why")
    return Sheet("Other verdicts", columns, tuple(rows), frozenset())


def _exits(found: ReplayComparison) -> Sheet:
    rows = [
        (
            moment(each.at_ns)[5:16],
            each.pair.trip.key.product,
            each.kind,
            "run only" if each.is_in_run else "replay only",
            why(each.cause),
        )
        for each in found.exits
    ]
    return Sheet("Other exits", ("due", "product", "kind", "in", "why"), tuple(rows), frozenset())


def _costly(found: ReplayComparison) -> Sheet:
    pieces = sorted(found.pieces, key=lambda each: abs(each.amount))
    rows = [
        (
            moment(each.at_ns)[5:16],
            each.product,
            signed(each.amount),
            UNKNOWN if each.cause.part is None else MEANINGS[each.cause.part][0],
            each.cause.why,
        )
        for each in pieces
        if signed(each.amount) != "0.00"
    ]
    columns = ("filled", "product", "amount", "part", "why")
    return Sheet("Where most of it comes from", columns, tuple(rows[::-1]), frozenset({2}))


def _said(verdict: EntryVerdict | None) -> str:
    if verdict is None:
        return "not proposed"
    return "approved" if verdict.is_approved else verdict.reason


def _deeds(found: ReplayComparison) -> Iterator[str]:
    for at_ns, told in found.hindrances.deeds:
        yield f"{moment(at_ns)} you: {told}"


def why(cause: Cause) -> str:
    """Return a cause in words."""
    return f"{UNKNOWN.upper()}" if cause.part is None else cause.why
