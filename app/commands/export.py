"""`run.py export`: fills, lots, ledger and equity as files for other programs."""

from __future__ import annotations

import datetime
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click

from adapters.journal.errors import JournalBroken
from app.command_line.environment import in_words
from app.command_line.options import Folders
from app.command_line.shell import OneOf, Parsed, env_option, folder_options
from app.commands.journals import decoded, journal_of, with_progress
from app.results.tabular import DoesNotFit, replacing, write_csv, write_parquet
from config.mode import Mode
from domain.model.instants import Nanos, parse_typed_time
from domain.model.wording import counted
from domain.results.exports import EquityMarks, Fills, LedgerLines, Row, Span, Table
from domain.results.tax_lots import Method, TaxLots

STDOUT = "-"
CSV, PARQUET = ".csv", ".parquet"
_METHODS = {"fifo": Method.FIFO, "hifo": Method.HIFO}
_TABLES: dict[str, Callable[[Span], Table]] = {
    "fills": Fills,
    "ledger": LedgerLines,
    "equity": EquityMarks,
}
LOTS = "lots"
VIEW = (
    "matched dearest first: a view for taxes; the books are as `--method fifo` tells them, and"
    " which method your tax office takes is not for this program to say"
)


def _output(text: str) -> str:
    """Return where to write.

    Raises:
        ValueError: the name does not say in which form.
    """
    if text == STDOUT or Path(text).suffix.lower() in (CSV, PARQUET):
        return text
    raise ValueError(f"expected FILE{CSV}, FILE{PARQUET} or {STDOUT} (CSV), was {text!r}")


@click.command()
@click.argument("table", type=OneOf(["fills", LOTS, "ledger", "equity"]), metavar="TABLE")
@click.option(
    "--year",
    type=click.IntRange(1970, 2261),
    metavar="Y",
    help="Only that year, UTC; default: all.",
)
@click.option(
    "--method",
    type=OneOf(_METHODS),
    help="For lots: fifo as booked (default), or hifo, a view: the dearest is sold first.",
)
@click.option(
    "-o",
    "--output",
    type=Parsed("file", _output),
    required=True,
    metavar="FILE",
    help="FILE.csv, FILE.parquet, or - for CSV on stdout.",
)
@env_option
@folder_options
def export(
    folders: Folders,
    mode: Mode | None,
    table: str,
    year: int | None,
    method: str | None,
    output: str,
) -> int:
    """Write TABLE of a run to a file: fills, lots, ledger or equity.

    Every number is exact and as in the ledger; times are UTC. `lots` has each sale with cost,
    proceeds and gain, and what is owned at the end. A file that is there is replaced when the new
    one is whole. Ends with 1 if there is no journal or it is broken.

    \b
    Example:
      python run.py export fills -o fills.csv
      python run.py export lots --year 2026 --method hifo -o lots.parquet
    """
    if method is not None and table != LOTS:
        raise click.UsageError("--method says how sales are matched: it is for `lots` only")
    span, chosen = _span(year), _METHODS[method or "fifo"]
    made: Table = TaxLots(span, chosen) if table == LOTS else _TABLES[table](span)
    try:
        count = _write(made, _rows(made, journal_of(folders, mode)), output)
    except (JournalBroken, DoesNotFit) as error:
        click.echo(f"nothing was written: {error}", err=True)
        return 1
    except OSError as error:
        click.echo(f"nothing was written: {in_words(error)}", err=True)
        return 1
    when = "" if year is None else f" in {year}"
    if not count:
        click.echo(f"no {table}{when}: only the header was written", err=True)
    elif output != STDOUT:
        click.echo(f"written: {output}, {counted(count, 'row')}{when}", err=True)
    if chosen is Method.HIFO:
        click.echo(VIEW, err=True)
    return 0


def _span(year: int | None) -> Span:
    return Span() if year is None else Span(_new_year(year), _new_year(year + 1))


def _new_year(year: int) -> Nanos:
    return parse_typed_time(datetime.date(year, 1, 1).isoformat())


def _rows(made: Table, journal: Path) -> Iterator[Row]:
    for record, message in with_progress(decoded(journal), "reading"):
        yield from made.take(record.at_ns, message)
    yield from made.rest()


def _write(made: Table, rows: Iterator[Row], output: str) -> int:
    if output == STDOUT:
        return write_csv(made.columns, rows, sys.stdout)
    with replacing(Path(output)) as path:
        if Path(output).suffix.lower() == PARQUET:
            return write_parquet(made.columns, rows, path)
        with path.open("w", encoding="utf-8", newline="") as file:
            return write_csv(made.columns, rows, file)
