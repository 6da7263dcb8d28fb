"""`run.py alerts`: what somebody had to know, newest last."""

from __future__ import annotations

import json
import sys

import click

from adapters.telemetry.lines import LineFiles
from app.command_line.options import Folders
from app.command_line.shell import count_option, folder_options, json_option
from app.status.alerts import alert_blocks
from app.status.members import Members
from app.status.screen import show

SHOWN = 20


@click.group()
def alerts() -> None:
    """What somebody had to know.

    \b
    Example:
      python run.py alerts list
    """  # noqa: D301 - \b is a control character to click


@alerts.command("list")
@count_option(SHOWN, "alerts")
@json_option
@folder_options
def list_alerts(folders: Folders, count: int, as_json: bool) -> int:
    """List the alerts of this log folder, the newest last: what happened, what was done about it,
    what is owned, what can still be lost, and the command that helps.

    \b
    Example:
      python run.py alerts list -n 5
      python run.py alerts list --json
    """  # noqa: D301 - \b is a control character to click
    path = folders.log / "alerts.jsonl"
    files = LineFiles(path)
    try:
        found = files.newest(count or None, lambda _: True)
    except OSError as error:
        click.echo(f"{path} can't be read: {error.strerror}", err=True)
        return 1
    if as_json:
        click.echo(json.dumps({"alerts": found, "damaged": files.damaged}, indent=2))
    elif found:
        show(alert_blocks([Members(each) for each in found]))
        sys.stdout.flush()
    else:
        click.echo("no alerts")
    if files.damaged:
        click.echo(files.damage, err=True)
    return 0
