"""`run.py status`: a running or a stopped instance."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import click

from actors.reporting.rows import MISSING, NOBODY
from adapters.control.instances import STATUS, choose, folders_with_runs, is_running
from adapters.control.kill_switch import strongest_kill
from adapters.control.status import read_status
from adapters.control.worlds import title
from adapters.telemetry.lines import LineFiles
from app.command_line.options import Folders, signals_of
from app.command_line.shell import env_option, folder_options, json_option
from app.status.alerts import SHOWN
from app.status.head import head
from app.status.members import Members
from app.status.screen import show
from app.status.signs import InstanceState, Signs, look
from app.status.text import sections
from config.mode import Mode
from domain.model.instants import MILLISECOND, SECOND, iso


@click.command()
@json_option
@env_option
@folder_options
def status(folders: Folders, mode: Mode | None, as_json: bool) -> int:
    """Show the instance that runs, or how the last one ended.

    Says whether it trades, is frozen, was stopped or died; what the account is worth, what it owns
    and what protects it, how far each limit is, and what stops it with the way out.

    \b
    Example:
      python run.py status
      python run.py status --json
    """  # noqa: D301 - \b is a control character to click
    folder = choose(*folders.homes, mode=None if mode is None else mode.value)
    report = None if folder is None else read_status(folder)
    if folder is None or (report is None and not (folder / STATUS).exists()):
        return _nothing_yet(folders, folder, as_json=as_json)
    signs = look(folder, Members(report), time.time_ns())
    whole = _whole(report or {"mode": folder.name}, signs, folders, folder)
    if as_json:
        click.echo(json.dumps(whole, indent=2))
    elif report is not None:
        show(sections(Members(whole), signs, _alerts(folders.log)))
    else:
        show(head(Members(whole), signs))
    if report is None:
        click.echo(f"{folder / STATUS}: damaged, or not yours to read", err=True)
        return 1
    return 0


def _whole(report: dict[str, Any], signs: Signs, folders: Folders, folder: Path) -> dict[str, Any]:
    """Return the document with what only somebody outside can tell."""
    kill = strongest_kill(signals_of(folder.parent))
    runs = folders_with_runs(*folders.homes)
    others = [each for each in runs if each != folder and is_running(each)]
    age_ns, is_alive = signs.age_ns, signs.who is not None
    whole = {
        **report,
        "name": title(folder),
        "state": signs.state.value,
        "wall_time": None if signs.taken_ns is None else iso(signs.taken_ns),
        "age_s": None if age_ns is None else _seconds(age_ns),
        "ended_at": None if signs.ended_ns is None else iso(signs.ended_ns),
        "ended_by": signs.reason or None,
        "running": is_alive,
        "pid": None if signs.who is None else signs.who.pid,
        "kill_switch": None if kill is None else kill.reason or "no reason given",
        "also_running": [title(each) for each in others],
    }
    positions = report.get("positions")
    if not signs.state.is_up and isinstance(positions, list):
        guard = "unknown" if signs.state is InstanceState.UNKNOWN else NOBODY
        whole["positions"] = [
            {**each, "protected_at": guard} if _is_guarded(each) else each for each in positions
        ]
    return whole


def _is_guarded(position: object) -> bool:
    """Tell whether a position is said to be watched: one that is missing is not."""
    return isinstance(position, dict) and position.get("protected_at") != MISSING


def _seconds(length_ns: int) -> str:
    whole, rest = divmod(length_ns, SECOND)
    return f"{whole}.{rest // MILLISECOND:03d}"


def _alerts(log: Path) -> list[Members]:
    """Return the newest alerts; none where they can't be read, as on a folder of somebody else."""
    try:
        found = LineFiles(log / "alerts.jsonl").newest(SHOWN, lambda _: True)
    except OSError:
        return []
    return [Members(each) for each in found]


def _nothing_yet(folders: Folders, folder: Path | None, *, as_json: bool) -> int:
    is_up = folder is not None and is_running(folder)
    place = folder or folders.home
    text = f"{place}: starting, no status yet" if is_up else f"{place}: no run yet"
    if as_json:
        click.echo(json.dumps({"mode": folder.name if folder else None, "running": is_up}))
    click.echo(text, err=True)
    return 1
