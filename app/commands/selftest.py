"""`run.py selftest`: does every guard refuse what it must."""

from __future__ import annotations

import json

import click

from app.command_line.options import Folders
from app.command_line.shell import folder_options, json_option, set_option
from config.loading import load

_EXAMPLE = """Try every guard with proposals that it must refuse.

Each rule and limit in force is asked for a little too much, and for what just keeps it, by the
trader's own actors on an invented market; nothing is sent, and no run is touched. A start does the
first half of it by itself. Exit code: 0 all guards are proven, 1 one lets something pass (it is
named).

\b
Example:
  python run.py selftest
"""


@click.command(help=_EXAMPLE)
@json_option
@set_option
@folder_options
def selftest(folders: Folders, sets: tuple[str, ...], as_json: bool) -> int:
    """Try every guard with proposals that it must refuse."""
    from app.selftest.proof import prove  # the actors are needed here only

    proof = prove(load(folders.config, sets))
    if as_json:
        guards = [
            {
                "name": each.name,
                "proven": each.is_proven,
                "challenges": each.challenges,
                "flaw": each.flaw,
            }
            for each in proof.guards
        ]
        answer = {
            "ok": not proof.failed,
            "guards_proven": proof.counts,
            "guards": guards,
            "untried": list(proof.untried),
        }
        click.echo(json.dumps(answer, indent=2))
    else:
        for each in proof.failed:
            click.echo(f"{each.name} does not hold: {each.flaw}")
        for name in proof.untried:
            click.echo(f"{name} was not tried: nothing gets there, or no challenge is made for it")
        click.echo(proof.summary)
    return 1 if proof.failed else 0
