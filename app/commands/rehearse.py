"""`run.py rehearse`: a paper run with a drill plan, judged, for a certificate."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from app.command_line.options import Folders
from app.command_line.shell import Parsed, folder_options, world_option
from domain.model.instants import HOUR, SECOND

if TYPE_CHECKING:
    from app.rehearsal.rehearsal import Rehearsal
    from app.rehearsal.running import RunView
    from app.rehearsal.state import RehearsalState

HOURS, MOST_HOURS = 24, 24 * 14
LEAST_HOURS = Decimal("0.1")
_HELP = """Rehearse trading with real money: a day on paper, drills of every guard, a verdict.

First come drills: runs of their own in virtual time, in which every rule, breaker, kind of alert
and way of an order is made to fire. Then the trader runs on paper for --hours, in a process of its
own. At the end stands GO or NO-GO, in logs/paper_rehearsal_final_report.md and .html. Typed again,
also after a crash, it goes on where it was.

Only 24 hours at speed 1 with `--venue coinbase` give the certificate that trading with real money
asks for; anything faster or shorter is a DRILL. Options of the trader are given here as for --env.
Exit code: 0 GO, 1 NO-GO or broken off, 5 another trader runs there.

\b
Example:
  python run.py rehearse --speed max
  python run.py rehearse --venue coinbase
  python run.py rehearse --venue coinbase --shadow config-b
"""


def _length_ns(text: str) -> int:
    """Return so many hours, to the second.

    Raises:
        ValueError: that is no number of hours that can be rehearsed.
    """
    try:
        hours = Decimal(text)
    except ArithmeticError:
        hours = Decimal("NaN")
    if not hours.is_finite() or not LEAST_HOURS <= hours <= MOST_HOURS:
        raise ValueError(f"expected {LEAST_HOURS} to {MOST_HOURS} hours, was {text!r}")
    return int(hours * (HOUR // SECOND)) * SECOND


@click.command(help=_HELP)
@click.option(
    "--hours",
    "length_ns",
    type=Parsed("hours", _length_ns),
    metavar="N",
    help=f"How long, market time, like 0.5; default {HOURS}.",
)
@click.option("--speed", metavar="X", help="1 (default) to 60, or `max`: virtual time.")
@click.option("--venue", metavar="NAME", help="embedded (default) or coinbase.")
@click.option("--venue-url", metavar="URL", help="A running venue, as for the trader.")
@click.option("--market", metavar="SOURCE", help="What the embedded venue plays.")
@click.option("--from", "from_", metavar="TIME", help="Where a recorded market begins to trade.")
@click.option("--seed", metavar="N", help="Of market and jitter.")
@click.option("--paper-balance", multiple=True, metavar="USD=800", help="Opening balance.")
@click.option("--set", "set_", multiple=True, metavar="KEY=VALUE", help="Override a config value.")
@click.option(
    "--shadow",
    type=click.Path(path_type=Path, readable=False),
    metavar="DIR",
    help="Other settings decide beside it; how far they agree is in the report.",
)
@click.option(
    "--leave-live-positions",
    is_flag=True,
    help="Rehearse although live trading owns something, which the rehearsal does not watch.",
)
@click.option("--anew", is_flag=True, help="Begin anew; what there is, is put aside.")
@world_option
@folder_options
def rehearse(folders: Folders, length_ns: int | None, *, anew: bool, **values: Any) -> int:
    """Rehearse trading with real money."""
    from app.rehearsal.rehearsal import begun, found
    from app.rehearsal.starting import words_of

    if values["shadow"] is not None:
        values["shadow"] = Folders(config=values["shadow"]).config.absolute()
    values |= {"from": values.pop("from_"), "set": values.pop("set_")}
    words, known = words_of(values), None if anew else found(folders)
    if known is not None and (length_ns or words) and not _is_same(known.state, words, length_ns):
        raise click.UsageError(
            f"a rehearsal with other options stands there: rehearse {' '.join(known.state.words)};"
            " without options it goes on, with --anew another one begins"
        )
    rehearsal = known or begun(words, length_ns or HOURS * HOUR, folders)
    return _rehearsed(rehearsal)


def _is_same(state: RehearsalState, words: tuple[str, ...], length_ns: int | None) -> bool:
    return state.words == words and state.length_ns == (length_ns or HOURS * HOUR)


def _rehearsed(rehearsal: Rehearsal) -> int:
    """Play the drills, run what is left, judge, and say what came of it."""
    from app.rehearsal.outcome import REHEARSE
    from app.rehearsal.telling import lines
    from app.run.child import last_words

    rehearsal.refuse_others()
    address = rehearsal.options.folders.address
    code = None
    if rehearsal.change:
        told = f"program or configuration have changed since it was begun: {rehearsal.change}"
        click.echo(f"nothing is run: {told}; another one: {address.put(REHEARSE)} --anew", err=True)
    else:
        code = _played(rehearsal)
    outcome = rehearsal.settled()
    if code and not outcome.verdict.is_go:
        log = rehearsal.places.own.path / "run.log"
        told = f"the trader ended with {code}; all that it said is in {log}, at last:"
        click.echo(f"{told} {last_words(log)}", err=True)
    click.echo("\n".join(address.put(line) for line in lines(outcome)))
    if outcome.verdict.is_go:
        return 0
    click.echo(address.put(f"NO-GO; once that is mended: {REHEARSE}"), err=True)
    return 1


def _played(rehearsal: Rehearsal) -> int | None:
    """Play the drills and run what is left; return the exit code of the trader, if it ran."""
    with _progress() as bar:
        with bar.steps("drills") as hear:
            outcomes = rehearsal.drill(hear)
        for each in outcomes:
            if each.error:
                click.echo(f"drill {each.name} left nothing: {each.error}", err=True)
        with bar.cycles(rehearsal.state.length_ns // rehearsal.state.interval_ns) as show:
            return rehearsal.run(show)


class _Bars:
    """Bars for a person who watches, lines for a file."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress

    @contextlib.contextmanager
    def steps(self, what: str) -> Iterator[Callable[[str], None]]:
        """Show steps of which nobody knows how many there are."""
        bars = self._progress
        if bars is None:
            yield lambda name: click.echo(f"{what}: {name} played", err=True)
            return
        task = bars.add_task(what, total=None)
        yield lambda name: bars.update(task, advance=1, description=f"{what}: {name}")
        bars.update(task, total=1, completed=1, description=what)

    @contextlib.contextmanager
    def cycles(self, whole: int) -> Iterator[Callable[[RunView], None]]:
        """Show cycles, equity and memory."""
        bars = self._progress
        if bars is None:
            yield _Lines(whole).show
            return
        task = bars.add_task("cycles", total=whole)

        def show(view: RunView) -> None:
            memory = "" if view.resident is None else f", {view.resident // 1_000_000} MB"
            text = f"cycles; equity {view.equity or 'not known'}{memory}"
            bars.update(task, completed=min(view.cycles, whole), description=text)

        yield show


class _Lines:
    """A line on stderr for each tenth of the cycles."""

    def __init__(self, whole: int) -> None:
        self._whole, self._told = whole, 0

    def show(self, view: RunView) -> None:
        """Say how far it is, where that is news."""
        done = min(view.cycles, self._whole)
        tenth = 10 * done // max(1, self._whole)
        if tenth > self._told:
            self._told = tenth
            click.echo(f"cycles: {done} of {self._whole}; equity {view.equity}", err=True)


@contextlib.contextmanager
def _progress() -> Iterator[_Bars]:
    if not sys.stderr.isatty():
        yield _Bars(None)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        yield _Bars(progress)
