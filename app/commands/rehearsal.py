"""`run.py rehearsal`: how a rehearsal stands, and what has come of it."""

from __future__ import annotations

import json

import click

from adapters.control.instances import is_running
from adapters.journal.errors import JournalBroken
from app.command_line.environment import in_words
from app.command_line.options import Folders
from app.command_line.shell import folder_options, json_option, world_option

NONE_YET = "no rehearsal was begun there; `python run.py rehearse --speed max` begins a drill"


@click.group()
def rehearsal() -> None:
    """See how a rehearsal stands, and what has come of it.

    \b
    Example:
      python run.py rehearsal status
      python run.py rehearsal report
    """


@rehearsal.command()
@json_option
@world_option
@folder_options
def status(folders: Folders, *, as_json: bool) -> int:
    """Show how far the newest rehearsal is.

    Exit code: 0, or 1 if none was begun.

    \b
    Example:
      python run.py rehearsal status
    """
    from app.rehearsal.outcome import document
    from app.rehearsal.rehearsal import found

    known = found(folders)
    if known is None:
        click.echo(folders.address.put(NONE_YET), err=True)
        return 1
    try:
        outcome = known.judged()
    except (OSError, JournalBroken) as error:
        return _unreadable(error)
    runs = is_running(known.places.mode_folder)
    if as_json:
        click.echo(json.dumps({"running": runs, **document(outcome)}, indent=2))
        return 0
    record = outcome.measured.record
    due = known.state.length_ns // known.state.interval_ns
    state = "a trader runs" if runs else "no trader runs"
    click.echo(f"rehearsal begun {known.state.begun} at speed {known.state.speed}; {state}")
    click.echo(f"{record.cycles:,} of {due:,} cycles; {outcome.coverage_words}")
    for each in outcome.verdict.unmet:
        click.echo(f"not met so far: {each.name}: {each.seen} (demanded: {each.demanded})")
    return 0


@rehearsal.command()
@json_option
@world_option
@folder_options
def report(folders: Folders, *, as_json: bool) -> int:
    """Judge the newest rehearsal, write its reports.

    It is judged as it stands; both reports go into the log folder. Exit code: 0 GO (also of a
    DRILL), 1 NO-GO, or none was begun.

    \b
    Example:
      python run.py rehearsal report
      python run.py rehearsal report --json
    """
    from app.rehearsal.outcome import document
    from app.rehearsal.rehearsal import found
    from app.rehearsal.telling import lines

    known = found(folders)
    if known is None:
        click.echo(folders.address.put(NONE_YET), err=True)
        return 1
    try:
        outcome = known.settled()
    except (OSError, JournalBroken) as error:
        return _unreadable(error)
    address = known.options.folders.address
    if as_json:
        click.echo(json.dumps(document(outcome), indent=2))
    else:
        click.echo("\n".join(address.put(line) for line in lines(outcome)))
    if outcome.verdict.is_go:
        return 0
    names = ", ".join(each.name for each in outcome.verdict.unmet)
    click.echo(f"NO-GO; not met: {names}", err=True)
    return 1


def _unreadable(error: OSError | JournalBroken) -> int:
    told = in_words(error) if isinstance(error, OSError) else str(error)
    click.echo(f"nothing judged: {told}", err=True)
    return 1
