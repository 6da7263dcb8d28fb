"""`run.py pause` and `run.py unpause`: entries only."""

from __future__ import annotations

import click

from app.command_line.options import Folders
from app.command_line.shell import all_option, env_option, folder_options, reason_option
from app.commands.operating import operate, targets
from config.mode import Mode


@click.command()
@reason_option("Why; it stays on record.")
@all_option
@env_option
@folder_options
def pause(folders: Folders, mode: Mode | None, reason: str, is_all: bool) -> int:
    """Begin no new trades; stops, targets and other exits go on.

    Holds until `unpause`, over restarts too. Entries that rest at the venue stay until they fill
    or expire. Ends with 0 only when the pause is in the journal.

    \b
    Example:
      python run.py pause --reason "central bank speaks at 14:00"
    """
    return _order(folders, mode, "pause", reason, is_all=is_all)


@click.command()
@reason_option("Why entries may begin again; it stays on record.")
@all_option
@env_option
@folder_options
def unpause(folders: Folders, mode: Mode | None, reason: str, is_all: bool) -> int:
    """Let new trades begin again after `pause`; a halt stays until `resume`.

    Ends with 0 only when the end of the pause is in the journal.

    \b
    Example:
      python run.py unpause --reason "the speech is over"
    """
    return _order(folders, mode, "unpause", reason, is_all=is_all)


def _order(folders: Folders, mode: Mode | None, verb: str, reason: str, *, is_all: bool) -> int:
    meant = targets(folders, mode, is_all=is_all)
    if meant:
        return operate(folders, meant, verb, reason)
    click.echo(f"{verb}: nothing was done: nothing ever ran in {folders.home}", err=True)
    return 1
