"""`run.py checklist`: the way to real money in seven phases, with evidence, and what is missing."""

from __future__ import annotations

import json
import os
import textwrap
from collections.abc import Iterable, Sequence
from typing import Any

import click

from app.command_line.options import Folders
from app.command_line.shell import folder_options, json_option, set_option
from app.command_line.trading_options import refuse_foreign_coinbase
from domain.model.wording import counted
from domain.system.address import Address
from domain.system.live_checklist import ChecklistAnswer, LivePhase, items_of, unmet

EXIT_NO = 1
WIDTH, INDENT = 80, 8
_HELP = """Go through the way to real money: seven phases, each item with its evidence.

Evidence is what commands and files of this installation show: deeds on record (`venue-check`,
`alerts test`, backups), what doctor finds before a live start, drills in the paper journals, the
certificate, and the live journal. Nothing is changed, and nothing is sent but questions. What is
not met is named with the command that would meet it. Phases build on each other; the whole table is
docs/LIVE_DEPLOYMENT_CHECKLIST.md. Exit code: 0 all is met (of the phase, with --phase), 1 not.

\b
Example:
  python run.py checklist
  python run.py checklist --phase 4
  python run.py checklist --json
"""


@click.command(help=_HELP)
@click.option(
    "--phase", type=click.IntRange(1, len(LivePhase)), metavar="N", help="Only this phase."
)
@click.option(
    "--venue-url", metavar="URL", help="What plays Coinbase on this machine, not Coinbase itself."
)
@json_option
@set_option
@folder_options
def checklist(
    folders: Folders,
    *,
    phase: int | None,
    venue_url: str | None,
    sets: tuple[str, ...],
    as_json: bool,
) -> int:
    """Answer each item, and tell what is missing."""
    from app.checklist.answers import answered  # what doctor needs is needed here only
    from app.checklist.sources import ChecklistSources

    if venue_url is not None:
        refuse_foreign_coinbase(venue_url)
    sources = ChecklistSources(folders, os.environ, venue_url, sets)
    answers: list[ChecklistAnswer] = []
    for each in answered(sources, items_of(None if phase is None else LivePhase(phase))):
        if not as_json:
            _head(answers, each)
            _show(each, folders.address)
        answers.append(each)
    missing = unmet(answers)
    if as_json:
        click.echo(json.dumps(_document(answers, folders.address), indent=2))
    else:
        click.echo(f"\n{len(answers) - len(missing)} of {counted(len(answers), 'item')} met")
    if missing:
        click.echo(f"not met: {', '.join(each.item.name for each in missing)}", err=True)
    return EXIT_NO if missing else 0


def _head(before: Sequence[ChecklistAnswer], answer: ChecklistAnswer) -> None:
    """Begin a phase with its title, the next one after an empty line."""
    phase = answer.item.phase
    if not before or before[-1].item.phase is not phase:
        click.echo(f"{chr(10) if before else ''}{phase.value}  {phase.title}")


def _show(answer: ChecklistAnswer, address: Address) -> None:
    word, color = ("met ", "green") if answer.is_met else ("open", "red")
    click.echo(f"   {click.style(word, fg=color)} {answer.item.name}: {answer.item.claim}")
    if answer.found:
        click.echo(_wrapped(address.put(" ".join(answer.found.split()))))
    if answer.command:
        click.echo(f"{' ' * INDENT}-> {address.put(answer.command)}")


def _wrapped(text: str) -> str:
    """Return `text` below its item; a command in it stays on one line, to be copied."""
    indent = " " * INDENT
    if "python run.py" in text:
        return indent + text
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent,
        break_on_hyphens=False,
        break_long_words=False,
    )


def _document(answers: Iterable[ChecklistAnswer], address: Address) -> dict[str, Any]:
    rows: dict[LivePhase, list[dict[str, Any]]] = {}
    for each in answers:
        rows.setdefault(each.item.phase, []).append(
            {
                "name": each.item.name,
                "claim": each.item.claim,
                "met": each.is_met,
                "found": address.put(each.found),
                "command": address.put(each.command),
            }
        )
    phases = [
        {
            "phase": phase.value,
            "title": phase.title,
            "met": all(row["met"] for row in items),
            "items": items,
        }
        for phase, items in rows.items()
    ]
    return {"ok": all(each["met"] for each in phases), "phases": phases}
