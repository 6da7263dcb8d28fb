"""Results on the terminal, within 80 columns."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from app.results.tables import (
    Sheet,
    closed_trades,
    foregone,
    headline,
    open_positions,
    overview,
    refusals,
    strategies,
)
from domain.results.fold import Results

SHOWN = 20
"""Rows of a table: the newest. The page and the JSON document have all."""


def show(
    results: Results, console: Console, *, shown: int = SHOWN, positions: Sheet | None = None
) -> None:
    """Print the results, `shown` rows at most of a table of events.

    `positions` are those at the end of a run, with their prices; refusals are left out then.
    """
    console.print(Text(headline(results), style="bold"))
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, justify="right")
    table.add_column()
    for fact in overview(results):
        name = f"  {fact.name}" if fact.is_part else fact.name
        table.add_row(Text(name), Text(fact.value), Text(fact.meaning))
    console.print(table)
    sheets = [closed_trades(results), strategies(results)]
    if positions is None:
        sheets += [open_positions(results), refusals(results), foregone(results)]
    else:
        sheets.append(positions)
    for sheet in sheets:
        if sheet.rows:
            console.print()
            show_sheet(sheet, console, shown)


def show_sheet(sheet: Sheet, console: Console, shown: int = SHOWN) -> None:
    """Print the last `shown` rows of a table; all of one that is whole."""
    shown = len(sheet.rows) if sheet.is_whole else shown
    left_out = len(sheet.rows) - shown
    title = f"{sheet.title}, the last {shown} of {len(sheet.rows):,}"
    table = Table(
        title=title if left_out > 0 else sheet.title,
        title_justify="left",
        title_style="bold",
        box=None,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    for number, column in enumerate(sheet.columns):
        is_number = number in sheet.numbers
        table.add_column(
            column, justify="right" if is_number else "left", no_wrap=is_number, overflow="fold"
        )
    for row in sheet.rows[max(0, left_out) :]:
        table.add_row(*(Text(cell) for cell in row))
    console.print(table)
