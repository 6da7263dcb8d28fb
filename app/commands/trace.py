"""`run.py trace`: the whole chain of one order, trade, lot or decision."""

from __future__ import annotations

import json
from collections.abc import Iterator

import click

from adapters.journal.errors import JournalBroken
from app.command_line.environment import in_words
from app.command_line.options import Folders
from app.command_line.shell import env_option, folder_options, json_option
from app.commands.journals import JournalPass, decoded, journal_of, with_progress
from app.results.trace import document, lines
from config.mode import Mode
from domain.model.wording import counted
from domain.results.trace import (
    SHORTEST_PART,
    Noted,
    RunCounter,
    Trace,
    TraceFold,
    TraceSearch,
    TraceTarget,
)


@click.command()
@click.argument("id_", metavar="ID")
@json_option
@env_option
@folder_options
def trace(folders: Folders, mode: Mode | None, id_: str, as_json: bool) -> int:
    """Tell the whole chain of ID: proposal, verdicts, order, fills, lot, exit, profit.

    ID is an order id, a client order id, a trade id or a lot id, or the first six characters of
    one; or the number of a decision (`correlation` in `logs --json`), of the newest run that has
    it. Told from the journal, of a running instance too. Ends with 1 if the journal has no such
    id.

    \b
    Example:
      python run.py trace 0b8f3cf5-6a40-5f3c-9c1f-3a1d3f0e2a55
      python run.py trace 0b8f3cf5 --json
    """
    try:
        journal = journal_of(folders, mode)
        target = _search(decoded(journal), id_)
        if not target.is_found:
            click.echo(folders.address_of(journal.parent).put(_unknown(id_, target)), err=True)
            return 1
        found = _told(decoded(journal), target)
    except JournalBroken as error:
        click.echo(f"no answer: {error}", err=True)
        return 1
    except OSError as error:
        click.echo(f"no answer: {in_words(error)}", err=True)
        return 1
    if as_json:
        click.echo(json.dumps(document(found, id_), indent=2))
    else:
        for line in lines(found):
            click.echo(line)
    return 0


def _search(journal: JournalPass, text: str) -> TraceTarget:
    search = TraceSearch(text)
    for noted in _noted(journal, "looking"):
        search.take(noted)
    return search.result()


def _told(journal: JournalPass, target: TraceTarget) -> Trace:
    fold = TraceFold(target)
    for noted in _noted(journal, "reading"):
        fold.take(noted)
    return fold.result()


def _noted(journal: JournalPass, what: str) -> Iterator[Noted]:
    runs = RunCounter()
    for record, message in with_progress(journal, what):
        runs = runs.after(message)
        yield Noted(
            seq=record.seq,
            at_ns=record.at_ns,
            run=runs.run,
            correlation=record.correlation,
            message=message,
        )


def _unknown(text: str, target: TraceTarget) -> str:
    if target.near:
        several = ", ".join(target.near)
        return f"{text!r} begins several ids: {several}; give more of the one that is meant"
    short = f"; at least {counted(SHORTEST_PART, 'character')} of an id are needed"
    return (
        f"the journal has no order, trade, lot or decision {text!r}"
        f"{short if len(text) < SHORTEST_PART else ''}; ids stand in `python run.py report --json`"
        " and `python run.py status --json`, lines of a chain that decided nothing in"
        " `python run.py logs --correlation ID`"
    )
