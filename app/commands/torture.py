"""`run.py torture`: hostile strategies, and what they cost at the venue at worst."""

from __future__ import annotations

import click

from app.command_line.options import Folders
from app.command_line.progress import progress_bar
from app.command_line.shell import OneOf, folder_options, json_option, set_option

NAMES = (
    "spammer",
    "numbers",
    "flipflopper",
    "slow",
    "crasher",
    "blocked",
    "eater",
    "clock",
    "liar",
    "mutator",
    "all",
)
_HELP = """Let hostile strategies trade, and compare what they cost with the stated bounds.

Ten strategies that do harm, one after the other and all at once, each beside an honest one, by the
trader's own actors at an embedded venue on a market that falls by half in the end. The venue's
books say what was lost, how much was at risk and how many orders came; `config check` states the
bounds for 10,000 of quote currency. Everything is in a folder of its own that is gone afterwards;
no run is touched. It takes about two minutes. Exit code: 0 all bounds hold, 1 one does not (it is
named).

\b
Example:
  python run.py torture
  python run.py torture --strategy spammer --seed 7
"""


@click.command(help=_HELP)
@click.option(
    "--strategy",
    "names",
    type=OneOf(NAMES),
    multiple=True,
    metavar="NAME",
    help=f"Only this one; repeatable: {', '.join(NAMES)}.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**63 - 1),
    default=1,
    show_default=True,
    metavar="N",
    help="Of market and jitter.",
)
@json_option
@set_option
@folder_options
def torture(
    folders: Folders, *, names: tuple[str, ...], seed: int, as_json: bool, sets: tuple[str, ...]
) -> int:
    """Let hostile strategies trade, and compare what they cost with the stated bounds."""
    from app.torture.cases import cases  # the actors are needed here only
    from app.torture.children import TortureCases
    from app.torture.outcome import BoundVerdict, document
    from app.torture.table import lines
    from config.loading import load

    load(folders.config, sets)  # what is wrong with it is told before anything begins
    chosen = cases(tuple(dict.fromkeys(names)), seed)
    with progress_bar("torture", len(chosen)) as moved:
        outcomes = TortureCases(folders.config, sets).outcomes(chosen, moved)
    if as_json:
        click.echo(document(outcomes, seed))
    else:
        click.echo("\n".join(lines(outcomes)))
    return int(any(each.verdict is BoundVerdict.BROKEN for each in outcomes))
