"""`run.py doctor`: everything that could stop a start, one line each, with the fix."""

from __future__ import annotations

import json
import os
import textwrap
from collections import Counter

import click

from app.command_line.options import Folders
from app.command_line.shell import env_option, folder_options, json_option, set_option
from app.command_line.trading_options import refuse_foreign_coinbase
from app.doctor.finding import Health, Symptom
from config.mode import Mode

EXIT_NO = 1
WIDTH, NAME = 80, 16
COLORS = {Health.OK: "green", Health.WARN: "yellow", Health.FAIL: "red"}
_EXAMPLE = """Look at everything that could stop a start, before one.

Python and libraries, folders, room, ports, configuration, lock, signal file, journal, halts, keys,
clock and wallets; for live also every gate. One line each; what is wrong has the way out below it.
Nothing is changed, and nothing is sent but questions. Exit code: 0 a start would go well, 1 it
would not, or could buy nothing.

\b
Example:
  python run.py doctor
  python run.py doctor --env live --json
"""


@click.command(help=_EXAMPLE)
@env_option
@click.option(
    "--venue-url",
    metavar="URL",
    help="With --env live: what plays Coinbase on this machine.",
)
@json_option
@set_option
@folder_options
def doctor(
    folders: Folders,
    *,
    mode: Mode | None,
    venue_url: str | None,
    sets: tuple[str, ...],
    as_json: bool,
) -> int:
    """Look, and tell."""
    from app.doctor.examination import examined  # what a start needs is needed here only

    if venue_url is not None:
        refuse_foreign_coinbase(venue_url)
    found = []
    for each in examined(folders, mode, sets, os.environ, venue_url):
        found.append(each)
        if not as_json:
            _show(each, folders)
    is_well = all(each.health is not Health.FAIL for each in found)
    if as_json:
        rows = [
            {
                "name": each.name,
                "health": each.health.value,
                "found": each.found,
                "fix": folders.address.put(each.mend),
            }
            for each in found
        ]
        click.echo(json.dumps({"ok": is_well, "checks": rows}, indent=2))
    else:
        click.echo(_verdict(found))
    if not is_well:
        wrong = ", ".join(dict.fromkeys(e.name for e in found if e.health is Health.FAIL))
        click.echo(f"not well: {wrong}", err=True)
    return 0 if is_well else EXIT_NO


def _show(finding: Symptom, folders: Folders) -> None:
    word = click.style(f"{finding.health.value:<5}", fg=COLORS[finding.health])
    indent = " " * (6 + NAME + 1)
    told = textwrap.fill(
        finding.found,
        WIDTH,
        initial_indent=" " * (6 + NAME + 1),
        subsequent_indent=indent,
        break_on_hyphens=False,
        break_long_words=False,
    ).lstrip()
    click.echo(f"{word} {finding.name:<{NAME}} {told}")
    if finding.mend:
        click.echo(f"{indent}-> {folders.address.put(finding.mend)}")


def _verdict(found: list[Symptom]) -> str:
    counts = Counter(each.health for each in found)
    if counts[Health.FAIL]:
        return f"{counts[Health.FAIL]} of {len(found)} would stop a start, or its entries"
    if counts[Health.WARN]:
        return f"a start would go well; {counts[Health.WARN]} of {len(found)} to look at"
    return f"a start would go well: {len(found)} of {len(found)}"
