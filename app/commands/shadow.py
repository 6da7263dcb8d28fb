"""`run.py shadow report`: how a shadow has decided beside the trader."""

from __future__ import annotations

import json
import sys

import click
from rich.console import Console

from adapters.control.instances import folders_with_runs
from adapters.control.worlds import title
from adapters.shadow.records import FOLDER, files_in, read_records
from app.command_line.environment import in_words
from app.command_line.options import Folders
from app.command_line.shell import env_option, folder_options, json_option
from app.results.shadow import ShadowResults
from app.results.shadow_text import document, show
from config.mode import Mode

NONE_YET = "no shadow has run there; `python run.py --env paper --shadow DIR` starts one"


@click.group()
def shadow() -> None:
    """See how a shadow has decided: a second pipeline by a configuration of its own.

    \b
    Example:
      python run.py shadow report
    """


@shadow.command(short_help="Compare the newest shadow.")
@json_option
@env_option
@folder_options
def report(folders: Folders, mode: Mode | None, as_json: bool) -> int:
    """Compare the newest shadow with the trader beside which it ran, or runs.

    How far they agree, where they differ, which settings are not the same, and what the difference
    earned on paper. Exit code: 0, or 1 if no shadow has run.

    \b
    Example:
      python run.py shadow report
      python run.py shadow report --json
    """
    try:
        results = _read(folders, mode)
    except OSError as error:
        click.echo(f"no report: {in_words(error)}", err=True)
        return 1
    if results is None:
        click.echo(folders.address.put(f"no report: {NONE_YET}"), err=True)
        return 1
    if results.begun is None:
        lines = f"{results.damaged} damaged"
        click.echo(f"no report: the shadow's file has no beginning ({lines})", err=True)
        return 1
    if as_json:
        click.echo(json.dumps(document(results, results.begun), indent=2))
    else:
        show(results, results.begun, Console(highlight=False, file=sys.stdout))
    return 0


def _read(folders: Folders, mode: Mode | None) -> ShadowResults | None:
    """Return what the newest file says, of the newest run that had a shadow; None if none had.

    Raises:
        OSError: it can't be read.
    """
    ran = folders_with_runs(*folders.homes, mode=None if mode is None else mode.value)
    for folder in ran:
        files = files_in(folder / FOLDER)
        if files:
            results = ShadowResults(title(folder))
            for record in read_records(files[-1]):
                results.take(record)
            return results
    return None
