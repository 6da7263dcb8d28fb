"""`run.py data`: recorded candles, brought into the form that `--market` trades on."""

from __future__ import annotations

import contextlib
import json
import random
import time
from pathlib import Path
from typing import Any

import click

from adapters.simulator.importing.candles import ImportHints
from adapters.simulator.importing.columns import Columns, columns_chosen
from adapters.simulator.importing.months import MonthFiles
from adapters.simulator.importing.naming import product_of_cell
from adapters.simulator.market_data.source import MarketError
from adapters.telemetry.log import ActorLog
from adapters.venues.coinbase.history import CandleHistory
from adapters.venues.coinbase.traits import COINBASE
from adapters.venues.transport.endpoint import AddressInvalid
from app.command_line.environment import require_writable
from app.command_line.options import Folders, shown
from app.command_line.progress import progress_bar
from app.command_line.shell import Parsed, folder_options, json_option, world_option
from app.command_line.trading_options import COINBASE_REST, parse_url
from app.history.fetching import CandleFetch, Fetched
from app.history.importing import ImportedFile, files_in, import_file
from app.history.inspecting import inspect as look_at
from domain.model.instants import MINUTE, SECOND, Nanos, parse_typed_time
from domain.model.product import ProductId
from domain.model.spelling import product_meant

HISTORY = "history"
"""Folder in the data folder where candles go if no other is named."""


def _product(text: str) -> ProductId:
    found = product_of_cell(text)
    if found is None or found != text.upper():
        raise ValueError(f"expected a product like BTC-USD, was {text!r}{product_meant(text)}")
    return found


PRODUCT = Parsed("product", _product)
_TIME = Parsed("time", parse_typed_time)
_PATH = click.Path(path_type=Path)


def out_option(command: Any) -> Any:
    """Give a command `--out`: the folder of the month files."""
    return click.option(
        "--out",
        type=click.Path(path_type=Path, file_okay=False),
        metavar="FOLDER",
        help="Where the files go, one a product and month; default: `history` in the data folder.",
    )(command)


@click.group()
def data() -> None:
    """Bring recorded candles into the form that --market trades on.

    \b
    Example:
      python run.py data inspect candles.csv
      python run.py data import candles.csv --product BTC-USD
      python run.py data fetch BTC-USD --from 2026-10-01
    """


@data.command("import", short_help="Candles of other tools, for --market.")
@click.argument("files", nargs=-1, required=True, type=_PATH)
@out_option
@click.option(
    "--product",
    type=PRODUCT,
    metavar="BTC-USD",
    help="Whose prices they are, where neither a column nor the file's name says it.",
)
@click.option(
    "--columns",
    type=Parsed("columns", columns_chosen),
    metavar="ts,open,…",
    help="What the columns are, in order (`-`: not used), where they have no usual names.",
)
@json_option
@world_option
@folder_options
def import_files(
    folders: Folders,
    files: tuple[Path, ...],
    out: Path | None,
    product: ProductId | None,
    columns: Columns | None,
    as_json: bool,
) -> int:
    """Make Parquet files that --market takes of minute candles of other tools.

    Text with or without names of columns, JSON, Feather and Parquet, packed or not. What is guessed
    is checked against all rows and said; a file that leaves something open is refused with the
    line. Nothing that is there is written over. Exit code: 0, or 1 if a file was refused.

    \b
    Example:
      python run.py data import BTCUSDT-1m-2023-12.csv --out candles
      python run.py data import prices.csv --product BTC-USD --columns ts,open,high,low,close,volume
    """
    _require(*files)
    folder = _folder(folders, out)
    months, wish = MonthFiles(folder), ImportHints(product, columns)
    imported = []
    for path in files:
        try:
            there = files_in(path)
        except MarketError as error:
            imported.append(ImportedFile(path, problem=str(error)))
            continue
        imported += [import_file(file, wish, months) for file in there]
    done = [each for each in imported if each.problem is None]
    if as_json:
        document = {"out": str(folder), "files": [each.document() for each in imported]}
        click.echo(json.dumps(document, indent=2))
    else:
        for each in imported:
            for line in each.lines():
                click.echo(line, err=line.startswith("refused: "))
        if done:
            click.echo(folders.address.put(played(folder)))
    return 0 if len(done) == len(imported) else 1


