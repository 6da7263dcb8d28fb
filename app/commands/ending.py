"""How an instance that was told to stop ends: seen from outside, by what it leaves behind."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from adapters.control.files import read_json
from adapters.control.instances import holder, is_running
from adapters.control.status import read_status
from adapters.control.worlds import title

END_SECONDS = 15.0
"""A killed trader ends within twelve, and its sentinel may have to cancel after that."""
LOOK_SECONDS = 0.1
TAIL_BYTES = 1 << 16
SENTINEL = "sentinel.json"
CONFIRMED = ("clear", "done")
"""States of a sentinel that has seen two complete listings without an entry of ours."""
STARTED, STOPPED = "RunStarted", "RunStopped"


def await_end(folder: Path, *, seconds: float = END_SECONDS, begun_s: float | None = None) -> bool:
    """Say what becomes of the instance of the mode's `folder`.

    Tell whether it has ended and no entry rests, confirmed, within `seconds` of machine time.
    `begun_s` is the UTC wall time from which on its sentinel is listened to; default: now.
    """
    who, begun_s = holder(folder), time.time() if begun_s is None else begun_s
    deadline, is_told = time.monotonic() + seconds, False

    def is_over() -> bool:
        nonlocal is_told
        if not is_told and (read_status(folder) or {}).get("halted"):
            is_told = True
            click.echo(f"{title(folder)}: halted; entries are being cancelled ({who})")
        return not is_running(folder)

    if not _wait(is_over, deadline):
        _say_stuck(folder, begun_s, None if who is None else who.pid)
        return False
    return _is_confirmed(folder, begun_s, deadline)


def _is_confirmed(folder: Path, begun_s: float, deadline: float) -> bool:
    if last_end(folder / "journal").get("is_confirmed"):
        click.echo(f"{title(folder)}: the instance has ended; no entry rests, confirmed")
        return True
    if _wait(lambda: sentinel_says(folder, begun_s).get("state") in CONFIRMED, deadline):
        click.echo(f"{title(folder)}: the instance has ended; no entry rests, says its sentinel")
        return True
    click.echo(
        f"{title(folder)}: the instance has ended, its entries are NOT confirmed cancelled; "
        f"{_of_sentinel(folder, begun_s)}; look at the venue and cancel by hand what rests",
        err=True,
    )
    return False


def _say_stuck(folder: Path, begun_s: float, pid: int | None) -> None:
    state = "" if pid is None or not is_stopped(pid) else ", which is stopped (SIGSTOP)"
    click.echo(
        f"{title(folder)}: not confirmed: it still runs as pid {pid or 'unknown'}{state}; "
        f"{_of_sentinel(folder, begun_s)}",
        err=True,
    )
    click.echo(
        f"{title(folder)}: to end it: kill -KILL {pid or 'PID'}; its sentinel then cancels what "
        "rests. If that is not told in the alerts, cancel by hand at the venue",
        err=True,
    )


def _of_sentinel(folder: Path, begun_s: float) -> str:
    said = sentinel_says(folder, begun_s)
    if not said:
        return "its sentinel has said nothing since"
    facts = ", ".join(f"{name} {said[name]}" for name in ("reason", "cancelled") if name in said)
    return f"its sentinel says: {said.get('state')}" + (f" ({facts})" if facts else "")


def sentinel_says(folder: Path, since_s: float) -> dict[str, Any]:
    """Return what the sentinel has told since that wall time, empty if nothing."""
    file = folder / SENTINEL
    try:
        is_news = file.stat().st_mtime >= since_s
    except OSError:
        return {}
    return (read_json(file) or {}) if is_news else {}


def last_end(journal: Path) -> dict[str, Any]:
    """Return what the newest run said at its clean end; empty if it had none."""
    newest = max(journal.glob("*.jsonl"), default=None)
    return {} if newest is None else dict(end_record(newest).get("data", {}))


def end_record(segment: Path) -> dict[str, Any]:
    """Return the record with which a segment's run ended cleanly; empty if it did not."""
    try:
        with segment.open("rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - TAIL_BYTES))
            lines = file.read().splitlines()
    except OSError:
        return {}
    for line in reversed(lines):
        record = _record(line)
        if record.get("type") in (STARTED, STOPPED):
            return record if record["type"] == STOPPED else {}
    return {}


def _record(line: bytes) -> dict[str, Any]:
    try:
        record = json.loads(line)
        return {**record, "type": str(record["type"]), "data": dict(record["data"])}
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}  # the first of the tail may be cut, the last torn


def _wait(condition: Callable[[], bool], deadline: float) -> bool:
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(LOOK_SECONDS)  # another process: its lock and files can only be looked at
    return True


def is_stopped(pid: int) -> bool:
    """Tell whether a process is stopped by a signal, where the system says so."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return text.rpartition(")")[2].split()[:1] == ["T"]
