"""`run.py release`."""

from __future__ import annotations

from functools import partial

import click

from adapters.control.instances import choose, is_running
from app.command_line.options import Folders
from app.command_line.shell import env_option, folder_options, reason_option
from app.commands.operating import ask, carry_out
from config.mode import Mode
from domain.messages.control import RELEASE

BY_HAND = "released by hand"


@click.command()
@click.argument("lot")
@reason_option("Where the coins went; it stays on record.", BY_HAND)
@env_option
@folder_options
def release(folders: Folders, mode: Mode | None, lot: str, reason: str) -> int:
    """Take what is missing of LOT out of the books, at cost: neither profit nor loss.

    For coins that you sold or moved away yourself. `status` shows lots and what is missing of
    them; what the venue still holds stays in the books, protected. Ends with 0 only when it is in
    the journal.

    \b
    Example:
      python run.py release 0b8f3cf5-6a40-5f3c-9c1f-3a1d3f0e2a55 --reason "sold by hand"
    """
    folder = choose(*folders.homes, mode=None if mode is None else mode.value)
    if folder is None or not is_running(folder):
        click.echo(
            "no instance runs: start it first; only the venue can say what is missing", err=True
        )
        return 1
    return carry_out(folders, folder, RELEASE, partial(ask, folder, RELEASE, reason, subject=lot))
