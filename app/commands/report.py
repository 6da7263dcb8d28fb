"""`run.py report`: what a run has earned, and how."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click
from rich.console import Console

from adapters.journal.errors import JournalBroken
from adapters.telemetry.bars import BARS
from app.command_line.environment import in_words
from app.command_line.options import Folders
from app.command_line.shell import Parsed, env_option, folder_options, json_option
from app.commands.journals import decoded, journal_of, with_progress
from app.results.candles import price_charts
from app.results.document import document
from app.results.text import show
from config.mode import Mode
from domain.model.instants import Nanos, parse_typed_time
from domain.results.fold import Results, ResultsFold

_EXAMPLE = """Show the results of a run, running or stopped.

Trades, profit before and after fees, drawdown, slippage, open positions and refusals, told from the
journal: every number equals the ledger. Cycles and refusals are counted as far back as their
details are kept, 90 days. The page has charts too, with trades on the prices of the run. Exit code:
0, or 1 if there is nothing to report or the journal is broken.

\b
Example:
  python run.py report
  python run.py report --html report.html
  python run.py report --from 2026-11-01T00:00:00Z --json
"""
_TIME = Parsed("time", parse_typed_time)


@click.command(help=_EXAMPLE)
@click.option(
    "--html",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write a page with charts, in one file.",
)
@click.option("--from", "since_ns", type=_TIME, metavar="TIME", help="Trades closed since then.")
@click.option("--to", "until_ns", type=_TIME, metavar="TIME", help="The state as of then.")
@json_option
@env_option
@folder_options
def report(
    folders: Folders,
    mode: Mode | None,
    as_json: bool,
    html: Path | None,
    since_ns: Nanos | None,
    until_ns: Nanos | None,
) -> int:
    """Tell what was earned."""
    if since_ns is not None and until_ns is not None and since_ns >= until_ns:
        raise click.UsageError("--from must be before --to")
    try:
        journal = journal_of(folders, mode)
        results = read_results(journal, since_ns, until_ns)
    except JournalBroken as error:
        click.echo(f"no report: {error}", err=True)
        return 1
    except OSError as error:
        click.echo(f"no report: {in_words(error)}", err=True)
        return 1
    if results is None:
        click.echo("no report: nothing was recorded in that time", err=True)
        return 1
    if html is not None:
        from app.results.page import page  # the chart library takes a second

        try:
            shown = page(results, price_charts(results, journal.parent / BARS))
            html.write_text(shown, encoding="utf-8")
        except OSError as error:
            click.echo(f"no page: {error}", err=True)
            return 1
        click.echo(f"written: {html}", err=True)
    if as_json:
        click.echo(json.dumps(document(results), indent=2))
    else:
        show(results, Console(highlight=False, file=sys.stdout))
    return 0


def read_results(
    journal: Path, since_ns: Nanos | None = None, until_ns: Nanos | None = None
) -> Results | None:
    """Return the results that the journal in a folder tells; None if it tells none.

    Raises:
        FileNotFoundError: it holds no segment.
        OSError: it can't be read.
        JournalBroken: the chain is broken.
    """
    fold = ResultsFold(since_ns, until_ns)
    for record, message in with_progress(decoded(journal), "reading"):
        fold.take(record.at_ns, message)
    return fold.result()
