"""`run.py paper`: which worlds there are, and how one begins anew."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from adapters.control.files import read_json
from adapters.control.instances import LOCK, MODES, choose, is_running, last_sign_s
from adapters.control.status import read_status
from adapters.control.worlds import footprint, read_card, world_of
from app.command_line.options import Folders
from app.command_line.shell import folder_options, json_option, world_option
from app.status.members import Members
from domain.model.instants import SECOND, iso
from domain.model.money import plain

VENUE = "venue"
"""Folder of a venue in the folder that it plays for, and the mode of one that runs alone."""
COLUMNS = ("world", "mode", "market", "seed", "state", "last_run", "equity", "size")
MEGABYTE = 1_000_000
SHOWN = slice(len("2026-"), len("2026-11-28T21:38"))
"""How much of an instant is shown."""


@click.group()
def paper() -> None:
    """Manage the paper worlds.

    \b
    Example:
      python run.py paper list
      python run.py paper reset --world generated-7
    """


@paper.command(name="list", short_help="The worlds below the data folder.")
@json_option
@world_option
@folder_options
def list_worlds(folders: Folders, as_json: bool) -> int:
    """Show the worlds below the data folder: what they play, whether they run, what they are worth.

    \b
    Example:
      python run.py paper list --json
    """
    rows = [row for home in folders.homes for row in _rows(home)]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
    elif rows:
        _show(rows)
    else:
        text = f"there is no world in {folders.data} yet; `python run.py --env paper` begins one"
        click.echo(folders.address.put(text))
    return 0


def _rows(home: Path) -> list[dict[str, Any]]:
    """Return a row for each mode that ran in `home`, and for a venue that ran there alone."""
    found = [
        _row(home, mode, home / mode / VENUE) for mode in MODES if (home / mode / LOCK).exists()
    ]
    if (home / VENUE / LOCK).exists():
        found.append(_row(home, VENUE, home / VENUE))
    return found


def _row(home: Path, mode: str, venue: Path) -> dict[str, Any]:
    folder = home / mode
    status, world = Members(read_status(folder)), read_json(venue / "world.json") or {}
    asked, seed, equity = Members(read_card(home)), world.get("seed"), status.number("equity")
    taken = footprint(folder)
    last_s = last_sign_s(folder) or taken.newest_s
    return {
        "world": world_of(home),
        "mode": mode,
        "market": asked.text("market") or Members(world).text("market") or None,
        "seed": seed if isinstance(seed, int) else None,
        "state": _state(folder, status),
        "last_run": iso(int(last_s) * SECOND),
        "equity": None if equity is None else plain(equity),
        "size_bytes": taken.size,
        "folder": str(folder),
    }


def _state(folder: Path, status: Members) -> str:
    if is_running(folder):
        return "halted" if status.flag("halted") else "running"
    return "stopped" if status or folder.name == VENUE else "no run yet"


def _show(rows: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for column in COLUMNS:
        numbers = column in ("seed", "equity", "size")
        table.add_column(
            column.replace("_", " "),
            justify="right" if numbers else "left",
            overflow="ellipsis" if column == "market" else "fold",
            # A name is there to be typed, so the others give way.
            min_width=max(len(row["world"]) for row in rows) if column == "world" else None,
        )
    for row in rows:
        table.add_row(*(Text(_cell(row, column)) for column in COLUMNS))
    Console(highlight=False).print(table)


def _cell(row: dict[str, Any], column: str) -> str:
    if column == "size":
        return f"{row['size_bytes'] / MEGABYTE:.1f} MB"
    value = row[column]
    if value is None:
        return "-"
    if column == "equity":
        return f"{Decimal(value):,.2f}"
    if column == "last_run":
        return str(value)[SHOWN].replace("T", " ")
    return _short(value) if column == "market" else str(value)


def _short(market: str) -> str:
    """Return a market as people know it: the name of its file, or the first word."""
    return market.rpartition("/")[2].partition(" ")[0]


@paper.command(short_help="Put a world aside, begin it anew.")
@world_option
@folder_options
def reset(folders: Folders) -> int:
    """Put a paper world aside, venue and journal together, so that the next start begins anew.

    Without --world it is the one that ran last. Nothing is deleted. A latched halt and a kill
    switch stay until `resume`.

    \b
    Example:
      python run.py paper reset
      python run.py paper reset --world generated-7
    """
    from adapters.simulator.world import WorldError
    from app.run.paper_reset import reset_world

    newest = choose(*folders.homes) if folders.world is None else None
    home = folders.home if newest is None else newest.parent
    try:
        code, lines = reset_world(home, folders.data)
    except WorldError as error:
        code, lines = error.exit_code, [str(error)]
    except OSError as error:
        code, lines = 1, [f"the world could not be moved aside: {error}"]
    for line in lines:
        click.echo(line, err=code != 0)
    return code