@data.command()
@click.argument("path", type=_PATH)
@json_option
@world_option
@folder_options
def inspect(folders: Folders, path: Path, as_json: bool) -> int:
    """Say what is in a file or folder, and whether --market takes it.

    Products, span, gaps, outliers and tick; what --market refuses is said with the place, and what
    `data import` would make of it. Exit code: 0, or 1 if --market does not take it.

    \b
    Example:
      python run.py data inspect candles.csv
    """
    _require(path)
    found = look_at(path)
    if as_json:
        click.echo(json.dumps(found.document(), indent=2))
    else:
        click.echo("\n".join(folders.address.put(line) for line in found.lines()))
    return 1 if found.market is None else 0


@data.command()
@click.argument("products", nargs=-1, required=True, type=PRODUCT)
@click.option(
    "--from", "since_ns", type=_TIME, required=True, metavar="TIME", help="The first minute."
)
@click.option("--to", "until_ns", type=_TIME, metavar="TIME", help="Up to there; default: now.")
@out_option
@click.option(
    "--venue-url",
    default=COINBASE_REST,
    type=Parsed("url", parse_url),
    metavar="URL",
    help="Another venue of the same protocol; without TLS on this machine only.",
)
@json_option
@world_option
@folder_options
def fetch(
    folders: Folders,
    products: tuple[ProductId, ...],
    since_ns: Nanos,
    until_ns: Nanos | None,
    out: Path | None,
    venue_url: str,
    as_json: bool,
) -> int:
    """Download minute candles of PRODUCTS from Coinbase; needs no key.

    What the files of the folder have is not asked for again: after a break the same command goes
    on where it was. A minute without a trade has no candle at the venue and stays a gap. Exit code:
    0, or 1 if something could not be fetched.

    \b
    Example:
      python run.py data fetch BTC-USD ETH-USD --from 2026-10-01 --to 2026-11-01
    """
    start_ns, end_ns = _closed_span(since_ns, until_ns)
    folder = _folder(folders, out)
    done: list[Fetched] = []
    with contextlib.closing(_history(venue_url)) as history:
        for product in dict.fromkeys(products):
            with progress_bar(product, (end_ns - start_ns) // MINUTE) as moved:
                fetching = CandleFetch(product, start_ns, end_ns, MonthFiles(folder), history)
                done.append(fetching.run(moved))
    if as_json:
        document = {"out": str(folder), "products": [each.document() for each in done]}
        click.echo(json.dumps(document, indent=2))
    else:
        for each in done:
            click.echo("\n".join(each.lines()))
    for each in done:
        if each.problem is not None:
            click.echo(f"not fetched whole: {each.problem}; the same command goes on", err=True)
    if not as_json and any(each.quality is not None for each in done):
        click.echo(folders.address.put(played(folder)))
    return 0 if all(each.problem is None for each in done) else 1


def _closed_span(since_ns: Nanos, until_ns: Nanos | None) -> tuple[int, int]:
    """Return whole minutes that are over."""
    closed_ns = time.time_ns() - COINBASE.candle_grace_ns
    end_ns = min(closed_ns, closed_ns if until_ns is None else until_ns)
    start_ns, end_ns = -(-since_ns // MINUTE) * MINUTE, end_ns // MINUTE * MINUTE
    if start_ns >= end_ns:
        raise click.UsageError("--from must be before --to, and at least a minute ago")
    return start_ns, end_ns


def _history(url: str) -> CandleHistory:
    try:
        return CandleHistory(
            url,
            ca=None,
            machine_ns=time.monotonic_ns,
            wait=lambda wait_ns: time.sleep(wait_ns / SECOND),
            draw=random.random,
            log=ActorLog("data"),
        )
    except AddressInvalid as error:
        raise click.UsageError(f"--venue-url: {error}") from error


def played(folder: Path) -> str:
    """Return how a folder of candles is traded on."""
    return f"`python run.py --env paper --market {shown(folder)}` trades on it"


def _require(*paths: Path) -> None:
    for path in paths:
        if not path.exists():
            raise click.UsageError(f"{path} does not exist")


def _folder(folders: Folders, out: Path | None) -> Path:
    folder = folders.data / HISTORY if out is None else out
    require_writable(folder, "--data-dir" if out is None else "--out")
    return folder
