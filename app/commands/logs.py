"""`run.py logs`: what the trader has done, line by line, from its structured log."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from difflib import get_close_matches

import click

from actors.kernel.topology import GUARDIAN, START_ORDER, STRATEGY, THE_VENUE
from adapters.telemetry.lines import Entry, LineFiles, is_of
from adapters.telemetry.log import STRUCTURED
from app.command_line.options import Folders
from app.command_line.shell import count_option, folder_options, json_option, world_option
from app.command_line.streams import reader_is_gone
from app.status.members import Members
from domain.model.figures import moment
from domain.model.instants import MINUTE

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
SHOWN, LOOK_SECONDS = 50, 0.25
_COLOURS = {"WARNING": "yellow", "ERROR": "red", "CRITICAL": "bright_red", "DEBUG": "bright_black"}


@click.command()
@click.option("-f", "--follow", is_flag=True, help="Go on with what is written; Ctrl-C ends it.")
@click.option("--actor", metavar="NAME", help="Only what this actor says.")
@click.option(
    "--level",
    type=click.Choice(LEVELS, case_sensitive=False),
    default="INFO",
    show_default=True,
    help="Only lines at least as severe.",
)
@click.option("--correlation", metavar="ID", help="Only one chain of cause and effect.")
@count_option(SHOWN, "lines")
@json_option
@world_option
@folder_options
def logs(
    folders: Folders,
    follow: bool,
    actor: str | None,
    level: str,
    correlation: str | None,
    count: int,
    as_json: bool,
) -> int:
    """Show what the trader did, the newest lines last, rotated files too.

    With --json one document; with --json and -f one object a line.

    \b
    Example:
      python run.py logs -n 200
      python run.py logs -f --level WARNING
      python run.py logs --actor risk_gate --correlation 4711
    """
    path = folders.log / STRUCTURED
    files = LineFiles(path)
    try:
        if not files.files():
            click.echo(f"{path}: nothing was logged yet", err=True)
            if not follow:
                return 1
        wanted = _filter(actor, level, correlation, folders.logged)
        if actor is not None:
            _check(actor, files)
        return _show(files, wanted, count or None, follow=follow, as_json=as_json)
    except BrokenPipeError:  # whoever reads has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 0
    except OSError as error:
        click.echo(f"{error.filename or path} can't be read: {error.strerror}", err=True)
        return 1


def _show(
    files: LineFiles,
    wanted: Callable[[Entry], bool],
    count: int | None,
    *,
    follow: bool,
    as_json: bool,
) -> int:
    found = files.newest(count, wanted)
    if as_json and not follow:
        click.echo(json.dumps({"lines": found, "damaged": files.damaged}, indent=2))
        sys.stdout.flush()
        return 0
    for entry in found:
        _say(entry, as_json=as_json)
    sys.stdout.flush()
    told = _tell_damage(files, 0)
    if follow:
        # Another process writes the file: it can only be looked at again.
        for entry in files.follow(lambda: time.sleep(LOOK_SECONDS)):
            if wanted(entry):
                _say(entry, as_json=as_json)
                sys.stdout.flush()
            told = _tell_damage(files, told)
    return 0


def _tell_damage(files: LineFiles, told: int) -> int:
    """Say how many lines could not be read, if that is news; return how many have been told."""
    if files.damaged > told:
        click.echo(files.damage, err=True)
    return files.damaged


def _filter(
    actor: str | None, level: str, correlation: str | None, name: str | None
) -> Callable[[Entry], bool]:
    least = LEVELS.index(level.upper())

    def is_wanted(entry: Entry) -> bool:
        said = entry.get("level")
        rank = LEVELS.index(said) if said in LEVELS else len(LEVELS)
        return (
            rank >= least
            and is_of(entry, name)
            and (actor is None or entry.get("actor") == actor)
            and (correlation is None or str(entry.get("correlation")) == correlation)
        )

    return is_wanted


def _check(actor: str, files: LineFiles) -> None:
    """Refuse a name that nobody has, with the nearest that somebody has."""
    known = {GUARDIAN, THE_VENUE, *START_ORDER} - {STRATEGY}
    if actor in known:
        return
    known |= files.names("actor")
    if actor not in known:
        near = get_close_matches(actor, sorted(known), 1, 0.4)
        hint = f"; did you mean {near[0]}?" if near else f": {', '.join(sorted(known))}"
        raise click.UsageError(f"no actor is called {actor}{hint}")


def _say(entry: Entry, *, as_json: bool) -> None:
    if reader_is_gone():
        raise BrokenPipeError
    if as_json:
        click.echo(json.dumps(entry))
        return
    line = Members(entry)
    level = line.text("level")
    text = line.text("text") or line.text("event")
    at = moment(line.moment("time"))
    head = f"{at} {level:<8} {line.text('actor'):<14} "
    click.secho(f"{head}{text}{_market_time(line)}", fg=_COLOURS.get(level))


def _market_time(line: Members) -> str:
    """Return the market time of a line, where it is not now."""
    wall_ns, market_ns = line.moment("time"), line.moment("market_time")
    if wall_ns is None or market_ns is None or abs(wall_ns - market_ns) < MINUTE:
        return ""
    return f"  [market {moment(market_ns)}]"
