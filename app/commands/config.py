"""`run.py config`: check the configuration, show it, and how it was before."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import click

from app.command_line.options import Folders
from app.command_line.shell import Parsed, folder_options, json_option, set_option
from app.commands.config_history import diff, history, restore
from app.configuration import losses, sizes
from config.effective import Config, Plain
from config.errors import ConfigError
from config.loading import load
from domain.model.errors import InvalidNumber
from domain.model.money import Amount, parse_decimal, plain


def parse_equity(text: str) -> Amount:
    """Return the equity written in `text`.

    Raises:
        InvalidNumber: it is no amount above zero.
    """
    equity = parse_decimal(text)
    if not equity > 0:
        raise InvalidNumber(f"expected an amount above 0 like 500, was {text!r}")
    return Amount(equity)


nlv_option = click.option(
    "--nlv",
    type=Parsed("amount", parse_equity),
    metavar="AMOUNT",
    help="Equity to judge by; default: the opening balance of app.paper.balances.",
)


@click.group()
def config() -> None:
    """Check the configuration, show the values in force, and how they were before.

    \b
    Example:
      python run.py config check
    """


@config.command(short_help="Say everything that is wrong.")
@nlv_option
@json_option
@set_option
@folder_options
def check(folders: Folders, sets: tuple[str, ...], as_json: bool, nlv: Amount | None) -> int:
    """Check all four files, say everything that is wrong, and which orders they leave open.

    For each product of a theme, in each tier, the table shows what an entry may cost, which key
    makes it no larger, and the equity from which it can be bought at all.

    \b
    Example:
      python run.py config check --config-dir config
      python run.py config check --nlv 500
    """
    try:
        loaded = load(folders.config, sets)
    except ConfigError as error:
        if not as_json:
            raise
        click.echo(json.dumps({"ok": False, "problems": _problems(error)}, indent=2))
        return 2
    equity = _equity(loaded, nlv)
    if as_json:
        report = {"ok": True, "problems": [], "notes": list(loaded.notes), **_hashes(loaded)}
        click.echo(json.dumps({**report, **_judged(loaded, equity)}, indent=2))
        return 0
    click.echo(f"{folders.config}: sound, config={loaded.config_hash} policy={loaded.policy_hash}")
    for note in loaded.notes:
        click.echo(f"note: {note}")
    for line in () if equity is None else _size_lines(loaded, equity):
        click.echo(line)
    return 0


@config.command(short_help="Every value in force, and the risk.")
@nlv_option
@json_option
@set_option
@folder_options
def show(folders: Folders, sets: tuple[str, ...], as_json: bool, nlv: Amount | None) -> int:
    """Show every value in force, where it was decided, and the most that all of it can lose.

    \b
    Example:
      python run.py config show --set policy.loop.interval_seconds=3
      python run.py config show --nlv 500
    """
    loaded = load(folders.config, sets)
    equity = _equity(loaded, nlv)
    if as_json:
        values = {
            entry.name: {"value": entry.value, "source": entry.source}
            for entry in loaded.effective()
        }
        document = {**_hashes(loaded), "values": values, **_judged(loaded, equity)}
        click.echo(json.dumps(document, indent=2))
        return 0
    rows = [(entry.name, _text(entry.value), entry.source) for entry in loaded.effective()]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    for name, value, source in rows:
        click.echo(f"{name:<{widths[0]}}  {value:<{min(widths[1], 40)}}  {source}")
    click.echo(f"config={loaded.config_hash} policy={loaded.policy_hash}")
    if equity is not None:
        click.echo("\n" + "\n".join(losses.lines(loaded, equity)))
    return 0


def _equity(loaded: Config, given: Amount | None) -> Amount | None:
    """Return the equity that is judged by: as given, else what a paper world begins with."""
    if given is not None:
        return given
    opening = loaded.app.paper.balances.get(loaded.app.quote, Decimal(0))
    return Amount(opening) if opening > 0 else None


def _size_lines(loaded: Config, equity: Amount) -> Iterator[str]:
    for regime in sizes.SHOWN_REGIMES:
        found = sizes.usual_sizes(loaded, equity, regime)
        if found:
            yield ""
            yield f"an entry may cost, with {plain(equity)} {loaded.app.quote} in {regime}:"
            yield from sizes.table(found)


def _judged(loaded: Config, equity: Amount | None) -> dict[str, Any]:
    """Return what the configuration leaves open at an equity, and what it can lose."""
    if equity is None:
        return {"feasibility": None, "blast_radius": None}
    return {
        "feasibility": {
            "nlv": plain(equity),
            **{
                regime.value: sizes.document(sizes.usual_sizes(loaded, equity, regime))
                for regime in sizes.SHOWN_REGIMES
            },
        },
        "blast_radius": losses.document(loaded, equity),
    }


def _hashes(loaded: Config) -> dict[str, str]:
    return {"config_hash": loaded.config_hash, "policy_hash": loaded.policy_hash}


def _text(value: Plain) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _problems(error: ConfigError) -> list[dict[str, Any]]:
    return [
        {
            "source": problem.place.source,
            "line": problem.place.line,
            "text": str(problem),
            "hints": list(problem.hints),
        }
        for problem in error.problems
    ]


for _command in (history, diff, restore):
    config.add_command(_command)
