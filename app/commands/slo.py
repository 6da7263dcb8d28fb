"""`run.py slo`: how long everything took, against the objectives."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click
from rich.console import Console

from adapters.journal.errors import JournalBroken
from app.command_line.environment import in_words
from app.command_line.options import Folders
from app.command_line.shell import env_option, folder_options, json_option
from app.commands.journals import decoded, journal_of, with_progress
from app.results.performance import document, show, unmet
from config.mode import Mode
from domain.results.objectives import Performance, PerformanceFold

_HELP = """Measure the last run, running or stopped, against its objectives.

95 % of the cycles are decided within 1 s and 99 % within 2 s, from when they were due to the last
verdict, and at most 0.5 % are degraded. Shows how long each stage, each endpoint of the venue and
the journal took, told from the journal. Exit code: 0 if every objective was measured and is met,
else 1.

\b
Example:
  python run.py slo
  python run.py slo --env paper --json
"""


@click.command(help=_HELP)
@json_option
@env_option
@folder_options
def slo(folders: Folders, mode: Mode | None, as_json: bool) -> int:
    """Tell whether the objectives are met."""
    try:
        found = read_performance(journal_of(folders, mode))
    except JournalBroken as error:
        click.echo(f"nothing measured: {error}", err=True)
        return 1
    except OSError as error:
        click.echo(f"nothing measured: {in_words(error)}", err=True)
        return 1
    if as_json:
        click.echo(json.dumps(document(found), indent=2))
    else:
        show(found, Console(highlight=False, file=sys.stdout))
    if found.is_met:
        return 0
    click.echo(f"objectives {unmet(found)}", err=True)
    return 1


def read_performance(journal: Path) -> Performance:
    """Return what the last run in the journal of a folder shows.

    Raises:
        FileNotFoundError: it holds no segment.
        OSError: it can't be read.
        JournalBroken: the chain is broken.
    """
    fold = PerformanceFold()
    for record, message in with_progress(decoded(journal), "reading"):
        fold.take(message, is_virtual=record.wall is None)
    return fold.result()
