"""The picture of an instance as somebody outside sees it: its document, and whether it lives."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from attrs import frozen

from actors.reporting.rows import MISSING, NOBODY, VENUE, is_protected_at_venue
from adapters.control.instances import folders_with_runs, is_running
from adapters.control.key_note import KeyNote
from adapters.control.kill_switch import strongest_kill
from adapters.control.status import read_status
from adapters.control.worlds import title
from adapters.telemetry.lines import LineFiles, is_of
from app.command_line.options import Folders, signals_of
from app.status.alert_states import FILE, read_book
from app.status.alerts import SHOWN
from app.status.channels import channel_rows
from app.status.members import Members
from app.status.signs import InstanceState, Signs, look
from app.status.since import brought_up
from domain.model.instants import MILLISECOND, SECOND, iso
from domain.system.key_age import KeyState, key_age


@frozen
class Picture:
    """`document` has what the run says of itself and what only somebody outside can tell.

    `folder` is that of the mode; `is_readable`: whether the run's own part could be read.
    """

    folder: Path
    document: dict[str, Any]
    signs: Signs
    is_readable: bool


def take(folders: Folders, folder: Path) -> Picture:
    """Return the picture of the instance in the mode's `folder`, as it is now."""
    report = read_status(folder)
    signs = look(folder, Members(report), time.time_ns())
    known = report or {"mode": folder.name}
    if report is not None and signs.state in (InstanceState.STOPPED, InstanceState.DIED):
        known = brought_up(known, folder / "journal")
    return Picture(folder, _whole(known, signs, folders, folder), signs, report is not None)


def newest_alerts(log: Path, name: str) -> list[Members]:
    """Return the newest alerts of the instance of that `name` (see `Address`) that are open; none
    where they can't be read, as on a folder of somebody else.
    """
    try:
        book = read_book(log)
        found = LineFiles(log / FILE).newest(
            SHOWN, lambda each: is_of(each, name) and book.is_open(each)
        )
    except OSError:
        return []
    return [Members(each) for each in found]


def _whole(report: dict[str, Any], signs: Signs, folders: Folders, folder: Path) -> dict[str, Any]:
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
        "key_age": _key_age(folders),
        "alert_channels": channel_rows(folder, is_up=signs.state.is_up),
    }
    positions = report.get("positions")
    if not signs.state.is_up and isinstance(positions, list):
        guard = "unknown" if signs.state is InstanceState.UNKNOWN else NOBODY
        whole["positions"] = [
            {**each, "protected_at": _left(each.get("protected_at"), guard)}
            if _is_guarded(each)
            else each
            for each in positions
        ]
    return whole


def _key_age(folders: Folders) -> str | None:
    """Return in words how old the key is that was noted last, once it is due to be replaced."""
    created_ns = KeyNote(folders.data).newest_created_ns()
    if created_ns is None:
        return None
    age = key_age(created_ns, time.time_ns())
    return None if age.state is KeyState.YOUNG else age.words


def _left(protected_at: object, guard: str) -> str:
    """Return who protects a lot without the process: an order at the venue stays there."""
    is_at_venue = guard == NOBODY and is_protected_at_venue(str(protected_at))
    return VENUE if is_at_venue else guard


def _is_guarded(position: object) -> bool:
    """Tell whether a position is said to be watched: one that is missing is not."""
    return isinstance(position, dict) and position.get("protected_at") != MISSING


def _seconds(length_ns: int) -> str:
    whole, rest = divmod(length_ns, SECOND)
    return f"{whole}.{rest // MILLISECOND:03d}"
