"""`run.py status`: a running or a stopped instance."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import click

from adapters.control.instances import STATUS, choose, is_running
from adapters.control.status import read_status
from app.command_line.environment import in_words
from app.command_line.options import Folders
from app.command_line.shell import env_option, folder_options, json_option
from app.command_line.streams import reader_is_gone
from app.status.head import head
from app.status.lines import DIM, Line, addressed
from app.status.members import Members
from app.status.picture import Picture, newest_alerts, take
from app.status.screen import show, watch
from app.status.text import sections
from config.mode import Mode

AGAIN_SECONDS = 1.0
"""A run publishes its status as often."""
FOOT = Line("Ctrl-C leaves this view; it ends no trader", DIM)


@click.command()
@click.option("--watch", "is_watching", is_flag=True, help="Stay, and show it anew each second.")
@json_option
@env_option
@folder_options
def status(folders: Folders, mode: Mode | None, as_json: bool, is_watching: bool) -> int:
    """Show the instance that runs, or how the last one ended.

    Says whether it trades, is frozen, was stopped or died; what the account is worth, what it owns
    and what protects it, how far each limit is, and what stops it with the way out. --watch stays
    until Ctrl-C; where there is no terminal it shows it once.

    \b
    Example:
      python run.py status
      python run.py status --watch
      python run.py status --json
    """
    if is_watching and as_json:
        raise click.UsageError("--watch is for people: leave it out, or leave --json out")
    if is_watching and sys.stdout.isatty():
        return _watch(folders, mode)
    folder = choose(*folders.homes, mode=None if mode is None else mode.value)
    if folder is None or not _has_status(folder):
        return _nothing_yet(folders, folder, as_json=as_json)
    picture = take(folders, folder)
    if as_json:
        click.echo(json.dumps(picture.document, indent=2))
    else:
        show(_lines(picture, folders))
    if not picture.is_readable:
        click.echo(f"{folder / STATUS}: damaged, or not yours to read", err=True)
        return 1
    return 0


def _lines(picture: Picture, folders: Folders) -> Iterator[Line]:
    document, address = Members(picture.document), folders.address_of(picture.folder)
    if not picture.is_readable:
        return addressed(head(document, picture.signs), address)
    alerts = newest_alerts(folders.log, address.name)
    return addressed(sections(document, picture.signs, alerts), address)


def _watch(folders: Folders, mode: Mode | None) -> int:
    """Show the instance that is meant at each moment, until Ctrl-C."""

    def draw() -> Iterator[Line]:
        folder = choose(*folders.homes, mode=None if mode is None else mode.value)
        if folder is None or not _has_status(folder):
            return iter([Line(_not_yet(folders, folder))])
        return _lines(take(folders, folder), folders)

    def is_watched() -> bool:
        time.sleep(AGAIN_SECONDS)  # another process writes the files: they can only be looked at
        return not reader_is_gone()

    try:
        watch(draw, FOOT, is_watched)
    except KeyboardInterrupt:
        return 0
    except OSError as error:
        click.echo(f"no status: {in_words(error)}", err=True)
        return 1
    return 0


def _has_status(folder: Path) -> bool:
    """Tell whether a status was ever published there, readable or not."""
    return read_status(folder) is not None or (folder / STATUS).exists()


def _not_yet(folders: Folders, folder: Path | None) -> str:
    if folder is not None and is_running(folder):
        return f"{folder}: starting, no status yet"
    return f"{folder or folders.home}: no run yet"


def _nothing_yet(folders: Folders, folder: Path | None, *, as_json: bool) -> int:
    if as_json:
        is_up = folder is not None and is_running(folder)
        click.echo(json.dumps({"mode": folder.name if folder else None, "running": is_up}))
    click.echo(_not_yet(folders, folder), err=True)
    return 1
