"""`run.py why`: why a product was, or was not, traded."""

from __future__ import annotations

import json

import click

from adapters.journal.errors import JournalBroken
from app.command_line.environment import in_words
from app.command_line.options import Folders
from app.command_line.shell import Parsed, env_option, folder_options, json_option
from app.commands.journals import decoded, journal_of, with_progress
from app.results.why import sentences, stage_of
from config.mode import Mode
from domain.model.figures import moment
from domain.model.instants import SECOND, Nanos, iso, parse_iso
from domain.model.product import ProductId
from domain.results.decision import Decision, DecisionFold

EMPTIED = (
    "what was decided earlier is not known any more: details of cycles were removed as old"
    " (`python run.py retention`)"
)


def _up_to(text: str) -> Nanos:
    """Return the end of the second that is written: people copy times that are shown in seconds.

    Raises:
        InvalidNumber: it is no time.
    """
    at_ns = parse_iso(text)
    return Nanos(at_ns if at_ns % SECOND else at_ns + SECOND - 1)


@click.command()
@click.argument("product")
@click.argument("time", required=False, type=Parsed("time", _up_to))
@json_option
@env_option
@folder_options
def why(
    folders: Folders, mode: Mode | None, product: str, time: Nanos | None, as_json: bool
) -> int:
    """Say why PRODUCT was, or was not, traded at the last decision up to TIME (market time).

    Told from the journal, of a running instance too: the universe, what strategies proposed, each
    rule of the risk gate that objected, what became of the order. Details of cycles are kept for 90
    days. Ends with 1 if nothing is known that was decided by then.

    \b
    Example:
      python run.py why ETH-USD
      python run.py why ETH-USD 2026-11-29T14:00:00Z
    """
    name = ProductId(product.strip().upper())
    try:
        made, is_emptied = _decision(folders, mode, name, time)
    except JournalBroken as error:
        click.echo(f"no answer: {error}", err=True)
        return 1
    except OSError as error:
        click.echo(f"no answer: {in_words(error)}", err=True)
        return 1
    told = sentences(made)
    if is_emptied and made.judged is None:
        told = (*told, EMPTIED)
    if as_json:
        click.echo(json.dumps(_document(made, told), indent=2))
    elif made.judged is not None:
        click.echo(f"{name}, cycle {made.judged.cycle} at {moment(made.at_ns)}:")
        for each in told:
            click.echo(f"  {each}")
    else:
        click.echo("\n".join(told), err=True)
    return 0 if made.judged is not None else 1


def _decision(
    folders: Folders, mode: Mode | None, product: ProductId, until_ns: Nanos | None
) -> tuple[Decision, bool]:
    """Return the decision, and whether details of any were removed as old."""
    fold, journal = DecisionFold(product, until_ns), decoded(journal_of(folders, mode))
    for record, message in with_progress(journal, "reading"):
        fold.take(record.at_ns, message)
    return fold.result(), bool(journal.scan.emptied)


def _document(made: Decision, told: tuple[str, ...]) -> dict[str, object]:
    stage, reason = stage_of(made)
    judged = made.judged
    return {
        "product": made.product,
        "cycle": None if judged is None else judged.cycle,
        "at": None if judged is None else iso(made.at_ns),
        "stage": stage or None,
        "reason": reason or None,
        "sentences": list(told),
    }
