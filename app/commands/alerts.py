"""`run.py alerts`: what somebody had to know, newest last, and what somebody took note of."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import click

from adapters.telemetry.acks import Ack, AckFile, alert_id
from adapters.telemetry.lines import Entry, LineFiles, is_of
from app.command_line.environment import in_words
from app.command_line.options import Folders
from app.command_line.shell import (
    count_option,
    folder_options,
    json_option,
    reason_option,
    world_option,
)
from app.status.alerts import alert_blocks
from app.status.lines import addressed
from app.status.members import Members
from app.status.screen import show
from domain.model.instants import iso
from domain.model.wording import meant

SHOWN = 20
FILE = "alerts.jsonl"


@click.group()
def alerts() -> None:
    """What somebody had to know.

    \b
    Example:
      python run.py alerts list
    """


@alerts.command("list")
@click.option("--open", "is_open", is_flag=True, help="Only those that nobody acknowledged.")
@count_option(SHOWN, "alerts")
@json_option
@world_option
@folder_options
def list_alerts(folders: Folders, count: int, *, as_json: bool, is_open: bool) -> int:
    """List the alerts of this log folder, or those of --world, the newest last: what happened, what
    was done about it, what is owned, what can still be lost, and the command that helps; with the
    id that `ack` takes, and what was noted.

    \b
    Example:
      python run.py alerts list -n 5
      python run.py alerts list --open
      python run.py alerts list --json
    """
    files = LineFiles(folders.log / FILE)
    try:
        acks = AckFile(folders.log).read()

        def is_wanted(each: Entry) -> bool:
            return is_of(each, folders.logged) and not (is_open and alert_id(each) in acks)

        found = files.newest(count or None, is_wanted)
    except OSError as error:
        return _unreadable(folders.log, error)
    rows = [_with_ack(each, acks) for each in found]
    if as_json:
        click.echo(json.dumps({"alerts": rows, "damaged": files.damaged}, indent=2))
    elif rows:
        show(addressed(alert_blocks([Members(each) for each in rows]), folders.address))
        sys.stdout.flush()
    else:
        click.echo("no open alerts" if is_open else "no alerts")
    if files.damaged:
        click.echo(files.damage, err=True)
    return 0


@alerts.command()
@click.argument("alert", metavar="ID")
@reason_option("What you did about it; it stays on record.")
@folder_options
def ack(folders: Folders, alert: str, reason: str) -> int:
    """Take note of an alert, by the ID that `alerts list` shows.

    It goes from the status and from `alerts list --open`. It changes nothing else: what is halted
    stays so until `resume`.

    \b
    Example:
      python run.py alerts ack 1f0c22ab --reason "sold by hand at the venue"
    """
    book = AckFile(folders.log)
    try:
        known = [
            alert_id(each) for each in LineFiles(folders.log / FILE).newest(None, lambda _: True)
        ]
        before = book.read().get(alert)
    except OSError as error:
        return _unreadable(folders.log, error)
    if alert not in known:
        hint = meant(alert, known) or "; `python run.py alerts list` shows what is there"
        text = f"there is no alert {alert!r} in {folders.log / FILE}{hint}"
        click.echo(folders.address.put(text), err=True)
        return 1
    if before is not None:
        click.echo(f"{alert}: acknowledged before, at {before.wall}: {before.reason}")
        return 0
    try:
        book.add(alert, Ack(iso(time.time_ns()), reason))
    except OSError as error:
        click.echo(f"{alert}: not acknowledged: {in_words(error)}", err=True)
        return 1
    click.echo(f"{alert}: acknowledged: {reason}")
    return 0


def _with_ack(alert: dict[str, Any], acks: dict[str, Ack]) -> dict[str, Any]:
    """Return an alert with its id, and what a person noted of it, None where nobody did."""
    name = alert_id(alert)
    noted = acks.get(name)
    told = None if noted is None else {"wall": noted.wall, "reason": noted.reason}
    return {"id": name, **alert, "ack": told}


def _unreadable(log: Path, error: OSError) -> int:
    click.echo(f"{error.filename or log / FILE} can't be read: {error.strerror}", err=True)
    return 1
