"""`run.py sweep`: look for better settings, and say honestly what was found."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import signal
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from filelock import FileLock, Timeout
from rich.console import Console

from adapters.control.instances import InstanceRunning
from adapters.simulator.market_data.source import MarketError
from adapters.simulator.options import DEFAULT_SEED, GENERATED
from app.command_line.options import Folders
from app.command_line.progress import progress_bar
from app.command_line.shell import Parsed, folder_options, json_option, set_option
from app.commands.backtest import account_options, market_option
from config.loading import load
from domain.model.instants import parse_typed_time

if TYPE_CHECKING:
    from app.sweep.crew import Crew
    from app.sweep.findings import SweepFindings
    from app.sweep.plan import SweepPlan
    from app.sweep.store import TrialStore

FOLDER, FILE = "sweeps", "trials.sqlite"
TRIALS = 50
_HELP = """Look for better settings on one stretch of time, judge them on a later one, and go on.

The space file names keys as --set does, each with a range or choices. For each fold settings are
searched, then the best is judged on time that the search has not seen, with a gap as long as the
longest hold and look-back between. The report says how much of what was found was left there, and
how probable it is that it was no chance find.

The result does not depend on --workers or --cluster. Ctrl-C ends it; the same command goes on.

Exit code: 0 the best is better than the settings as they are, where it was judged; 1 it isn't, no
trial had a result, or it was stopped; 2 nothing was started.

\b
Example:
  python run.py sweep --market candles --space space.yaml
  python run.py sweep --market candles --space space.yaml --trials 200 --report sweep.json
  python run.py sweep --market candles --space space.yaml --cluster tcp://10.0.0.5:8786
"""
_TIME = Parsed("time", parse_typed_time)
_WRITTEN = click.Path(path_type=Path, dir_okay=False)


@click.command(help=_HELP)
@market_option
@click.option(
    "--space", type=_WRITTEN, required=True, metavar="FILE", help="What may be changed (YAML)."
)
@click.option(
    "--trials",
    type=click.IntRange(1, 100_000),
    default=TRIALS,
    show_default=True,
    metavar="N",
    help="Settings tried in each fold, those of earlier runs included.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 1024),
    metavar="N",
    help="Processes that play; default: one a core.",
)
@click.option("--cluster", metavar="ADDRESS", help="A Dask scheduler whose workers play instead.")
@click.option(
    "--storage",
    metavar="URL",
    help="Where finished trials are kept, like postgresql://…; default: below the data folder.",
)
@click.option(
    "--from",
    "from_ns",
    type=_TIME,
    metavar="TIME",
    help="Where the first fold begins; default: first row + longest look-back.",
)
@click.option(
    "--to", "to_ns", type=_TIME, metavar="TIME", help="Where the last ends; default: the market's."
)
@account_options
@click.option("--report", type=_WRITTEN, metavar="R.json", help="Write everything as JSON.")
@json_option
@set_option
@folder_options
def sweep(folders: Folders, **asked: Any) -> int:
    """Search, judge, show."""
    _need_packages()
    if asked["cluster"] is not None and asked["workers"] is not None:
        raise click.UsageError("--workers are processes of this machine: leave it out at a cluster")
    report: Path | None = asked["report"]
    if report is not None and not report.absolute().parent.is_dir():
        raise click.UsageError(f"--report: there is no folder {report.parent}")
    plan = _plan(folders, asked)
    with _kept(folders, plan, asked["storage"]) as store, _stoppable():
        try:
            found = _conducted(plan, store, asked)
        except KeyboardInterrupt:
            done = sum(len(store.records(fold.number)) for fold in plan.folds)
            whole = asked["trials"] * len(plan.folds)
            click.echo(f"stopped after {done} of {whole} trials; to go on: {_again()}", err=True)
            return 1
    text = json.dumps(found.document, indent=2) + "\n"
    if report is not None:
        _write(report, text)
    _tell(found, text if asked["as_json"] else "")
    return 0 if found.is_better else 1


def _tell(found: SweepFindings, text: str) -> None:
    from app.sweep.table import show

    if text:
        click.echo(text, nl=False)
    else:
        show(found, Console(highlight=False, file=sys.stdout))


def _need_packages() -> None:
    """Refuse with the way out where what a sweep needs is not installed."""
    missing = [name for name in ("optuna", "distributed") if find_spec(name) is None]
    if missing:
        raise click.UsageError(
            f"a sweep needs {' and '.join(missing)}: `./scripts/setup research` installs what it"
            " needs"
        )


def _plan(folders: Folders, asked: dict[str, Any]) -> SweepPlan:
    from app.sweep.folds import TooShort
    from app.sweep.plan import NothingEnabled, SweepWish, sweep_plan

    sets: tuple[str, ...] = asked["sets"]
    strategy = asked["strategy"]
    if strategy is not None:
        entries = load(folders.config, sets).strategies
        if strategy not in entries:
            known = ", ".join(sorted(entries))
            raise click.UsageError(f"--strategy: expected one of {known}, was {strategy}")
        only = (f"strategies.{name}.enabled={str(name == strategy).lower()}" for name in entries)
        sets = (*sets, *only)
    market = asked["market"]
    wish = SweepWish(
        config_dir=folders.config,
        sets=sets,
        space=asked["space"],
        market=market if market == GENERATED else str(Path(market).absolute()),
        seed=DEFAULT_SEED if asked["seed"] is None else asked["seed"],
        from_ns=asked["from_ns"],
        to_ns=asked["to_ns"],
        capital=asked["capital"],
    )
    try:
        return sweep_plan(wish)
    except (MarketError, TooShort, NothingEnabled) as error:
        raise click.UsageError(str(error)) from error


@contextlib.contextmanager
def _kept(folders: Folders, plan: SweepPlan, url: str | None) -> Iterator[TrialStore]:
    """Open the trials of a sweep, which nobody else may run here meanwhile."""
    from app.sweep.store import StorageUnusable, TrialStore, sqlite_url

    folder = folders.data / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / f"{plan.identity}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise InstanceRunning("this sweep is running already") from error
    with contextlib.ExitStack() as stack:
        stack.callback(lock.release)
        where = sqlite_url(folder / FILE) if url is None else url
        try:
            store = TrialStore(where, plan.identity, plan.market)
        except StorageUnusable as error:
            raise click.UsageError(str(error)) from error
        stack.callback(store.close)
        yield store


def _conducted(plan: SweepPlan, store: TrialStore, asked: dict[str, Any]) -> SweepFindings:
    from app.sweep.conduct import conduct

    trials: int = asked["trials"]
    with (
        contextlib.closing(_crew(plan, asked)) as crew,
        progress_bar("sweep", trials * len(plan.folds)) as heard,
    ):
        return conduct(plan, store, crew, trials=trials, heard=heard)


def _crew(plan: SweepPlan, asked: dict[str, Any]) -> Crew:
    if asked["cluster"] is not None:
        from app.sweep.cluster import ClusterCrew

        return ClusterCrew(plan.question, asked["cluster"], _say)
    from app.sweep.crew import LocalCrew

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return LocalCrew(plan.question, asked["workers"] or cores or 1, _say)


def _say(text: str) -> None:
    click.echo(text, err=True)


@contextlib.contextmanager
def _stoppable() -> Iterator[None]:
    """Let a request to end from outside be the same as Ctrl-C."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _again() -> str:
    """Return the command that goes on, without a password that may have been in it."""
    from app.sweep.store import shown_url

    words = [shown_url(word) if "://" in word else word for word in sys.argv[1:]]
    return shlex.join(["python", "run.py", *words])


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.UsageError(f"--report {file}: {error.strerror}") from error
