"""`run.py status`: a running or a stopped instance."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from adapters.control.instances import choose, holder, is_running
from adapters.control.kill_switch import strongest_kill
from adapters.control.status import read_status
from adapters.control.worlds import title
from app.command_line.options import Folders, signals_of
from app.command_line.shell import env_option, folder_options, json_option
from config.mode import Mode

TABLES = {
    "positions": (
        "product",
        "quantity",
        "missing",
        "cost",
        "mark",
        "unrealised",
        "stop",
        "strategy",
        "hindered",
    ),
    "orders_open": ("product", "side", "state", "client_order_id"),
    "breakers": ("name", "scope", "state", "distance", "reason"),
    "actors": ("name", "state", "epoch", "restarts", "mailbox"),
}
"""Lists of the status document, in the order shown, with the members of each that are shown."""


@click.command()
@json_option
@env_option
@folder_options
def status(folders: Folders, mode: Mode | None, as_json: bool) -> int:
    """Show the instance that runs, or how the last one ended.

    \b
    Example:
      python run.py status --json
    """  # noqa: D301 - \b is a control character to click
    folder = choose(*folders.homes, mode=None if mode is None else mode.value)
    report = None if folder is None else read_status(folder)
    if folder is None or report is None:
        return _nothing_yet(folders, folder, as_json=as_json)
    who = holder(folder) if is_running(folder) else None
    report = {**report, "running": who is not None, "pid": who.pid if who else None}
    kill = strongest_kill(signals_of(folder.parent))
    report["kill_switch"] = None if kill is None else kill.reason or "no reason given"
    if as_json:
        click.echo(json.dumps(report, indent=2))
    else:
        _show(report, title(folder), f"running, {who}" if who else "stopped; as at its end")
    return 0


def _nothing_yet(folders: Folders, folder: Path | None, *, as_json: bool) -> int:
    is_up = folder is not None and is_running(folder)
    place = folder or folders.home
    text = f"{place}: starting, no status yet" if is_up else f"{place}: no run yet"
    if as_json:
        click.echo(json.dumps({"mode": folder.name if folder else None, "running": is_up}))
    click.echo(text, err=True)
    return 1


def _show(report: Mapping[str, Any], name: str, state: str) -> None:
    console = Console(soft_wrap=False, highlight=False)
    console.print(Text(f"{name}: {state}", style="bold"))
    if report["kill_switch"] is not None:
        console.print(Text(f"KILL_SWITCH is set: {report['kill_switch']}", style="bold red"))
    if report.get("halted"):
        reason = report.get("halt_reason") or "no reason given"
        console.print(Text(f"HALTED: {reason}; `resume` ends it", style="bold red"))
    shown = ("equity", "pnl_net", "fees", "cycles", "fills_total", "config_hash", "policy_hash")
    facts = "  ".join(f"{name} {_text(report.get(name))}" for name in shown)
    console.print(Text(facts))
    for name, columns in TABLES.items():
        rows = report.get(name)
        if isinstance(rows, list) and rows:
            console.print(_table(name, columns, rows))


def _table(name: str, columns: Sequence[str], rows: Sequence[Any]) -> Table:
    table = Table(title=name.replace("_", " "), title_justify="left", box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        if isinstance(row, Mapping):
            table.add_row(*(Text(_text(row.get(column))) for column in columns))
    return table


def _text(value: object) -> str:
    return "-" if value is None else str(value)
