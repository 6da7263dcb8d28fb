"""`run.py replay`: a recorded run, played again by the same pipeline and compared."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console

from adapters.journal.errors import JournalBroken
from app.command_line.environment import in_words
from app.command_line.options import Folders
from app.command_line.progress import progress_bar
from app.command_line.shell import Parsed, env_option, folder_options, json_option
from app.commands.journals import JOURNAL, JournalPass, decoded, journal_of, with_progress
from app.replay.runs import LAST, NotReplayable, RecordedRun, kept_config, parse_run, recorded
from config.mode import Mode
from domain.messages.journal import RunStarted
from domain.model.instants import MINUTE, Nanos
from domain.replay.comparison import ReplayComparison

if TYPE_CHECKING:
    from app.replay.plan import ReplayPlan

EXIT_NO = 1
_EXAMPLE = """Play a run again, and say where it did something else, and what that earned.

RUN is the number of a start in the journal, counted from 1, or `last`; or the file of an incident,
whose last run is played, without anything else of this machine. The same market, account and
configuration go through the backtest: nobody interferes, nothing fails, and no time passes between
decision and fill. Proposals and verdicts are compared one by one; the difference of the profit is
split into its causes, to the last digit.

Exit code: 0 if both agree, or if every difference has a cause and what is left over is within the
bound that is named; 1 if not, or if the run can't be played again.

\b
Example:
  python run.py replay
  python run.py replay 3 --json
  python run.py replay last --market candles
  python run.py replay --same-instants
  python run.py replay incident.tar.zst
"""


def _meant(text: str) -> int | Path | None:
    """Return the number of a run, or the file of an incident; None: the last run.

    Raises:
        ValueError: it is neither.
    """
    try:
        return parse_run(text)
    except ValueError:
        if Path(text).suffix:
            return Path(text)
        raise


@click.command(help=_EXAMPLE)
@click.argument("meant", metavar="[RUN]", type=Parsed("run", _meant), default=LAST)
@click.option(
    "--market",
    metavar="SOURCE",
    help="Candles or trades of the run's time, where its own market can't be played again.",
)
@click.option(
    "--same-instants",
    is_flag=True,
    help="Decide when the run did in each minute, not two seconds after it began: what still"
    " differs does not come from the random delay of decisions.",
)
@json_option
@env_option
@folder_options
def replay(
    folders: Folders,
    mode: Mode | None,
    *,
    as_json: bool,
    meant: int | Path | None,
    market: str | None,
    same_instants: bool,
) -> int:
    """Play, compare, tell."""
    from app.backtest.system import BacktestFailed
    from app.incident.bundle import NothingThere
    from app.replay.document import document
    from app.replay.text import conclusion, show

    if market is not None and not Path(market).exists():
        raise click.UsageError(f"--market: there is no {market}")
    try:
        if isinstance(meant, Path):
            plan, found = _of_bundle(meant, market, same_instants)
        else:
            journal = journal_of(folders, mode)
            plan, found = _of_journal(journal, meant, market, same_instants)
    except (JournalBroken, NotReplayable, NothingThere, BacktestFailed) as error:
        click.echo(folders.address.put(f"no replay: {error}"), err=True)
        return EXIT_NO
    except OSError as error:
        click.echo(f"no replay: {in_words(error)}", err=True)
        return EXIT_NO
    if as_json:
        click.echo(json.dumps(document(plan, found), indent=2))
    else:
        show(plan, found, Console(highlight=False, file=sys.stdout))
    if found.is_explained:
        return 0
    click.echo(conclusion(found), err=True)
    return EXIT_NO


def _of_journal(
    journal: Path, number: int | None, market: str | None, is_same: bool
) -> tuple[ReplayPlan, ReplayComparison]:
    from app.replay.play import same_instants

    plan = planned(journal, number, market)
    plan = same_instants(plan) if is_same else plan
    return plan, _played(plan)


def planned(journal: Path, number: int | None, market: str | None) -> ReplayPlan:
    """Return how run `number` of a journal (None: the newest) is played again.

    Raises:
        JournalBroken: the journal can't be read.
        NotReplayable: that run can't be played again.
    """
    from app.replay.plan import plan_for

    run = recorded_run(journal, number)
    kept = kept_config(journal.parent, run.started.config_hash)
    return plan_for(run, kept, journal.parent, market)


def _of_bundle(
    file: Path, market: str | None, is_same: bool
) -> tuple[ReplayPlan, ReplayComparison]:
    from app.incident.opening import unpack_bundle

    with tempfile.TemporaryDirectory(prefix="bulkhead-") as home:
        opened = unpack_bundle(file, Path(home))
        return _of_journal(opened.folder / JOURNAL, opened.run, market, is_same)


def recorded_run(journal: Path, number: int | None) -> RecordedRun:
    """Return the run that is meant, in two passes: its currency has to be known first."""
    started: RunStarted | None = None
    for _, message in with_progress(decoded(journal), "looking"):
        if isinstance(message, RunStarted):
            started = message
    if started is None:
        raise NotReplayable(f"{journal} has no run")
    quote = str(kept_config(journal.parent, started.config_hash).values.get("app.quote", "USD"))
    emptied = _EmptiedRuns()
    try:
        run = recorded(emptied.noted(decoded(journal)), number, quote)
    finally:
        emptied.refuse(number)
    return run


class _EmptiedRuns:
    """Which runs of a journal lack what was decided, because it is too old to be kept."""

    def __init__(self) -> None:
        self._count = 0
        self._found: set[int] = set()

    def noted(self, journal: JournalPass) -> Iterator[tuple[Nanos, object]]:
        """Pass the records on, and note on the way where some are emptied."""
        scan = journal.scan
        for record, message in with_progress(journal, "reading"):
            if isinstance(message, RunStarted):
                self._count += 1
            elif scan.segment in scan.emptied:
                self._found.add(self._count)
            yield record.at_ns, message

    def refuse(self, number: int | None) -> None:
        """Say that run `number` (None: the newest) can't be played again, where that is so.

        Raises:
            NotReplayable: that is so.
        """
        meant = self._count if number is None else number
        if meant in self._found:
            raise NotReplayable(
                f"the details of run {meant} were removed as old (`python run.py retention`):"
                " nobody knows any more what it proposed and refused; what it traded is in"
                " `python run.py report`"
            )


def _played(plan: ReplayPlan) -> ReplayComparison:
    from app.replay.play import play

    backtest = plan.backtest
    minutes = (backtest.end_ns - backtest.start_ns) // MINUTE
    with progress_bar("replay", minutes) as done:
        return play(plan, done)
