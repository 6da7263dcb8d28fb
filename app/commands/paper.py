"""`run.py paper reset`."""

from __future__ import annotations

import click

from app.command_line.options import Folders
from app.command_line.shell import folder_options


@click.group()
def paper() -> None:
    """Manage the paper world.

    \b
    Example:
      python run.py paper reset
    """  # noqa: D301 - \b is a control character to click


@paper.command()
@folder_options
def reset(folders: Folders) -> int:
    """Archive the paper world and its journal, so that the next start begins a new one.

    Nothing is deleted. A latched halt and a kill switch stay until `resume`.

    \b
    Example:
      python run.py paper reset --data-dir data
    """  # noqa: D301 - \b is a control character to click
    from app.run.recovery import reset_paper

    code, lines = reset_paper(folders.data)
    for line in lines:
        click.echo(line, err=code != 0)
    return code
