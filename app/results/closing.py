"""What a run has come to, shown at its end: short, with what to type for more."""

from __future__ import annotations

import io
import time
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from attrs import evolve
from rich.console import Console

from actors.reporting.rows import is_protected_at_venue
from adapters.journal.errors import JournalBroken
from app.commands.journals import JOURNAL, decoded
from app.results.tables import Sheet
from app.results.text import show
from domain.messages.supervision import BootCompleted
from domain.model import figures
from domain.model.money import ZERO, Amount
from domain.portfolio.losses import EquityMark
from domain.results.fold import Results, ResultsFold

READ_SECONDS = 3.0
"""Machine time after which a long journal is left to `report`: nothing may hold up an end."""
SHOWN = 5
WIDTH = 80
HUNDRED = Decimal(100)
Status = Mapping[str, Any]


def closing(folder: Path, status: Status, command: str) -> tuple[str, ...]:
    """Return the lines at the end of a run in the mode's `folder`.

    `status` is what the STOPPED line told, so that nothing here differs from it; `command` tells
    all of it.
    """
    more = f"more: {command}"
    try:
        found = _read(folder / JOURNAL, time.monotonic() + READ_SECONDS)
    except (OSError, JournalBroken):
        return (more,)
    if found is None:
        return (more,)
    results, boot = found
    console = Console(file=io.StringIO(), width=WIDTH, highlight=False)
    positions = positions_sheet(status, ZERO if boot is None else boot.taker_rate)
    show(_valued(results, status), console, shown=SHOWN, positions=positions)
    assert isinstance(console.file, io.StringIO)
    lines = [line.rstrip() for line in console.file.getvalue().splitlines()]
    if boot is not None:
        cost = figures.percent((boot.maker_rate + boot.taker_rate) * HUNDRED)
        lines += ["", f"Buying and selling once costs {cost} in fees."]
    return ("", *lines, "pnl_net is the profit: realised and open.", more)


def _read(journal: Path, deadline: float) -> tuple[Results, BootCompleted | None] | None:
    """Return the results, and the start that told the fees; None if there is not time enough."""
    fold, boot = ResultsFold(), None
    for record, message in decoded(journal):
        fold.take(record.at_ns, message)
        boot = message if isinstance(message, BootCompleted) else boot
        if time.monotonic() > deadline:
            return None
    results = fold.result()
    return None if results is None else (results, boot)


def _valued(results: Results, status: Status) -> Results:
    """Return `results` at the values of the STOPPED line, where they are known."""
    equity, earned = status.get("equity"), status.get("pnl_net")
    is_known = results.is_valued and isinstance(equity, str) and isinstance(earned, str)
    if not is_known:
        return results
    nlv = Decimal(str(equity))
    mark = EquityMark(results.ended_ns, Amount(nlv), Amount(nlv - Decimal(str(earned))))
    return evolve(results, last=mark)


def positions_sheet(status: Status, taker: Decimal) -> Sheet:
    """Return what is owned at the end: what selling it at the bid would earn after the fee, as far
    as the venue holds it, and what would sell it.
    """

    def number(row: Mapping[str, Any], name: str) -> Decimal | None:
        value = row.get(name)
        return Decimal(value) if isinstance(value, str) else None

    def earned(row: Mapping[str, Any]) -> Decimal | None:
        mark, unrealised = number(row, "mark"), number(row, "unrealised")
        if mark is None or unrealised is None:
            return None
        held = Decimal(row["quantity"]) - Decimal(row["missing"])
        return unrealised - mark * held * taker

    def is_at_venue(row: Mapping[str, Any]) -> bool:
        return is_protected_at_venue(str(row.get("protected_at")))

    owned = status.get("positions") or ()
    rows = tuple(
        (
            row["product"],
            figures.size(Decimal(row["quantity"])),
            figures.money(number(row, "cost")),
            figures.price(number(row, "mark")),
            figures.signed(earned(row)),
            figures.price(number(row, "stop")),
            figures.price(number(row, "target")),
            "at venue" if is_at_venue(row) else "UNPROTECTED",
        )
        for row in owned
    )
    columns = ("product", "quantity", "cost", "bid", "open profit", "stop", "target", "stop order")
    title = "Open positions; only stop orders sell them now"
    if not any(map(is_at_venue, owned)):
        title = "Open positions; nothing sells them until the next start"
    return Sheet(title, columns, rows, frozenset({1, 2, 3, 4, 5, 6}))
